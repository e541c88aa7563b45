"""What is said of a parameter or a body of the wrong kind: where it is and what was expected, never what was sent.

That may be a secret, no text at all, or as large as a body may be, and each fault would say it again.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

MOST = 20
"""Faults that are told."""

LONGEST = 200
"""Characters of each part: names of fields are whatever somebody sent."""


def add_validation(app: FastAPI) -> None:
    """Answer with 422, in the form that FastAPI's document tells."""

    @app.exception_handler(RequestValidationError)
    async def wrong(_request: Request, error: RequestValidationError) -> Response:
        return JSONResponse({"detail": [_told(each) for each in error.errors()[:MOST]]}, status_code=422)


def _told(fault: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": fault["type"],
        "loc": [_text(part) if isinstance(part, str) else part for part in fault["loc"]],
        "msg": _text(fault["msg"]),
    }


def _text(part: str) -> str:
    """Half of a pair of surrogates, which JSON can say, is no text that can be sent."""
    return part[:LONGEST].encode("utf-8", "replace").decode()
