"""Every mention that a search finds, as a stream of rows: the API's way to take away more than pages.

GET /api/v1/export --> rows (veille.export), as they are read     with `after`: what changed since, and a new position

A stream whose archive goes away ends without its last chunk, and so is no whole answer to any HTTP client. Besides, its
last line cannot be read as a row: a proxy may speak HTTP/1.0, which has no chunks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import chain, islice
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veille.archive import Archive
from veille.clock import Clock
from veille.errors import Misused, VeilleError
from veille.export.files import BROKEN_OFF, open_writer
from veille.export.rows import Column, check_for_changes, chosen, removed, row
from veille.export.task import Asked, Done, finds
from veille.mention import Mention
from veille.settings import Settings
from veille.web.asking import QueryText, asked
from veille.web.moments import Since, Until

BROKEN = "veille.broken"
"""In the scope of a request: its answer cannot be brought to its end."""

AT_ONCE = 500
"""Rows that are in memory."""

TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}

log = logging.getLogger(__name__)

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


class _Rows(StreamingResponse):
    media_type = TYPES["ndjson"]


def router(archive: Archive, settings: Settings, clock: Clock) -> APIRouter:
    """The route of the API."""
    routes = APIRouter(prefix="/api/v1", tags=["archive"], responses={503: {"description": "The archive is away."}})
    signed_in = bool(settings.web.token)

    @routes.get(
        "/export",
        response_class=_Rows,
        responses={400: {"description": "The query or a column is no use."}, 200: {"content": {TYPES["csv"]: {}}}},
    )
    def export(
        *,
        request: Request,
        q: Text = "",
        since: Since = None,
        until: Until = None,
        form: Annotated[Form, Query(alias="format")] = "ndjson",
        columns: Annotated[
            str | None, Query(max_length=1_000, description="These alone, in this order, with commas between.")
        ] = None,
        after: After = None,
    ) -> StreamingResponse:
        """All mentions that match, a row each and in no order, the columns of docs/bi.md; of X's posts the id alone."""
        query = asked(q, clock.now())
        named = chosen(columns.split(",") if columns is not None else [])
        if after is not None:
            _check_for_positions(form, named)
        wanted, done = Asked(query.tree if query else None, since, until), Done()
        found = finds(archive, wanted, after or None, done, signed_in=signed_in)
        parts = _parts(found, form, named)
        first = next(parts)  # what fails at once is answered with its status
        others = _until_broken(parts if after is None else _with_position(parts, done), form, request.scope)
        return StreamingResponse(chain([first], others), media_type=TYPES[form])

    return routes


Form = Literal["ndjson", "csv"]


class Unfinished:
    """Leaves out the last chunk of an answer that broke off; the outermost of all middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand everything on but that."""

        async def guarded(message: Message) -> None:
            if not (scope.get(BROKEN) and message["type"] == "http.response.body" and not message.get("more_body")):
                await send(message)

        await self._app(scope, receive, guarded)


def _until_broken(parts: Iterator[bytes], form: Form, scope: Scope) -> Iterator[bytes]:
    try:
        yield from parts
    except VeilleError as error:
        log.warning("a stream of rows broke off: %s", error)
        scope[BROKEN] = True
        yield BROKEN_OFF[form]


def _check_for_positions(form: Form, columns: Sequence[Column]) -> None:
    if form != "ndjson":
        raise Misused("a position stands on a line of its own, for which CSV has no room: ask for `format=ndjson`")
    check_for_changes(columns)


def _parts(found: Iterator[Mention | str], form: Form, columns: Sequence[Column]) -> Iterator[bytes]:
    out = BytesIO()
    writer = open_writer(form, out, {}, columns)
    while some := list(islice(found, AT_ONCE)):
        writer.write([removed(one, columns) if isinstance(one, str) else row(one, columns=columns) for one in some])
        yield _taken(out)
    writer.close()
    yield _taken(out)


def _with_position(parts: Iterator[bytes], done: Done) -> Iterator[bytes]:
    """The last line says where the next stream goes on; one that broke off has none."""
    yield from parts
    yield msgspec.json.encode({"position": done.position}) + b"\n"


def _taken(out: BytesIO) -> bytes:
    """What was written, which is let go of."""
    part = out.getvalue()
    out.seek(0)
    out.truncate()
    return part
