"""Whether a stream of counts is unusually high now, by its own past alone: online, one setting for every stream.

    counts --> sums of 5 minutes and of 6 hours, in logs --> against the highest of each day so far --> score
                                                             score 1: a height that is reached once in 28 days

The highest values of days follow a Gumbel distribution, whatever the counts do (Gumbel, Statistics of Extremes, 1958):
their mean and standard deviation say how high one must be to come once in so many days. Nothing is tuned to a stream.
A day may begin at any hour, so four beginnings are asked, and their mean counts. What comes often makes the days high,
and so ends to be unusual; a rhythm of the day or the week is in the highest of the days already.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

SCALES_MINUTES = (5, 360)
"""A burst, and a volume that lasts."""

DAY_MINUTES = 1440
BEGINNINGS = 4
"""Days that begin at different hours, evenly spread."""

RETURN_DAYS = 28.0
"""A height that is reached once in so many days is unusual."""

MEMORY_DAYS = 56.0
"""After so long a day counts a third (1/e)."""

FEWEST_DAYS = 2
"""Days to know before anything is unusual."""

CLIP_SD = 4.0
"""A day is noted as no higher than that above the mean: one storm is not to raise the bar for weeks."""

DOUBT_SD, DOUBT_DAYS = 0.15, 4.0
"""Standard deviation of log heights that is supposed beside what was seen, and how many days it weighs."""

BESIDE = 2.0
"""Mentions in five minutes added before the log is taken: from nothing to two is no burst."""

QUIET_SHARE = 0.5
CLOSED_AFTER_MINUTES = 360
"""It is over once the score was below `QUIET_SHARE` for so long."""

APART_MINUTES = 1440
"""From the beginning of one to that of the next, at least."""

EULER = 0.5772156649
SCORE_ONE = (-math.log(-math.log(1 - 1 / RETURN_DAYS)) - EULER) * math.sqrt(6) / math.pi
"""Standard deviations above the mean of a Gumbel distribution that are passed on one day in `RETURN_DAYS`."""

UNKNOWN = -9.0


class Judged(NamedTuple):
    """One bucket."""

    score: float
    """1 and above is unusual."""
    opens: bool
    """Something unusual begins."""
    lasts: bool
    """It goes on."""


class _Days:
    """The highest values of days that begin at one hour."""

    def __init__(self, first: int, length: int) -> None:
        """`first`, `length`: of the first and every other day, in buckets; a first day of less than half is let go."""
        self._left, self._length = first, length
        self._short = first < length / 2
        self._sum = self._squares = self._weight = 0.0
        self._highest = -math.inf
        self._fades = math.exp(-1 / MEMORY_DAYS)

    def score(self, height: float) -> float:
        """Standard deviations above the mean of the days before; then the height is noted."""
        found = UNKNOWN
        mean = sd = 0.0
        if known := self._weight >= FEWEST_DAYS:
            mean = self._sum / self._weight
            doubt = DOUBT_SD**2 * DOUBT_DAYS / (self._weight + DOUBT_DAYS)
            sd = math.sqrt(max(self._squares / self._weight - mean * mean, 0.0) + doubt)
            found = (height - mean) / sd
        self._highest = max(self._highest, min(height, mean + CLIP_SD * sd) if known else height)
        self._left -= 1
        if not self._left:
            self._end()
        return found

    def _end(self) -> None:
        if not self._short:
            self._sum = self._sum * self._fades + self._highest
            self._squares = self._squares * self._fades + self._highest**2
            self._weight = self._weight * self._fades + 1
        self._left, self._short, self._highest = self._length, False, -math.inf


class _Scale:
    """Sums of one length of time."""

    def __init__(self, minutes: int, bucket_minutes: int) -> None:
        self._counts: deque[float] = deque([0.0] * (minutes // bucket_minutes))
        self._sum = 0.0
        self._fives = minutes / 5
        day = DAY_MINUTES // bucket_minutes
        self._days = [_Days(day * number // BEGINNINGS or day, day) for number in range(BEGINNINGS)]

    def score(self, count: float) -> float:
        self._sum += count - self._counts.popleft()
        self._counts.append(count)
        height = math.log(max(self._sum, 0.0) / self._fives + BESIDE)
        return sum(days.score(height) for days in self._days) / BEGINNINGS


class Unusual:
    """Judges one stream. Keeps some 400 numbers at buckets of a minute."""

    def __init__(self, bucket_minutes: int = 1) -> None:
        """`bucket_minutes`: 1 or 5, what each count is of."""
        self._minutes = bucket_minutes
        self._scales = [_Scale(minutes, bucket_minutes) for minutes in SCALES_MINUTES]
        self._now = -bucket_minutes
        self._opened = self._loud = -math.inf
        self._lasts = False

    def take(self, count: float) -> Judged:
        """The next bucket, in order of time; a bucket without mentions is a 0."""
        self._now += self._minutes
        score = max(scale.score(count) for scale in self._scales) / SCORE_ONE
        if self._lasts and score > QUIET_SHARE:
            self._loud = self._now
        elif self._lasts and self._now - self._loud >= CLOSED_AFTER_MINUTES:
            self._lasts = False
        opens = not self._lasts and score >= 1 and self._now - self._opened >= APART_MINUTES
        if opens:
            self._lasts, self._opened, self._loud = True, self._now, self._now
        return Judged(score, opens, self._lasts)
