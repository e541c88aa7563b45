"""Since when somebody has not been here: two cookies, one for the last look, one for where this visit's brief begins.

A look within half an hour of the last one belongs to the same visit.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import Request, Response

SAME_VISIT = timedelta(minutes=30)
YEAR_S = 365 * 86_400
SEEN, SINCE = "seen", "since"


def since_of(request: Request, now: datetime, default: datetime) -> datetime:
    """When this visit's brief begins: at the last look of the visit before, or by default."""
    seen = _moment(request.cookies.get(SEEN, ""), now)
    if seen is not None and now - seen > SAME_VISIT:
        return seen
    return _moment(request.cookies.get(SINCE, ""), now) or default


def remember(response: Response, now: datetime, since: datetime) -> None:
    """Note this look."""
    for name, moment in ((SEEN, now), (SINCE, since)):
        response.set_cookie(name, str(int(moment.timestamp())), max_age=YEAR_S, samesite="strict", httponly=True)


def _moment(text: str, now: datetime) -> datetime | None:
    """A past time of a cookie; None for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 11:
        return None
    found = datetime.fromtimestamp(int(text), now.tzinfo)
    return found if found <= now else None
