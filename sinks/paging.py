"""What reading either archive has in common: positions in a list of hits, and buckets without holes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from veille.archive import Bucket, Order, Wanted
from veille.errors import Misused
from veille.identity import microseconds
from veille.window import MINUTE_S

MOST_BUCKETS = 20_000
"""Of one histogram: two weeks of minutes. A finer one over a longer time is a mistake."""


Count = Annotated[int, Meta(ge=0, le=(1 << 31) - 1)]
Instant = Annotated[int, Meta(ge=-(1 << 62), le=1 << 62)]
"""What both archives can compare with: SQLite and Elasticsearch count to 2^63."""


class Position(Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """A place between two hits of a list, and the list that it belongs to."""

    order: Order
    back: bool
    """The page before it is meant, not the one after."""
    score: Count
    """0 but for best matches; with the next two what hits are ordered by."""
    created_at: Instant
    """Microseconds since 1970."""
    doc_id: str
    view: str | None = None
    """What the archive knows the moment of the first page by; None where later pages may be newer."""


def page_position(position: Position) -> str:
    """As text, opaque to others."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def position_of(wanted: Wanted) -> Position | None:
    """Where a page begins, None for the first. Raises Misused as `read_page_position` does."""
    if wanted.after is None and wanted.begin is not None and wanted.order in {"newest", "oldest"}:
        return Position(wanted.order, False, 0, microseconds(wanted.begin), "")  # which comes before every doc id
    return None if wanted.after is None else read_page_position(wanted.after, wanted.order)


def read_page_position(after: str, order: Order) -> Position:
    """Read it back. Raises Misused for anything that `page_position` did not make, or for a list in another order."""
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)), type=Position)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise Misused("this is no position in a list of hits: take `after` of the page before as it is") from error
    if found.order != order:
        raise Misused(f"this is a position in a list of the {found.order} first: ask for the {order} from the start")
    return found


def ends(
    places: Sequence[tuple[int, int, str]], *, more: bool, order: Order, asked: Position | None, view: str | None
) -> tuple[str | None, str | None]:
    """Positions for the page after one and for the page before it; None where there is none.

    `places`: score, instant and doc id of each hit on the page; `more`: there are others in the direction asked for.
    """
    if not places:
        return None, None
    backwards = asked is not None and asked.back
    after = more or backwards
    before = more if backwards else asked is not None
    return (
        page_position(Position(order, False, *places[-1], view)) if after else None,
        page_position(Position(order, True, *places[0], view)) if before else None,
    )


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
