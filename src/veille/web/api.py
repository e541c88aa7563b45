"""The API `/api/v1`: the archive as JSON. Its contract is the OpenAPI document that FastAPI writes from here."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from veille.archive import Archive, Bucket
from veille.clock import Clock
from veille.gap import GapsNow
from veille.mention import Mention
from veille.query.tree import Node
from veille.settings import Settings
from veille.showing import hidden
from veille.web.asking import MOST_BUCKETS, QueryText, asked, interval_for
from veille.web.gaps import GapInfo, gaps_in
from veille.web.moments import Since, Until, check_order
from veille.web.openapi import MentionJson
from veille.web.positions import dated, place
from veille.web.timely import Timely

PAGE = 50
MOST = 500


class MentionPage(BaseModel):
    """Some of the mentions that match, and where to go on: hand `after` back for the next page.

    What the network or its author hides is counted in `total` and left out of `mentions`. `gaps` are those in the
    range that may lack posts, the newest 100 of them.
    """

    total: int
    exact: bool
    after: str | None
    mentions: list[MentionJson]
    gaps: list[GapInfo]


class Count(BaseModel):
    """How many mentions match."""

    count: int


class Counts(BaseModel):
    """Mentions in `[start, start + interval)`, by sentiment."""

    start: datetime
    negative: int
    neutral: int
    positive: int
    unsure: int


class Histogram(BaseModel):
    """Counts over time; `interval` in seconds, empty buckets included. `gaps`: where counts may be too low."""

    interval: int
    buckets: list[Counts]
    gaps: list[GapInfo]


class WatchInfo(BaseModel):
    """A watch as it stands in the settings."""

    id: str
    role: str
    query: str


class ArchiveStatus(BaseModel):
    """How much the archive holds."""

    mentions: int
    deleted: int
    newest: datetime | None


Text = Annotated[QueryText, Query(alias="q", description="A query in the search language; empty finds everything.")]

After = Annotated[str | None, Query(max_length=4_500, description="`after` or `before` of another page.")]
"""It holds a doc id, of 512 bytes at most, each of which JSON may write as six characters, and Base64 as eight."""


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> APIRouter:
    """All routes of the API."""
    routes = APIRouter(prefix="/api/v1", tags=["archive"], responses={503: {"description": "The archive is away."}})
    _add_mentions(routes, archive, settings, clock, gaps_now)
    _add_counts(routes, archive, clock, gaps_now)
    timely = Timely(clock)

    @routes.get("/watches")
    def watches() -> list[WatchInfo]:
        """What is watched."""
        return [WatchInfo(id=watch.id, role=watch.role, query=watch.query) for watch in settings.watches]

    @routes.get("/status")
    @timely
    def status() -> ArchiveStatus:
        """How much the archive holds."""
        now = archive.status()
        return ArchiveStatus(mentions=now.mentions, deleted=now.deleted, newest=now.newest)

    return routes


def _tree(text: str, now: datetime) -> Node | None:
    """What a text asks for; None: everything. Raises QueryError."""
    query = asked(text, now)
    return query.tree if query else None


def _add_mentions(routes: APIRouter, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> None:
    """Mentions themselves."""
    timely = Timely(clock)

    def withheld(mention: Mention) -> bool:
        return hidden(mention, signed_in=bool(settings.web.token))

    @routes.get("/mentions", responses={400: {"description": "The query, the range or the position is no use."}})
    @timely
    def mentions(
        *,
        q: Text = "",
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
        after: After = None,
        order: Literal["newest", "oldest"] = "newest",
    ) -> MentionPage:
        """Search; newest first unless asked otherwise."""
        check_order(since, until)
        at = place(after, clock.now())
        tree = _tree(q, at.now)
        page = dated(archive.search(tree, since=since, until=until, limit=limit, after=at.after, order=order), at.now)
        hits = [plain(mention) for mention in page.hits if not withheld(mention)]
        lacking = gaps_in(gaps_now, since, until)
        return MentionPage(total=page.total, exact=page.exact, after=page.after, mentions=hits, gaps=lacking)

    @routes.get(
        "/mentions/{public_id}",
        responses={404: {"description": "No such mention."}, 410: {"description": "It was deleted or hidden."}},
    )
    @timely
    def mention(public_id: str) -> MentionJson:
        """One mention."""
        found = archive.mention(public_id)
        if found is None:
            raise HTTPException(404, "no mention has this id")
        if found == "deleted" or withheld(found):
            raise HTTPException(410, "removed by its author or network")
        return plain(found)


def _add_counts(routes: APIRouter, archive: Archive, clock: Clock, gaps_now: GapsNow) -> None:
    """How many there are."""
    timely = Timely(clock)

    @routes.get("/count", responses={400: {"description": "The query or the range is no use."}})
    @timely
    def count(q: Text = "", since: Since = None, until: Until = None) -> Count:
        """How many mentions match, exactly."""
        check_order(since, until)
        return Count(count=archive.count(_tree(q, clock.now()), since=since, until=until))

    @routes.get(
        "/histogram", responses={400: {"description": "The query is no use, or there would be too many buckets."}}
    )
    @timely
    def histogram(
        q: Text = "",
        since: Since = None,
        until: Until = None,
        interval: Annotated[int | None, Query(ge=60, le=86_400 * 366, description="Seconds.")] = None,
    ) -> Histogram:
        """Counts over time by sentiment; the last hour, minute by minute, unless asked otherwise."""
        end = until or clock.now()
        start = since or end - timedelta(hours=1)
        width = interval or interval_for(start, end)
        if end <= start or (end - start).total_seconds() / width > MOST_BUCKETS:
            raise HTTPException(400, f"`since` must lie before `until`, at most {MOST_BUCKETS} intervals apart")
        found = archive.histogram(_tree(q, clock.now()), since=start, until=end, interval=width)
        lacking = gaps_in(gaps_now, start, end)
        return Histogram(interval=width, buckets=[counts_of(bucket) for bucket in found], gaps=lacking)


def plain(mention: Mention) -> dict[str, Any]:
    """A mention as JSON holds it (docs/event.md)."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(mention))
    return found


def counts_of(bucket: Bucket) -> Counts:
    """As the API tells it."""
    return Counts(
        start=bucket.start,
        negative=bucket.negative,
        neutral=bucket.neutral,
        positive=bucket.positive,
        unsure=bucket.unsure,
    )
