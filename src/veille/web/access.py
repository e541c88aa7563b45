"""Who may read, and who may do something: the names under which a loopback page answers, token and session, the origin.

request --foreign Host? 421--> --too many? 429--> --no token, no session, no word of a listed proxy? 401, or the form-->
    --a change from another site? 403--> route

The cookie holds an expiry signed with the token, never the token itself; another token ends every session.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from veille.clock import Clock
from veille.settings import LOOPBACK, WebSettings
from veille.web.layers import Gate
from veille.web.methods import takes
from veille.web.names import COOKIE as NAME
from veille.web.pace import WRONG_TOKEN, Pace
from veille.web.proxies import Proxies

COOKIE = "veille_session"
SESSION_S = 30 * 86_400
READING = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = ("/static/", "/healthz", "/enter", "/privacy")
AVATAR = 0.1
"""What a picture costs, in requests: a page asks for one with each card, once an hour."""

MOST_FORM = 4096
"""Bytes of the form that are read before anybody is known."""


def add_access(app: FastAPI, web: WebSettings, clock: Clock) -> None:
    """Guard every route: by the token where there is one, else by the name that the page was asked under.

    Besides, nothing is done for a page of another site, whatever it makes a browser send.
    """
    _add_origin(app, web)
    if web.token or web.user_header:
        _add_guard(app, web, clock)
    elif web.host in LOOPBACK:
        _add_hosts(app)


def session(token: str, expires: int) -> str:
    """What the cookie holds until `expires` (seconds since 1970)."""
    signed = hmac.new(token.encode(), f"veille session until {expires}".encode(), "sha256").hexdigest()
    return f"{expires}.{signed}"


def session_holds(token: str, value: str, now: datetime) -> bool:
    """Whether this value was made with this token and has not expired."""
    expires = value.partition(".")[0]
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        return False
    return hmac.compare_digest(value.encode(), session(token, int(expires)).encode()) and now.timestamp() < int(expires)


def _add_hosts(app: FastAPI) -> None:
    """A page of another site whose name was turned to 127.0.0.1 (DNS rebinding) must not read this one."""

    def named(request: Request) -> Response | None:
        if _hostname(request.headers.get("host", "")) in LOOPBACK:
            return None
        return PlainTextResponse(
            "This page answers to localhost and 127.0.0.1 alone. Set VEILLE_WEB_TOKEN to open it to other names.\n",
            status_code=421,
        )

    app.add_middleware(Gate, refusal=named)


def path_of(request: Request) -> str:
    """The path that routes are found by. That of `request.url` is read behind the Host header, which anybody writes."""
    return str(request.scope["path"])


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:  # a bracket without its other
        return None


def _add_origin(app: FastAPI, web: WebSettings) -> None:
    """Browsers say which site makes them send something; a link in a mail sends nothing, since it can only read."""

    def own(request: Request) -> Response | None:
        reads = request.method in READING
        if _asked_by_no_other(request) if reads else _from_here(request, web):
            return None
        if reads:
            return PlainTextResponse("A page of another site may lead here, and use nothing of it.\n", status_code=403)
        if not takes(app, request, request.method):
            return None
        why = "this was sent by a page of another site; a program says `Content-Type: application/json`"
        return JSONResponse({"detail": why}, status_code=403)

    app.add_middleware(Gate, refusal=own)


def _asked_by_no_other(request: Request) -> bool:
    """Whether no page of another site asks, but by a link that a person follows (w3.org/TR/fetch-metadata).

    It would get no answer to read; but the work would be done, as often as it likes.
    """
    told = request.headers.get
    followed = (told("sec-fetch-mode"), told("sec-fetch-dest")) == ("navigate", "document")
    return told("sec-fetch-site") not in {"cross-site", "same-site"} or followed


def _from_here(request: Request, web: WebSettings) -> bool:
    """Whether it comes from a page of ours, or from no browser's page at all.

    Sec-Fetch-Site (w3.org/TR/fetch-metadata) where the browser sends it, which it does to https and to loopback; else
    Origin. That is `null` from our own pages, which send no referrer: then the session counts, since a strict cookie
    comes with nothing that another site sends. A program has neither; no form can send JSON.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if path_of(request) == "/enter":  # does nothing for who has no token
        return True
    if site is not None:
        return site == "same-origin"
    if origin in {None, "null"}:
        is_json = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
        return COOKIE in request.cookies or (origin is None and is_json)
    ours = {request.headers.get("host", ""), _place(web.public_url)}
    return _place(origin or "") in ours - {""}


