"""Ends a worker that is stuck."""

from __future__ import annotations

import os
import sys
import threading

from veille.clock import Clock

WATCHDOG_S = 120.0
EXIT_STUCK = 70


class Watchdog:
    """Ends this process when nobody has touched it for `limit` seconds: a stuck worker is restarted, not trusted."""

    def __init__(self, clock: Clock, limit: float = WATCHDOG_S) -> None:
        self._clock = clock
        self._limit = limit
        self._last = clock.monotonic()
        self._stopped = threading.Event()

    def touch(self) -> None:
        """Say that there is progress."""
        self._last = self._clock.monotonic()

    def expired(self) -> bool:
        """Whether the limit has passed without progress."""
        return self._clock.monotonic() - self._last > self._limit

    def start(self) -> None:
        """Watch from a thread of its own, so that a blocked event loop is noticed too."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(self._limit / 10):
            if self.expired():
                sys.stderr.write(f"veille: no progress for {self._limit:.0f} s; this worker ends to be restarted\n")
                sys.stderr.flush()
                os._exit(EXIT_STUCK)
