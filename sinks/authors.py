"""What is known of an author, applied to mentions: to each as it is written, and to those that an archive holds.

    record, state --> the record as it must be: hidden, withheld, without its place, or a delete
    sweep: Sink.of_author --> the same --> Sink.rewrite at each mention's own version, markers for what is gone

Both give the same for the same state, and doing it again changes nothing: so an order may come before or after a post.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from veille.author import AuthorState
from veille.sinks.sink import Record, Sink

States = Callable[[str, str], AuthorState | None]
"""The state of an author by source and id."""


class _Id(Struct, frozen=True):
    id: str = ""


class _Signed(Struct):
    source: str = ""
    author: _Id = _Id()


_SIGNED = msgspec.json.Decoder(_Signed)


class Swept(Struct, frozen=True):
    """What a sweep did: the markers that took the place of mentions, and how many mentions were changed."""

    deleted: list[Record]
    changed: int


def applied(record: Record, states: States) -> Record:
    """The record as the state of its author wants it; the same one when there is none, or it cannot be read."""
    if record.value is None:
        return record
    try:
        signed = _SIGNED.decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return record
    state = states(signed.source, signed.author.id)
    return record if state is None else under(record, state)


def under(record: Record, state: AuthorState) -> Record:
    """A mention's record under a state of its author; a delete where it is gone, the same one when nothing changes."""
    if marker := state.marker(record.version):
        return Record(record.doc_id, marker, None, record.source)
    try:
        mention: Any = msgspec.json.decode(record.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return record
    if not isinstance(mention, dict) or not _change(mention, state):
        return record
    return Record(record.doc_id, record.version, msgspec.json.encode(mention), record.source)


def _change(mention: dict[str, Any], state: AuthorState) -> bool:
    """Change a decoded mention, so that fields which are not ours stay; returns whether anything was to change."""
    before = dict(mention)
    if state.visibility == "hidden":
        mention["visibility"] = "hidden"
    elif state.visibility == "public":
        mention.pop("visibility", None)
    if state.withheld:
        mention["withheld"] = sorted({*(mention.get("withheld") or ()), *state.withheld})
    if state.scrubs(str(mention.get("native_id", ""))):
        mention.pop("place", None)
        if (mention.get("geo") or {}).get("by") in {"coordinates", "place"}:
            mention.pop("geo")
    return mention != before


def sweep(sink: Sink, source: str, author: str, state: AuthorState) -> Swept:
    """Bring all that the sink holds of an author into the state. Raises Unavailable; then it is to be done again."""
    held = sink.of_author(source, author)
    wanted = [(record, under(record, state)) for record in held]
    deleted = [new for _, new in wanted if new.value is None]
    changed = [new for old, new in wanted if new.value is not None and new is not old]
    sink.write(deleted)
    sink.rewrite(changed)
    return Swept(deleted, len(changed))
