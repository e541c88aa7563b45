"""What charts are made of, laid out: `x` and widths in percent of the whole, `y` and heights in pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal, TypedDict
from urllib.parse import quote_plus, urlencode

from veille.formats import Formats
from veille.gap import Gap
from veille.web.days import DAY_S
from veille.window import MINUTE_S
from veille.words import Say

ORDER = ("negative", "unsure", "neutral", "positive")
"""From the axis up: negative and unsure together read as «at most»."""

ALL = "all"
"""The one kind of bars that no sentiment is told of."""

HEIGHT, BOTTOM, TOP = 150, 20, 8
"""Pixels: the whole, the labels below, the air above."""

Read = Literal["all", "part", "none"]
"""How much of a bucket's time lies in no gap: nothing counted of what was not read is no zero."""

ROOM = 18
"""Percent of the width that a gap must have for a word on it; twice as much for all words."""


@dataclass(frozen=True)
class Segment:
    """One coloured piece of a bar, in pixels."""

    sentiment: str
    value: int
    y: float
    height: float


@dataclass(frozen=True)
class Filling:
    """How much of a bucket is over; of one of a minute nothing is told, it would be wrong as soon as it is read."""

    done: int
    of: int
    unit: Literal["", "min", "h", "d"]


@dataclass(frozen=True)
class Bar:
    """One bucket, `x` and `width` in percent of the whole, with the air; `read`: how much of its time.

    `since`, `until`: what was counted of it. `filling`: None once it is over. `first`: none before it was read so.
    """

    start: datetime
    since: datetime
    until: datetime
    x: float
    width: float
    counts: Mapping[str, int]
    segments: tuple[Segment, ...]
    filling: Filling | None
    read: Read = "all"
    first: bool = True

    @cached_property
    def total(self) -> int:
        """All mentions of it."""
        return sum(self.counts.values())

    @property
    def open_end(self) -> bool:
        """Whether it still fills, or may still grow."""
        return self.filling is not None

    @property
    def top(self) -> float:
        """Where it ends, in pixels."""
        return self.segments[-1].y if self.segments else float(HEIGHT - BOTTOM)

    def address(self, query: str | None, here: Callable[..., str]) -> str:
        """Where its mentions are: in the search for `query`; where that is None on the same page, kept to its time."""
        return here(last="", after="", day="", **self.ends) if query is None else self.search(query)

    def search(self, query: str) -> str:
        """The address of the page's search for the same in its time."""
        return f"/search?q={quote_plus(query)}&{self._in_addresses}"

    @cached_property
    def ends(self) -> dict[str, str]:
        """Its time, as addresses name it."""
        return {"since": _stamp(self.since), "until": _stamp(self.until)}

    @cached_property
    def _in_addresses(self) -> str:
        return urlencode(self.ends)


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
    """A gap behind the bars, `x` and `width` in percent; `row`: which words on gaps have room for its own."""

    x: float
    width: float
    gap: Gap
    row: int | None = None

    @property
    def wide(self) -> bool:
        """Whether there is room for all words."""
        return self.width >= 2 * ROOM


@dataclass(frozen=True)
class Counted:
    """What something was counted over, `x` and `width` in percent; `last`: not from its beginning on."""

    x: float
    width: float
    since: datetime
    minutes: int
    last: bool


@dataclass(frozen=True)
class Mark:
    """When something began, `x` in percent, and what it was counted over, where that is known."""

    x: float
    since: datetime
    counted: Counted | None


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
    """All that the template draws. `days`: labels are days, `local`: bars too; `minutes` of it lie in gaps."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    days: bool
    kinds: tuple[str, ...]
    interval: int
    local: bool = False
    band: Band | None = None
    mark: Mark | None = None
    shades: tuple[Shade, ...] = ()
    minutes: int = 0
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM

    def unread(self, formats: Formats) -> str:
        """How much of it lies in gaps, as people say it."""
        return formats.lasting(timedelta(minutes=self.minutes))

    def when(self, bar: Bar, formats: Formats, say: Say) -> str:
        """The time of a bar, as short as tells it from the others."""
        if self.interval == MINUTE_S:
            return formats.minute(bar.start)
        if not self.local:
            return formats.moment(bar.start)
        day = formats.date(bar.start)
        return say("week_of", day=day) if self.interval > DAY_S else day

    @cached_property
    def sums(self) -> dict[str, int]:
        """Of all bars, by kind."""
        return {kind: sum(bar.counts[kind] for bar in self.bars) for kind in self.kinds}

    @cached_property
    def least(self) -> bool:
        """Whether there may be more than was counted."""
        return any(bar.read != "all" for bar in self.bars)

    @cached_property
    def filling(self) -> Bar | None:
        """The first bar that says how far it fills, else the first that may grow at all; None where all are over."""
        growing = [bar for bar in self.bars if bar.filling]
        return next((bar for bar in growing if bar.filling and bar.filling.unit), next(iter(growing), None))

    @cached_property
    def total(self) -> int:
        """All mentions of all buckets."""
        return sum(self.sums.values())


def _stamp(moment: datetime) -> str:
    """As short as it can be told: there are many of them on a page."""
    whole = not (moment.second or moment.microsecond)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ") if whole else moment.isoformat()
