"""When event number k of the seeded world happens: a day's rhythm, with stories on top.

rate of the hour x (1 + each story) --integrated over steps of ten seconds--> k --> moment

    origin |||||||||| live ||||#####|||||||      history at no more than a set rate; a story rises above it

Everything is a function of the origin, the rate and the stories: no state, so a restart finds the same times again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Tale = Literal["scandal", "praise"]

STEP_S = 10.0
HOURS = (
    0.45, 0.30, 0.22, 0.20, 0.25, 0.45, 0.80, 1.15, 1.30, 1.25, 1.20, 1.25,
    1.40, 1.30, 1.15, 1.10, 1.15, 1.30, 1.45, 1.55, 1.60, 1.45, 1.05, 0.68,
)  # fmt: skip
"""Share of the mean rate in each hour of the day (UTC); invented, with a lunch and an evening peak. Their mean is 1."""

HISTORY_RATE = 3.0
"""Posts a second at most before the world goes live: what is usual must be known by then, and be read in seconds."""


@dataclass(frozen=True)
class Story:
    """Something that many people suddenly talk about, `start` seconds after the world goes live."""

    tale: Tale
    competitor: bool
    start: float
    peak: float
    """Posts at its height for each that would be usual at that hour: at night fewer people are there to be angry."""
    rise: float = 30.0
    """Seconds from the first post to the height."""
    height: float = 240.0
    """Seconds at the height."""
    fall: float = 1200.0
    """Seconds until the last post."""

    @property
    def end(self) -> float:
        """Seconds after the world goes live at which nobody talks about it any more."""
        return self.start + self.rise + self.height + self.fall

    def intensity(self, at: float) -> float:
        """Posts for each usual one, `at` seconds after the world went live."""
        since = at - self.start
        if since < 0 or at >= self.end:
            return 0.0
        if since < self.rise:
            return self.peak * (0.2 + 0.8 * since / self.rise)
        return self.peak * min(1.0, (self.end - at) / self.fall)


STORIES = (
    Story("scandal", competitor=False, start=20, peak=6.0),
    Story("praise", competitor=False, start=3_600, peak=2.0),
    Story("scandal", competitor=True, start=9_000, peak=3.0),
)
"""The bad buzz that everybody sees within 90 seconds, a good one an hour later, and trouble for the competitor."""


class Timetable:
    """Numbers to moments. `origin`: number 0; `live`: where the stories count their seconds from."""

    def __init__(self, rate: float, origin: datetime, live: datetime, stories: Iterable[Story] = STORIES) -> None:
        """`rate`: posts a second, averaged over a day without stories; it holds from `live` on."""
        self._rate = rate
        self.origin = origin
        self._lead = (live - origin).total_seconds()
        self._midnight = origin.replace(hour=0, minute=0, second=0, microsecond=0)
        self._into_day = (origin - self._midnight).total_seconds()
        self.stories = tuple(stories)
        self._sums = [0.0]
        """Events before each step."""

    def seconds(self, number: float) -> float:
        """Seconds after the origin at which this many events have happened."""
        while self._sums[-1] <= number:
            self._sums.append(self._sums[-1] + self._mean((len(self._sums) - 1) * STEP_S) * STEP_S)
        step = bisect_right(self._sums, number) - 1
        inside = (number - self._sums[step]) / (self._sums[step + 1] - self._sums[step])
        return (step + inside) * STEP_S

    def moment(self, number: float) -> datetime:
        """The same as a moment."""
        return self.origin + timedelta(seconds=self.seconds(number))

    def shares(self, seconds: float) -> list[tuple[Story, float]]:
        """The stories of a moment, each with its share of all events then."""
        step = seconds // STEP_S * STEP_S
        usual, since_live = self._usual(step), step - self._lead + STEP_S / 2
        told = [(story, usual * story.intensity(since_live)) for story in self.stories]
        return [(story, intensity / self._mean(step)) for story, intensity in told if intensity > 0]

    def _mean(self, step: float) -> float:
        """Posts a second in the step that begins so many seconds after the origin."""
        since_live = step - self._lead + STEP_S / 2
        return self._usual(step) * (1 + sum(story.intensity(since_live) for story in self.stories))

    def _usual(self, step: float) -> float:
        """The same without stories."""
        hour = HOURS[int((self._into_day + step) // 3600) % 24]
        live = step + STEP_S / 2 >= self._lead
        return hour * (self._rate if live else min(self._rate, HISTORY_RATE))
