"""Gaps as lanes, a lane a source, as SVG from the server: hatched where nothing was read.

gaps, sources, range --lanes--> rectangles and ticks in percent of the width; each wide enough to be seen
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from veille.gap import Gap, touching

RANGES = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "90d": timedelta(days=90)}
"""The ranges offered, by their name in the address."""

STEPS = {"24h": timedelta(hours=6), "7d": timedelta(days=1), "90d": timedelta(days=15)}
"""Between two ticks."""

DEFAULT = "24h"
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

    name: str
    lanes: Sequence[Lane]
    ticks: Sequence[Tick]
    gaps: Sequence[Gap]


def lanes(gaps: Iterable[Gap], sources: Iterable[str], name: str, now: datetime, zone: ZoneInfo) -> Lanes:
    """Lay out the range of this name, ending now; an unknown name is the default."""
    name = name if name in RANGES else DEFAULT
    since = now - RANGES[name]
    found = touching(gaps, since, now, whole=True)
    # A lane for what is not switched on any more too, as long as there is a gap of it to be seen.
    shown = dict.fromkeys([*sources, *(gap.source for gap in found)])
    return Lanes(
        name,
        [Lane(source, [_stretch(gap, since, now) for gap in found if gap.source == source]) for source in shown],
        list(_ticks(since, now, STEPS[name], zone)),
        found[::-1],
    )


def _stretch(gap: Gap, since: datetime, now: datetime) -> Stretch:
    x = max(0.0, (gap.since - since) / (now - since) * 100)
    end = min(gap.until or now, now)
    return Stretch(min(x, 100 - NARROWEST), max((end - since) / (now - since) * 100 - x, NARROWEST), gap)


def _ticks(since: datetime, now: datetime, step: timedelta, zone: ZoneInfo) -> Iterable[Tick]:
    moment = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while moment < now:
        x = (moment - since) / (now - since) * 100
        if 0 <= x < LAST_TICK:
            yield Tick(x, moment)
        moment += step
