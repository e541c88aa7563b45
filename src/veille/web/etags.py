"""ETags for the API: who asks again what has not changed gets 304 and no body.

The tag is a hash of the answer as it would be sent, so nothing can be forgotten that it depends on. Streams have none.
Answers stay out of caches (`no-store`), as all that people may delete: the one who asked keeps what it keeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response


def add_etags(app: FastAPI) -> None:
    """Tag every whole answer of the API. Inside whatever compresses: one tag for both forms."""

    @app.middleware("http")
    async def tagged(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        whole = request.method == "GET" and response.status_code == 200 and "content-length" in response.headers
        if not whole or not request.url.path.startswith("/api/"):
            return response
        body = b"".join([part async for part in response.body_iterator])  # type: ignore[attr-defined]  # a stream, always
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        if matches(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers={"etag": tag})
        return Response(body, 200, dict(response.headers) | {"etag": tag})


def matches(asked: str, tag: str) -> bool:
    """Whether `If-None-Match` names this tag, by weak comparison (RFC 9110, 8.8.3.2)."""
    return any(each.strip() in {"*", tag, tag.removeprefix("W/")} for each in asked.split(","))
