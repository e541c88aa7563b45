"""From scores to something that begins, goes on and is over.

high                it lasts until it was low for an hour
low, low, low ...   the next begins a day after the beginning of the last, or at once if it is clearly higher
"""

from __future__ import annotations

import math

from veille.processors.unusual import Judged

QUIET_SHARE = 0.5
CLOSED_AFTER_MINUTES = 60
"""It is over once the score was below that share of the threshold for so long."""

APART_MINUTES = 1440
"""From the beginning of one to that of the next, at least."""

HIGHER = 1.5
"""A next one of so many times the height of the last need not wait."""


class Episode:
    """Of one score, in order of time."""

    def __init__(self, threshold: float = 1.0) -> None:
        self._threshold = threshold
        self._began = self.loud = -math.inf
        self._highest = 0.0
        self.lasts = False

    def take(self, minute: float, score: float, *, quiet_counts: bool = True) -> bool:
        """Whether one begins. Without `quiet_counts` a low score says nothing: data may have stopped."""
        if self.lasts and (score > QUIET_SHARE * self._threshold or not quiet_counts):
            self.loud = minute
        elif self.lasts and minute - self.loud >= CLOSED_AFTER_MINUTES:
            self.lasts = False
        if self.lasts:
            self._highest = max(self._highest, score)
        elif score >= self._threshold and (minute - self._began >= APART_MINUTES or score >= HIGHER * self._highest):
            self.lasts, self._began, self.loud, self._highest = True, minute, minute, score
            return True
        return False


class Episodes:
    """Of a rise and of a volume, each by itself: a short burst on one day does not hide that volumes grow."""

    def __init__(self, threshold: float = 1.0) -> None:
        self._rise, self._volume = Episode(threshold), Episode(threshold)

    @property
    def lasts(self) -> bool:
        """Whether one of them does."""
        return self._rise.lasts or self._volume.lasts

    def take(self, minute: float, judged: Judged, *, quiet_counts: bool = True) -> bool:
        """Whether one begins."""
        rise = self._rise.take(minute, judged.rise, quiet_counts=quiet_counts)
        return self._volume.take(minute, judged.volume, quiet_counts=quiet_counts) or rise
