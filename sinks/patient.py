"""Calls to a system that may be away: one at a time, in a thread, again and again until it answers.

call --a thread of its own--> its result        told to stop, and no answer soon --> the thread is left behind

What was under way then may or may not have happened: nothing of it is committed, and it is done again.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from veille.background import begun
from veille.batches import Watchdog
from veille.clock import Clock
from veille.errors import Unavailable

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
LAST_CALL_S = 4.0
"""How long a call may still take when it is time to stop; a system that is well answers within a second or two."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Patient:
    """Waits for one system, with growing, jittered pauses, and not past `stop`; the watchdog hears of each pause."""

    def __init__(self, name: str, stop: asyncio.Event, clock: Clock, watchdog: Watchdog) -> None:
        self._name, self._stop, self._clock, self._watchdog = name, stop, clock, watchdog
        self._free = threading.Lock()
        self._left_behind = False

    async def alone(self, call: Callable[[], T]) -> T:
        """Call in a thread, when no other call is under way, one that was given up included.

        Raises Unavailable when stopped meanwhile, and there is no answer soon.
        """

        def locked() -> T:
            with self._free:
                return call()

        called, stopped = asyncio.wrap_future(begun(locked, self._name)), asyncio.create_task(self._stop.wait())
        both: list[asyncio.Future[Any]] = [called, stopped]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([called], timeout=LAST_CALL_S)
        except asyncio.CancelledError:
            called.cancel()
            raise
        finally:
            stopped.cancel()
        if not called.done():
            called.cancel()
            self._left_behind = True
            raise Unavailable(f"{self._name} has not answered for {LAST_CALL_S:.0f} s")
        return called.result()

    async def let_go(self, close: Callable[[], None]) -> None:
        """Close something at the end, unless a call that was left behind still has it."""
        if not self._left_behind:
            with suppress(Unavailable):
                await self.alone(close)

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
