"""Layers around the application that each request passes: who is turned away, and what every answer says.

request --HEAD: Bodiless--> GET --> Gate: an answer of its own, or on --> application --> Headed: headers of all answers
    --> response, of a HEAD its head alone

Plain ASGI: what the web framework offers for it starts a task and a channel for each layer and request, 0.4 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from anyio import CancelScope
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Gate:
    """Lets a request pass for which `refusal` finds no answer."""

    def __init__(self, app: ASGIApp, refusal: Callable[[Request], Response | None]) -> None:
        self._app, self._refusal = app, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refused = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, send)


class Headed:
    """Gives each answer the headers of its path that it does not have yet."""

    def __init__(self, app: ASGIApp, headers: Callable[[str], Mapping[str, str]]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in self._headers(scope["path"]).items():
                    given.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, headed)


class Bodiless:
    """Answers HEAD as GET is answered, without the body; the outermost of all, so that nothing inside knows of HEAD.

    What would send more than one part is broken off at the first, as where its reader goes: a stream may have no end.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        with CancelScope() as going:

            async def head(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                elif not going.cancel_called:
                    await send({"type": "http.response.body", "body": b""})
                    if message.get("more_body", False):
                        going.cancel()

            await self._app({**scope, "method": "GET"}, receive, head)


async def to_its_end(work: Callable[[], object]) -> None:
    """Have something done by a thread, also where who asked has gone meanwhile."""
    with CancelScope(shield=True):
        await run_in_threadpool(work)
