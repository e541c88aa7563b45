"""Whether a stream of counts is unusually high now, by its own past alone: online, one setting for every stream.

    counts --> a rise above what is expected (CUSUM) -----.
           --> sums of 5 minutes and of 6 hours, in logs --+-> against the highest of each day so far --> scores
                                                               score 1: a height that is reached once in 28 days

The highest values of days follow a Gumbel distribution, whatever the counts do (Gumbel, Statistics of Extremes, 1958):
their mean and standard deviation say how high one must be to come once in so many days. Nothing is tuned to a stream.
A day may begin at any hour, so four beginnings are asked, and their mean counts. What comes often makes the days high,
and so ends to be unusual.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from veille.expected import Expected

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

DOUBT_DAYS = 4.0
"""How many days the supposed standard deviation of heights weighs beside what was seen."""

VOLUME_SD = 0.15
"""Supposed standard deviation of the highest log sums of days."""

BESIDE = 2.0
"""Mentions in five minutes added before the log is taken: from nothing to two is no burst."""

FACTOR = 5.0
"""The rise that the CUSUM looks for: so many times the expected rate (Page, "Continuous inspection schemes", 1954)."""

BUNCHED = 0.2
"""Counts of a minute vary as a negative binomial's with a variance of m + 0.2 m^2: they come in bunches."""

LOG_FACTOR = math.log(FACTOR)

RISE_MEAN, RISE_SD = 2.0, 0.4
"""Supposed highest log of a day, and its standard deviation, where nothing happens: as CUSUMs of invented streams."""

MOST_SD = 12.0
"""Standard deviations above the mean at which the sum is held, so that it falls again soon after the rise is over."""

RISE_RETURN_DAYS = 56.0
"""A watch has more than one detector, and one false alarm in four weeks is for all of them: a rise is rarer."""

EULER = 0.5772156649

UNKNOWN = -9.0


class Judged(NamedTuple):
    """One bucket. Of a score, 1 and above is unusual."""

    rise: float
    """Above what is expected, since a short time."""
    volume: float
    """Of the sums, whatever was expected."""

    @property
    def score(self) -> float:
        """The higher of both."""
        return max(self)

    def higher(self, other: Judged) -> Judged:
        """The higher of each."""
        return Judged(max(self.rise, other.rise), max(self.volume, other.volume))

    def times(self, share: float) -> Judged:
        """Both as a share of what they are."""
        return Judged(self.rise * share, self.volume * share)


def deviations(days: float) -> float:
    """Standard deviations above the mean of a Gumbel distribution that are passed once in so many days."""
    return (-math.log(-math.log(1 - 1 / days)) - EULER) * math.sqrt(6) / math.pi


SCORE_ONE = deviations(RETURN_DAYS)


def return_days(score: float) -> float:
    """In how many days such a score comes once."""
    return 1 / -math.expm1(-math.exp(-(score * SCORE_ONE * math.pi / math.sqrt(6) + EULER)))


