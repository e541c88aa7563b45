"""The stacked bars of counts over time, as SVG from the server: works without JavaScript, and a test can read it.

buckets --> bars from zero, x in percent of the width, y in pixels: letters keep their size on every screen
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from veille.archive import Bucket
from veille.coverage import share_seen
from veille.gap import Gap, covered, touching
from veille.web.asking import interval_for
from veille.web.days import DAY_S, Timeline, bounds
from veille.web.shapes import (
    ALL,
    BOTTOM,
    HEIGHT,
    ORDER,
    ROOM,
    TOP,
    Band,
    Bar,
    Chart,
    Counted,
    Filling,
    Gapped,
    Label,
    Line,
    Mark,
    Read,
    Segment,
    Shade,
)

NARROWEST = 0.3
"""Percent of the width that a gap takes at least."""

MOST_ROWS = 3
"""Of words on gaps that lie over one another."""

STEPS = (1, 2, 4, 6, 8)
"""What an axis ends at, times ten and again: the highest bar takes half of it or more, and half of it is whole."""

LABEL_STEPS = (600, 3600, 3 * 3600, 6 * 3600, DAY_S, 2 * DAY_S, 7 * DAY_S)
"""Seconds between labels of the time axis, in local time."""

MOST_LABELS = 8


def highest(buckets: Iterable[Bucket]) -> int:
    """The most mentions of a bucket; what charts that are to be compared have in common."""
    return max(map(_total, buckets), default=0)


def draw(
    buckets: Sequence[Bucket],
    interval: int,
    now: datetime,
    zone: ZoneInfo,
    gaps: Iterable[Gap] = (),
    *,
    until: datetime | None = None,
    within: tuple[datetime, datetime] | None = None,
    top: int | None = None,
    band: tuple[float, float] | None = None,
    parts: Mapping[str, int] | None = None,
) -> Chart:
    """Lay out bars of `interval` seconds from zero, linear, with round numbers on the axis, and gaps behind them.

    `until`: where the last ends, for bars of local days, which are not all as long. `within`: what was counted of them.
    `top`: what the axis must hold, where that is not the highest bar. `band`: what bars were expected to lie between.
    `parts`: the sources, as `veille.coverage.parts_of` gives them, to know which bars nothing was read of.
    """
    starts = [bucket.start for bucket in buckets]
    last = until or (starts[-1] + timedelta(seconds=interval) if starts else now)
    counts = [{kind: getattr(bucket, kind) for kind in ORDER} for bucket in buckets]
    drawn = _lay_out(
        [*starts, last], counts, ORDER, interval, now, zone, list(gaps), within=within, top=top, band=band, parts=parts
    )
    return replace(drawn, local=until is not None)


def draw_line(
    line: Timeline,
    now: datetime,
    zone: ZoneInfo,
    gaps: Iterable[Gap],
    *,
    within: tuple[datetime, datetime],
    parts: Mapping[str, int],
    top: int | None = None,
) -> Chart:
    """Lay out counts as an archive gave them."""
    return draw(line.buckets, line.interval, now, zone, gaps, until=line.until, within=within, top=top, parts=parts)


def draw_counts(
    moments: Iterable[datetime],
    since: datetime,
    now: datetime,
    zone: ZoneInfo,
    gaps: Iterable[Gap] = (),
    *,
    parts: Mapping[str, int] | None = None,
) -> Chart:
    """Lay out how many of these moments there are from `since` to now, all of one kind, in whole intervals."""
    interval = interval_for(since, now)
    edges = bounds(since, now, interval, zone)
    counted = Counter(bisect_right(edges, moment) - 1 for moment in moments if since <= moment < now)
    counts = [{ALL: counted[number]} for number in range(len(edges) - 1)]
    within = (since, edges[-1])
    drawn = _lay_out(edges, counts, (ALL,), interval, now, zone, list(gaps), within=within, parts=parts)
    return replace(drawn, local=not interval % DAY_S)


def marked(chart: Chart, since: datetime, counted: tuple[datetime, datetime] | None) -> Chart:
    """The same with the beginning of something, and what it was counted over, where that is known."""
    if not chart.bars:
        return chart
    first, last = chart.bars[0].start, chart.bars[-1].until
    if not first <= since < last:
        return chart

    def x(moment: datetime) -> float:
        return min(1.0, (moment - first) / (last - first)) * 100

    over = None
    if counted:
        begin, end = counted
        minutes = round((end - begin) / timedelta(minutes=1))
        over = Counted(x(begin), x(end) - x(begin), begin, minutes, last=begin > since)
    return replace(chart, mark=Mark(x(since), since, over))


def unheld(chart: Chart, until: datetime) -> Chart:
    """The same where nothing is held of the time until then: what was counted of it is no zero."""
    reads = ["none" if bar.until <= until else bar.read for bar in chart.bars]
    firsts = [here != before for before, here in zip(["", *reads], reads, strict=False)]
    told = zip(chart.bars, reads, firsts, strict=True)
    return replace(chart, bars=tuple(replace(bar, read=read, first=first) for bar, read, first in told))


def _lay_out(  # noqa: PLR0917 -- what all charts have
    edges: Sequence[datetime],
    counts: Sequence[Mapping[str, int]],
    kinds: tuple[str, ...],
    interval: int,
    now: datetime,
    zone: ZoneInfo,
    gaps: Sequence[Gap],
    *,
    within: tuple[datetime, datetime] | None = None,
    top: int | None = None,
    band: tuple[float, float] | None = None,
    parts: Mapping[str, int] | None = None,
) -> Chart:
    """Bars between each of these moments and the next."""
    most = max((sum(each.values()) for each in counts), default=0) if top is None else top
    top = _round_up(max(most, math.ceil(band[1]) if band else 0))
    scale = (HEIGHT - BOTTOM - TOP) / top
    bars: list[Bar] = []
    for start, end, each in zip(edges, edges[1:], counts, strict=False):
        since, until = (start, end) if within is None else (max(start, within[0]), min(end, within[1]))
        read = _read(sum(each.values()), since, min(until, max(now, since)), gaps, parts)
        x, step = ((moment / (edges[-1] - edges[0])) * 100 for moment in (start - edges[0], end - start))
        first = not bars or bars[-1].read != read
        filling = _filling(start, end, now) if end > now else None
        segments = _segments(each, scale)
        bars.append(Bar(start, since, until, x, step, each, segments, filling, read, first))
    seconds = (edges[-1] - edges[0]).total_seconds()
    between = next((each for each in LABEL_STEPS if seconds <= each * MOST_LABELS), LABEL_STEPS[-1])
    return Chart(
        bars=tuple(bars),
        lines=tuple(Line(HEIGHT - BOTTOM - value * scale, value) for value in sorted({0, top // 2, top})),
        labels=_labels(bars, between, zone),
        days=between >= DAY_S,
        kinds=kinds,
        interval=interval,
        band=_band(band, scale) if band else None,
        **_gaps(edges, now, gaps, within),
    )


def _filling(start: datetime, end: datetime, now: datetime) -> Filling:
    whole, done = (end - start).total_seconds(), max(0.0, (now - start).total_seconds())
    units: tuple[tuple[int, Literal["min", "h", "d"]], ...] = ((60, "min"), (3600, "h"), (DAY_S, "d"))
    seconds, unit = units[0] if whole <= 3600 else units[1] if whole < 2 * DAY_S else units[2]
    return Filling(int(done // seconds), round(whole / seconds), unit if whole > 60 else "")


def _gaps(
    edges: Sequence[datetime], now: datetime, gaps: Sequence[Gap], within: tuple[datetime, datetime] | None
) -> Gapped:
    """Where the gaps lie that may lack posts, each drawn wide enough to be seen, and their minutes together.

    Of the first bar and the last no more is meant than was counted.
    """
    since, end = edges[0], edges[-1]
    if since == end:
        return {}
    begin, until = (since, min(now, end)) if within is None else (max(since, within[0]), min(now, end, within[1]))
    shades: list[Shade] = []
    for gap in touching(gaps, begin, until):
        x = (max(gap.since, begin) - since) / (end - since) * 100
        width = max((min(gap.until or until, until) - since) / (end - since) * 100 - x, NARROWEST)
        rows = {each.row for each in shades if each.x + each.width > x}
        row = next((row for row in range(MOST_ROWS) if row not in rows), None)
        shades.append(Shade(x, width, gap, row if width >= ROOM and not gap.part else None))
    return {"shades": tuple(shades), "minutes": math.ceil(covered(gaps, begin, until).total_seconds() / 60)}


def _read(total: int, since: datetime, until: datetime, gaps: Sequence[Gap], parts: Mapping[str, int] | None) -> Read:
    if since == until or not touching(gaps, since, until):  # nothing is missing of what has not begun
        return "all"
    return "none" if parts and not total and not share_seen(gaps, parts, since, until) else "part"


def _band(band: tuple[float, float], scale: float) -> Band:
    low, high = band
    return Band(HEIGHT - BOTTOM - high * scale, max((high - low) * scale, 1.0), low, high)


def _total(bucket: Bucket) -> int:
    return sum(getattr(bucket, sentiment) for sentiment in ORDER)


def _segments(counts: Mapping[str, int], scale: float) -> tuple[Segment, ...]:
    """One on another, from the axis up."""
    segments, y = [], float(HEIGHT - BOTTOM)
    for kind, value in counts.items():
        if value:
            y -= value * scale
            segments.append(Segment(kind, value, y, value * scale))
    return tuple(segments)


def _labels(bars: Sequence[Bar], between: int, zone: ZoneInfo) -> tuple[Label, ...]:
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
    """The next of 2, 4, 6, 8, 10, 20, 40 … from a count on."""
    magnitude = 1
    while True:
        for step in STEPS:
            if step * magnitude >= max(value, 2):
                return step * magnitude
        magnitude *= 10
