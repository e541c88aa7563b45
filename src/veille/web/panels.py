"""Panels of a screen that are asked for side by side: one that fails or is late says so, and the others stand.

look, look, ... --threads, one deadline--> what the template needs, and which panels are lacking, since when
                                       `-> nothing at all: the archive is away, and the whole screen says so

What a screen is about (a mention, an alert) is looked for before; without it there is no screen.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from veille.clock import Clock
from veille.errors import Corrupt, Misused, Unavailable, VeilleError
from veille.web.parts import WITHIN_S

POOL = ThreadPoolExecutor(8, thread_name_prefix="panels")
"""Threads that stay: each keeps its own connection to the archive, and what it has read of it."""

MOST_LATE = 2
"""So many looks for one panel may go on past their time; until one of them ends, no other takes a thread."""

Look = Callable[[], Mapping[str, Any]]
"""Finds what a template needs for one panel."""

log = logging.getLogger(__name__)

T = TypeVar("T")


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
class Lacking:
    """A panel that cannot be told; `since`: when it last could be, None: not since the start."""

    name: str
    state: Literal["partial", "error"]
    since: datetime | None


class Panels:
    """Looks for those of one screen, under the name by which the log tells it."""

    def __init__(self, clock: Clock, screen: str) -> None:
        self._clock, self._screen = clock, screen
        self._told: dict[str, datetime] = {}
        self._going_on: dict[str, list[Future[Any]]] = {}

    def look(self, looks: Mapping[str, Look], *, beside: bool = False) -> dict[str, Any]:
        """All values that the looks find, and under `lacking`, by name, what there is to say of those that fail.

        `beside`: what the screen is about was found before, and stands also where none of these finds anything.
        Raises Misused and Corrupt as a look does, and where nothing stands what kept the first, or Unavailable.
        """
        begun = {name: POOL.submit(look) for name, look in looks.items() if not self._is_stuck(name)}
        wait(begun.values(), timeout=WITHIN_S)
        late = dict.fromkeys(name for name in looks if name not in begun or self._is_late(name, begun[name]))
        failed = {name: error for name, future in begun.items() if name not in late and (error := _fault(future))}
        told = [name for name in begun if name not in late and name not in failed]
        if not told and not beside:
            raise next(iter(failed.values()), Unavailable(f"{self._screen}: no answer within {WITHIN_S} s"))
        self._told |= dict.fromkeys(told, self._clock.now())
        values = {key: value for name in told for key, value in begun[name].result().items()}
        return values | {"lacking": {name: self._lacking(name, error) for name, error in (late | failed).items()}}

    def _is_stuck(self, name: str) -> bool:
        self._going_on[name] = [future for future in self._going_on.get(name, ()) if not future.done()]
        return len(self._going_on[name]) >= MOST_LATE

    def _is_late(self, name: str, future: Future[Any]) -> bool:
        if future.done():
            return False
        if not future.cancel():
            self._going_on[name].append(future)
        return True

    def left(self, begun: float) -> float:
        """Seconds that a screen may still wait which began to wait at that time of the clock."""
        return max(0.0, WITHIN_S - (self._clock.monotonic() - begun))

    def _lacking(self, name: str, error: BaseException | None) -> Lacking:
        log.warning("%s: %s cannot be told: %s", self._screen, name, error or f"no answer within {WITHIN_S} s")
        return Lacking(name, "error" if error else "partial", self._told.get(name))


def _fault(future: Future[Any]) -> BaseException | None:
    """What kept a panel, if anything did; a wrong question and a damaged archive are no matter of one panel."""
    error = future.exception()
    if isinstance(error, (Misused, Corrupt)):
        raise error
    if error is not None and not isinstance(error, VeilleError):
        log.error("a panel fails", exc_info=error)
    return error
