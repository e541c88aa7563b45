"""Counts by the days of the installation's zone, of which some have 23 or 25 hours; archives count by those of UTC.

range, width --bounds--> where bars begin --timeline--> archive, in steps that all of them are multiples of --> sums
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from veille.archive import Bucket

DAY_S = 86_400

FINEST_S = 900
"""No zone of today is off by less than a quarter of an hour."""

AT_ONCE = 3000
"""Buckets that an archive is asked for at once."""

MOST = 20 * AT_ONCE
"""Buckets in all: weeks of more than six years are those of UTC."""

UTC_ZONE = ZoneInfo("UTC")

Ask = Callable[[datetime, datetime, int], list[Bucket]]
"""Asks for counts from, until, per so many seconds."""


@dataclass(frozen=True)
class Timeline:
    """Counts over time; with `until`, where the last ends, each is of a local day or week, else of `interval` s."""

    buckets: list[Bucket]
    interval: int
    until: datetime | None = None


@dataclass(frozen=True)
class Steps:
    """Where buckets begin, and where the last ends: multiples of `finer` seconds all of them; days are of `zone`."""

    ends: list[datetime]
    finer: int
    zone: ZoneInfo


class Started(Protocol):
    """What was counted from a moment on."""

    @property
    def start(self) -> datetime:
        """The moment."""


S = TypeVar("S", bound=Started)


def timeline(ask: Ask, since: datetime, until: datetime, interval: int, zone: ZoneInfo) -> Timeline:
    """Counts of `[since, until)` per `interval` seconds, by local days where that is a day or more."""
    if interval % DAY_S:
        return Timeline(ask(since, until, interval), interval)
    steps = _steps(since, until, interval, zone)
    if steps is None:
        return Timeline(ask(since, until, interval), interval)
    found = (each for some in by_steps(ask, since, until, steps) for each in some)
    return Timeline(local_days(found, steps.ends), interval, steps.ends[-1])


def steps_of(since: datetime, until: datetime, interval: int, zone: ZoneInfo) -> Steps:
    """The buckets that `[since, until)` lies in; days of UTC where those of the zone are too fine for so long."""
    return _steps(since, until, interval, zone) or Steps(
        bounds(since, until, interval, UTC_ZONE), math.gcd(interval, DAY_S), UTC_ZONE
    )


def by_steps(
    ask: Callable[[datetime, datetime, int], Iterable[S]], since: datetime, until: datetime, steps: Steps
) -> list[list[S]]:
    """What is counted of each bucket, in the parts in which archives count it."""
    parts: list[list[S]] = [[] for _ in steps.ends[1:]]
    for begin, end in _pieces(since, until, steps.finer):
        for each in ask(begin, end, steps.finer):
            parts[bisect_right(steps.ends, each.start) - 1].append(each)
    return parts


def _steps(since: datetime, until: datetime, interval: int, zone: ZoneInfo) -> Steps | None:
    ends = bounds(since, until, interval, zone)
    finer = math.gcd(interval, *(int(each.timestamp()) for each in ends))
    too_many = (until - since).total_seconds() / finer > MOST
    return None if too_many or (finer < FINEST_S and not interval % DAY_S) else Steps(ends, finer, zone)


def local_days(buckets: Iterable[Bucket], ends: Sequence[datetime]) -> list[Bucket]:
    """Add up what lies between each of these moments and the next."""
    sums = [[0, 0, 0, 0] for _ in ends[1:]]
    for each in buckets:
        mine = sums[bisect_right(ends, each.start) - 1]
        for number, count in enumerate((each.negative, each.neutral, each.positive, each.unsure)):
            mine[number] += count
    return [Bucket(start, *counts) for start, counts in zip(ends, sums, strict=False)]


def bounds(since: datetime, until: datetime, interval: int, zone: ZoneInfo) -> list[datetime]:
    """Where the buckets begin that `[since, until)` lies in, and where the last ends; days and weeks are local."""
    if interval % DAY_S:
        first, length = aligned(since, interval), timedelta(seconds=interval)
        return [first + number * length for number in range(max(1, math.ceil((until - first) / length)) + 1)]
    days = timedelta(days=interval // DAY_S)
    day = since.astimezone(zone).date()
    day -= timedelta(days=day.weekday() if days.days % 7 == 0 else 0)
    found = [_midnight(day, zone)]
    while found[-1] < until or len(found) == 1:
        day += days
        if (moment := _midnight(day, zone)) > found[-1]:  # there are days that a zone left out
            found.append(moment)
    return found


def aligned(moment: datetime, interval: int) -> datetime:
    """The beginning of its bucket, as archives count."""
    return datetime.fromtimestamp(moment.timestamp() // interval * interval, UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, also where its clocks are put forward then."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _pieces(since: datetime, until: datetime, step: int) -> Iterator[tuple[datetime, datetime]]:
    length, begin = timedelta(seconds=step * AT_ONCE), since
    while begin < until:
        end = min(aligned(begin, step) + length, until)
        yield begin, end
        begin = end
