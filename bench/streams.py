"""Invented streams of mentions of a brand, minute by minute, on which `python -m bench alerts` judges the alerts.

    rhythm of day and week x drift x holidays x what happens --> rate --> single mentions and repost storms --> counts

Everything follows from a seed. Shapes and sizes are invented; storms have sizes after a power law, as reposts have
(Goel and others, "The structural virality of online diffusion", 2016, doi 10.1287/mnsc.2015.2158).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DAY = 1440
LEVELS = (3, 30, 300, 1_800, 18_000)
"""Mentions an hour, averaged over the weeks of a stream."""

WEEKEND = 0.65
HOLIDAY, HOLIDAY_EVERY_DAYS = 0.6, 21
"""Share of a usual day that a holiday has, and how far they lie apart."""

DRIFT_SD, DRIFT_HOURS = 0.15, 4.0
"""Of the log of the rate, which wanders and returns within so many hours."""

BUNCHED = 20.0
"""Size of the negative binomial from which the single mentions of a minute are drawn."""

STORMS, STORM_POWER, STORM_MEAN, STORM_MINUTES = 0.25, 1.8, 2.0, 20.0
"""Share of the mentions that come in storms of reposts; how their sizes are drawn; how long one takes (exponential)."""

NEGATIVE, POSITIVE = 0.15, 0.20
"""Share of the mentions that are surely negative, surely positive; a storm is all of one label."""

Rate = NDArray[np.float64]
Minutes = NDArray[np.int64]


class Counts(NamedTuple):
    """Of each minute."""

    mentions: Minutes
    stories: Minutes
    """Distinct ones in that minute: a storm is one."""
    negative: Minutes
    positive: Minutes


def usual(days: int, level: float, rng: np.random.Generator) -> Rate:
    """Mentions a minute that are to be expected where nothing happens, from a Monday on; the truth behind `drawn`."""
    minute = np.arange(days * DAY)
    hour = minute % DAY / 60 - rng.uniform(0, 24)
    rhythm = np.exp(0.9 * np.cos(2 * np.pi * hour / 24) + 0.35 * np.cos(4 * np.pi * (hour - 5) / 24))
    rate = rhythm * np.where(minute // DAY % 7 >= 5, WEEKEND, 1.0) * _drift(len(minute), rng)
    rate *= level / 60 / rate.mean()
    for day in range(10, days, HOLIDAY_EVERY_DAYS):
        rate[day * DAY : (day + 1) * DAY] *= HOLIDAY
    return rate


def _drift(length: int, rng: np.random.Generator) -> Rate:
    hours = length // 60 + 1
    kept = np.exp(-1 / DRIFT_HOURS)
    steps = rng.normal(0, 1, hours)
    for hour in range(1, hours):
        steps[hour] = kept * steps[hour - 1] + np.sqrt(1 - kept * kept) * steps[hour]
    return np.exp(DRIFT_SD * np.interp(np.arange(length) / 60, np.arange(hours), steps))


def drawn(rate: Rate, level: float, rng: np.random.Generator) -> Counts:
    """Counts of a rate: three quarters are single mentions, the rest storms, none of more than half an hour's level."""
    minutes = len(rate)
    single = rng.poisson(rng.gamma(BUNCHED, rate * (1 - STORMS) / BUNCHED))
    begins = np.repeat(np.arange(minutes), rng.poisson(rate * STORMS / STORM_MEAN))
    sizes = np.minimum((1 - rng.random(len(begins))) ** (-1 / STORM_POWER), max(5.0, level / 2)).astype(np.int64)
    mood = rng.random(len(begins))
    storm = np.repeat(np.arange(len(begins)), sizes)
    at = np.repeat(begins, sizes) + rng.exponential(STORM_MINUTES, len(storm)).astype(np.int64)
    storm, at = storm[at < minutes], at[at < minutes]
    pairs = np.sort(at * (len(begins) + 1) + storm)
    distinct = pairs[np.diff(pairs, prepend=-1) > 0] // (len(begins) + 1)

    def of(chosen: NDArray[np.bool_] | slice, share: float) -> Minutes:
        return rng.binomial(single, share) + np.bincount(at[chosen], minlength=minutes)

    return Counts(
        single + np.bincount(at, minlength=minutes),
        single + np.bincount(distinct, minlength=minutes),
        of(mood[storm] < NEGATIVE, NEGATIVE),
        of(mood[storm] > 1 - POSITIVE, POSITIVE),
    )
