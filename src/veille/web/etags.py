"""ETags for the API: who asks again what has not changed gets 304 and no body.

The tag is a hash of the answer as it would be sent, so nothing can be forgotten that it depends on. Streams have none.
Answers stay out of caches (`no-store`), as all that people may delete: the one who asked keeps what it keeps.
"""

from __future__ import annotations

import hashlib

from fastapi import Response
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Tagged:
    """Tags every whole answer of the API. Inside whatever compresses: one tag for both forms."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        parts: list[bytes] = []

        async def tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_whole(message):
                start = message
            elif start is None:
                await send(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_tagged(scope, receive, send, start, b"".join(parts))

        await self._app(scope, receive, tagged)


def _is_whole(start: Message) -> bool:
    return start["status"] == 200 and "content-length" in MutableHeaders(scope=start)


async def _send_tagged(scope: Scope, receive: Receive, send: Send, start: Message, body: bytes) -> None:
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    if matches(Request(scope).headers.get("if-none-match", ""), tag):
        await Response(status_code=304, headers={"etag": tag})(scope, receive, send)
        return
    MutableHeaders(scope=start)["etag"] = tag
    await send(start)
    await send({"type": "http.response.body", "body": body})


def matches(asked: str, tag: str) -> bool:
    """Whether `If-None-Match` names this tag, by weak comparison (RFC 9110, 8.8.3.2)."""
    return any(each.strip() in {"*", tag, tag.removeprefix("W/")} for each in asked.split(","))
