"""What a screen asks for: one panel that fails or is late says so, and the others stand.

look, look, ... --few threads, one deadline--> Panels.look: what the template needs, and which panels are lacking
                                           `-> nothing at all: the archive is away, and the whole screen says so
what a screen is about --a deadline--> Panels.find: it, or Late

What a screen is about (a mention, an alert, results, questions) is found first; without it there is no screen.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from weakref import WeakKeyDictionary

from veille.clock import Clock
from veille.errors import Corrupt, Misused, Unavailable, VeilleError
from veille.web.pool import Calls, Pool

WITHIN_S = 2.0
"""How long a screen waits for its panels."""

FOUND_WITHIN_S = 5.0
"""How long it waits for what it is about: without that it shows nothing at all."""

AGAIN_S = 5.0
"""After so many seconds what was late may be asked for again."""

KEPT_S = 20.0
"""How long what is kept is told again."""

ARCHIVE = Pool(8, "panels")
"""The threads of all screens."""

MOST_LATE, MOST_NOT_FOUND = 2, 4
"""So many looks for one panel, or for what a screen is about, may go on past their time; no other takes a thread."""

SUBJECTS = 300
"""Of so many subjects a screen knows when each panel could last be told."""

Look = Callable[[], Mapping[str, Any]]
"""Finds what a template needs for one panel."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class Late(Unavailable):
    """What a screen is about was not found in its time."""


