"""The stacked bars of counts over time, as SVG from the server: works without JavaScript, and a test can read it.

buckets --> bars from zero, x in percent of the width, y in pixels: letters keep their size on every screen
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, TypedDict
from zoneinfo import ZoneInfo

from veille.archive import Bucket
from veille.coverage import share_seen
from veille.gap import Gap, covered, touching
from veille.web.asking import interval_for

ORDER = ("negative", "unsure", "neutral", "positive")
"""From the axis up: negative and unsure together read as «at most»."""

ALL = "all"
"""The one kind of bars that no sentiment is told of."""

HEIGHT, BOTTOM, TOP = 150, 20, 8
"""Pixels: the whole, the labels below, the air above."""

FILLED = 0.86
"""Of a bucket's width; the rest keeps bars apart."""

NARROWEST = 0.3
"""Percent of the width that a gap takes at least."""

Read = Literal["all", "part", "none"]
"""How much of a bucket's time lies in no gap: nothing counted of what was not read is no zero."""

STEPS = (1, 2, 5)
DAY_S = 86_400
LABEL_STEPS = (600, 3600, 3 * 3600, 6 * 3600, DAY_S, 2 * DAY_S, 7 * DAY_S)
"""Seconds between labels of the time axis, in local time."""

MOST_LABELS = 8


@dataclass(frozen=True)
class Segment:
    """One coloured piece of a bar, in pixels."""

    sentiment: str
    value: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One bucket, `x` and `width` in percent; `open_end` while it still fills; `read`: how much of its time was."""

    start: datetime
    x: float
    width: float
    total: int
    segments: tuple[Segment, ...]
    open_end: bool
    read: Read = "all"


@dataclass(frozen=True)
class Line:
    """A line across: `y` in pixels, and the count it stands for."""

    y: float
    value: int


@dataclass(frozen=True)
class Label:
    """A moment on the time axis, `x` in percent."""

    x: float
    moment: datetime


@dataclass(frozen=True)
class Shade:
    """A gap behind the bars, `x` and `width` in percent."""

    x: float
    width: float
    gap: Gap


@dataclass(frozen=True)
class Band:
    """What was expected, across the whole width, in pixels; and the counts at its edges."""

    y: float
    height: float
    low: float
    high: float


class Gapped(TypedDict, total=False):
    """What gaps add to a chart."""

    shades: tuple[Shade, ...]
    minutes: int


@dataclass(frozen=True)
class Chart:
    """All that the template draws. `days`: labels are days, not minutes; `minutes` of it lie in gaps."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    days: bool
    sums: dict[str, int]
    buckets: tuple[Bucket, ...]
    interval: int
    band: Band | None = None
    shades: tuple[Shade, ...] = ()
    minutes: int = 0
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM

    @property
    def least(self) -> bool:
        """Whether there may be more than was counted."""
        return any(bar.read != "all" for bar in self.bars)

    @property
    def total(self) -> int:
        """All mentions of all buckets."""
        return sum(self.sums.values())


def highest(buckets: Iterable[Bucket]) -> int:
    """The most mentions of a bucket; what charts that are to be compared have in common."""
    return max(map(_total, buckets), default=0)


