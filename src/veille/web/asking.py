"""What people and programs ask: query texts, ranges, intervals; the same for page and API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from pydantic import StringConstraints

from veille.query import Query, Use, parse

QueryText = Annotated[str, StringConstraints(max_length=4096)]
"""Searches may have 4,096 characters."""

MOST_BUCKETS = 3000
BARS = 120
"""So many bars at most in one chart."""

WIDTHS = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86_400, 7 * 86_400)
"""Seconds per bar that people can name."""

RANGES = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
"""The ranges offered, by their name in the address."""

DEFAULT_RANGE, LONGEST_RANGE = "24h", "90d"


def asked(text: str, now: datetime) -> Query | None:
    """A search that was read; None for an empty one. Raises QueryError (a Misused) with the place of the fault."""
    return parse(text, Use.SEARCH, now=now) if text.strip() else None


def interval_for(since: datetime, until: datetime, most: int = BARS) -> int:
    """The narrowest width in seconds that gives at most `most` bars, and `BARS`; none is wider than a week."""
    seconds = (until - since).total_seconds()
    return next((width for width in WIDTHS if seconds / width <= min(most, BARS)), WIDTHS[-1])


@dataclass(frozen=True)
class Range:
    """A stretch of time, as named in the address."""

    name: str
    since: datetime
    until: datetime

    def within(self, query: str) -> str:
        """A search for the same in this stretch of time alone, whenever it is asked."""
        query = f"({query})" if " OR " in query else query
        return f"{query} since:{self.since.isoformat()} until:{self.until.isoformat()}"

    def search(self, query: str) -> str:
        """The address of the page's search for the same in this stretch of time."""
        return search_between(query, self.since, self.until)


def search_between(query: str, since: datetime, until: datetime | None) -> str:
    """The address of the page's search in a stretch of time; `until` None: until it is looked at."""
    ends = {"since": since.isoformat()} | ({"until": until.isoformat()} if until else {})
    return "/search?" + urlencode({"q": query} | ends)


def reaching(moment: datetime, now: datetime) -> dict[str, str]:
    """What a search needs in its address so that it reaches back to a moment; nothing where it does by itself."""
    ago = now - moment
    name = next((name for name, long in RANGES.items() if RANGES[DEFAULT_RANGE] <= long and ago < long), None)
    if name == DEFAULT_RANGE:
        return {}
    return {"last": name} if name else {"since": moment.isoformat()}


def range_of(name: str, now: datetime) -> Range:
    """The range of this name, ending now; an unknown name is the default."""
    known = name if name in RANGES else DEFAULT_RANGE
    return Range(known, now - RANGES[known], now)
