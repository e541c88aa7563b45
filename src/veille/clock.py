"""Time, injected: everything that waits or stamps takes a `Clock`, so that no test has to sleep."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the time is, and how to wait."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back; for durations only."""

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the event loop."""

    def wait(self, seconds: float) -> None:
        """Wait and block this thread."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Give the event loop back for so many seconds."""
        await asyncio.sleep(seconds)

    def wait(self, seconds: float) -> None:
        """Block this thread for so many seconds."""
        time.sleep(seconds)


class FakeClock:
    """A clock that moves only when told to, or when somebody waits on it; `waits` records each wait."""

    def __init__(self, start: datetime = datetime(2026, 11, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._elapsed = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        """The time it was set to, plus all that was waited or advanced."""
        return self._now + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move time on."""
        self._elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        """Advance at once, and let other tasks run."""
        self.wait(seconds)
        await asyncio.sleep(0)

    def wait(self, seconds: float) -> None:
        """Advance at once."""
        self.waits.append(seconds)
        self.advance(seconds)
