"""What reading either archive has in common: positions in a list of hits, and buckets without holes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from veille.archive import Bucket
from veille.errors import Misused
from veille.identity import microseconds
from veille.window import MINUTE_S

MOST_BUCKETS = 20_000
"""Of one histogram: two weeks of minutes. A finer one over a longer time is a mistake."""


def page_position(created_at: int, doc_id: str) -> str:
    """An opaque position just after a hit; `created_at` in microseconds since 1970."""
    return base64.urlsafe_b64encode(msgspec.json.encode((created_at, doc_id))).decode().rstrip("=")


def read_page_position(after: str) -> tuple[int, str]:
    """Event time and doc id of a position. Raises Misused for anything that `page_position` did not make."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)), type=tuple[int, str])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise Misused("this is no position in a list of hits: take `after` of the page before as it is") from error


def buckets(counts: Mapping[int, Mapping[str, int]], since: datetime, until: datetime, interval: int) -> list[Bucket]:
    """All buckets from the one that holds `since` to the last before `until`, empty ones included.

    `counts` maps a bucket's start (seconds since 1970) to counts by sentiment.
    """
    return [
        Bucket(start=datetime.fromtimestamp(start, UTC), **counts.get(start, {}))
        for start in starts(since, until, interval)
    ]


def starts(since: datetime, until: datetime, interval: int) -> range:
    """Starts of all buckets, in seconds since 1970. Raises Misused for an interval that gives too many."""
    if interval < 1 or (until - since).total_seconds() / interval > MOST_BUCKETS:
        raise Misused(
            f"buckets of {interval} s from {since} to {until}: expected 1 s or more, and {MOST_BUCKETS:,} at most"
        )
    first = microseconds(since) // 1_000_000 // interval * interval
    return range(first, -(-microseconds(until) // 1_000_000), interval)


def starts_of_windows(since: datetime, until: datetime, interval: int) -> range:
    """The same for sums of windows, which are of whole minutes. Raises Misused."""
    if interval % MINUTE_S:
        raise Misused(f"sums of windows over {interval} s: expected a whole number of minutes")
    return starts(since, until, interval)
