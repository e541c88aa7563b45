"""By which methods an address may be asked."""

from __future__ import annotations

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
