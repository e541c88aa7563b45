"""What is known of authors, applied to mentions: to each as it is written, and to those that an archive holds.

    record, states --> the record as it must be: hidden, withheld, without its place or its quote, or a delete
    sweep: Sink.of_author --> the same --> the topics first --> Sink.rewrite at each mention's own version, markers for
    what is gone

Both give the same for the same states, and doing it again changes nothing: so an order may come before or after a post.
A mention may carry the text of a second author: a repost has nothing else, and goes or hides with what it repeats; a
quote stays and loses what it quotes, for good, since a mention that is shown can hold nothing back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from veille.author import AuthorState
from veille.errors import Invalid
from veille.mention import Mention
from veille.post import ORIGINAL_HIDDEN, QUOTE_REMOVED
from veille.query.tags import tag
from veille.sinks.sink import Record, Sink, decode_mention

States = Callable[[str, str], AuthorState | None]
"""The state of an author by source and id."""


class _Id(Struct, frozen=True):
    id: str = ""


class _Reference(Struct, frozen=True):
    repost_author_id: str | None = None


class _Quoted(Struct, frozen=True):
    author: _Id = _Id()


class _Signed(Struct):
    """Whose text a mention holds, and the lists that are added to."""

    source: str = ""
    author: _Id = _Id()
    ref: _Reference = _Reference()
    quoted: _Quoted | None = None
    flags: list[str] = []
    withheld: list[str] = []


_SIGNED = msgspec.json.Decoder(_Signed)


class Authors(Struct, frozen=True):
    """The states of all whose text a mention holds; None: nothing is known."""

    own: AuthorState | None
    original: AuthorState | None
    """Of a repost: who published what it repeats."""
    quoted: AuthorState | None


NOBODY = Authors(None, None, None)


class Swept(Struct, frozen=True):
    """What a sweep does: the markers that take the place of mentions, and the mentions that are changed."""

    deleted: list[Record]
    changed: list[Record]
    bared: list[Record]
    """Of the changed: those that lose text or place, which stand on the topics as they were."""


def applied(record: Record, states: States) -> Record:
    """The record as the states of its authors want it; the same one when there is none, or it cannot be read."""
    if record.value is None:
        return record
    try:
        signed = _SIGNED.decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return record
    quoted = signed.quoted.author.id if signed.quoted is not None else ""
    whose = (signed.author.id, signed.ref.repost_author_id, quoted)
    authors = Authors(*(states(signed.source, each) if each else None for each in whose))
    return record if authors == NOBODY else under(record, authors)


def under(record: Record, authors: Authors) -> Record:
    """A mention's record under what is known; a delete where it is gone, the same one when nothing changes.

    The same one, too, where it cannot be read: a sink refuses that.
    """
    markers = [state.marker(record.version) for state in (authors.own, authors.original) if state is not None]
    if marker := max(markers, default=0):
        return Record(record.doc_id, marker, None, record.source)
    try:
        decode_mention(record)
    except Invalid:
        return record
    mention: dict[str, Any] = msgspec.json.decode(record.value or b"")
    changed = dict(mention)
    _change(changed, authors, record.version)
    return record if changed == mention else msgspec.structs.replace(record, value=msgspec.json.encode(changed))


def _change(mention: dict[str, Any], authors: Authors, version: int) -> None:
    """As it was decoded, so that fields which are not ours stay; parts of it are replaced, never changed."""
    if authors.own is not None:
        _own(mention, authors.own)
    if authors.original is not None:
        _repost(mention, authors.original)
    if authors.quoted is not None and (authors.quoted.marker(version) or authors.quoted.visibility == "hidden"):
        _without_quote(mention)


def _own(mention: dict[str, Any], state: AuthorState) -> None:
    if state.visibility == "hidden":
        mention["visibility"] = "hidden"
    elif state.visibility == "public":
        mention.pop("visibility", None)
    _withhold(mention, state)
    if state.scrubs(str(mention.get("native_id", ""))):
        mention.pop("place", None)
        if _of_place(mention):
            mention.pop("geo")
        people = mention.get("people") or {}
        if _of_place(people.get("found") or {}):  # what comes back when people take back what they put right
            mention["people"] = {**people, "found": {**people["found"], "geo": {}}}


def _of_place(found: dict[str, Any]) -> bool:
    return (found.get("geo") or {}).get("by") in {"coordinates", "place"}


def _repost(mention: dict[str, Any], original: AuthorState) -> None:
    """A flag of its own says so, since the two authors are hidden and shown again each by themselves."""
    if original.visibility is not None:
        _flag(mention, ORIGINAL_HIDDEN, on=original.visibility == "hidden")
    _withhold(mention, original)


def _without_quote(mention: dict[str, Any]) -> None:
    """Without the quoted post and all tags that came of it."""
    mention.pop("quoted")
    _flag(mention, QUOTE_REMOVED, on=True)
    if "tags" in mention:
        post = msgspec.convert(mention, Mention)
        tag(post, post.tags)
        mention["tags"] = msgspec.to_builtins(post.tags)


def _withhold(mention: dict[str, Any], state: AuthorState) -> None:
    if state.withheld:
        mention["withheld"] = sorted({*(mention.get("withheld") or ()), *state.withheld})


def _flag(mention: dict[str, Any], flag: str, *, on: bool) -> None:
    flags = [*(each for each in mention.get("flags") or () if each != flag), *([flag] if on else ())]
    if flags:
        mention["flags"] = flags
    else:
        mention.pop("flags", None)


class _Parts(Struct):
    quoted: msgspec.Raw = msgspec.Raw()
    place: msgspec.Raw = msgspec.Raw()


def bared(before: Record, after: Record) -> bool:
    """Whether a mention lost a text or a place, which the topics still hold."""
    if after is before or before.value is None or after.value is None:
        return False
    had, has = (msgspec.json.decode(each, type=_Parts) for each in (before.value, after.value))
    return len(bytes(has.quoted)) < len(bytes(had.quoted)) or len(bytes(has.place)) < len(bytes(had.place))


def sweep(
    sink: Sink, source: str, author: str, state: AuthorState, first: Callable[[Swept], object] | None = None
) -> Swept:
    """Bring all that the sink holds of an author's text into the state. Raises Unavailable: then do it again.

    `first` is told before the sink writes, and returns once the topics have it: what is gone from an archive is listed
    by none, so an end between the two would leave it on the topics; the other way round all of it is done again.
    """
    found = wanted(sink, source, author, state)
    swept = Swept(
        deleted=[new for _, new in found if new.value is None],
        changed=[new for old, new in found if new.value is not None and new is not old],
        bared=[new for old, new in found if bared(old, new)],
    )
    if first is not None:
        first(swept)
    sink.write(swept.deleted)
    sink.rewrite(swept.changed)
    return swept


def wanted(sink: Sink, source: str, author: str, state: AuthorState) -> list[tuple[Record, Record]]:
    """All that the sink holds of an author's text, each as it is and as the state wants it. Raises Unavailable."""
    return [(record, applied(record, _only(source, author, state))) for record in sink.of_author(source, author)]


def _only(source: str, author: str, state: AuthorState) -> States:
    return lambda *who: state if who == (source, author) else None