def draw(
    buckets: list[Bucket],
    interval: int,
    now: datetime,
    zone: ZoneInfo,
    gaps: Iterable[Gap] = (),
    *,
    top: int | None = None,
    band: tuple[float, float] | None = None,
    parts: Mapping[str, int] | None = None,
) -> Chart:
    """Lay out bars of `interval` seconds from zero, linear, with round numbers on the axis, and gaps behind them.

    `top`: what the axis must hold, where that is not the highest bar. `band`: what bars were expected to lie between.
    `parts`: the sources, as `veille.coverage.parts_of` gives them, to know which bars nothing was read of.
    """
    gaps = list(gaps)
    top = _round_up(max(highest(buckets) if top is None else top, math.ceil(band[1]) if band else 0))
    step = 100 / max(len(buckets), 1)
    scale = (HEIGHT - BOTTOM - TOP) / top
    length = timedelta(seconds=interval)
    bars = tuple(
        replace(
            _bar(bucket, number * step, step, scale, bucket.start + length > now),
            read=_read(bucket, min(bucket.start + length, max(now, bucket.start)), gaps, parts),
        )
        for number, bucket in enumerate(buckets)
    )
    between = next((each for each in LABEL_STEPS if len(buckets) * interval <= each * MOST_LABELS), LABEL_STEPS[-1])
    return Chart(
        bars=bars,
        lines=tuple(Line(HEIGHT - BOTTOM - value * scale, value) for value in sorted({0, top // 2, top})),
        labels=_labels(bars, between, zone),
        days=between >= DAY_S,
        sums={sentiment: sum(getattr(bucket, sentiment) for bucket in buckets) for sentiment in ORDER},
        buckets=tuple(buckets),
        interval=interval,
        band=_band(band, scale) if band else None,
        **_gaps(buckets, interval, now, gaps),
    )


def draw_counts(
    moments: Iterable[datetime], since: datetime, now: datetime, zone: ZoneInfo, gaps: Iterable[Gap] = ()
) -> Chart:
    """Lay out how many of these moments there are from `since` to now, all of one kind, in whole intervals."""
    interval = interval_for(since, now)
    counted = Counter(_aligned(moment, interval) for moment in moments if since <= moment < now)
    first, length = _aligned(since, interval), timedelta(seconds=interval)
    buckets = [Bucket(first + number * length) for number in range(max(1, math.ceil((now - first) / length)))]
    chart = draw(buckets, interval, now, zone, gaps, top=max(counted.values(), default=0))
    scale = (HEIGHT - BOTTOM - TOP) / chart.lines[-1].value
    bars = (_plain(bar, counted[bar.start], scale) for bar in chart.bars)
    return replace(chart, bars=tuple(bars), sums={ALL: counted.total()})


def _plain(bar: Bar, count: int, scale: float) -> Bar:
    segment = Segment(ALL, count, HEIGHT - BOTTOM - count * scale, count * scale)
    return replace(bar, total=count, segments=(segment,) if count else ())


def _aligned(moment: datetime, interval: int) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() // interval * interval, UTC)


def _gaps(buckets: list[Bucket], interval: int, now: datetime, gaps: Iterable[Gap]) -> Gapped:
    """Where the gaps lie that may lack posts, each drawn wide enough to be seen, and their minutes together."""
    if not buckets:
        return {}
    since = buckets[0].start
    end = buckets[-1].start + timedelta(seconds=interval)
    found, until = list(gaps), min(now, end)
    shades = [
        Shade(x, max((min(gap.until or until, until) - since) / (end - since) * 100 - x, NARROWEST), gap)
        for gap in touching(found, since, until)
        for x in [max(0.0, (gap.since - since) / (end - since) * 100)]
    ]
    return {"shades": tuple(shades), "minutes": math.ceil(covered(found, since, until).total_seconds() / 60)}


def _read(bucket: Bucket, until: datetime, gaps: Sequence[Gap], parts: Mapping[str, int] | None) -> Read:
    if not touching(gaps, bucket.start, until):
        return "all"
    return "none" if parts and not _total(bucket) and not share_seen(gaps, parts, bucket.start, until) else "part"


def _band(band: tuple[float, float], scale: float) -> Band:
    low, high = band
    return Band(HEIGHT - BOTTOM - high * scale, max((high - low) * scale, 1.0), low, high)


def _total(bucket: Bucket) -> int:
    return sum(getattr(bucket, sentiment) for sentiment in ORDER)


def _bar(bucket: Bucket, x: float, step: float, scale: float, open_end: bool) -> Bar:
    segments, y = [], float(HEIGHT - BOTTOM)
    for sentiment in ORDER:
        value = getattr(bucket, sentiment)
        if value:
            y -= value * scale
            segments.append(Segment(sentiment, value, y, value * scale))
    return Bar(bucket.start, x, step * FILLED, _total(bucket), tuple(segments), open_end)


def _labels(bars: tuple[Bar, ...], between: int, zone: ZoneInfo) -> tuple[Label, ...]:
    """A label at each bar that begins a new stretch of `between` local seconds."""
    stretches = [_local_seconds(bar.start, zone) // between for bar in bars]
    return tuple(
        Label(bar.x, bar.start)
        for bar, before, here in zip(bars[1:], stretches, stretches[1:], strict=False)
        if here != before
    )


def _local_seconds(moment: datetime, zone: ZoneInfo) -> int:
    local = moment.astimezone(zone)
    return local.toordinal() * DAY_S + local.hour * 3600 + local.minute * 60 + local.second


def _round_up(value: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 … from a count on; at least 2, so that its half is whole."""
    magnitude = 1
    while True:
        for step in STEPS:
            if step * magnitude >= max(value, 2):
                return step * magnitude
        magnitude *= 10