def _place(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:  # a bracket without its other
        return ""


def _add_guard(app: FastAPI, web: WebSettings, clock: Clock) -> None:
    """Let in who has the token, in a header of programs or once in a form of people, or whom a listed proxy names.

    Nobody may ask for more than so much a minute, wrong tokens counting for many.
    """
    token, proxies, pace = web.token, Proxies(web), Pace(web.requests_a_minute, clock)

    def guard(request: Request) -> Response | None:
        client = proxies.client(request)
        if wait := pace.wait(client):
            return _too_many(wait)
        path = path_of(request)
        pace.charge(client, AVATAR if path.startswith("/avatar/") else 1.0)
        known = proxies.user(request) or (token and _known(request, token, clock.now()))
        if known or path.startswith(OPEN_PATHS):
            return None
        if "authorization" in request.headers:
            pace.charge(client, WRONG_TOKEN)
        if not token:
            return PlainTextResponse("This page answers to those alone whom its proxy names.\n", status_code=401)
        if path.startswith("/api/"):
            detail = {"detail": "send the token as `Authorization: Bearer …`"}
            return JSONResponse(detail, status_code=401, headers={"WWW-Authenticate": "Bearer"})
        return RedirectResponse("/enter", status_code=303)

    app.add_middleware(Gate, refusal=guard)
    if token:
        _add_form(app, token, clock, lambda request: pace.charge(proxies.client(request), WRONG_TOKEN))


def _too_many(wait: float) -> Response:
    """In how many whole seconds to come again."""
    seconds = math.ceil(wait)
    return JSONResponse(
        {"detail": f"too many requests: come again in {seconds} s"}, 429, headers={"Retry-After": str(seconds)}
    )


def _add_form(app: FastAPI, token: str, clock: Clock, wrong: Callable[[Request], None]) -> None:
    @app.post("/enter", include_in_schema=False)
    async def enter(request: Request) -> Response:
        """Take the token from the form and answer with a session."""
        if not hmac.compare_digest((await _given(request)).encode(), token.encode()):
            wrong(request)
            return RedirectResponse("/enter?wrong=1", status_code=303)
        response = RedirectResponse("/", status_code=303)
        value = session(token, int(clock.now().timestamp()) + SESSION_S)
        response.set_cookie(
            COOKIE, value, max_age=SESSION_S, httponly=True, samesite="strict", secure=encrypted(request)
        )
        return response

    @app.post("/leave", include_in_schema=False)
    def leave() -> Response:
        """End the session of this browser, which also forgets whose name was typed there."""
        response = RedirectResponse("/enter", status_code=303)
        for name in (COOKIE, NAME):
            response.delete_cookie(name)
        return response


def encrypted(request: Request) -> bool:
    """Whether the browser came by https, be it to a proxy before us: then its cookies go by nothing else."""
    return "https" in {request.url.scheme, request.headers.get("x-forwarded-proto")}


def _known(request: Request, token: str, now: datetime) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    sent = given.strip().encode("latin-1")  # the bytes of the header as they came: UTF-8
    if scheme.lower() == "bearer" and hmac.compare_digest(sent, token.encode()):
        return True
    return session_holds(token, request.cookies.get(COOKIE, ""), now)


async def _given(request: Request) -> str:
    """The token of the form; empty for a body that no form of ours sends."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0].strip()