class Once(Generic[T]):
    """What several looks of one screen need: the first that asks finds it, or what keeps it, for all."""

    def __init__(self, find: Callable[[], T]) -> None:
        self._find, self._lock = find, threading.Lock()
        self._found: Future[T] = Future()

    def __call__(self) -> T:
        """What was found. Raises what kept it."""
        with self._lock:
            if not self._found.done():
                self._look()
        return self._found.result()

    def _look(self) -> None:
        try:
            self._found.set_result(self._find())
        except Exception as error:
            self._found.set_exception(error)


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What came of one look: its value, that it is late (`partial`), or what kept it (`error`)."""

    state: Literal["ok", "partial", "error"]
    value: T | None = None
    error: BaseException | None = None

    def result(self) -> T | Literal["partial", "error"]:
        """Its value or its state. Raises a wrong question and a damaged archive, which are no matter of one panel."""
        if isinstance(self.error, (Misused, Corrupt)):
            raise self.error
        return self.value if self.state == "ok" else self.state  # type: ignore[return-value]  # of one that is ok


LATE: Outcome[Any] = Outcome("partial")


@dataclass(frozen=True)
class Lacking:
    """A panel that cannot be told; `since`: when it last could be, None: not since the start."""

    name: str
    state: Literal["partial", "error"]
    since: datetime | None


class Begun:
    """Looks that are begun."""

    def __init__(self, screen: str, calls: Calls, ends: Mapping[str, Future[Any] | None]) -> None:
        self._screen, self._calls, self._ends = screen, calls, ends

    def outcomes(self, within_s: float | None = None) -> dict[str, Outcome[Any]]:
        """Of each, within WITHIN_S or so many seconds."""
        self.wait(WITHIN_S if within_s is None else within_s)
        return {name: self._outcome(name) for name in self._ends}

    def end(self, name: str) -> Future[Any] | None:
        """What came of one; None where it is late."""
        end = self._ends[name]
        return end if end is not None and end.done() and not end.cancelled() else None

    def wait(self, within_s: float) -> None:
        """For all, so many seconds."""
        self._calls.wait(within_s, [end for end in self._ends.values() if end])

    def leave(self) -> None:
        """Whoever asked needs them no more."""
        self._calls.leave()

    def _outcome(self, name: str) -> Outcome[Any]:
        if (end := self.end(name)) is None:
            log.warning("%s: %s is late", self._screen, name)
            return LATE
        error = end.exception()
        if error is None:
            return Outcome("ok", end.result())
        if not isinstance(error, VeilleError):
            log.error("%s: %s fails", self._screen, name, exc_info=error)
        elif not isinstance(error, Misused):
            log.warning("%s: %s cannot be told: %s", self._screen, name, error)
        return Outcome("error", error=error)


class Panels:
    """Looks for those of one screen, under the name by which the log tells it."""

    def __init__(self, clock: Clock, screen: str, pool: Pool = ARCHIVE) -> None:
        self._clock, self._screen, self._pool, self._lock = clock, screen, pool, threading.Lock()
        self._told = Told()
        # those that somebody works on or waits for, with until when
        self._going_on: defaultdict[str, WeakKeyDictionary[Future[Any], float]] = defaultdict(WeakKeyDictionary)
        self._kept: dict[str, tuple[float, Future[Any]]] = {}

    def look(self, looks: Mapping[str, Look], *, beside: bool = False, of: str = "") -> dict[str, Any]:
        """All values that the looks find, and under `lacking`, by name, what there is to say of those that fail.

        `beside`: what the screen is about was found before, and stands also where none of these finds anything.
        `of`: what this screen is about; of that it is said when a panel could last be told.
        Raises Misused and Corrupt as a look does, and where nothing stands what kept the first, or Unavailable.
        """
        outcomes: dict[str, Outcome[Mapping[str, Any]]] = self.begin(looks).outcomes()
        found = {name: one.result() for name, one in outcomes.items()}
        told = {name: values for name, values in found.items() if not isinstance(values, str)}
        if not told and not beside:
            errors = (one.error for one in outcomes.values() if one.error)
            raise next(errors, Unavailable(f"{self._screen}: no answer within {WITHIN_S} s", AGAIN_S))
        last = self._told.now(of, told, self._clock.now())
        lacking = {
            name: Lacking(name, state, last.get(name)) for name, state in found.items() if isinstance(state, str)
        }
        return {key: value for values in told.values() for key, value in values.items()} | {"lacking": lacking}

    def find(self, name: str, look: Callable[[], T]) -> T:
        """What a screen is about. Raises what kept it, and Late."""
        asked = self._begin({name: look}, within_s=FOUND_WITHIN_S, most_late=MOST_NOT_FOUND)
        asked.wait(FOUND_WITHIN_S)
        if (end := asked.end(name)) is None:
            raise Late(f"{self._screen}: no {name} within {FOUND_WITHIN_S} s", AGAIN_S)
        found: T = end.result()
        return found

    def begin(self, looks: Mapping[str, Callable[[], Any]], *, keep: bool = False, threads: int = 1) -> Begun:
        """Have them begun, by so many threads at first; what came of them is asked for later.

        `keep`: one that goes on, and one that was found a moment ago, is not looked for again.
        """
        return self._begin(looks, keep=keep, threads=threads, within_s=WITHIN_S, most_late=MOST_LATE)

    def left(self, begun: float) -> float:
        """Seconds that a screen may still wait which began to wait at that time of the clock."""
        return max(0.0, WITHIN_S - (self._clock.monotonic() - begun))

    def _begin(
        self,
        looks: Mapping[str, Callable[[], Any]],
        *,
        keep: bool = False,
        threads: int = 1,
        within_s: float,
        most_late: int,
    ) -> Begun:
        now = self._clock.monotonic()
        with self._lock:
            held = {name: end for name in looks if keep and (end := self._held(name, now))}
            free = {name: look for name, look in looks.items() if name not in held and self._late(name) < most_late}
            calls = Calls(self._pool, free, threads=threads)
            for name, end in calls.ends.items():
                self._going_on[name][end] = time.monotonic() + within_s
                if keep:
                    self._kept[name] = (now, end)
        return Begun(self._screen, calls, {name: held.get(name) or calls.ends.get(name) for name in looks})

    def _held(self, name: str, now: float) -> Future[Any] | None:
        at, end = self._kept.get(name, (now, None))
        return end if end and not end.cancelled() and (not end.done() or now - at < KEPT_S) else None

    def _late(self, name: str) -> int:
        """How many looks for it go on past their time."""
        return sum(end.running() and time.monotonic() >= until for end, until in self._going_on[name].items())


class Told:
    """When each panel could last be told of a subject; the subjects that were looked at last."""

    def __init__(self) -> None:
        self._lock, self._of = threading.Lock(), OrderedDict[str, dict[str, datetime]]()

    def now(self, subject: str, panels: Iterable[str], at: datetime) -> Mapping[str, datetime]:
        """All that is known of it, with those that are told now."""
        with self._lock:
            known = self._of.pop(subject, {}) | dict.fromkeys(panels, at)
            self._of[subject] = known
            while len(self._of) > SUBJECTS:
                self._of.popitem(last=False)
            return known
