"""What was published of which minute, and what is to be published now that something of it changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from veille.identity import microseconds
from veille.processors.counting import count
from veille.processors.memory import LastHours, Minute, beginning, minute_of
from veille.processors.seen import Seen
from veille.processors.words import asked
from veille.settings import Watch
from veille.window import Window


class Told:
    """The last window of each watch and minute that is held.

    A revision is the moment of the count in microseconds, and higher than all that were published before: after a
    restart too, by the clock, and by what the archive has.
    """

    def __init__(
        self,
        memory: LastHours,
        watches: Iterable[Watch],
        coverage: Callable[[Minute], float],
        *,
        named: Callable[[], bool],
    ) -> None:
        """`watches`: those of which every minute has a window, an empty one too. `named`: see `count`."""
        self._memory, self._coverage, self._named = memory, coverage, named
        self._asked = asked(watches)
        self._told: dict[Minute, dict[str, Window]] = {}
        self._revision = 0

    def watch(self, watches: Iterable[Watch]) -> None:
        """Each minute that is over from now on has a window of these."""
        self._asked = asked(watches)

    def remember(self, windows: Iterable[Window]) -> None:
        """What an earlier process published, as the archive has it."""
        for window in windows:
            self._revision = max(self._revision, window.revision)
            held = self._told.setdefault(minute_of(window.since), {})
            if window.watch not in held or held[window.watch].revision < window.revision:
                held[window.watch] = window

    def count(self, now: datetime) -> list[Window]:
        """The windows of all minutes that changed, but for those that are as they were told."""
        found: list[Window] = []
        for minute in sorted(self._memory.changed):
            found += self._of_minute(minute, now)
        self._memory.changed.clear()
        return found

    def of(self, minute: Minute) -> list[Window]:
        """What was told last of a minute, of the watches that are set up."""
        told = self._told.get(minute, {})
        return [told[watch] for watch in self._asked if watch in told]

    def close(self, minute: Minute) -> None:
        """A minute is over: it has a window of each watch from now on, an empty one too."""
        told = self._told.setdefault(minute, {})
        for watch in self._asked:
            told.setdefault(watch, Window(watch=watch, since=beginning(minute), revision=0))
        self._memory.changed.add(minute)

    def forget(self) -> None:
        """Let go of the minutes that the memory has let go."""
        for minute in [each for each in self._told if each < self._memory.floor and not self._memory.holds(each)]:
            del self._told[minute]

    def _of_minute(self, minute: Minute, now: datetime) -> list[Window]:
        told = self._told.setdefault(minute, {})
        by_watch: defaultdict[str, list[Seen]] = defaultdict(list)
        for seen in self._memory.of_minute(minute):
            for watch in seen.watches:
                by_watch[watch].append(seen)
        since, coverage = beginning(minute), self._coverage(minute)
        found: list[Window] = []
        for watch in sorted(by_watch.keys() | told.keys()):
            window = count(
                watch,
                since,
                by_watch[watch],
                revision=0,
                coverage=coverage,
                named=self._named(),
                asked=self._asked.get(watch, ()),
            )
            before = told.get(watch)
            if before is None or before.revision == 0 or window != msgspec.structs.replace(before, revision=0):
                self._revision = max(self._revision + 1, microseconds(now))
                told[watch] = msgspec.structs.replace(window, revision=self._revision)
                found.append(told[watch])
        return found