class Days:
    """The highest values of days so far, of days that begin at four hours, and how high a value is beside them."""

    def __init__(self, day: int, sd: float, mean: float | None = None, returns: float = RETURN_DAYS) -> None:
        """`day`: its buckets. `sd`, `mean`: supposed of the highest values; without a mean two days are awaited.

        `returns`: in how many days a score of 1 comes once.
        """
        self._quarter, self._sd, self._one = day // BEGINNINGS, sd, deviations(returns)
        self._weights = [0.0 if mean is None else float(FEWEST_DAYS)] * BEGINNINGS
        self._sums = [0.0 if mean is None else FEWEST_DAYS * mean] * BEGINNINGS
        self._squares = [0.0 if mean is None else FEWEST_DAYS * (mean * mean + sd * sd)] * BEGINNINGS
        self._highest = [-math.inf] * BEGINNINGS
        self._most = [math.inf] * BEGINNINGS
        self._lowest = -math.inf
        self._passed = 0
        self._fades = math.exp(-1 / MEMORY_DAYS)
        self._settle()

    def score(self, height: float) -> float:
        """1 and more is unusual; then the height is noted."""
        score = self._slope * height - self._offset
        if height > self._lowest:
            self._highest = [
                max(highest, min(height, most)) for highest, most in zip(self._highest, self._most, strict=True)
            ]
            self._lowest = min(self._highest)
        self._passed += 1
        if not self._passed % self._quarter:
            self._end(self._passed // self._quarter % BEGINNINGS)
        return score

    def _end(self, which: int) -> None:
        """A day is over; a first one of less than half is let go."""
        if self._passed >= self._quarter * BEGINNINGS / 2:
            highest = self._highest[which]
            self._sums[which] = self._sums[which] * self._fades + highest
            self._squares[which] = self._squares[which] * self._fades + highest**2
            self._weights[which] = self._weights[which] * self._fades + 1
        self._highest[which] = self._lowest = -math.inf
        self._settle()

    def _settle(self) -> None:
        slope = offset = 0.0
        for which, weight in enumerate(self._weights):
            if weight < FEWEST_DAYS:
                offset -= UNKNOWN
                continue
            mean = self._sums[which] / weight
            doubt = self._sd**2 * DOUBT_DAYS / (weight + DOUBT_DAYS)
            sd = math.sqrt(max(self._squares[which] / weight - mean * mean, 0.0) + doubt)
            self._most[which] = mean + CLIP_SD * sd
            slope += 1 / sd
            offset += mean / sd
        self._slope, self._offset = slope / BEGINNINGS / self._one, offset / BEGINNINGS / self._one
        self.most = math.expm1((MOST_SD + offset / BEGINNINGS) / (slope / BEGINNINGS)) if slope else math.inf
        """Of which the log is `MOST_SD` standard deviations above the mean: where a CUSUM is held."""


class _Sum:
    """Sums of one length of time."""

    def __init__(self, minutes: int, bucket_minutes: int) -> None:
        self._counts: deque[float] = deque([0.0] * (minutes // bucket_minutes))
        self._sum = 0.0
        self._fives = minutes / 5
        self._days = Days(DAY_MINUTES // bucket_minutes, VOLUME_SD)

    def score(self, count: float) -> float:
        self._sum += count - self._counts.popleft()
        self._counts.append(count)
        return self._days.score(math.log(max(self._sum, 0.0) / self._fives + BESIDE))


class _Rise:
    """How much likelier `FACTOR` times the expected rate is than that rate, since it last was not."""

    def __init__(self, bucket_minutes: int) -> None:
        self._sum = 0.0
        self._days = Days(DAY_MINUTES // bucket_minutes, RISE_SD, RISE_MEAN, RISE_RETURN_DAYS)

    def score(self, count: float, expected: float) -> float:
        if count or self._sum:
            unlikely = math.log((1 + BUNCHED * FACTOR * expected) / (1 + BUNCHED * expected))
            self._sum += count * (LOG_FACTOR - unlikely) - unlikely / BUNCHED
            self._sum = min(max(self._sum, 0.0), self._days.most)
        return self._days.score(math.log1p(self._sum))


class Unusual:
    """Judges one stream. Keeps some 700 numbers at buckets of a minute."""

    def __init__(self, bucket_minutes: int = 1, begins: int = 0) -> None:
        """`bucket_minutes`: 1 or 5, what each count is of; `begins`: the minute of the week of the first bucket."""
        self.expected = Expected(bucket_minutes, begins)
        self._short, self._long = (_Sum(minutes, bucket_minutes) for minutes in SCALES_MINUTES)
        self._rise = _Rise(bucket_minutes)

    def take(self, count: float) -> Judged:
        """The next bucket, in order of time; a bucket without mentions is a 0."""
        rise = self._rise.score(count, self.expected.high) if self.expected.hours else UNKNOWN
        judged = Judged(rise, max(self._short.score(count), self._long.score(count)))
        self.expected.take(count, unusual=rise >= 1)
        return judged
