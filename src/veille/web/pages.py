"""The pages: Now, Search, one mention, and the fragments that keep Now live. HTML from the server, Jinja templates.

The address is the view: every filter stands in it, and a link gives the same view to whoever may see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from veille import __version__
from veille.archive import Archive
from veille.clock import Clock
from veille.mention import Mention
from veille.query import QueryError
from veille.settings import Settings
from veille.web.asking import RANGES, asked, interval_for, range_of
from veille.web.card import MARKS, card, hidden
from veille.web.chart import ORDER, draw, total
from veille.web.formats import Formats
from veille.web.words import LANGUAGES, speaker

LIVE = 30
"""Cards on the Now page."""

PAGE = 50
HOUR = timedelta(hours=1)
YEAR_S = 365 * 86_400
THEMES = ("auto", "light", "dark")

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Reader:
    """Who reads: language and theme, from the address, a cookie, or the browser."""

    language: str
    theme: str


def reader_of(request: Request) -> Reader:
    """Language by `?lang=`, cookie, Accept-Language, English; theme by `?theme=` or cookie."""
    accepted = [
        part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")
    ]
    wanted = [request.query_params.get("lang", ""), request.cookies.get("lang", ""), *accepted]
    theme = request.query_params.get("theme") or request.cookies.get("theme", "")
    return Reader(
        language=next((one for one in wanted if one in LANGUAGES), "en"), theme=theme if theme in THEMES else "auto"
    )


class Pages:
    """Renders templates with what all of them need."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock) -> None:
        self.archive, self.settings, self.clock = archive, settings, clock

    def render(self, request: Request, template: str, *, code: int = 200, **values: Any) -> HTMLResponse:
        """One page or fragment; remembers language and theme where the address names them."""
        now = self.clock.now()
        html = TEMPLATES.get_template(template).render(**shared(request, self.settings, now), **values)
        response = HTMLResponse(html, status_code=code)
        for name in ("lang", "theme"):
            if request.query_params.get(name):
                reader = reader_of(request)
                value = reader.language if name == "lang" else reader.theme
                response.set_cookie(name, value, max_age=YEAR_S, samesite="strict")
        return response

    def hour(self) -> dict[str, Any]:
        """The last 60 minutes, minute by minute."""
        now = self.clock.now()
        until = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        buckets = self.archive.histogram(None, since=until - HOUR, until=until, interval=60)
        return {
            "chart": draw(buckets, 60, now),
            "hour_total": sum(total(bucket) for bucket in buckets),
            "hour_by": {sentiment: sum(getattr(bucket, sentiment) for bucket in buckets) for sentiment in ORDER},
        }


def shared(request: Request, settings: Settings, now: datetime) -> dict[str, Any]:
    """What every template may use."""
    reader = reader_of(request)

    def here(**changes: str) -> str:
        """The address of this view with some of its parameters changed."""
        return "?" + urlencode({**request.query_params, **changes})

    return {
        "say": speaker(reader.language),
        "formats": Formats(reader.language, ZoneInfo(settings.web.zone)),
        "reader": reader,
        "languages": LANGUAGES,
        "settings": settings,
        "version": __version__,
        "now": now,
        "here": here,
        "path": request.url.path,
        "marks": MARKS,
        "order": ORDER,
        "simulated": settings.world is not None,
        "query": request.query_params.get("q", ""),
    }


def shown(mentions: list[Mention]) -> list[Any]:
    """Cards of what may be shown."""
    return [card(mention) for mention in mentions if not hidden(mention)]


def away(request: Request) -> HTMLResponse:
    """The page for an archive that does not answer: the shell and no number at all."""
    reader = reader_of(request)
    html = TEMPLATES.get_template("away.html").render(say=speaker(reader.language), reader=reader)
    return HTMLResponse(html, status_code=503)


def router(archive: Archive, settings: Settings, clock: Clock) -> APIRouter:
    """All routes of the page."""
    pages = Pages(archive, settings, clock)
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def now(request: Request) -> Response:
        """What is being said now."""
        _, _, position = archive.arrivals(None)
        found = archive.search(None, limit=LIVE)
        status = archive.status()
        return pages.render(
            request, "now.html", cards=shown(found.hits), position=position, status=status, **pages.hour()
        )

    @routes.get("/live")
    def live(request: Request, after: str) -> Response:
        """What has come, changed or gone since a position; 204 when nothing has."""
        arrived, gone, position = archive.arrivals(after)
        if not arrived and not gone:
            return Response(status_code=204)
        ordered = sorted(shown(arrived), key=lambda one: one.mention.created_at, reverse=True)
        return pages.render(request, "live.html", cards=ordered, gone=gone, position=position, **pages.hour())

    @routes.get("/search")
    def search(request: Request, q: str = "", last: str = "", after: str | None = None) -> Response:
        """Search the archive."""
        span = range_of(last, clock.now())
        try:
            tree = asked(q)
        except QueryError as error:
            return pages.render(request, "search.html", code=400, error=error, span=span, ranges=RANGES, found=None)
        found = archive.search(tree, since=span.since, until=None, limit=PAGE, after=after)
        width = interval_for(span.since, span.until)
        buckets = archive.histogram(tree, since=span.since, until=span.until + timedelta(seconds=width), interval=width)
        return pages.render(
            request, "search.html", error=None, span=span, ranges=RANGES, found=found, cards=shown(found.hits),
            chart=draw(buckets, width, clock.now()),
        )  # fmt: skip

    @routes.get("/m/{public_id}")
    def mention(request: Request, public_id: str) -> Response:
        """One mention: why it is here and what we made of it."""
        found = archive.mention(public_id)
        if found is None:
            return pages.render(request, "gone.html", code=404, message="unknown")
        if found == "deleted" or hidden(found):
            return pages.render(request, "gone.html", code=410, message="gone")
        return pages.render(request, "mention.html", card=card(found))

    @routes.get("/enter")
    def enter(request: Request, wrong: str = "") -> Response:
        """Ask for the token."""
        return pages.render(request, "enter.html", wrong=bool(wrong))

    return routes
