"""Watches: us against the others, by the windows; the page, and shares of voice over time in the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from veille.archive import Archive, Bucket
from veille.clock import Clock
from veille.coverage import parts_of, share_seen
from veille.findings import WindowSum
from veille.gap import GapsNow
from veille.query import Use, parse
from veille.query.parser import LIMITS
from veille.settings import Settings, Watch
from veille.voice import Row, Share, Tally, compared, in_order, naming_two, standing, tally
from veille.web.asking import Range, interval_for
from veille.web.chart import draw_line, highest
from veille.web.days import DAY_S, Steps, Timeline, by_steps, steps_of, timeline
from veille.web.gaps import GapInfo, gaps_in
from veille.web.moments import Since, Until
from veille.web.panels import Look, Once, Panels
from veille.web.render import Renderer
from veille.web.scope import Bar, carried
from veille.web.shapes import Chart
from veille.web.span import asked_span
from veille.web.timely import Timely

HOUR_S, WEEK_S = 3600, 7 * DAY_S
WIDTHS = {"hour": HOUR_S, "day": DAY_S, "week": WEEK_S}
MOST_BUCKETS = 1000
EXAMPLE = """\
watches:
  rival: {role: competitor, query: '@rival OR "rival inc"'}"""
"""What a settings file says of a competitor."""

MOST_BARS = 320
"""Of all lanes together: with so many the page of ten watches stays below its 35 KB."""

WHOLE = 0.95
"""Coverage below which a figure is called incomplete."""


class ShareInfo(BaseModel):
    """A share of 1 with its 95 % interval, of how many mentions, and how many independent stories."""

    value: float
    low: float
    high: float
    count: int
    of: int
    stories: int


class WatchVoice(BaseModel):
    """One watch in one stretch of time; shares are null for the market, which is outside the sum."""

    watch: str
    role: str
    mentions: int
    negative: int
    neutral: int
    positive: int
    unsure: int
    share: ShareInfo | None
    negative_share: ShareInfo | None
    negative_rate: ShareInfo


class VoiceBucket(BaseModel):
    """All watches in `[start, start + interval)`."""

    start: datetime
    coverage: float
    watches: list[WatchVoice]


class Voice(BaseModel):
    """Shares over time; `named_twice`: mentions that name two or more of those compared, and so count for each.

    Null where so many are compared that no search names them all. Days, and weeks from Monday, are those of `zone`:
    the one that the page is set to, but UTC where many years are asked for. `interval`: seconds of the usual one; days
    of 23 and 25 hours are as long as they are.
    """

    interval: int
    zone: str
    named_twice: int | None
    buckets: list[VoiceBucket]
    gaps: list[GapInfo]


@dataclass(frozen=True)
class Lane:
    """One watch over time; all lanes have the same height for the same count."""

    watch: Watch
    chart: Chart


class Standings:
    """What the windows say of the watches; also for other pages."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> None:
        self._archive, self._settings, self._clock, self._gaps_now = archive, settings, clock, gaps_now
        self._parts = parts_of(settings)
        self.twice = naming_two([watch.id for watch in compared(settings.watches)])
        """The search that finds what two or more of those that are compared match; empty where there are not two."""
        self.asks_twice = 0 < len(self.twice) <= LIMITS[Use.SEARCH]
        """Whether there is one, and an archive can be asked it."""

    @property
    def watches(self) -> tuple[Watch, ...]:
        """Those that are set up."""
        return self._settings.watches

    def sums(self, since: datetime, until: datetime, interval: int) -> dict[str, list[WindowSum]]:
        """By watch, its windows added up. Raises Unavailable, and Misused for an interval that does not fit."""
        return {
            watch.id: self._archive.window_sums(watch.id, since=since, until=until, interval=interval)
            for watch in self.watches
        }

    def line(self, watch: str, span: Range, interval: int) -> Timeline:
        """What charts draw of a watch; days are those of the zone."""

        def ask(since: datetime, until: datetime, width: int) -> list[Bucket]:
            found = self._archive.window_sums(watch, since=since, until=until, interval=width)
            return [as_bucket(each) for each in found]

        return timeline(ask, span.since, span.until, interval, ZoneInfo(self._settings.web.zone))

    def coverage(self, since: datetime, until: datetime) -> float:
        """Share of the sources' time in no gap."""
        return share_seen(self._gaps_now(), self._parts, since, min(until, self._clock.now()))

    def rows(self, span: Range) -> list[Row]:
        """The watches in a range, and how that differs from as long before it. Raises Unavailable."""
        sums = self.sums(span.since, span.until, self._wide(span.since, span.until))
        before = span.since - (span.until - span.since)
        then = self.sums(before, span.since, self._wide(before, span.since))
        return standing(
            self.watches,
            self._tallies(sums, self.coverage(span.since, span.until)),
            self._tallies(then, self.coverage(before, span.since)),
        )

    def in_steps(self, since: datetime, until: datetime, steps: Steps) -> dict[str, list[list[WindowSum]]]:
        """By watch, the windows of each step. Raises Unavailable."""
        return {watch.id: by_steps(partial(self._between, watch.id), since, until, steps) for watch in self.watches}

    def _between(self, watch: str, since: datetime, until: datetime, interval: int) -> list[WindowSum]:
        return self._archive.window_sums(watch, since=since, until=until, interval=interval)

    def at(self, start: datetime, end: datetime, sums: Mapping[str, Iterable[WindowSum]]) -> tuple[float, list[Row]]:
        """Coverage and watches of one bucket."""
        whole = self.coverage(start, end)
        return whole, standing(self.watches, self._tallies(sums, whole), {})

    def named_twice(self, since: datetime, until: datetime) -> int | None:
        """Mentions that two or more of those that are compared match; None where they are too many to be asked for."""
        if not self.asks_twice:
            return None if self.twice else 0
        return self._archive.count(parse(self.twice, Use.SEARCH).tree, since=since, until=until)

    def authors(self, since: datetime, until: datetime) -> dict[str, int]:
        """By watch, how many authors its mentions have: those of windows do not add up. Raises Unavailable."""
        return {watch.id: self._authors(watch.id, since, until) for watch in self.watches}

    def _authors(self, watch: str, since: datetime, until: datetime) -> int:
        of_watch = parse(f"watch:{watch}", Use.SEARCH).tree
        (found,) = self._archive.facets(of_watch, ["author"], since=since, until=until, limit=1)
        return len(found.values) + found.others

    @staticmethod
    def _tallies(sums: Mapping[str, Iterable[WindowSum]], whole: float) -> dict[str, Tally]:
        return {name: tally(each, whole) for name, each in sums.items()}

    @staticmethod
    def _wide(since: datetime, until: datetime) -> int:
        return interval_for(since, until)


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, renderer: Renderer) -> APIRouter:
    """The page and the route of the API."""
    routes = APIRouter(tags=["archive"])
    parts = parts_of(settings)
    standings, zone = Standings(archive, settings, clock, gaps_now), ZoneInfo(settings.web.zone)
    panels = Panels(clock, "watches")
    timely = Timely(clock)

    @routes.get("/watches", include_in_schema=False)
    def page(request: Request, watch: str = "") -> Response:
        """Who is talked about more, and worse."""
        if watch in {each.id for each in settings.watches}:
            return RedirectResponse(f"/watches/{watch}{carried(request.query_params, watch='')}", status_code=303)
        now, gaps = clock.now(), gaps_now()
        asked = asked_span(request, now, zone)
        span = asked.minutes()

        def drawn(line: Timeline, top: int) -> Chart:
            return draw_line(line, now, zone, gaps, within=counted(span), top=top, parts=parts)

        coverage = standings.coverage(span.since, span.until)
        return renderer.render(
            request,
            "standing.html",
            span=span,
            bar=Bar(asked),
            twice_search=standings.twice,
            coverage=coverage,
            whole=coverage >= WHOLE,
            example=EXAMPLE,
            **{"twice": None, "authors": None} | panels.look(_looks(standings, span, drawn)),
        )

    @routes.get("/api/v1/voice", responses={400: {"description": "There would be too many intervals."}})
    @timely
    def voice(
        *,
        since: Since = None,
        until: Until = None,
        interval: Annotated[Literal["hour", "day", "week"], Query(description="What each bucket is of.")] = "day",
    ) -> Voice:
        """Share of voice and of negative voice between brand and competitors, with 95 % intervals; the last 7 days."""
        end = until or clock.now()
        start, width = since or end - timedelta(days=7), WIDTHS[interval]
        if end <= start or (end - start).total_seconds() / width > MOST_BUCKETS:
            raise HTTPException(400, f"`since` must lie before `until`, at most {MOST_BUCKETS} intervals apart")
        steps = steps_of(start, end, width, zone)
        return Voice(
            interval=width,
            zone=steps.zone.key,
            named_twice=standings.named_twice(start, end),
            buckets=_buckets(standings, start, end, steps),
            gaps=gaps_in(gaps_now, start, end),
        )

    return routes


