"""What is sent to the page and the API is read to a bound: one sender must not fill the memory of all."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 8 << 20
"""Bytes of one request: as many reports of visits as it may hold (`veille.web.traffic`), 1,600 bytes each. To read so
much JSON takes a tenth of a second, in which nobody else is answered."""


class Bounded:
    """Refuses the rest of a body that is larger, whatever its head says of its length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand everything on, counting."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BODY:
                raise HTTPException(413, f"the body is larger than {MOST_BODY:,} bytes")
            return message

        await self._app(scope, counted, send)
