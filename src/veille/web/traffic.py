"""Visits that links brought: the API through which the owner of a site reports them, and what is known of each link.

POST /api/v1/visits --link_key--> veille.visits.v1 --sinks--> archive --> GET /api/v1/visits, a mention's page
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, HTTPException, Query
from pydantic import BaseModel, FailFast, Field

from veille.archive import Archive
from veille.clock import Clock
from veille.errors import Misused, Unavailable
from veille.mention import Mention
from veille.reporting import Reporting
from veille.settings import WebSettings
from veille.showing import hidden
from veille.text.addresses import link_key
from veille.topics import VISITS
from veille.visit import Visits, VisitSum
from veille.web.moments import Moment
from veille.web.numbers import NUMBER
from veille.web.timely import Timely

MOST_REPORTS = 5_000
"""In one request."""

LONGEST_KEY = 2_000
"""Characters of a link's key."""

LONGEST_STRETCH = timedelta(days=31)
WEEK = timedelta(days=7)

KEPT = timedelta(milliseconds=int(VISITS.config["retention.ms"]))
"""Older reports are gone from the topic."""

AHEAD = timedelta(days=1)
"""A stretch may end so much later than now: the day that runs, in any time zone."""


class Report(BaseModel, extra="forbid"):
    """The visits that came by one link in a stretch of time, an hour or a day as it suits; again, it is replaced."""

    link: Annotated[str, Field(min_length=1, max_length=4_000)]
    since: Moment
    until: Moment
    visits: Annotated[int, Field(ge=0, le=10**12), NUMBER]
    conversions: Annotated[int, Field(ge=0, le=10**12), NUMBER] = 0
    value: Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False), NUMBER] = 0.0


class Taken(BaseModel):
    """How many reports were taken: all of them, or the request is refused."""

    taken: int


class LinkVisits(BaseModel):
    """All visits of one link; `link` is its key, without scheme and what one click left in it."""

    link: str
    visits: int
    conversions: int
    value: float
    since: datetime
    until: datetime


def router(archive: Archive, web: WebSettings, clock: Clock, reporting: Reporting | None) -> APIRouter:
    """The routes of the API. Without `reporting` nothing can be reported."""
    refusals: dict[int | str, dict[str, Any]] = {503: {"description": "The archive or Kafka is away."}}
    routes = APIRouter(prefix="/api/v1", tags=["visits"], responses=refusals)
    timely = Timely(clock)

    @routes.get("/mentions/{public_id}/visits", responses={404: {"description": "No such mention."}})
    @timely
    def of_mention(public_id: str) -> list[LinkVisits]:
        """What each link of a mention brought; links of which nothing is known are left out."""
        found = archive.mention(public_id)
        if not isinstance(found, Mention) or hidden(found, signed_in=bool(web.token)):
            raise HTTPException(404, "no mention has this id")
        return [*map(_told, brought(archive, found))]

    @routes.get("/visits")
    @timely
    def visits(
        since: Annotated[Moment | None, Query(description="Default: a week ago.")] = None,
        until: Annotated[Moment | None, Query(description="Default: now.")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[LinkVisits]:
        """The links that brought the most visits, in stretches that begin in the range."""
        end = until or clock.now()
        found = archive.most_visited(since=since or end - WEEK, until=end, limit=limit)
        return [*map(_told, found)]

    if reporting is not None:

        @routes.post(
            "/visits", status_code=202, responses={400: {"description": "One of the reports cannot be taken."}}
        )
        def report(reports: Annotated[list[Report], FailFast(), Body(max_length=MOST_REPORTS)]) -> Taken:
            """Report visits, of many links and stretches at once."""
            now = clock.now()
            taken = [_taken(number, each, now) for number, each in enumerate(reports)]
            try:
                reporting.report(together(taken))
            except Unavailable as error:
                raise HTTPException(503, "Kafka does not take it now: send all of it again") from error
            return Taken(taken=len(taken))

    return routes


def together(reports: Iterable[Visits]) -> list[Visits]:
    """Forms of one link count as one: what is reported of them at once, of the same stretch, is added up."""
    found: dict[str, Visits] = {}
    for each in reports:
        before = found.get(each.key)
        found[each.key] = each if before is None else _sum(before, each)
    return [*found.values()]


def _sum(one: Visits, other: Visits) -> Visits:
    added = {name: getattr(one, name) + getattr(other, name) for name in ("visits", "conversions", "value")}
    return msgspec.structs.replace(one, **added)


def brought(archive: Archive, mention: Mention) -> list[VisitSum]:
    """What each link of a mention brought, in their order; links of which nothing is known are left out."""
    keys = list(dict.fromkeys(filter(None, map(link_key, mention.tags.links))))
    found = archive.visits(keys) if keys else {}
    return [found[key] for key in keys if key in found]


def _taken(number: int, report: Report, now: datetime) -> Visits:
    key = link_key(report.link)
    if not key or len(key) > LONGEST_KEY:
        raise Misused(f"report {number}: `link` is no address of a page, https://example.com/offer")
    if not report.since < report.until <= report.since + LONGEST_STRETCH:
        raise Misused(f"report {number}: `until` must come after `since`, by {LONGEST_STRETCH.days} days at most")
    if report.since < now - KEPT or report.until > now + AHEAD:
        raise Misused(f"report {number}: it must be of the last {KEPT.days} days")
    return Visits(link=key, reported_at=now, **report.model_dump(exclude={"link"}))


def _told(found: VisitSum) -> LinkVisits:
    return LinkVisits(**{name: getattr(found, name) for name in VisitSum.__struct_fields__})
