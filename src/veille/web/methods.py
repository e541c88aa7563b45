"""By which methods an address may be asked, and which one is meant by an address with a slash too many."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.routing import Match

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def takes(app: FastAPI, request: Request, method: str) -> bool:
    """Whether any route takes this address with this method; HEAD is taken where GET is (`veille.web.layers`)."""
    scope = {**request.scope, "method": "GET" if method == "HEAD" else method}
    return any(route.matches(scope)[0] is Match.FULL for route in app.router.routes)


def allowed(app: FastAPI, request: Request) -> str:
    """What `Allow` says beside a 405: of all routes of the address, not of one."""
    return ", ".join(method for method in METHODS if takes(app, request, method))


def meant(app: FastAPI, request: Request) -> str | None:
    """The address without the slash at its end, where that one is taken.

    Without scheme and name: whoever asks says the name, and what a proxy was asked by is not known.
    """
    path = request.scope["path"].rstrip("/")
    if path == request.scope["path"] or not takes(app, Request({**request.scope, "path": path}), request.method):
        return None
    query = request.scope["query_string"].decode("latin-1")
    return quote(path) + (f"?{query}" if query else "")
