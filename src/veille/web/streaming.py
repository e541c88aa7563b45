"""Every mention that a search finds, as a stream of rows: the API's way to take away more than pages.

GET /api/v1/export --archive.scan--> rows (veille.export), as they are read

A stream whose archive goes away ends without its last chunk, and so is no whole answer to any HTTP client.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veille.archive import Archive
from veille.clock import Clock
from veille.errors import VeilleError
from veille.export.files import open_writer
from veille.export.rows import Column, chosen, row
from veille.mention import Mention
from veille.settings import Settings
from veille.showing import hidden
from veille.web.asking import QueryText, asked
from veille.web.moments import Since, Until

BROKEN = "veille.broken"
"""In the scope of a request: its answer cannot be brought to its end."""

AT_ONCE = 500
"""Rows that are in memory."""

TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}

log = logging.getLogger(__name__)

Text = Annotated[QueryText, Query(alias="q", description="A query in the search language; empty finds everything.")]


class _Rows(StreamingResponse):
    media_type = TYPES["ndjson"]


def router(archive: Archive, settings: Settings, clock: Clock) -> APIRouter:
    """The route of the API."""
    routes = APIRouter(prefix="/api/v1", tags=["archive"], responses={503: {"description": "The archive is away."}})
    withheld = partial(hidden, signed_in=bool(settings.web.token))

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
    ) -> StreamingResponse:
        """All mentions that match, a row each and in no order, the columns of docs/bi.md; of X's posts the id alone."""
        query = asked(q, clock.now())
        named = chosen(columns.split(",") if columns is not None else [])
        found = archive.scan(query.tree if query else None, since=since, until=until)
        shown = (mention for mention in found if not withheld(mention))
        first = list(islice(shown, AT_ONCE))  # what fails at once is answered with its status
        parts = _until_broken(_parts(first, shown, form, named), request.scope)
        return StreamingResponse(parts, media_type=TYPES[form])

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


def _until_broken(parts: Iterator[bytes], scope: Scope) -> Iterator[bytes]:
    try:
        yield from parts
    except VeilleError as error:
        log.warning("a stream of rows broke off: %s", error)
        scope[BROKEN] = True


def _parts(first: list[Mention], others: Iterator[Mention], form: Form, columns: Sequence[Column]) -> Iterator[bytes]:
    out = BytesIO()
    writer = open_writer(form, out, {}, columns)
    some = first
    while some:
        writer.write([row(mention, columns=columns) for mention in some])
        yield _taken(out)
        some = list(islice(others, AT_ONCE))
    writer.close()
    yield _taken(out)


def _taken(out: BytesIO) -> bytes:
    """What was written, which is let go of."""
    part = out.getvalue()
    out.seek(0)
    out.truncate()
    return part
