"""The dialog of an export: what a search holds to take away, and in which forms; texts of X by hand.

GET  /search/export --> rows, columns, gaps, and addresses of the API's stream
POST /search/export --so many texts of X, as far as they may go out today--> the same stream with them

To have texts of X is a deed, and so no address: nothing that leads here can spend those of a day.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from veille.archive import Archive
from veille.clock import Clock
from veille.coverage import parts_of
from veille.errors import Corrupt, Misused
from veille.export import allowance, task
from veille.export.about import seen, told
from veille.export.files import Format
from veille.export.rows import COLUMNS, in_zone
from veille.gap import GapsNow
from veille.settings import Settings
from veille.web.actions import given
from veille.web.faults import fault_of
from veille.web.narrowing import Asked
from veille.web.packing import packed, unpacked
from veille.web.render import Renderer, reader_of
from veille.web.search import Searches
from veille.web.sending import Sending, possible, sent
from veille.web.span import Span, span_of

log = logging.getLogger(__name__)

NAMES = ("last", "since", "until")
"""Of the time, in an address and in the form."""


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, renderer: Renderer) -> APIRouter:
    """The page, and its one form."""
    routes, exports = APIRouter(include_in_schema=False), Exports(archive, settings, clock, gaps_now, renderer)

    @routes.get("/search/export")
    def export(request: Request) -> Response:
        """What can be taken away of a search."""
        return exports.page(request, request.query_params)

    @routes.post("/search/export")
    async def with_texts(request: Request) -> Response:
        """It, with texts of X."""
        return await run_in_threadpool(exports.with_texts, request, await given(request))

    return routes


class Exports:
    """What the dialog shows of one search, and what it gives."""

    def __init__(
        self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, renderer: Renderer
    ) -> None:
        self._archive, self._settings, self._clock = archive, settings, clock
        self._gaps_now, self._renderer = gaps_now, renderer
        self._searches = Searches(archive, settings, clock, gaps_now)

    def page(self, request: Request, fields: Mapping[str, str], refused: Misused | None = None) -> Response:
        """The dialog. Raises Misused."""
        what, span, now = self._asked(fields)
        named = {"z": packed(what.text)} | {name: fields.get(name, "") for name in NAMES}
        named = {name: value for name, value in named.items() if value}
        values: dict[str, Any] = {
            "span": span,
            "fields": named,
            "left": self._left(now),
            "most": allowance.A_DAY,
            "counted_in": self._settings.data / allowance.NAME,
            "back": f"/search?{request.url.query or urlencode(named)}",
            "fault": fault_of(refused, reader_of(request).language) if refused else None,
            **self._searches.taking(what.text, span, now),
        }
        return self._renderer.render(request, "export.html", code=400 if refused else 200, **values)

    def with_texts(self, request: Request, fields: Mapping[str, str]) -> Response:
        """The file with as many texts of X as may go out; the dialog where they cannot be counted. Raises Misused."""
        what, _, now = self._asked(fields)
        form, wanted = _form(fields), _number(fields)
        found = self._searches.rows(what).ids_alone
        try:
            texts = allowance.take_some(self._settings.data, now.date(), min(wanted, found))
        except Misused as error:
            return self.page(request, fields, error)
        zone, asked = self._searches.zone, task.Asked(what.tree, what.since, what.until)
        coverage = seen(self._gaps_now(), parts_of(self._settings), asked, now)
        about = told(what.text, asked, now, zone, coverage | {"x_texts": texts})
        sending = Sending(asked, form, in_zone(COLUMNS, zone), about, first=True, texts=texts)
        signed_in = bool(self._settings.web.token)
        return sent(self._archive, sending, request.scope, now.astimezone(zone), signed_in=signed_in)

    def _left(self, now: datetime) -> int | None:
        """Texts of X that may still go out today; None: they cannot be counted, so none are offered."""
        try:
            left = allowance.left(self._settings.data, now.date())
        except Corrupt as error:
            log.warning("texts of X are not offered: %s", error)
            return None
        return left if allowance.countable(self._settings.data) else None

    def _asked(self, fields: Mapping[str, str]) -> tuple[Asked, Span, datetime]:
        now, z = self._clock.now(), fields.get("z", "")
        q = fields.get("q", "") or (unpacked(z) if z else "")
        last, since, until = (fields.get(name, "") for name in NAMES)
        span = span_of(last, since, until, now, self._searches.zone)
        return self._searches.asked(q, span, now), span, now


def _form(fields: Mapping[str, str]) -> Format:
    for form in possible():
        if fields.get("format") == form:
            return form
    raise HTTPException(400, "the form says what it cannot")


def _number(fields: Mapping[str, str]) -> int:
    told = fields.get("texts", "")
    if told.isascii() and told.isdigit() and len(told) < 9:
        return int(told)
    raise HTTPException(400, "the form says what it cannot")
