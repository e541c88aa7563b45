"""What stands beside the names of the screens, on each: open alerts, questions that wait, whether all is read and told.

archive --alerts, at once; questions, counted aside--> Beside <-- gaps, what sources say of themselves, receivers

Whoever opens a page waits for none of it: a thread counts the questions, and pages show the last number that is known.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

from veille.archive import Archive
from veille.clock import Clock
from veille.doing import Doing
from veille.errors import Unavailable, VeilleError
from veille.gap import Gap, GapsNow
from veille.own import OwnAccounts
from veille.questions import FOLD, asked, waiting
from veille.reading import ReadingNow
from veille.settings import Settings
from veille.web.health_info import Level, heading_of, level_of, stage_of
from veille.web.receivers import Receivers
from veille.web.sources import source_info

WITHIN_S = 0.1
"""How long a page waits for the number of questions."""

ALERTS_WITHIN_S = 1.0
"""How long it waits for that of the open alerts, which is counted anew for each page."""

AGAIN_S = 20.0
"""How soon it is counted again, at the earliest."""

OLD_S = 120.0
"""A number that was last known so long ago is not shown any more."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Marks:
    """What is shown. `alerts`, `questions` None: how many are open or wait is not known."""

    alerts: int | None
    questions: int | None
    level: Level | Literal["untold", "uncounted"]
    """How reading goes, as the health page has it, of what the sources say, and whether notifications arrive."""


class Counted:
    """A number that takes a while to count: the last one that is known, and a thread that counts it again."""

    def __init__(self, count: Callable[[], int], clock: Clock) -> None:
        self._count, self._clock = count, clock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="beside")
        self._lock = threading.Lock()
        self._counting: tuple[float, Future[None]] | None = None
        self._known: int | None = None
        self._as_of = 0.0

    def now(self) -> int | None:
        """The number; None where it is not known, or no more."""
        wait([self._counted()], WITHIN_S)
        with self._lock:
            return self._known if self._clock.monotonic() - self._as_of < OLD_S else None

    def is_now(self, number: int | None) -> None:
        """Somebody knows it: a page that has just counted."""
        self._take(number, self._clock.monotonic())

    def _counted(self) -> Future[None]:
        """The count that goes on, or the last one, unless it is time for another."""
        with self._lock:
            now = self._clock.monotonic()
            began, counting = self._counting or (now, None)
            if counting is None or (counting.done() and now - began >= AGAIN_S):
                counting = self._pool.submit(self._again, now)
                self._counting = now, counting
            return counting

    def _again(self, began: float) -> None:
        try:
            number = self._count()
        except VeilleError as error:
            log.warning("how many questions wait cannot be told: %s", error)
            number = None
        except Exception:
            log.exception("how many questions wait cannot be told")
            number = None
        self._take(number, began)

    def _take(self, number: int | None, as_of: float) -> None:
        with self._lock:
            if as_of >= self._as_of:  # a count may end after a page has told a later number
                self._known, self._as_of = number, as_of


class Beside:
    """Looks for it, each time that a page is shown."""

    def __init__(
        self,
        archive: Archive,
        settings: Settings,
        clock: Clock,
        gaps_now: GapsNow,
        *,
        sources: Sequence[str],
        doing: Doing | None,
        reading_now: ReadingNow,
        receivers: Receivers | None = None,
    ) -> None:
        """`sources`: those that are switched on; `receivers`: of notifications, where there are any."""
        self._archive, self._clock, self._doing, self._own = archive, clock, doing, OwnAccounts(settings.own)
        self._gaps_now, self._reading_now, self._sources = gaps_now, reading_now, sources
        self._receivers = receivers
        self._pool, self._lock = ThreadPoolExecutor(1, thread_name_prefix="open-alerts"), threading.Lock()
        self._open: Future[int] | None = None
        self.questions = Counted(self.count_waiting, clock)
        """How many wait; a page that counts them anyhow says so here, so that both say the same."""

    def marks(self) -> Marks:
        """All of it, within a moment."""
        return Marks(self._alerts(), self.questions.now(), self._level())

    def count_waiting(self) -> int:
        """Count now how many questions wait: as many as their screen lists first. Raises Unavailable."""
        now = self._clock.now()
        found = asked(self._archive, self._own, watch=None, since=now - FOLD, until=now, done=self._doing)
        return len(waiting(found.questions, now))

    def _alerts(self) -> int | None:
        """How many are open; None while the archive does not say."""
        with self._lock:
            if self._open is None or self._open.done():
                self._open = self._pool.submit(lambda: len(self._archive.alerts(only_open=True)))
            counting = self._open
        try:
            return counting.result(ALERTS_WITHIN_S)
        except (TimeoutError, Unavailable):
            return None

    def _level(self) -> Level | Literal["untold", "uncounted"]:
        said, gaps = self._reading_now(), self._gaps()
        sources = [source_info(name, said.get(name), gaps, self._clock.now()) for name in self._sources]
        reading = level_of(sources, gaps, [stage_of(name, said.get(name)) for name in self._sources])
        return heading_of(reading, self._receivers.failing() if self._receivers else None)

    def _gaps(self) -> list[Gap] | None:
        try:
            return self._gaps_now()
        except VeilleError:
            return None
