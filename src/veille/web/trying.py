"""A query over the last 30 local days of the archive, as if it had been a watch: mentions a day, and what X would take.

archive --bars of local days, stories, posts of X--> Tried --of the days that are held alone--> figures a day --> Spend

What was not read, and what the archive does not hold, is no zero: such days are no part of any figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from veille.archive import Archive, Bucket
from veille.clock import Clock
from veille.coverage import parts_of, share_seen
from veille.gap import Gap, GapsNow, covered
from veille.query.tree import And, Node, Operator
from veille.reading import NOT_BEGUN, NOT_HELD
from veille.settings import Settings, XSettings
from veille.web.asking import Range, asked
from veille.web.chart import draw_line, unheld
from veille.web.days import DAY_S, bounds, timeline
from veille.web.narrowing import Asked
from veille.web.shapes import Bar, Chart

DAYS = 30
DAY = timedelta(days=1)
X = "x"
OF_X = f"source:{X}"
Ends = tuple[datetime, datetime]


@dataclass(frozen=True)
class Spend:
    """What X takes for its posts among the mentions. `days`: how long it was read, a day at least."""

    posts: int
    price: float
    """US dollars for a post."""
    days: float

    @property
    def usd(self) -> float:
        """For those that there are."""
        return self.posts * self.price

    @property
    def a_day(self) -> float:
        """At their pace."""
        return self.usd / self.days

    @property
    def a_month(self) -> float:
        """For 30 days, at their pace."""
        return self.a_day * DAYS


@dataclass(frozen=True)
class Tried:
    """What a query brought in `span`; figures a day are of the days that are held."""

    asked: Asked
    span: Range
    chart: Chart
    stories: int
    spend: Spend
    held_from: datetime | None
    """When the sources were read for the first time, or the archive's oldest mention; None where neither is known."""
    days: float
    """How much time is held, and was read."""

    @property
    def held(self) -> list[Bar]:
        """The days of which something is held."""
        return held_in(self.chart, self.held_from)

    @property
    def mentions(self) -> int:
        """In all."""
        return self.chart.total

    @property
    def least(self) -> bool:
        """Whether a part of these days was not read, or is not held."""
        return any(bar.read == "part" for bar in self.held)

    @property
    def mean(self) -> float:
        """Mentions a day; of less than a day, those so far."""
        return self.mentions / max(self.days, 1.0)

    @property
    def median(self) -> float | None:
        """Of the days that are over and held from their beginning; None where there is none."""
        begun = self.held_from
        whole = [bar.total for bar in self.held if not bar.open_end and begun is not None and begun <= bar.since]
        return float(median(whole)) if whole else None

    @property
    def most(self) -> Bar | None:
        """The day with the most, of as many the latest; None where nothing was found."""
        return max(self.held, key=lambda bar: (bar.total, bar.start), default=None) if self.mentions else None

    @property
    def query(self) -> str:
        """As it stands before a further term that must hold."""
        return self.asked.with_term("") or self.asked.text

    @property
    def of_x(self) -> str | None:
        """The search for its posts of X; None where that is too long."""
        longer = self.asked.with_term(OF_X)
        return None if longer is None else self.span.search(longer)

    @property
    def search(self) -> str:
        """The search for all of it."""
        return self.span.search(self.asked.text)


class Trials:
    """Tries one query at a time."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> None:
        self._archive, self._clock, self._gaps_now = archive, clock, gaps_now
        self.zone, self._parts = ZoneInfo(settings.web.zone), parts_of(settings)
        self._kept = {name: days for name in self._parts if (days := getattr(settings.retention, name, 0))}
        self._price = (settings.x or XSettings()).post_price

    def run(self, text: str) -> Tried:
        """Raises QueryError, Unavailable."""
        now = self._clock.now()
        first = now.astimezone(self.zone) - (DAYS - 1) * DAY  # the same hour of that day, whatever clocks did meanwhile
        span = Range("", bounds(first, now, DAY_S, self.zone)[0], now)
        what = Asked(text, asked(text, now), span.since, span.until)
        gaps = [*self._gaps_now(), *self._let_go(span)]
        begun = self._held_from(gaps, now)
        chart = self._chart(what.tree, span, gaps, begun)
        held = _ends(held_in(chart, begun), begun)
        page = self._archive.search(what.tree, since=span.since, until=now, limit=0, fold=True)
        return Tried(
            asked=what,
            span=span,
            chart=chart,
            stories=page.stories or 0,
            spend=self._spend(what.tree, span, gaps, held),
            held_from=begun,
            days=sum((end - start for start, end in held), timedelta()) / DAY,
        )

    def _let_go(self, span: Range) -> list[Gap]:
        """What was deleted because it is kept no longer, as gaps."""
        ends = {name: span.until - days * DAY for name, days in self._kept.items()}
        return [
            Gap(id=f"{name}:{NOT_HELD}", source=name, since=span.since, until=end, cause=NOT_HELD)
            for name, end in ends.items()
            if end > span.since
        ]

    def _held_from(self, gaps: Sequence[Gap], now: datetime) -> datetime | None:
        hits = self._archive.search(None, until=now, limit=1, order="oldest").hits
        began = [gap.until for gap in gaps if gap.cause == NOT_BEGUN and gap.until is not None]
        return min([*began, *(hit.created_at for hit in hits)], default=None)

    def _chart(self, tree: Node | None, span: Range, gaps: Sequence[Gap], begun: datetime | None) -> Chart:
        """The days as bars; where no other gap says that nothing is known of the time before `begun`, one is added."""

        def count(since: datetime, until: datetime, interval: int) -> list[Bucket]:
            return self._archive.histogram(tree, since=since, until=until, interval=interval)

        line, start = timeline(count, span.since, span.until, DAY_S, self.zone), begun or span.until
        if start > span.since and not self._unread(gaps, span.since, start):
            gaps = [*gaps, Gap(id="archive", source="archive", since=span.since, until=start, cause=NOT_HELD)]
        within = (span.since, span.until)
        return unheld(draw_line(line, span.until, self.zone, gaps, within=within, parts=self._parts), start)

    def _unread(self, gaps: Sequence[Gap], since: datetime, until: datetime) -> bool:
        return bool(self._parts) and not share_seen(gaps, self._parts, since, until)

    def _spend(self, tree: Node | None, span: Range, gaps: Sequence[Gap], held: Sequence[Ends]) -> Spend:
        mine = Operator("source", X, 0)
        posts = self._archive.count(And((tree, mine)) if tree else mine, since=span.since, until=span.until)
        whole = [gap for gap in gaps if gap.source == X and not gap.part]
        read = sum((end - start - covered(whole, start, end) for start, end in held), timedelta())
        return Spend(posts, self._price, max(read / DAY, 1.0))


def held_in(chart: Chart, begun: datetime | None) -> list[Bar]:
    """The days of which something is held, where that begins then."""
    return [] if begun is None else [bar for bar in chart.bars if bar.read != "none" and bar.until > begun]


def _ends(held: Sequence[Bar], begun: datetime | None) -> list[Ends]:
    """How much of each of these days is held."""
    return [(max(bar.since, begun) if begun else bar.since, bar.until) for bar in held]
