"""Rows of an export as the answer to a request, while they are read.

archive --finds--> rows --writer--> parts of some hundred rows; of Parquet, a row group each

A stream whose archive goes away ends without its last chunk, and so is no whole answer to any HTTP client. Besides, its
last line cannot be read as a row: a proxy may speak HTTP/1.0, which has no chunks. Parquet lacks its table of contents.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from itertools import chain, islice
from typing import Any

import msgspec
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veille.archive import Archive
from veille.errors import VeilleError
from veille.export.files import BROKEN_OFF, FORMATS, Format, writing
from veille.export.rows import Column
from veille.export.task import Asked, Done, finds, row_of
from veille.web.layers import to_its_end

BROKEN = "veille.broken"
"""In the scope of a request: its answer cannot be brought to its end."""

AT_ONCE = 500
"""Rows that are in memory; of Parquet, those of a row group."""

TYPES: dict[Format, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sending:
    """What is sent. `about` goes into Parquet, with `first` into the first record of the others.

    `texts` rows of X have their text. `after`: what changed since then; empty: all, and its position at the end.
    """

    asked: Asked
    form: Format
    columns: Sequence[Column]
    about: Mapping[str, Any] = field(default_factory=dict)
    first: bool = False
    texts: int = 0
    after: str | None = None


def possible() -> list[Format]:
    """The formats that can be written here."""
    return [form for form in FORMATS if form != "parquet" or find_spec("pyarrow") is not None]


def sent(archive: Archive, sending: Sending, scope: Scope, now: datetime, *, signed_in: bool) -> StreamingResponse:
    """The answer, which a browser saves. Raises what fails before its first part: it is answered with its status."""
    done = Done()
    found = finds(archive, sending.asked, sending.after or None, done, signed_in=signed_in)
    parts = _parts(found, sending, done)
    first = next(parts)
    others = _until_broken(parts if sending.after is None else _with_position(parts, done), sending.form, scope)
    headers = {"Content-Disposition": f'attachment; filename="veille-{now:%Y%m%dT%H%M%S}.{sending.form}"'}
    return _Let(chain([first], others), parts, headers=headers, media_type=TYPES[sending.form])


class _Let(StreamingResponse):
    """Lets go of the archive as soon as nobody reads on: what is open there holds up its tidying."""

    def __init__(self, content: Iterator[bytes], reading: Generator[bytes], **more: Any) -> None:
        super().__init__(content, **more)
        self._reading = reading

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as far as somebody reads."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await to_its_end(self._reading.close)


class Unfinished:
    """Leaves out the last chunk of an answer that broke off; outside of all that makes or changes one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand everything on but that."""

        async def guarded(message: Message) -> None:
            if not (scope.get(BROKEN) and message["type"] == "http.response.body" and not message.get("more_body")):
                await send(message)

        await self._app(scope, receive, guarded)


def _until_broken(parts: Iterator[bytes], form: Format, scope: Scope) -> Iterator[bytes]:
    try:
        yield from parts
    except VeilleError as error:
        log.warning("a stream of rows broke off: %s", error)
        scope[BROKEN] = True
        yield BROKEN_OFF[form]


def _parts(found: Iterator[Any], sending: Sending, done: Done) -> Generator[bytes]:
    out, columns = BytesIO(), sending.columns
    with writing(sending.form, out, sending.about, columns, first=sending.first) as writer:
        while some := list(islice(found, AT_ONCE)):
            writer.write([row_of(one, done, sending.texts, columns) for one in some])
            if part := _taken(out):
                yield part
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
