"""The stacked bars of counts over time, as SVG from the server: works without JavaScript, and a test can read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from veille.archive import Bucket

ORDER = ("negative", "unsure", "neutral", "positive")
"""From the axis up: negative and unsure together read as «at most»."""

WIDTH, HEIGHT = 720, 150
LEFT, BOTTOM, TOP = 34, 18, 6
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Segment:
    """One coloured piece of a bar, in units of the view box."""

    sentiment: str
    value: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One bucket; `open_end` while it still fills."""

    start: datetime
    x: float
    width: float
    total: int
    segments: tuple[Segment, ...]
    open_end: bool


@dataclass(frozen=True)
class Tick:
    """A line across, or a label below."""

    at: float
    label: int | datetime


@dataclass(frozen=True)
class Chart:
    """All that the template draws."""

    bars: tuple[Bar, ...]
    lines: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    buckets: tuple[Bucket, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM


def total(bucket: Bucket) -> int:
    """All mentions of a bucket."""
    return sum(getattr(bucket, sentiment) for sentiment in ORDER)


def draw(buckets: list[Bucket], interval: int, now: datetime) -> Chart:
    """Lay out bars from zero, linear, with round numbers on the axis."""
    top = _round_up(max((total(bucket) for bucket in buckets), default=0))
    step = (WIDTH - LEFT) / max(len(buckets), 1)
    scale = (HEIGHT - BOTTOM - TOP) / top
    bars = tuple(
        _bar(bucket, LEFT + number * step, step, scale, bucket.start + timedelta(seconds=interval) > now)
        for number, bucket in enumerate(buckets)
    )
    lines = tuple(Tick(HEIGHT - BOTTOM - value * scale, value) for value in sorted({0, top // 2, top}))
    every = max(len(buckets) // 6, 1)
    labels = tuple(Tick(bar.x, bar.start) for bar in bars[::every])
    return Chart(bars, lines, labels, tuple(buckets))


def _bar(bucket: Bucket, x: float, step: float, scale: float, open_end: bool) -> Bar:
    segments, y = [], float(HEIGHT - BOTTOM)
    for sentiment in ORDER:
        value = getattr(bucket, sentiment)
        if value:
            y -= value * scale
            segments.append(Segment(sentiment, value, y, value * scale))
    return Bar(bucket.start, x, max(step - 1, 0.5), total(bucket), tuple(segments), open_end)


def _round_up(value: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 … above a count; at least 2, so that its half is whole."""
    magnitude = 1
    while True:
        for step in STEPS:
            if step * magnitude >= max(value, 2):
                return step * magnitude
        magnitude *= 10
