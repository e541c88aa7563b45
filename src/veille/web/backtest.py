"""The back-test of a query: what it would have brought in 30 days as a watch, and cost on X; the same in the API.

    GET /backtest?q= --> bars of days, figures a day, the spend; a query with a fault is told as Search tells it

The archive holds only what the watches matched: a wider query finds less here than it would on X.
"""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from veille.archive import Archive
from veille.clock import Clock
from veille.errors import Misused
from veille.gap import GapsNow
from veille.settings import Settings
from veille.web.api import Text
from veille.web.faults import fault_of
from veille.web.gaps import GapInfo, gaps_in
from veille.web.packing import shorter, unpacked
from veille.web.panels import Panels
from veille.web.render import Renderer, reader_of
from veille.web.timely import Timely
from veille.web.trying import DAYS, Trials, Tried
from veille.web.typed import Typed, tell


class DayCount(BaseModel):
    """Mentions of a local day, as far as it lies in the range. `read`: how much of it was read, and is held."""

    since: datetime
    until: datetime
    mentions: int
    read: Literal["all", "part", "none"]


class SpendInfo(BaseModel):
    """What X takes for its posts among the mentions, in US dollars; posts of other networks cost nothing.

    `days`: for how many of them X was read, at least 1. `a_day`, `a_month` (30 days): at the pace of those.
    """

    posts: int
    price: float
    days: float
    usd: float
    usd_a_day: float
    usd_a_month: float


class Backtest(BaseModel):
    """What a query brought in the last 30 days of the zone. The archive holds only what the watches matched.

    Figures a day are of the `days_held`, those of which something was read and is held; `median` of whole ones.
    `at_least`: some of their time was not read. `held_from`: since when there can be mentions.
    """

    query: str
    since: datetime
    until: datetime
    held_from: datetime | None
    days_held: int
    mentions: int
    at_least: bool
    stories: int
    mean: float
    median: float | None
    most: DayCount | None
    days: list[DayCount]
    spend: SpendInfo
    gaps: list[GapInfo]


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, renderer: Renderer) -> APIRouter:
    """The page and the route of the API."""
    routes = APIRouter(tags=["archive"])
    trials = Trials(archive, settings, clock, gaps_now)
    panels, timely = Panels(clock, "backtest"), Timely(clock)

    @routes.get("/backtest", include_in_schema=False)
    def page(request: Request, q: str = "", z: str = "") -> Response:
        """Try a query; `z` is a long one, packed. Without one, all that is held."""
        if short := shorter(request, q):
            return RedirectResponse(short, status_code=303)
        language = reader_of(request).language
        values: dict[str, Any] = {"typed": Typed(), "of": DAYS}
        try:
            q = q or (unpacked(z) if z else "")
            values |= {"query": q, "typed": tell(q, clock.now(), language)}
            tried = panels.find("trial", lambda: trials.run(q))
        except Misused as error:
            fault = fault_of(error, language)
            return renderer.render(request, "backtest.html", code=400, fresh=False, fault=fault, **values)
        return renderer.render(request, "backtest.html", fault=None, tried=tried, **_commands(q), **values)

    @routes.get("/api/v1/backtest", responses={400: {"description": "The query is no use."}})
    @timely
    def backtest(q: Text = "") -> Backtest:
        """Try a query as a watch: 30 days of it, day by day, and what X would take for its posts."""
        tried = trials.run(q)
        return _told(tried, gaps_in(gaps_now, tried.span.since, tried.span.until))

    return routes


def _commands(query: str) -> dict[str, Any]:
    """One asks X itself, the other tells alerts: to replay each minute takes longer than a page is waited for."""
    asked = [*(["--"] if query.startswith("-") else []), query]
    since = ["veille", "backtest", "--since", f"{DAYS}d"]
    return {"command": shlex.join([*since, "--x", *asked]), "alerts_by": shlex.join([*since, *asked])}


def _told(tried: Tried, gaps: list[GapInfo]) -> Backtest:
    days = {
        bar.start: DayCount(since=bar.since, until=bar.until, mentions=bar.total, read=bar.read)
        for bar in tried.chart.bars
    }
    spend = tried.spend
    return Backtest(
        query=tried.asked.text,
        since=tried.span.since,
        until=tried.span.until,
        held_from=tried.held_from,
        days_held=len(tried.held),
        mentions=tried.mentions,
        at_least=tried.least,
        stories=tried.stories,
        mean=tried.mean,
        median=tried.median,
        most=days[tried.most.start] if tried.most else None,
        days=list(days.values()),
        spend=SpendInfo(
            posts=spend.posts,
            price=spend.price,
            days=spend.days,
            usd=spend.usd,
            usd_a_day=spend.a_day,
            usd_a_month=spend.a_month,
        ),
        gaps=gaps,
    )
