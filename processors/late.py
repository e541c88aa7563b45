"""Late mentions: of minutes that are not held any more, and so are counted with what the archive has of them.

    late --the archive is away, or has not taken all that this process knew of the minute--> waits --> counted
    topic as read: stamps 1, 2, ... --how far the archive's own reader is--> the stamps that are in the archive

However many wait, none is left out: what is read is not committed before all that waits is counted and published. Of
more than `MOST_WAITING` only the minutes are kept: they are loaded once the archive has these mentions, too.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Mapping
from typing import Protocol

from veille.batches import Batch
from veille.clock import Clock
from veille.errors import Unavailable
from veille.processors.memory import LastHours, Minute, Took, minute_of
from veille.processors.seen import Seen

STAMP_S = 1.0
"""How often a place of the topic is noted."""

ASK_S, ASK_SELDOM_S = 2.0, 60.0
"""How often the archive's place is asked for, while something waits and else; what it has taken by then can be found
the next time."""

AT_ONCE_S = 1.0
"""For how long waiting ones are taken before others have their turn."""

MOST_WAITING = 100_000
"""Mentions that wait in memory: some 90 MB. Beyond, each minute that waits takes 300 bytes, whatever comes for it."""

MOST_STAMPS = 10_000
SAID_EACH = 10_000

log = logging.getLogger(__name__)

Offsets = Mapping[int, int]
"""By partition of the mentions, the offset of the next record."""


class Archived(Protocol):
    """How far the archive is on the topics. Methods raise Unavailable."""

    def taken(self) -> Offsets:
        """The mentions that it has."""

    def has_what_was_told(self) -> bool:
        """Whether it has all that an earlier process counted, and all that it told."""


class Place(Protocol):
    """How far one group is on one topic. Methods raise Unavailable."""

    def ends(self) -> Offsets:
        """Where the topic ends."""

    def committed(self) -> Offsets:
        """What the group will read next."""

    def passed(self, ends: Offsets) -> bool:
        """Whether the group has committed at least these."""


class ArchivePlace:
    """Implements `Archived`, by the groups of whoever writes the archive."""

    def __init__(self, mentions: Place, own: Place, found: Collection[Place]) -> None:
        """`mentions` and `found`: its places on the topics of mentions, windows and alerts; `own`: ours on mentions."""
        self._mentions, self._own, self._found = mentions, own, found
        self._wanted: list[tuple[Place, Offsets]] = []
        """What was told as it was asked about first: more is told meanwhile."""

    def taken(self) -> Offsets:
        """See `Archived`."""
        return self._mentions.committed()

    def has_what_was_told(self) -> bool:
        """See `Archived`."""
        if not self._wanted:
            self._wanted = [(self._mentions, self._own.committed()), *((each, each.ends()) for each in self._found)]
        if not all(place.passed(ends) for place, ends in self._wanted):
            return False
        self._wanted = []
        return True


class Late:
    """What waits. `holds`: nothing that was read may be committed now."""

    def __init__(self, memory: LastHours, archived: Archived, clock: Clock) -> None:
        self._memory, self._archived, self._clock = memory, archived, clock
        self._waiting: dict[Minute, list[Seen]] = {}
        self._number = self._came = 0
        """Mentions that wait in memory; and all that have come since nothing waited."""
        self._first: dict[int, int] = {}
        self._read: dict[int, int] = {}
        self._stamps: deque[tuple[int, Offsets]] = deque([(0, self._first)])
        """Where the topic was read to when a stamp was over; 0: what came before this process."""
        self._findable: int | None = None
        self._stamped_at = self._asked_at = clock.monotonic()
        self.holds = self._published = False

    def read(self, batch: Batch) -> None:
        """A batch is about to be taken in."""
        self._stamp()
        for partition, records in batch.items():
            self._first.setdefault(partition, records[0].offset)
            self._read[partition] = records[-1].offset + 1
        if not any(self._first.values()) and self._memory.archived < 0:
            self._memory.archive_has(0)  # there was nothing before

    def take(self, seen: Seen) -> Took:
        """Take in a version of a mention, now or later."""
        try:
            return self._memory.take(seen)
        except Unavailable as error:
            self._wait(seen, error)
            return Took.NEW

    def retry(self, *, others: bool = False) -> None:
        """Take in what waits, as far as the archive has the rest of its minute. `others` wait for that, too."""
        until = self._clock.monotonic() + AT_ONCE_S
        self._stamp()
        self._ask(ASK_S if self._waiting or others else ASK_SELDOM_S)
        for minute in [each for each in self._waiting if self._memory.can_load(each)]:
            try:
                self._memory.hold(minute)
            except Unavailable:
                return
            some = self._waiting.pop(minute)
            self._number -= len(some)
            for seen in some:
                self._memory.take(seen)
            if self._clock.monotonic() > until:
                return
        if not self._waiting:
            self._came = 0

    def publishing(self) -> None:
        """All that was taken is in the windows that are being published."""
        self._published = not self._waiting

    def acknowledged(self) -> None:
        """What was published last has been acknowledged."""
        self.holds = self.holds and not self._published

    def _wait(self, seen: Seen, error: Unavailable) -> None:
        if self._came % SAID_EACH == 0:
            log.warning("%d late mentions wait for the archive, and with them all commits: %s", self._came + 1, error)
        self._came += 1
        minute = minute_of(seen.at)
        waiting = self._waiting.setdefault(minute, [])
        if self._number < MOST_WAITING:
            waiting.append(seen)
            self._number += 1
        else:
            self._memory.leave_to_archive(minute)
        self.holds, self._published = True, False

    def _stamp(self) -> None:
        if self._clock.monotonic() - self._stamped_at >= STAMP_S:
            self._stamped_at = self._clock.monotonic()
            self._stamps.append((self._memory.stamp, dict(self._read)))
            self._memory.stamp += 1
            if len(self._stamps) > MOST_STAMPS:  # without one of them, what it says is known a little later
                self._stamps = deque(stamp for place, stamp in enumerate(self._stamps) if place % 2 == 0)

    def _ask(self, each_s: float) -> None:
        """How far the archive is."""
        if self._clock.monotonic() - self._asked_at < each_s:
            return
        self._asked_at = self._clock.monotonic()
        if self._findable is not None:
            self._memory.archive_has(self._findable)
        try:
            taken = self._archived.taken()
        except Unavailable as error:
            log.warning("how far the archive is cannot be asked: %s", error)
            return
        while self._stamps and all(taken.get(partition, 0) >= end for partition, end in self._stamps[0][1].items()):
            self._findable, _ = self._stamps.popleft()
