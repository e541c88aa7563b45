"""Pauses between attempts at one request: each twice as long as the one before, jittered, none past a moment."""

from __future__ import annotations

import random

from veille.clock import Clock

FIRST_S = 0.2
LONGEST_S = 3.0


class Pauses:
    """Those of one request; `patience` is a moment of the clock's monotonic time."""

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock, self._patience, self._next = clock, patience, FIRST_S

    def over(self) -> bool:
        """Whether there is no time left for another; else it has been taken."""
        if self._clock.monotonic() + self._next > self._patience:
            return True
        self._clock.wait(self._next * random.uniform(0.5, 1.0))  # noqa: S311  # jitter, no secret
        self._next = min(self._next * 2, LONGEST_S)
        return False
