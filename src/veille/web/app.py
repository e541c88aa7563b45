"""Puts page and API together: routes, who may read, security headers, what errors look like."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from veille import __version__
from veille.archive import Archive
from veille.clock import Clock
from veille.delivery import DeliveriesNow
from veille.doing import Doing
from veille.errors import Corrupt, Misused, Unavailable
from veille.gap import GapsNow
from veille.health import Looks
from veille.producers.avatars import may_have
from veille.query import QueryError
from veille.reading import ReadingNow
from veille.reporting import Reporting
from veille.settings import Settings
from veille.web import (
    actions,
    alerts,
    api,
    authors,
    avatars,
    away,
    backtest,
    exporting,
    findings,
    gaps,
    gone,
    health,
    mention_actions,
    one,
    pages,
    people,
    privacy,
    questions,
    search,
    search_api,
    sending,
    streaming,
    traffic,
    typed,
    watch,
    watches,
)
from veille.web.access import add_access
from veille.web.beside import Beside
from veille.web.bodies import Bounded
from veille.web.etags import Tagged
from veille.web.layers import Bodiless, Headed
from veille.web.methods import allowed, meant
from veille.web.names import Names
from veille.web.openapi import describe
from veille.web.pictures import Pictures
from veille.web.receivers import Receivers
from veille.web.render import Renderer, sources_of
from veille.web.timely import Timely
from veille.web.validation import add_validation

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = logging.getLogger(__name__)


def create_app(
    archive: Archive,
    settings: Settings,
    clock: Clock,
    gaps_now: GapsNow,
    doing: Doing | None = None,
    *,
    reading_now: ReadingNow = dict,
    reporting: Reporting | None = None,
    looks: Looks | None = None,
    pictures: Pictures | None = None,
    deliveries_now: DeliveriesNow | None = None,
) -> FastAPI:
    """The application; its OpenAPI document stands at `/api/v1/openapi.json`.

    Without `doing` nothing can be done, without `reporting` nothing reported. `reading_now`: what the sources say that
    they have read; without, nothing of it is known. `looks`: what can be asked about the health of the rest. Without
    `pictures` of authors a letter stands in the place of each. `deliveries_now`: what receivers of notifications were
    told; None: nobody is to be told.
    """
    app = FastAPI(
        title="veille",
        version=__version__,
        description="Search what is said about the watched names. Deleted posts are never returned.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    as_told = partial(people.as_told, doing=doing) if doing is not None else None
    told: dict[str, Any] = {"doing": doing, "reading_now": reading_now}
    receivers = None if deliveries_now is None else Receivers(deliveries_now, clock)
    lacking = gaps.with_before(gaps_now, reading_now, settings)
    renderer = Renderer(
        settings,
        clock,
        as_told,
        beside=Beside(archive, settings, clock, gaps_now, sources=sources_of(settings), receivers=receivers, **told),
        pictured=may_have if pictures is not None else None,
    )
    app.add_middleware(Bounded)
    app.add_middleware(Tagged)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.include_router(api.router(archive, settings, clock, gaps_now))
    app.include_router(streaming.router(archive, settings, clock, lacking))
    app.include_router(gaps.router(gaps_now))
    app.include_router(traffic.router(archive, settings.web, clock, reporting))
    app.include_router(search_api.router(archive, settings, clock, gaps_now))
    app.include_router(search.router(archive, settings, clock, lacking, renderer))
    app.include_router(exporting.router(archive, settings, clock, lacking, renderer))
    app.include_router(backtest.router(archive, settings, clock, lacking, renderer))
    app.include_router(typed.router(clock, renderer))
    app.include_router(gone.router(archive, settings, renderer))
    app.include_router(privacy.router(settings, renderer))
    if doing is not None:
        app.include_router(actions.router(archive, clock, doing))
        app.include_router(actions.forms(archive, clock, doing, Names(settings.web)))
        app.include_router(mention_actions.router(archive, settings, clock, doing))
        app.include_router(mention_actions.forms(archive, settings, clock, doing))
        app.include_router(people.router(settings.web, renderer))
    app.include_router(findings.router(archive, clock, gaps_now))
    for page in (watches, watch):
        app.include_router(page.router(archive, settings, clock, lacking, renderer))
    app.include_router(pages.router(archive, settings, clock, gaps_now, renderer, **told, receivers=receivers))
    app.include_router(alerts.router(archive, settings, clock, lacking, renderer, doing=doing, receivers=receivers))
    for page in (questions, one, *((authors,) if settings.web.author_pages else ())):
        app.include_router(page.router(archive, settings, clock, lacking, renderer, doing=doing))
    if pictures is not None:
        app.include_router(avatars.router(archive, settings.web, pictures))
    app.include_router(
        health.router(archive, settings, clock, gaps_now, renderer, **told, looks=looks, receivers=receivers)
    )
    _add_health(app, archive, clock)
    add_access(app, settings.web, clock)
    app.add_middleware(Headed, headers=_headers)
    _add_errors(app, renderer)
    add_validation(app)
    describe(app, settings.web)
    app.add_middleware(sending.Unfinished)
    app.add_middleware(Bodiless)
    return app


def _add_health(app: FastAPI, archive: Archive, clock: Clock) -> None:
    timely = Timely(clock)

    @app.get("/healthz", include_in_schema=False)
    @timely
    def healthz() -> PlainTextResponse:
        """Whether the archive answers: 200, or 503. It is asked for as little as there is: probes come every second."""
        archive.mention("healthz")
        return PlainTextResponse("ok\n")


def _headers(path: str) -> dict[str, str]:
    return HEADERS | {"Cache-Control": "public, max-age=3600" if path.startswith("/static/") else "no-store"}


def _add_errors(app: FastAPI, renderer: Renderer) -> None:
    """JSON for programs, the shell for people; never a number that the archive did not give."""

    def answer(request: Request, code: int, detail: dict[str, object], template: str, **values: Any) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse(detail, status_code=code)
        return renderer.render(request, template, code=code, fresh=False, **values)

    @app.exception_handler(Unavailable)
    async def unavailable(request: Request, error: Unavailable) -> Response:
        log.warning("the archive does not answer: %s", error)
        detail: dict[str, object] = {"detail": away.in_words(error)}
        answered = answer(request, 503, detail, "away.html", **away.told(request, error, renderer.answered))
        answered.headers.update(away.headers(error))
        return answered

    @app.exception_handler(Corrupt)
    async def corrupt(request: Request, error: Corrupt) -> Response:
        log.error("the archive cannot be read: %s", error)
        detail: dict[str, object] = {"detail": "the archive cannot be read; its log says why"}
        return answer(request, 500, detail, "gone.html", message="damaged")

    @app.exception_handler(Misused)
    async def misused(request: Request, error: Misused) -> Response:
        detail: dict[str, object] = {"detail": str(error)}
        if isinstance(error, QueryError):
            detail = {"detail": error.message, "at": error.at, "kind": error.kind, "hint": error.hint}
        return answer(request, 400, detail, "gone.html", message="bad_link")

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404 and (address := meant(app, request)):
            return RedirectResponse(address, status_code=307)
        if error.status_code == 405:
            error.headers = {"Allow": allowed(app, request)}
        if request.url.path.startswith(("/api/", "/static/")):
            return await http_exception_handler(request, error)
        answered = answer(request, error.status_code, {}, "gone.html", message="no_page")
        answered.headers.update(error.headers or {})
        return answered
