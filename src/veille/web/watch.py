"""One watch: its query, what each term of it brings, how it stands, what is open; the page, and the same in the API.

Every figure is of the same time, and leads to a search that finds as many.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel

from veille.alert import Alert
from veille.archive import Archive
from veille.clock import Clock
from veille.coverage import parts_of
from veille.errors import Misused
from veille.findings import WindowSum
from veille.gap import GapsNow
from veille.query import Query as Rule
from veille.query import QueryError, Use, parse, words, x_rule
from veille.query.warnings import warnings_of
from veille.query.x_printer import LIMIT
from veille.settings import Settings, Watch
from veille.telling import Telling
from veille.voice import Row
from veille.watch_terms import Terms, brought
from veille.web.asking import Range, interval_for
from veille.web.chart import draw_line
from veille.web.faults import said
from veille.web.findings import Sums, named, sums_told
from veille.web.gaps import GapInfo, gaps_in
from veille.web.openapi import AlertJson
from veille.web.panels import Look, Panels
from veille.web.render import Renderer, reader_of
from veille.web.scope import Bar, carried
from veille.web.settling import Settling
from veille.web.shapes import Chart
from veille.web.span import asked_span, span_of
from veille.web.timely import Timely
from veille.web.watches import WHOLE, Standings, WatchVoice, counted, told_row

TRIED = "30d"
"""What the back-test that is offered looks back on."""


class TermInfo(BaseModel):
    """A term as typed in the query, its mentions, their share of the watch's, and the search that finds them."""

    term: str
    count: int
    share: float
    search: str


class WatchDetail(BaseModel):
    """One watch in `[since, until)`. `rest`: mentions by none of the terms; `loud`: the term that drowns the others.

    `x_rules`: characters of the rules that X is sent, none where no post of X can match; null where it takes none.
    """

    id: str
    role: str
    query: str
    words: str
    file: str | None
    line: int | None
    x_rules: list[int] | None
    x_limit: int
    warnings: list[str]
    since: datetime
    until: datetime
    mentions: int
    search: str
    terms: list[TermInfo]
    rest: int
    rest_search: str | None
    loud: str | None
    idle: list[str]
    coverage: float
    voice: WatchVoice
    alerts: list[AlertJson]
    interval: int
    sums: list[Sums]
    gaps: list[GapInfo]


@dataclass(frozen=True)
class Read:
    """A watch with its query, read."""

    watch: Watch
    rule: Rule
    x_rules: tuple[int, ...] | None
    searches: bool
    """Whether the archive can be asked the same."""

    @property
    def warnings(self) -> list[str]:
        """What is worth knowing about the query that is no error."""
        return list(warnings_of(self.rule.tree))


@dataclass(frozen=True)
class Seen:
    """One watch in a range."""

    read: Read
    span: Range
    terms: Terms
    row: Row
    coverage: float
    alerts: list[Alert]
    interval: int
    sums: list[WindowSum]


