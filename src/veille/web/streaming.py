"""Every mention that a search finds, as a stream of rows: the API's way to take away more than pages.

GET /api/v1/export --> rows (veille.export), as they are read     with `after`: what changed since, and a new position
                                                                  with `about`: what the file is, in its first record
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from veille.archive import Archive
from veille.clock import Clock
from veille.coverage import parts_of
from veille.errors import Misused
from veille.export.about import seen, told
from veille.export.files import Format
from veille.export.rows import Column, check_for_changes, chosen, in_zone, zone_of
from veille.export.task import Asked
from veille.gap import GapsNow
from veille.settings import Settings
from veille.web.asking import QueryText, asked
from veille.web.moments import Since, Until, check_order
from veille.web.sending import TYPES, Sending, sent

LONGEST = 60_000
"""Of a position, in characters: it goes in the address, and Elasticsearch's names numbers of each month."""

Text = Annotated[QueryText, Query(alias="q", description="A query in the search language; empty finds everything.")]

After = Annotated[
    str | None,
    Query(
        max_length=LONGEST,
        description="What changed since this position, in the last line of a stream asked for with it; empty: all.",
    ),
]
Columns = Annotated[str | None, Query(max_length=1_000, description="These alone, in this order, with commas between.")]
Zone = Annotated[str, Query(max_length=60, description="Of the times in it: `Europe/Paris`.")]
About = Annotated[bool, Query(description="Whether its first record says what it is: query, range, zone, coverage.")]


class _Rows(StreamingResponse):
    media_type = TYPES["ndjson"]


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> APIRouter:
    """The route of the API."""
    routes = APIRouter(prefix="/api/v1", tags=["archive"], responses={503: {"description": "The archive is away."}})
    parts, signed_in = parts_of(settings), bool(settings.web.token)

    @routes.get(
        "/export",
        response_class=_Rows,
        responses={
            400: {"description": "The query, the range, the zone or a column is no use, or Parquet is not installed."},
            200: {"content": {TYPES["csv"]: {}, TYPES["parquet"]: {}}},
        },
    )
    def export(
        *,
        request: Request,
        q: Text = "",
        since: Since = None,
        until: Until = None,
        form: Annotated[Format, Query(alias="format")] = "ndjson",
        columns: Columns = None,
        after: After = None,
        zone: Zone = "UTC",
        about: About = False,
    ) -> StreamingResponse:
        """All mentions that match, a row each and in no order, the columns of docs/bi.md; of X's posts the id alone."""
        now, place = clock.now(), zone_of(zone)
        check_order(since, until)
        query = asked(q, now)
        named = chosen(columns.split(",") if columns is not None else [])
        if after is not None:
            _check_for_positions(form, named)
        wanted = Asked(query.tree if query else None, since, until)
        coverage = seen(gaps_now(), parts, wanted, now) if about or form == "parquet" else {}
        said = told(q, wanted, now, place, coverage)
        sending = Sending(wanted, form, in_zone(named, place), said, about, after=after)
        return sent(archive, sending, request.scope, now.astimezone(place), signed_in=signed_in)

    return routes


def _check_for_positions(form: Format, columns: Sequence[Column]) -> None:
    if form != "ndjson":
        raise Misused(f"a position stands on a line of its own, which {form} has no room for: ask for `format=ndjson`")
    check_for_changes(columns)
