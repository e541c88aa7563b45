"""Puts page and API together: routes, the token, security headers, what errors look like."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from veille import __version__
from veille.archive import Archive
from veille.clock import Clock
from veille.errors import Misused, Unavailable
from veille.settings import Settings
from veille.web import api, pages

HERE = Path(__file__).parent
TOKEN_COOKIE = "veille_token"  # noqa: S105  # the cookie's name, not a token
TOKEN_DAYS = 30
OPEN_PATHS = ("/static/", "/healthz", "/enter")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

log = logging.getLogger(__name__)


def create_app(archive: Archive, settings: Settings, clock: Clock) -> FastAPI:
    """The application; its OpenAPI document stands at `/api/v1/openapi.json`."""
    app = FastAPI(
        title="veille",
        version=__version__,
        description="Search what is said about the watched names. Deleted posts are never returned.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.include_router(api.router(archive, settings, clock))
    app.include_router(pages.router(archive, settings, clock))
    _add_token(app, settings.web.token)
    _add_errors(app)

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> PlainTextResponse:
        """Whether the archive answers: 200, or 503."""
        archive.status()
        return PlainTextResponse("ok\n")

    @app.middleware("http")
    async def secure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.update(HEADERS)
        if request.url.path.startswith("/static/"):
            response.headers["Cache-Control"] = "public, max-age=3600"
        else:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app


def _add_token(app: FastAPI, token: str | None) -> None:
    """Ask for the token, in a header for programs and once in a form for people."""
    if token is None:
        return

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.url.path.startswith(OPEN_PATHS) or _known(request, token):
            return await call_next(request)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"detail": "send the token as `Authorization: Bearer …`"}, status_code=401)
        return RedirectResponse("/enter", status_code=303)

    @app.post("/enter", include_in_schema=False)
    async def enter(request: Request) -> Response:
        """Take the token from the form and keep it in a cookie."""
        given = bytes(await request.body()).decode("utf-8", "replace").strip().removeprefix("token=")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return RedirectResponse("/enter?wrong=1", status_code=303)
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            TOKEN_COOKIE, token, max_age=TOKEN_DAYS * 86400, httponly=True, samesite="strict",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return response


def _known(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ") or request.cookies.get(TOKEN_COOKIE, "")
    return hmac.compare_digest(given.encode(), token.encode())


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Unavailable)
    async def unavailable(request: Request, error: Unavailable) -> Response:
        log.warning("the archive does not answer: %s", error)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"detail": "the archive does not answer; try again"}, status_code=503)
        return pages.away(request)

    @app.exception_handler(Misused)
    async def misused(_request: Request, error: Misused) -> Response:
        return JSONResponse({"detail": str(error)}, status_code=400)
