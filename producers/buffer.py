"""The queue between reading and publishing, bounded by records and by bytes.

    reader thread --put--> Buffer --take--> publisher          full: put waits, or the event is lost into a gap

A stream that cannot wait loses from the moment the queue is full until it is half empty again, so that a slow hour
is one gap and not a thousand.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime

from msgspec import Struct

from veille.clock import Clock
from veille.producers.source import Broken, Event, GapClosed, GapOpened, Received

RECORDS = 10_000
BYTES = 64 << 20
BATCH_BYTES = 8 << 20

POST_BYTES = 2_000
"""What a post weighs beside its text, in bytes, roughly."""


class Overflow(Struct, frozen=True):
    """The queue was full and the stream could not wait. First without, then with its end and what was lost."""

    since: datetime
    until: datetime | None = None
    missed: int = 0


class Buffer:
    """Events on their way from one reader to one publisher."""

    def __init__(self, *, can_wait: bool, clock: Clock, records: int = RECORDS, size: int = BYTES) -> None:
        self._can_wait, self._clock = can_wait, clock
        self._records, self._size = records, size
        self._events: deque[tuple[Event | Overflow, int]] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._closed = self._finished = False
        self._losing: Overflow | None = None
        self._missed = 0

    def put(self, event: Event) -> bool:
        """Hand an event over, once there is room where the source can wait; False when nobody takes any more."""
        weight = _weight(event)
        with self._changed:
            while self._can_wait and self._full() and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            if self._lost() and not isinstance(event, GapOpened | GapClosed):
                self._missed += 1
                return True
            self._append(event, weight)
            return True

    def take(self, limit: int, seconds: float) -> list[Event | Overflow]:
        """Up to `limit` events, as soon as there is one; empty after so many seconds without any."""
        with self._changed:
            if not self._events and not self._finished:
                self._changed.wait(seconds)
            taken: list[Event | Overflow] = []
            room = BATCH_BYTES
            while self._events and len(taken) < limit and room > 0:
                event, weight = self._events.popleft()
                taken.append(event)
                room -= weight
                self._held -= weight
            self._changed.notify_all()
            return taken

    def finish(self) -> None:
        """Say that the reader has ended: what is in here is all that comes."""
        with self._changed:
            self._end_loss()
            self._finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """Take nothing more in; a reader that waits for room is let go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def drained(self) -> bool:
        """Whether the reader has ended and everything has been taken."""
        with self._changed:
            return self._finished and not self._events

    def _full(self) -> bool:
        return len(self._events) >= self._records or self._held >= self._size

    def _lost(self) -> bool:
        """Whether what comes now is lost; opens and closes the gap."""
        if self._losing is None:
            if self._can_wait or not self._full():
                return False
            self._losing = Overflow(self._clock.now())
            self._append(self._losing, 0)
        elif len(self._events) <= self._records // 2 and self._held <= self._size // 2:
            self._end_loss()
            return False
        return True

    def _end_loss(self) -> None:
        if self._losing is not None:
            self._append(Overflow(self._losing.since, self._clock.now(), self._missed), 0)
            self._losing, self._missed = None, 0

    def _append(self, event: Event | Overflow, weight: int) -> None:
        self._events.append((event, weight))
        self._held += weight
        if len(self._events) == 1:
            self._changed.notify_all()


def _weight(event: Event) -> int:
    if isinstance(event, Received):
        return POST_BYTES + len(event.post.text)
    return len(event.raw) if isinstance(event, Broken) else 0
