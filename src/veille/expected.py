"""How many mentions this minute of the week leads to expect, learned from a stream's own past.

    hour's count, clipped --> level (a week) x shape of the hour of the week x how the last day went --> a minute

A slot of the week is drawn towards its hour of the day, and that towards the mean, as long as little is known of it.
What is clipped cannot teach: a storm, a buzz of some hours. A holiday is followed by how the last day went.
"""

from __future__ import annotations

import math

LEVEL_DAYS = 7.0
DAY_VISITS, WEEK_VISITS = 14.0, 4.0
"""After so many visits what an hour of the day, of the week, was counts a third (1/e)."""

DRAWN = 2.0
"""Visits of its hour of the day that a slot of the week is drawn towards it with."""

LATELY_HOURS = 24.0
CLIP_SD, SPREAD = 3.0, 0.3
"""An hour teaches no more than so many standard deviations above what was expected; of a rate, as a share of it."""

YOUNG_HOURS, YOUNG_CLIP = 48, 4.0
"""Until then an hour may be so many times what was expected: too little is known to call it a storm."""

SHAPED_HOURS = 12
"""Before that an hour teaches nothing about shapes: the level is not known yet."""

DOUBT, DOUBT_HOURS = 2.0, 12.0
"""The first hours expect up to 1 + `DOUBT` times as much; a third (1/e) of that doubt is left after so long."""

LEAST = 0.002
"""Mentions a minute that are always to be expected."""


class Expected:
    """Of one stream. `high` and `low` are of the bucket to come: what it may well reach, and not well fall below."""

    def __init__(self, bucket_minutes: int, begins: int) -> None:
        """`begins`: the minute of the week at which the first bucket begins, 0 on Monday at midnight."""
        self._minutes, self._per_hour = bucket_minutes, 60 // bucket_minutes
        self._at = begins
        self._level = self._level_weight = 0.0
        self._days, self._day_weights = [0.0] * 24, [0.0] * 24
        self._weeks, self._week_weights = [0.0] * 168, [0.0] * 168
        self._lately = self._lately_expected = 0.0
        self._count, self._buckets, self._doubted = 0.0, 0, False
        self.hours = 0
        """That have been learned from."""
        self._plan()
        self._foresee()

    def take(self, count: float, *, unusual: bool = False) -> None:
        """The next bucket, in order of time; what is `unusual` teaches a young stream no more than an old one."""
        self._count += count
        self._doubted = self._doubted or unusual
        self._buckets += 1
        self._at += self._minutes
        if self._at % 60 < self._minutes:
            self._learn(self._count / self._buckets * self._per_hour)
            self._count, self._buckets, self._doubted = 0.0, 0, False
            self._plan()
        self._foresee()

    def _learn(self, count: float) -> None:
        """An hour is over."""
        if not self._level_weight:
            self._level, self._level_weight = count, 1.0
        else:
            expected = self._base * self._local
            room = CLIP_SD * math.sqrt(expected + (SPREAD * expected) ** 2) + 2
            if self.hours < YOUNG_HOURS and not self._doubted:
                room = max(room, YOUNG_CLIP * expected)
            count = min(count, expected + room)
            self._learn_shape(count)
            fades = math.exp(-1 / min(max(self.hours / 2, 0.5), LATELY_HOURS))
            self._lately = self._lately * fades + count
            self._lately_expected = self._lately_expected * fades + self._base
        self.hours += 1

    def _learn_shape(self, count: float) -> None:
        fades = math.exp(-1 / (24 * LEVEL_DAYS))
        self._level = self._level * fades + count / max(self._shape, 0.1)
        self._level_weight = self._level_weight * fades + 1
        if self.hours >= SHAPED_HOURS:
            share = count / max(self._level / self._level_weight, 0.2)
            slot, hour = self._slot, self._slot % 24
            fades = math.exp(-1 / DAY_VISITS)
            self._days[hour] = self._days[hour] * fades + share
            self._day_weights[hour] = self._day_weights[hour] * fades + 1
            fades = math.exp(-1 / WEEK_VISITS)
            self._weeks[slot] = self._weeks[slot] * fades + share
            self._week_weights[slot] = self._week_weights[slot] * fades + 1

    def _shape_of(self, slot: int) -> float:
        of_day = (self._days[slot % 24] + 1) / (self._day_weights[slot % 24] + 1)
        return (self._weeks[slot] + DRAWN * of_day) / (self._week_weights[slot] + DRAWN)

    def _plan(self) -> None:
        """For the hour that begins."""
        self._slot = self._at // 60 % 168
        self._before, self._shape, self._after = (self._shape_of((self._slot + step) % 168) for step in (-1, 0, 1))
        level = self._level / self._level_weight if self._level_weight else 0.0
        self._base = level * self._shape
        known = self._lately_expected + self._base / 2 + 1
        self._local = (self._lately + self._base / 2 + 1) / known if self._lately_expected else 1.0
        doubt = 1 + DOUBT * math.exp(-self.hours / DOUBT_HOURS)
        young = self.hours < YOUNG_HOURS
        self._usual = level * self._local / self._per_hour
        self._most = level * (self._local if young else max(self._local, 1.0)) * doubt / self._per_hour
        self._least = level * min(self._local, 1.0) / doubt / self._per_hour

    def _foresee(self) -> None:
        """Between the middles of two hours the shape goes from one to the other."""
        place = (self._at % 60 + self._minutes / 2) / 60 - 0.5
        other = self._after if place >= 0 else self._before
        shape = self._shape + (other - self._shape) * abs(place)
        self.usual = self._usual * shape
        self.high = max(self._most * shape, LEAST * self._minutes)
        self.low = self._least * shape