class Watches:
    """Looks at one watch at a time."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> None:
        self._archive, self._gaps_now = archive, gaps_now
        self._zone, self._parts = ZoneInfo(settings.web.zone), parts_of(settings)
        self.standings, self._settling = Standings(archive, settings, clock, gaps_now), Settling(archive, clock)
        self.read = {watch.id: _read(watch) for watch in settings.watches}
        """Those that are set up, by id."""

    def see(self, watch: str, span: Range) -> Seen | None:
        """What there is to say of it; None where there is no such watch. Raises Unavailable."""
        read = self.read.get(watch)
        if read is None:
            return None
        width = interval_for(span.since, span.until)
        return Seen(
            read=read,
            span=span,
            terms=self.terms(read, span),
            row=self.row(read, span),
            coverage=self.standings.coverage(span.since, span.until),
            alerts=self.alerts(read),
            interval=width,
            sums=self._archive.window_sums(watch, since=span.since, until=span.until, interval=width),
        )

    def terms(self, read: Read, span: Range) -> Terms:
        """What each term of its query brings. Raises Unavailable."""
        return brought(self._archive, read.watch, read.rule, since=span.since, until=span.until)

    def row(self, read: Read, span: Range) -> Row:
        """How it stands beside the others. Raises Unavailable."""
        return next(row for row in self.standings.rows(span) if row.watch.id == read.watch.id)

    def alerts(self, read: Read) -> list[Alert]:
        """Those that are open. Raises Unavailable."""
        return self._archive.alerts(watch=read.watch.id, only_open=True)

    def chart(self, read: Read, span: Range, now: datetime) -> Chart:
        """Its mentions over time. Raises Unavailable."""
        line = self.standings.line(read.watch.id, span, interval_for(span.since, span.until))
        drawn = draw_line(line, now, self._zone, self._gaps_now(), within=counted(span), parts=self._parts)
        return self._settling.outlined(drawn, now)


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, renderer: Renderer) -> APIRouter:
    """The page and the route of the API."""
    routes = APIRouter(tags=["archive"])
    watches, zone = Watches(archive, settings, clock, gaps_now), ZoneInfo(settings.web.zone)
    panels = Panels(clock, "watch")
    timely = Timely(clock)
    file = None if settings.path is None else settings.path.name

    @routes.get("/watches/{watch_id}", include_in_schema=False)
    def page(request: Request, watch_id: str) -> Response:
        """Whether its query is any good, and how it stands."""
        read = watches.read.get(watch_id)
        if read is None:
            return renderer.render(request, "gone.html", code=404, message="unknown_watch")
        now, watch = clock.now(), read.watch
        asked = asked_span(request, now, zone)
        span, formats = asked.minutes(), renderer.formats(request)
        coverage = watches.standings.coverage(span.since, span.until)
        looks: dict[str, Look] = {
            "terms": lambda: {"terms": watches.terms(read, span)},
            "open": lambda: {"alerts": [(alert, Telling(alert, formats, "", now)) for alert in watches.alerts(read)]},
            "voice": lambda: {"row": watches.row(read, span)},
            "timeline": lambda: {"chart": watches.chart(read, span, now)},
        }
        return renderer.render(
            request,
            "watch.html",
            read=read,
            watch=watch,
            span=span,
            bar=Bar(asked, watch=watch_id, watches=_addresses(request, settings.watches)),
            search=f"watch:{watch_id}",
            coverage=coverage,
            whole=coverage >= WHOLE,
            warnings=[said(one, reader_of(request).language) for one in read.warnings],
            file=file,
            x_limit=LIMIT,
            tried=TRIED,
            command=shlex.join(["veille", "backtest", watch.query, "--since", TRIED]),
            **panels.look(looks, of=watch_id),
        )

    @routes.get("/api/v1/watches/{watch_id}", responses={404: {"description": "No such watch."}})
    @timely
    def detail(
        watch_id: str,
        last: Annotated[Literal["1h", "24h", "7d", "30d", "90d"], Query(description="The time until now.")] = "24h",
    ) -> WatchDetail:
        """One watch: what each term of its query brings, how it stands, what is open, its windows over time."""
        seen = watches.see(watch_id, span_of(last, "", "", clock.now(), zone).minutes())
        if seen is None:
            raise HTTPException(404, "no watch has this id")
        return _told(seen, file, gaps_in(gaps_now, seen.span.since, seen.span.until))

    return routes


def _addresses(request: Request, watches: Iterable[Watch]) -> dict[str, str]:
    """Of the screen of each watch, and of that of all, at the same time."""
    scope = carried(request.query_params, watch="")
    return {"": f"/watches{scope}"} | {each.id: f"/watches/{each.id}{scope}" for each in watches}


def _read(watch: Watch) -> Read:
    rule = parse(watch.query)
    try:
        lengths: tuple[int, ...] | None = tuple(len(each) for each in x_rule(rule))
    except Misused:
        lengths = None
    try:
        parse(watch.query, Use.SEARCH)
    except QueryError:
        return Read(watch, rule, lengths, searches=False)
    return Read(watch, rule, lengths, searches=True)


def _told(seen: Seen, file: str | None, gaps: list[GapInfo]) -> WatchDetail:
    watch, terms = seen.read.watch, seen.terms
    return WatchDetail(
        id=watch.id,
        role=watch.role,
        query=watch.query,
        words=words(seen.read.rule),
        file=file if watch.line else None,
        line=watch.line,
        x_rules=None if seen.read.x_rules is None else list(seen.read.x_rules),
        x_limit=LIMIT,
        warnings=seen.read.warnings,
        since=seen.span.since,
        until=seen.span.until,
        mentions=terms.total,
        search=seen.span.within(terms.search),
        terms=[
            TermInfo(term=each.term, count=each.count, share=each.share, search=seen.span.within(each.search))
            for each in terms.brought
        ],
        rest=terms.rest,
        rest_search=None if terms.rest_search is None else seen.span.within(terms.rest_search),
        loud=terms.loud.term if terms.loud else None,
        idle=[each.term for each in terms.idle],
        coverage=seen.coverage,
        voice=told_row(seen.row),
        alerts=[named(alert) for alert in seen.alerts],
        interval=seen.interval,
        sums=[sums_told(each) for each in seen.sums],
        gaps=gaps,
    )
