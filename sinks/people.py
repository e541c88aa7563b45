"""What people did about mentions, brought onto those of an archive: to each as it is written, and to what is held.

    mention, book --> the record as people want it, to be written
    book: news --> Sink.change at each mention's own version, and once more when all that was under way is in
    a mention is deleted --> nulls on veille.actions.v1: nothing is kept of what people did about it

A record that was read before an action came may be written after it, by another process of this sink too. It was made
with a book no older than `TRUSTED_S`, and is given up after `PATIENCE_S`: what is done `AGAIN_S` later finds it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice

import msgspec

from veille.action_book import ActionBook, FollowedActions
from veille.batches import Row
from veille.clock import Clock
from veille.errors import Invalid
from veille.followed import TRUSTED_S
from veille.identity import public_id
from veille.put_right import with_actions
from veille.sinks.sink import Record, Sink, decode_mention

PATIENCE_S = 10.0
"""How long a sink tries to write by itself."""

AGAIN_S = TRUSTED_S + PATIENCE_S + 5.0
AT_ONCE = 200
"""Mentions that are read and written again at a time, each whole."""

TOUCHED = b'"people"'
"""In the JSON of every mention that something was done about, and of few others."""


def under_actions(record: Record, book: ActionBook) -> Record:
    """The record as people want it; the same one where they did nothing, or it cannot be read: a sink refuses that."""
    if record.value is None:
        return record
    actions = book.of(public_id(record.doc_id))
    if not actions and TOUCHED not in record.value:
        return record
    with suppress(Invalid):
        decode_mention(record)
        mention = msgspec.json.decode(record.value)
        changed = with_actions(mention, actions)
        if changed != mention:
            return msgspec.structs.replace(record, value=msgspec.json.encode(changed))
    return record


class Bringing:
    """Brings news of the book onto what an archive holds, by and by. Used by one thread at a time."""

    def __init__(self, sink: Sink, actions: FollowedActions, clock: Clock) -> None:
        self._sink, self._actions, self._clock = sink, actions, clock
        self._now: dict[str, None] = {}
        self._later: deque[tuple[float, str]] = deque()

    def due(self) -> bool:
        """Whether there is something to bring now."""
        now = self._clock.monotonic()
        for news in self._actions.news():
            self._now[news] = None
            self._later.append((now + AGAIN_S, news))
        while self._later and self._later[0][0] <= now:
            self._now[self._later.popleft()[1]] = None
        return bool(self._now)

    def step(self) -> list[str]:
        """Bring some of it; comes back: keys of actions about mentions that are gone. Raises Unavailable."""
        some = list(islice(self._now, AT_ONCE))
        done = self._sink.change(some, lambda record: under_actions(record, self._actions.book))
        for each in some:
            del self._now[each]
        now = self._clock.monotonic()
        self._later.extendleft((now, each) for each in done.again)
        return [key for gone in done.gone for key in self._actions.book.keys(gone)]


def nulls(keys: Iterable[str]) -> list[Row]:
    """Records that let these actions go."""
    return [(key.encode(), None, [], None) for key in dict.fromkeys(keys)]
