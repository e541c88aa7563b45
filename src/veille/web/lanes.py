"""Gaps as lanes, a lane a source, as SVG from the server: hatched where nothing was read.

gaps, sources, range --lanes--> rectangles and ticks in percent of the width; each wide enough to be seen
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from veille.gap import Gap, touching
from veille.web.span import Span

STEPS = {
    timedelta(hours=2): timedelta(minutes=15),
    timedelta(hours=30): timedelta(hours=6),
    timedelta(days=10): timedelta(days=1),
    timedelta(days=40): timedelta(days=5),
    timedelta(days=120): timedelta(days=15),
}
"""Between two ticks of a range of at most so long; of a longer one there are eight."""

BY_CLOCK = timedelta(hours=30)
"""Ticks of a longer range are told by their days."""

NARROWEST = 0.4
"""Percent of the width that a gap takes at least."""

LAST_TICK = 92
"""Percent of the width past which no label has room."""


@dataclass(frozen=True)
class Stretch:
    """A gap in its lane, `x` and `width` in percent."""

    x: float
    width: float
    gap: Gap


@dataclass(frozen=True)
class Lane:
    """One source."""

    source: str
    stretches: Sequence[Stretch]


@dataclass(frozen=True)
class Tick:
    """A moment on the time axis, `x` in percent."""

    x: float
    moment: datetime


@dataclass(frozen=True)
class Lanes:
    """All that the template draws; `gaps` are those that touch the range, newest first."""

    by_clock: bool
    lanes: Sequence[Lane]
    ticks: Sequence[Tick]
    gaps: Sequence[Gap]


def lanes(gaps: Iterable[Gap], sources: Iterable[str], span: Span) -> Lanes:
    """Lay out a stretch of time."""
    since, until = span.since, span.until
    found = touching(gaps, since, until, whole=True)
    # A lane for what is not switched on any more too, as long as there is a gap of it to be seen.
    shown = dict.fromkeys([*sources, *(gap.source for gap in found)])
    return Lanes(
        until - since <= BY_CLOCK,
        [Lane(source, [_stretch(gap, since, until) for gap in found if gap.source == source]) for source in shown],
        list(_ticks(since, until, span.zone)),
        found[::-1],
    )


def _stretch(gap: Gap, since: datetime, until: datetime) -> Stretch:
    x = max(0.0, (gap.since - since) / (until - since) * 100)
    end = min(gap.until or until, until)
    return Stretch(min(x, 100 - NARROWEST), max((end - since) / (until - since) * 100 - x, NARROWEST), gap)


def _ticks(since: datetime, until: datetime, zone: ZoneInfo) -> Iterable[Tick]:
    long = until - since
    step = next((step for most, step in STEPS.items() if long <= most), max(long // 8, timedelta(days=1)))
    moment = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while moment < until:
        x = (moment - since) / long * 100
        if 0 <= x < LAST_TICK:
            yield Tick(x, moment)
        moment += step
