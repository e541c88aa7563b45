"""Gaps: stretches of time in which a source may have missed posts, and why. Value of `veille.gaps.v1`.

    GapOpened, GapClosed, Overflow --> Gap, open --> the same Gap, closed          key: gap id

A gap keeps its id from opening to close, and a source that opens the same one again after a restart opens no second.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from veille.identity import microseconds
from veille.post import utc


class Gap(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One gap; open as long as `until` is None."""

    id: str
    """Source, beginning in microseconds since 1970, and cause."""
    source: str
    """Name of the source."""
    since: datetime
    """From when on posts may be missed."""
    until: datetime | None = None
    """When reading went on."""
    cause: str
    """A short word: disconnected, limited, overflow, budget."""
    repaired: bool = False
    """Whether nothing was missed after all: a cursor or a search filled it."""
    missed: int = 0
    """Events known to be lost, where that is known (overflow)."""


def decode_gap(value: bytes) -> Gap:
    """Read a record's value. Raises msgspec.DecodeError for anything else."""
    return msgspec.json.decode(value, type=Gap)


class Gaps:
    """The gaps of one source that are open. Each method gives the records to publish."""

    def __init__(self, source: str, inherited: Iterable[Gap] = ()) -> None:
        """`inherited`: those that an earlier process of this source left open."""
        self._source = source
        self._open = {gap.id: gap for gap in inherited}
        self._inherited = set(self._open)

    @property
    def open(self) -> tuple[Gap, ...]:
        """Those that are open now."""
        return tuple(self._open.values())

    def begin(self, since: datetime, cause: str) -> list[Gap]:
        """Open one."""
        self._inherited.clear()
        gap_id = f"{self._source}:{microseconds(utc(since))}:{cause}"
        gap = self._open.setdefault(gap_id, Gap(id=gap_id, source=self._source, since=utc(since), cause=cause))
        return [gap]

    def end(self, until: datetime, *, repaired: bool, overflow: bool = False, missed: int = 0) -> list[Gap]:
        """Close those that the overflow of the queue opened, or all others."""
        ending = [gap for gap in self._open.values() if (gap.cause == OVERFLOW) is overflow]
        return [self._close(gap, until, repaired=repaired, missed=missed) for gap in ending]

    def reading(self, now: datetime) -> list[Gap]:
        """A post has arrived: what an earlier process left open, and this one has not taken up, is over."""
        ending = [self._open[gap_id] for gap_id in self._inherited]
        self._inherited.clear()
        return [self._close(gap, now, repaired=False, missed=gap.missed) for gap in ending]

    def _close(self, gap: Gap, until: datetime, *, repaired: bool, missed: int) -> Gap:
        del self._open[gap.id]
        return msgspec.structs.replace(gap, until=utc(until), repaired=repaired, missed=missed)


OVERFLOW = "overflow"
"""Cause of a gap that we made ourselves: publishing was slower than a stream that cannot wait."""
