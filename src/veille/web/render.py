"""Turns templates into pages: the reader's language and theme, formats, and what the shell shows everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from veille import __version__, gap_telling
from veille.clock import Clock
from veille.facets import asking
from veille.formats import Formats
from veille.mention import Mention
from veille.query import parse, words
from veille.settings import Settings, Watch
from veille.web.access import COOKIE as SESSION
from veille.web.asking import reaching
from veille.web.beside import Beside
from veille.web.card import MARKS, Card
from veille.web.same_data import data_of
from veille.web.scope import carried, changed, scope_of
from veille.web.shapes import ORDER
from veille.words import LANGUAGES, says, speaker

YEAR_S = 365 * 86_400
THEMES = ("auto", "light", "dark")
SOURCES = ("x", "bluesky", "mastodon", "feeds", "files", "world")
"""Fields of the settings that turn a source on."""

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,  # else each page looks at the dates of all its files [4 % of Now, measured]
)


@dataclass(frozen=True)
class Reader:
    """Who reads: language and theme, from the address, a cookie, or the browser."""

    language: str
    theme: str


@dataclass(frozen=True)
class Watched:
    """A watch, and its query in plain words."""

    watch: Watch
    words: str


def sources_of(settings: Settings) -> list[str]:
    """Those that are switched on."""
    return [name for name in SOURCES if getattr(settings, name) is not None]


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


class Renderer:
    """Renders templates. `answered` is when the archive last filled a page."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        as_told: Callable[[Card], Card] | None = None,
        *,
        beside: Beside,
        pictured: Callable[[Mention], bool] | None = None,
    ) -> None:
        """`as_told`: a card under what people are known to have done; None: nobody can do anything.

        `beside`: what the shell shows beside the names of the screens.
        `pictured`: whether a mention's author may have a picture; None: no picture is shown.
        """
        self.answered: datetime | None = None
        self.beside = beside
        self._as_told, self._pictured = as_told, pictured
        self._settings, self._clock = settings, clock
        self._watched = {
            language: [Watched(watch, words(parse(watch.query), language)) for watch in settings.watches]
            for language in LANGUAGES
        }

    def render(
        self, request: Request, template: str, *, code: int = 200, fresh: bool = True, **values: Any
    ) -> HTMLResponse:
        """One page or fragment; `fresh`: it shows what the archive holds now. Remembers a language or theme chosen."""
        reader, now = reader_of(request), self._clock.now()
        if fresh:
            self.answered = now
        html = TEMPLATES.get_template(template).render({**self._shared(request, reader, now), "fresh": fresh, **values})
        response = HTMLResponse(html, status_code=code)
        for name, value in (("lang", reader.language), ("theme", reader.theme)):
            if request.query_params.get(name):
                response.set_cookie(name, value, max_age=YEAR_S, samesite="strict")
        return response

    def formats(self, request: Request) -> Formats:
        """Numbers and times as this reader reads them."""
        return self._formats(reader_of(request))

    def _formats(self, reader: Reader) -> Formats:
        return Formats(reader.language, ZoneInfo(self._settings.web.zone))

    def _shared(self, request: Request, reader: Reader, now: datetime) -> dict[str, Any]:
        settings, say = self._settings, speaker(reader.language)
        return {
            "say": say,
            "say_or": lambda key, other: say(key) if says(key) else other,
            "formats": self._formats(reader),
            "gap_told": gap_telling.told,
            "reader": reader,
            "languages": LANGUAGES,
            "zone": settings.web.zone,
            "watched": self._watched[reader.language],
            "words_of_watch": {one.watch.id: one.words for one in self._watched[reader.language]},
            "words_of": partial(words, language=reader.language),
            "sources": sources_of(settings),
            "simulated": settings.world is not None,
            "recorded": sources_of(settings) == ["files"],
            "pictured": self._pictured or (lambda _: False),
            "author_pages": settings.web.author_pages,
            "behind": getattr(request.state, "behind", None),
            "version": __version__,
            "now": now,
            "here": partial(changed, request.query_params),
            "data_of": partial(data_of, request.url.path),
            "carried": partial(carried, request.query_params),
            "scope_of": partial(scope_of, request.query_params),
            "bar": None,
            "lacking": {},
            "asked_for": dict(request.query_params),
            "path": request.url.path,
            "marks": MARKS,
            "asking": asking,
            "reaching": partial(reaching, now=now),
            "can_act": self._as_told is not None,
            "may_leave": bool(settings.web.token) and SESSION in request.cookies,
            "beside": self.beside.marks,
            "as_told": self._as_told or (lambda card: card),
            "address": str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
            "order": ORDER,
            "query": request.query_params.get("q", ""),
        }
