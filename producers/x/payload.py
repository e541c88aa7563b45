"""Reads what X sends: one JSON text of its API v2, from the stream, a page of a search, or a twarc file.

    bytes --> wire.Message --> Received for each post | Skipped | Broken

A message holds one post under `data` and what it refers to under `includes`; a page holds many; a line that twarc has
flattened holds all of it in one post. Fields: docs.x.com, data dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from veille.decoding import decoded
from veille.errors import Invalid
from veille.post import Origin
from veille.producers.nul import refuse_nul
from veille.producers.source import Broken, Received, Skipped
from veille.producers.x.tweet import Known, post_of
from veille.producers.x.wire import Includes, Message, Problem, Rule, WireTweet

T = TypeVar("T")
Read = Received | Broken | Skipped
"""What a text becomes."""

_MESSAGE = msgspec.json.Decoder(Message)
_TWEET = msgspec.json.Decoder(WireTweet)
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_line(raw: bytes, received: datetime, *, origin: Origin = "live") -> Iterator[Read]:
    """The events of one JSON text; none for a blank line. A text that cannot be read is one `Broken`, never raised.

    `trusted` is set when rules of a watch matched and the line is not from a file, whose tags may be anybody's.
    """
    if not raw.strip():
        return
    try:
        refuse_nul(raw)
        yield from _events(raw, received, origin)
    except Invalid as error:
        yield Broken(raw, error.reason, error.detail)


def problems(raw: bytes) -> list[Problem]:
    """What X says went wrong where a line holds no post; empty for every other line."""
    try:
        message = decoded(_MESSAGE, raw)
    except Invalid:
        return []
    return [] if bytes(message.data) else message.errors


def _events(raw: bytes, received: datetime, origin: Origin) -> Iterator[Read]:
    message = decoded(_MESSAGE, raw)
    data = bytes(message.data)
    if data.startswith(b"["):
        yield from _page(raw, data, message.includes, received, origin)
    elif data.startswith(b"{"):
        yield _one(data, message.includes, message.matching_rules, received, origin)
    elif message.errors:
        yield Skipped("not_a_post", message.errors[0].title)
    elif data:
        raise Invalid("wrong_type", "Expected `object` or `array` - at `$.data`")
    else:
        yield _without_data(raw, received, origin)


def _without_data(raw: bytes, received: datetime, origin: Origin) -> Read:
    """A flattened post, a page without any, or something else."""
    keys = decoded(_KEYS, raw)
    if "text" in keys:
        return _one(raw, Includes(), [], received, origin)
    return Skipped("not_a_post", "page") if "meta" in keys else Skipped("unknown_kind", _kind(keys))


def _one(data: bytes, includes: Includes, rules: list[Rule], received: datetime, origin: Origin) -> Read:
    try:
        tweet = decoded(_TWEET, data)
    except Invalid:
        keys = decoded(_KEYS, data)
        if "id" in keys or "text" in keys:
            raise
        return Skipped("unknown_kind", _kind(keys))
    return _received(tweet, Known(includes), rules, received, origin)


def _kind(keys: dict[str, msgspec.Raw]) -> str:
    return " ".join(sorted(keys)) or "empty"


def _page(raw: bytes, data: bytes, includes: Includes, received: datetime, origin: Origin) -> Iterator[Read]:
    """All posts of a page that can be read; the others are one dead letter together, since they need the page."""
    known = Known(includes)
    faults: list[Invalid] = []
    for each in decoded(_RAW_LIST, data):
        try:
            yield _received(decoded(_TWEET, bytes(each)), known, [], received, origin)
        except Invalid as error:
            faults.append(error)
    if faults:
        yield Broken(raw, faults[0].reason, f"{len(faults)} of the page's posts; the first: {faults[0].detail}")


def _received(tweet: WireTweet, known: Known, rules: list[Rule], received: datetime, origin: Origin) -> Received:
    post = post_of(tweet, known, rules or tweet.matching_rules, received, origin)
    return Received(post, trusted=bool(post.matched) and origin != "replay")
