"""`/api/v1/search`: a search with all that belongs to it in one answer: hits with places, facets, counts over time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from veille.archive import Archive, Facet, Order, Page
from veille.clock import Clock
from veille.facets import FIELDS, Field, asking
from veille.gap import GapsNow
from veille.highlight import Highlighter
from veille.query import words
from veille.query.tree import Node
from veille.settings import Settings
from veille.showing import hidden
from veille.web.api import MOST, PAGE, After, Counts, Text, counts_of, plain
from veille.web.asking import MOST_BUCKETS, asked, interval_for
from veille.web.gaps import GapInfo, gaps_in
from veille.web.moments import Since, Until, check_order
from veille.web.openapi import MentionJson
from veille.web.positions import dated, place
from veille.web.timely import Timely

MOST_VALUES = 500


class Hit(BaseModel):
    """A mention, and where in its `text` the words and tags of the query stand: first character, one after the last.

    `copies`, where hits are folded: how many more of what was found are of the same story.
    """

    mention: MentionJson
    spans: list[tuple[int, int]]
    copies: int | None = None


class FacetValue(BaseModel):
    """Mentions under one value; `query` finds these and no others, together with the query."""

    value: str
    count: int
    query: str


class FacetCounts(BaseModel):
    """The most frequent values of a field over all matches; `others` further values count `rest` together.

    `without`: matches that have no value. Where not `exact`, counts of rare values may be too low.
    """

    field: str
    values: list[FacetValue]
    others: int
    rest: int
    without: int
    exact: bool


class Timeline(BaseModel):
    """Counts per `interval` seconds, empty ones included."""

    interval: int
    buckets: list[Counts]


class Found(BaseModel):
    """`understood`: the query in plain English. `after`, `before`: hand one back as `after` for that page.

    The pages of one search are those of the moment of its first. What the network or its author hides is counted in
    `total` and left out of `hits`. `gaps` are those in the range that may lack posts, the newest 100 of them.
    `stories`: where hits are folded, how many there are on all pages together.
    """

    understood: str | None
    total: int
    exact: bool
    stories: int | None = None
    after: str | None
    before: str | None
    hits: list[Hit]
    facets: list[FacetCounts]
    timeline: Timeline | None
    gaps: list[GapInfo]


Fields = Annotated[list[Field], Query(alias="facet", max_length=len(FIELDS), description="Count all matches by these.")]


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> APIRouter:
    """The one route."""
    routes = APIRouter(prefix="/api/v1", tags=["archive"], responses={503: {"description": "The archive is away."}})
    timely = Timely(clock)

    @routes.get("/search", responses={400: {"description": "The query, the range or the position is no use."}})
    @timely
    def search(
        *,
        q: Text = "",
        since: Since = None,
        until: Until = None,
        order: Order = "newest",
        group: Annotated[
            Literal["mention", "story"],
            Query(description="`story`: of each story the first alone; always so in the order `copied`."),
        ] = "mention",
        limit: Annotated[int, Query(ge=0, le=MOST)] = PAGE,
        after: After = None,
        fields: Fields = [],  # noqa: B006 -- FastAPI copies it
        values: Annotated[int, Query(ge=1, le=MOST_VALUES, description="Values of each facet.")] = 10,
        timeline: Annotated[bool, Query(description="Count over time as well; the last day without a range.")] = False,
    ) -> Found:
        """Search, newest first unless asked otherwise; facets and counts over time are of all matches."""
        check_order(since, until)
        at = place(after, clock.now())
        query = asked(q, at.now)
        tree = query.tree if query else None
        page = archive.search(
            tree, since=since, until=until, limit=limit, after=at.after, order=order, hold=True, fold=group == "story"
        )
        page = dated(page, at.now)
        found = archive.facets(tree, fields, since=since, until=until, limit=values) if fields else []
        return Found(
            understood=words(query) if query else None,
            total=page.total,
            exact=page.exact,
            stories=page.stories,
            after=page.after,
            before=page.before,
            hits=list(_hits(page, tree, signed_in=bool(settings.web.token))),
            facets=[told(each) for each in found],
            timeline=_over_time(archive, tree, since, until or at.now) if timeline else None,
            gaps=gaps_in(gaps_now, since, until),
        )

    return routes


def _hits(page: Page, tree: Node | None, *, signed_in: bool) -> Iterator[Hit]:
    """Those that may be shown, with what was found in them."""
    highlighter = Highlighter(tree)
    copies: list[int] | list[None] = [size - 1 for size in page.sizes] or [None] * len(page.hits)
    for hit, more in zip(page.hits, copies, strict=True):
        if not hidden(hit, signed_in=signed_in):
            yield Hit(mention=plain(hit), spans=highlighter.spans(hit), copies=more)


def _over_time(archive: Archive, tree: Node | None, since: datetime | None, end: datetime) -> Timeline:
    start = since or end - timedelta(days=1)
    width = interval_for(start, end) if end > start else 0
    if not width or (end - start).total_seconds() / width > MOST_BUCKETS:
        raise HTTPException(400, f"`since` must lie before `until`, at most {MOST_BUCKETS} weeks apart")
    found = archive.histogram(tree, since=start, until=end, interval=width)
    return Timeline(interval=width, buckets=[counts_of(bucket) for bucket in found])


def told(found: Facet) -> FacetCounts:
    """A facet as the API tells it."""
    values = [
        FacetValue(value=each.value, count=each.count, query=asking(found.field, each.value)) for each in found.values
    ]
    return FacetCounts(
        field=found.field,
        values=values,
        others=found.others,
        rest=found.rest,
        without=found.without,
        exact=found.exact,
    )
