"""Lines that were kept, in whichever form: our own posts and mentions, or what X sends.

    raw --> doc_id in it? --> own form   checked, times made plausible, as published --> Received | Deleted
                          `-> X's v2 stream, a twarc page, a flattened twarc line    --> producers/x/payload.py

Halves of characters and NULs make a dead letter; when one is read again, they are replaced in its texts, with the flag
`text_repaired`, and in an id they keep it dead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from veille.decoding import decoded
from veille.errors import Invalid
from veille.identity import DELETED, PUBLISHED, REVISIONS, SKEW, at_revision, microseconds, plausible, version
from veille.post import Origin, Post, Tombstone, utc
from veille.producers.matching import LONGEST_TEXT, too_long
from veille.producers.source import Broken, Deleted, Event, Received

OWN = (b'"doc_id"', b'"native_id"')
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNSTORABLE = dict.fromkeys((0, *range(55296, 57344)), REPLACEMENT)
"""A NUL, and every half of a character."""


class OwnLine(Post, kw_only=True, omit_defaults=True):
    """A post as it was written out; a version and the time of receipt may be missing."""

    version: str = ""
    received_at: datetime | None = None  # type: ignore[assignment]  # filled in before it becomes a post


class OwnDelete(Struct, kw_only=True):
    """A delete as it was written out: `{"op": "delete", "doc_id": …, "version": …}`."""

    op: Literal["delete"]
    doc_id: str
    version: str = ""
    source: str = "file"


_LINE = msgspec.json.Decoder(OwnLine)
_ANY = msgspec.json.Decoder(dict[str, Any])
_DELETE = msgspec.json.Decoder(OwnDelete)


def read_line(raw: bytes, received: datetime, *, origin: Origin = "replay", repair: bool = False) -> Iterator[Event]:
    """The events of one line, none for a blank one. What cannot be read is one `Broken`, never raised.

    `repair` replaces what no text can hold, instead of refusing the line.
    `origin` is what posts of a network are given; `replay` goes over what our own posts say, unless invented.
    """
    if not raw or raw.isspace():
        return
    read = _own if any(mark in raw for mark in OWN) else _x
    try:
        fixed = _repaired(raw)
        if fixed and not repair:
            raise Invalid("bad_text", "a NUL or half of a character")
        for event in read(fixed or raw, received, origin):
            if isinstance(event, Received):
                _check_length(event.post)
                _flag(event.post, *(["text_repaired"] if fixed else []))
            yield event
    except Invalid as error:
        yield Broken(raw, error.reason, error.detail)


def _x(raw: bytes, received: datetime, origin: Origin) -> Iterator[Event]:
    from veille.producers.x.payload import read_line as read_x_line

    return read_x_line(raw, received, origin=origin)


def _own(raw: bytes, received: datetime, origin: Origin) -> Iterator[Event]:
    if b'"delete"' in raw and decoded(_ANY, raw).get("op") == "delete":
        yield Deleted(_tombstone(decoded(_DELETE, raw), received))
    else:
        yield Received(_post(decoded(_LINE, raw), received, origin))


def _tombstone(line: OwnDelete, received: datetime) -> Tombstone:
    digits = _checked(line.version, received)
    return Tombstone(line.doc_id, at_revision(int(digits or version(None, received)), DELETED), line.source)


def _post(line: OwnLine, received: datetime, origin: Origin) -> Post:
    """The post of a line: what is well formed stays, what is missing or impossible is filled in."""
    arrived = _plausible(line.received_at, received) or received
    created = _plausible(line.created_at, received)
    digits = _checked(line.version, received)
    number = at_revision(int(digits), PUBLISHED) if digits else version(created, arrived)
    post = Post(
        **{
            **msgspec.structs.asdict(line),
            "version": str(number),
            "created_at": created or arrived,
            "received_at": arrived,
            "origin": origin if origin == "replay" and line.origin != "simulated" else line.origin,
        }
    )
    if created is None:
        post.created_at_claimed = line.created_at_claimed or line.created_at.isoformat()
        _flag(post, "time_clamped")
    return post


def _check_length(post: Post) -> None:
    if too_long(post):
        raise Invalid("too_large", f"a text of more than {LONGEST_TEXT:,} bytes, which no network shows")


def _flag(post: Post, *flags: str) -> None:
    post.flags = list(dict.fromkeys([*post.flags, *flags]))


def _checked(digits: str, received: datetime) -> str:
    """A version that may count; empty where there is none, or one from the future. Raises Invalid for no number."""
    if digits and not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise Invalid("wrong_type", "Expected a version of 1 to 19 digits - at `$.version`")
    return digits if digits and int(digits) // REVISIONS <= microseconds(received + SKEW) else ""


def _plausible(moment: datetime | None, received: datetime) -> datetime | None:
    """The moment in UTC, None when it may not count."""
    try:
        found = None if moment is None else utc(moment)
    except OverflowError:  # the first or the last hours that there are, in another zone
        return None
    return found if plausible(found, received) else None


# --- texts that nothing can store -----------------------------------------------------------------------------------


def _repaired(raw: bytes) -> bytes | None:
    """The line with every NUL and half character replaced; None where there is none. Raises Invalid (`bad_text`)."""
    if b"\\u" not in raw or not (b"\\u0000" in raw or b"\\ud" in raw or b"\\uD" in raw):
        return None
    try:
        found = json.loads(raw)
        fixed = _fixed(found)
        if fixed == found:
            return None
    except ValueError:
        return None
    except RecursionError as error:
        raise Invalid("not_json", "lists or objects too deep within each other") from error
    if isinstance(found, dict) and any(fixed.get(name) != found.get(name) for name in ("doc_id", "native_id", "id")):
        raise Invalid("bad_text", "a NUL or half of a character in an id")
    return msgspec.json.encode(fixed)


def _fixed(value: Any) -> Any:
    match value:
        case str():
            return value.translate(UNSTORABLE)
        case list():
            return [_fixed(each) for each in value]
        case dict():
            return {_fixed(name): _fixed(each) for name, each in value.items()}
    return value