def _looks(standings: Standings, span: Range, drawn: Callable[[Timeline, int], Chart]) -> dict[str, Look]:
    """The panels of the page; `drawn` as below."""
    rows = Once(lambda: standings.rows(span))

    def authors() -> dict[str, object]:
        rows()  # without them there is no place for a number
        return {"authors": standings.authors(span.since, span.until)}

    looks: dict[str, Look] = {
        "standing": lambda: {"rows": rows()},
        "lane": lambda: {"lanes": _lanes(standings, span, drawn)},
        "authors": authors,
    }
    if standings.asks_twice:  # a number that nothing was asked for says nothing of the archive
        looks["twice"] = lambda: {"twice": standings.named_twice(span.since, span.until)}
    return looks


def _buckets(standings: Standings, since: datetime, until: datetime, steps: Steps) -> list[VoiceBucket]:
    sums = standings.in_steps(since, until, steps)
    return [
        _bucket(begins, *standings.at(begins, ends, {name: each[number] for name, each in sums.items()}))
        for number, (begins, ends) in enumerate(pairwise(steps.ends if sums else []))
    ]


def _lanes(standings: Standings, span: Range, drawn: Callable[[Timeline, int], Chart]) -> list[Lane]:
    """`drawn`: makes a chart of counts and what its axis must hold."""
    width = interval_for(span.since, span.until, MOST_BARS // max(len(standings.watches), 1))
    lines = [(watch, standings.line(watch.id, span, width)) for watch in in_order(standings.watches)]
    top = highest(bucket for _, line in lines for bucket in line.buckets)
    return [Lane(watch, drawn(line, top)) for watch, line in lines]


def counted(span: Range) -> tuple[datetime, datetime]:
    """The time that sums of its windows are of; what goes on until now is counted to the end of its minute."""
    return span.since, span.until + timedelta(minutes=1 if span.name else 0)


def as_bucket(each: WindowSum) -> Bucket:
    """As charts draw it."""
    return Bucket(each.start, each.negative, each.neutral, each.positive, each.unsure)


def _bucket(start: datetime, whole: float, rows: list[Row]) -> VoiceBucket:
    return VoiceBucket(start=start, coverage=whole, watches=[told_row(row) for row in rows])


def told_row(row: Row) -> WatchVoice:
    """As the API tells it."""
    return WatchVoice(
        watch=row.watch.id,
        role=row.watch.role,
        mentions=row.tally.mentions,
        negative=row.tally.negative,
        neutral=row.tally.neutral,
        positive=row.tally.positive,
        unsure=row.tally.unsure,
        share=_share(row.share) if row.share else None,
        negative_share=_share(row.negative_share) if row.negative_share else None,
        negative_rate=_share(row.negative_rate),
    )


def _share(share: Share) -> ShareInfo:
    low, high = share.interval
    return ShareInfo(value=share.value, low=low, high=high, count=share.count, of=share.of, stories=share.stories)
