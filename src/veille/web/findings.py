"""What the windows stage found, in the API: windows, their sums, alerts. Mentions are named by their public ids."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Query
from msgspec import Struct
from pydantic import BaseModel

from veille.alert import Alert
from veille.clock import Clock
from veille.findings import Findings, WindowSum
from veille.gap import GapsNow
from veille.identity import public_id
from veille.web.asking import MOST_BUCKETS, interval_for
from veille.web.gaps import GapInfo, gaps_in
from veille.web.moments import Since, Until, check_order
from veille.web.openapi import AlertJson, WindowJson
from veille.web.timely import Timely
from veille.window import MINUTE_S

LONGEST = timedelta(days=1)
"""Of windows one by one; sums have no such bound."""

Watch = Annotated[str | None, Query(max_length=40, description="Id of a watch; all of them when left out.")]


class Sums(BaseModel):
    """Windows of one watch in `[start, start + interval)`, added up; `coverage` is their mean.

    `minutes`: of how many there is a window. `begun`: stories that began then; distinct authors do not add up.
    """

    start: datetime
    minutes: int
    mentions: int
    begun: int
    own: int
    negative: int
    neutral: int
    positive: int
    unsure: int
    questions: int
    coverage: float


class WindowSums(BaseModel):
    """Sums over time; `interval` in seconds, empty ones included. `gaps`: where counts may be too low."""

    interval: int
    sums: list[Sums]
    gaps: list[GapInfo]


def router(findings: Findings, clock: Clock, gaps_now: GapsNow) -> APIRouter:
    """The routes of windows and alerts."""
    routes = APIRouter(prefix="/api/v1", tags=["findings"], responses={503: {"description": "The archive is away."}})
    timely = Timely(clock)

    @routes.get("/windows", responses={400: {"description": "The range is none, or too long."}})
    @timely
    def windows(watch: Watch = None, since: Since = None, until: Until = None) -> list[WindowJson]:
        """Counts by minute (docs/schemas/window.v1.json), earliest first; the last hour unless asked otherwise."""
        start, end = _stretch(clock, since, until)
        if end - start > LONGEST:
            raise HTTPException(400, "windows one by one are given for a day at most: ask /windows/sums for more")
        return [whole(window) for window in findings.windows(watch, since=start, until=end)]

    @routes.get("/windows/sums", responses={400: {"description": "The range or the interval is no use."}})
    @timely
    def sums(
        watch: Annotated[str, Query(max_length=40, description="Id of a watch.")],
        since: Since = None,
        until: Until = None,
        interval: Annotated[
            int | None, Query(ge=MINUTE_S, le=86_400 * 366, multiple_of=MINUTE_S, description="Seconds.")
        ] = None,
    ) -> WindowSums:
        """Counts over any time, from windows: no mention is looked at."""
        start, end = _stretch(clock, since, until)
        width = interval or interval_for(start, end)
        if (end - start).total_seconds() / width > MOST_BUCKETS:
            raise HTTPException(400, f"`since` and `until` may lie {MOST_BUCKETS} intervals apart")
        found = findings.window_sums(watch, since=start, until=end, interval=width)
        return WindowSums(interval=width, sums=[sums_told(each) for each in found], gaps=gaps_in(gaps_now, start, end))

    @routes.get("/alerts")
    @timely
    def alerts(
        *,
        watch: Watch = None,
        since: Since = None,
        until: Until = None,
        only_open: Annotated[bool, Query(alias="open", description="Only those that are not over.")] = False,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[AlertJson]:
        """Alerts with any time in the range (docs/schemas/alert.v1.json), those that began last first."""
        found = findings.alerts(watch=watch, since=since, until=until, only_open=only_open, limit=limit)
        return [named(alert) for alert in found]

    @routes.get("/alerts/{alert_id}", responses={404: {"description": "No such alert."}})
    @timely
    def alert(alert_id: str) -> AlertJson:
        """One alert, as it is now."""
        found = findings.alert(alert_id)
        if found is None:
            raise HTTPException(404, "no alert has this id")
        return named(found)

    return routes


def _stretch(clock: Clock, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    end = until or clock.now()
    start = since or end - timedelta(hours=1)
    check_order(start, end)
    return start, end


def whole(record: Struct) -> dict[str, Any]:
    """Every field by its name, defaults too."""
    return {name: msgspec.to_builtins(getattr(record, name)) for name in record.__struct_fields__}


def named(alert: Alert) -> dict[str, Any]:
    """An alert whose mentions have their public ids: a doc id may name its author."""
    samples = [{"public_id": public_id(sample.doc_id), "role": sample.role} for sample in alert.samples]
    return whole(alert) | {"samples": samples, "from_own": public_id(alert.from_own) if alert.from_own else ""}


def sums_told(found: WindowSum) -> Sums:
    """As the API tells them."""
    return Sums(**{name: getattr(found, name) for name in found.__struct_fields__})
