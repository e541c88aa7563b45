"""Calls to a system that may be away: one at a time, in a thread, again and again until it answers."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Callable
from typing import TypeVar

from veille.batches import Watchdog
from veille.clock import Clock
from veille.errors import Unavailable

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0

T = TypeVar("T")
log = logging.getLogger(__name__)


class Patient:
    """Waits for one system, with growing, jittered pauses, and not past `stop`; the watchdog hears of each pause."""

    def __init__(self, name: str, stop: asyncio.Event, clock: Clock, watchdog: Watchdog) -> None:
        self._name, self._stop, self._clock, self._watchdog = name, stop, clock, watchdog
        self._free = threading.Lock()

    async def alone(self, call: Callable[[], T]) -> T:
        """Call in a thread, when no other call is under way, one that was given up included."""

        def locked() -> T:
            with self._free:
                return call()

        return await asyncio.to_thread(locked)

    async def patiently(self, call: Callable[[], T]) -> T:
        """The same again and again while the system is away. Raises Unavailable when stopped meanwhile."""
        wait = FIRST_WAIT_S
        while True:
            try:
                return await self.alone(call)
            except Unavailable as error:
                if self._stop.is_set():
                    raise
                jittered = wait * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
                pause = min(error.retry_after or jittered, LONGEST_WAIT_S)  # no longer than the watchdog bears
                log.warning("%s does not take records, trying again in %.1f s: %s", self._name, pause, error)
                self._watchdog.touch()
                await self.pause(pause)
                self._watchdog.touch()
                wait = min(wait * 2, LONGEST_WAIT_S)

    async def pause(self, seconds: float) -> None:
        """So long, or until stopped."""
        waits = [asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(self._stop.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
