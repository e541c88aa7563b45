"""Conditions that come about by themselves, awaited with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

POLL_S = 0.02
LONGEST_PAUSE_S = 1.0
LOOK_SHARE = 1 / 3
"""Of the time, at most: what looks again and again takes the processor from what it waits for."""


def until(
    condition: Callable[[], Any], what: str = "what is awaited here", seconds: float = 60.0, *, eager: bool = False
) -> Any:
    """The first true value of a condition; AssertionError when there is none within the time.

    `eager`: look again at once, whatever a look costs, where what follows must strike at that very moment.
    """
    began = looked = time.monotonic()
    while not (found := condition()):
        now = time.monotonic()
        assert now < began + seconds, f"not within {seconds:.0f} s: {what}"
        pause = 0 if eager else (now - looked) * (1 / LOOK_SHARE - 1)
        time.sleep(min(max(pause, POLL_S), LONGEST_PAUSE_S))  # until the deadline: it comes about without a word
        looked = time.monotonic()
    return found
