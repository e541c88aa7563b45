"""Conditions that come about by themselves, awaited with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

POLL_S = 0.02


def until(condition: Callable[[], Any], what: str = "what is awaited here", seconds: float = 60.0) -> Any:
    """The first true value of a condition; AssertionError when there is none within the time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(POLL_S)  # until the deadline: it comes about without a word
    return found
