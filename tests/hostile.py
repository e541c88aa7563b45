"""How long work takes on a text that repeats one piece: what is linear is told from what is not by two lengths."""

from __future__ import annotations

import time
from collections.abc import Callable


def seconds(work: Callable[[str], object], piece: str, length: int, enough: float = 0.0) -> float:
    """Processor time of this thread for one call on `length` characters: the best of three, or one within `enough`."""
    text = piece * (length // len(piece))
    best = float("inf")
    for _ in range(3):
        started = time.thread_time()
        work(text)
        best = min(best, time.thread_time() - started)
        if best <= enough:
            break
    return best
