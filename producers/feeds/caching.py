"""When to ask for a feed again: as rarely as the settings say, or rarer where its publisher says so.

max(`every`, Cache-Control, Expires, ttl, sy:updatePeriod), a day at most     away: 1, 2, 4, ... minutes, full jitter
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from veille.post import utc

LONGEST_S = 86_400.0
"""A publisher's word counts for a day at most: a mistake there would silence a feed."""

FIRST_BACKOFF_S = 60.0
LONGEST_BACKOFF_S = 3_600.0
SHORTEST_S = 10.0
SPREAD_S = 0.5
"""Seconds between two feeds at the start, on average."""

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def pause(every_s: float, headers: Mapping[str, str], fresh_s: float, now: datetime, jitter: float) -> float:
    """Seconds until a feed that was read is asked for again; `jitter` from 0 to 1 adds up to a tenth."""
    asked = max(_cached(headers, now), fresh_s)
    return max(every_s, min(asked, LONGEST_S)) * (1 + jitter / 10)


def backoff(failures: int, asked: float | None, jitter: float) -> float:
    """Seconds until a feed that could not be read so many times in a row is asked for again.

    `asked`: what its server wants at least; one that says a second each time is not asked each second for ever.
    """
    longest = min(FIRST_BACKOFF_S * float(2 ** min(failures - 1, 10)), LONGEST_BACKOFF_S)
    return max(SHORTEST_S, longest * jitter, (asked or 0.0) * (1 + jitter / 10))


def first(every_s: float, feeds: int, jitter: float) -> float:
    """Seconds until a feed is asked for at first, so that not all of them are asked at once."""
    return jitter * min(every_s, (feeds - 1) * SPREAD_S)


def _cached(headers: Mapping[str, str], now: datetime) -> float:
    """How long an answer may be kept (RFC 9111, 4.2.1), in seconds."""
    control = headers.get("cache-control", "")
    if "no-cache" in control or "no-store" in control:
        return 0.0
    if age := _MAX_AGE.search(control):
        return float(age[1])
    try:
        return (utc(parsedate_to_datetime(headers["expires"])) - now).total_seconds()
    except (KeyError, TypeError, ValueError, OverflowError):
        return 0.0
