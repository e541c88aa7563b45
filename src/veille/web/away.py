"""What is said where the archive does not answer, or not in time: since when, what was asked, and when to ask again."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from fastapi import Request

from veille.errors import Misused, Unavailable
from veille.web import panels
from veille.web.packing import unpacked
from veille.web.panels import AGAIN_S, Late

ASKED_ABOUT = ("m", "alerts", "authors")
"""First parts of addresses that name one thing after it."""


def told(request: Request, error: Unavailable, answered: datetime | None) -> dict[str, Any]:
    """What its template needs; `answered`: when the archive last did."""
    late = isinstance(error, Late)
    return {"late": late, "since": None if late else answered, "asked": _asked(request), "query": _query(request)}


def in_words(error: Unavailable) -> str:
    """For programs."""
    if isinstance(error, Late):
        return f"no answer within {panels.FOUND_WITHIN_S:g} s: ask for less at a time, or try again"
    return "the archive does not answer; try again"


def headers(error: Unavailable) -> dict[str, str]:
    """When to ask again."""
    return {"Retry-After": str(math.ceil(error.retry_after or AGAIN_S))}


def _asked(request: Request) -> tuple[str, str] | None:
    """The words for what was asked, and what that was; None where the name of the screen says it."""
    screen, _, what = request.url.path.strip("/").partition("/")
    if screen in ASKED_ABOUT and what:
        return f"away_{screen}", what.partition("/")[0]
    query = _query(request)
    return ("away_search", query) if query else None


def _query(request: Request) -> str:
    given = request.query_params
    try:
        return given.get("q") or unpacked(given.get("z", ""))
    except Misused:
        return ""
