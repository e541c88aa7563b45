"""Positions in lists, as addresses carry them: with the moment of the first page, so that a time ago stays what it was.

archive --Page--> dated: `after`, `before` with that moment --address--> place: where to go on, and as of when

Without it `since:36h` and the last 24 hours would begin later on each page: the last ones would lack their end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from veille.archive import Page
from veille.errors import Misused
from veille.web.moments import FIRST, LAST

SEPARATOR = "."
"""In no position of an archive."""

_BEGIN, _TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True)
class Place:
    """`after`: the archive's position, None for the first page; `now`: when the first page was looked at."""

    after: str | None
    now: datetime


def place(carried: str | None, now: datetime) -> Place:
    """Read what an address carries; without a moment it is as of `now`. Raises Misused for a moment that is none."""
    after, dot, moment = (carried or "").partition(SEPARATOR)
    if not dot:
        return Place(after or None, now)
    if moment.isascii() and moment.isdigit() and len(moment) <= len(str(_ticks(LAST))):
        first = _BEGIN + int(moment) * _TICK
        if after and FIRST <= first <= LAST:
            return Place(after, first)
    raise Misused("this is no position in a list of hits: take `after` of the page before as it is")


def dated(page: Page, now: datetime) -> Page:
    """The same page, whose positions carry when its list was first looked at."""
    after, before = (each and f"{each}{SEPARATOR}{_ticks(now)}" for each in (page.after, page.before))
    return msgspec.structs.replace(page, after=after, before=before)


def _ticks(moment: datetime) -> int:
    return (moment - _BEGIN) // _TICK
