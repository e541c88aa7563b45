"""Whether a stream of counts has fallen silent, by its own past: online, one setting for every stream.

mentions that are missing beside a tenth of the expected rate (CUSUM) --> against the highest of each day so far
"""

from __future__ import annotations

import math

from veille.processors.unusual import DAY_MINUTES, Days

SHARE = 0.1
"""The rate that the CUSUM looks for, as a share of the expected one."""

LOG_SHARE = math.log(SHARE)

MOST = 4.0
"""Mentions that one minute may lack: the loudest stream too is silent for some minutes before it is told."""

RETURN_DAYS = 84.0
"""A silence of score 1 comes once in so many days: a watch has more than one detector."""

MEAN, SD = 2.0, 0.5
"""Supposed highest log of a day, and its standard deviation, where nothing fails."""


class Silent:
    """Judges one stream; 1 and above is unusual."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._days = Days(DAY_MINUTES, SD, MEAN, RETURN_DAYS)

    def take(self, count: float, expected: float) -> float:
        """The next minute, and the least that was to be expected of it."""
        self._sum += min(expected, MOST) * (1 - SHARE) + count * LOG_SHARE
        self._sum = min(max(self._sum, 0.0), self._days.most)
        return self._days.score(math.log1p(self._sum))
