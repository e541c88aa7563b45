"""The gaps of a source that are open, and the records that say so.

    GapOpened, GapClosed, Overflow --> Gap, open --> the same Gap, closed          key: gap id

A gap keeps its id from opening to close, and a source that opens the same one again after a restart opens no second.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from veille.gap import Gap
from veille.identity import microseconds
from veille.post import utc


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

    def begin(self, since: datetime, cause: str, part: str = "") -> list[Gap]:
        """Open one."""
        self._forget(part)
        beginning = f"{self._source}:{microseconds(utc(since))}:{cause}"
        gap_id = f"{beginning}:{part}" if part else beginning
        made = Gap(id=gap_id, source=self._source, since=utc(since), cause=cause, part=part)
        return [self._open.setdefault(gap_id, made)]

    def end(
        self,
        until: datetime,
        *,
        repaired: bool,
        part: str = "",
        lacking: str = "",
        overflow: bool = False,
        missed: int = 0,
    ) -> list[Gap]:
        """Close those that the overflow of the queue opened, or all others of the part."""
        self._forget(part)
        ending = [gap for gap in self._open.values() if (gap.cause == OVERFLOW) is overflow and gap.part == part]
        return [self._close(gap, until, repaired=repaired, missed=missed, lacking=lacking) for gap in ending]

    def reading(self, now: datetime) -> list[Gap]:
        """A post has arrived: what an earlier process left open for the whole source, not taken up since, is over."""
        ending = [gap for gap in self._open.values() if gap.id in self._inherited and not gap.part]
        self._inherited -= {gap.id for gap in ending}
        return [self._close(gap, now, repaired=False, missed=gap.missed) for gap in ending]

    def _forget(self, part: str) -> None:
        """The source looks after this part itself: its gaps are no longer an earlier process's business."""
        self._inherited -= {gap.id for gap in self._open.values() if gap.part == part and gap.cause != OVERFLOW}

    def _close(self, gap: Gap, until: datetime, *, repaired: bool, missed: int, lacking: str = "") -> Gap:
        del self._open[gap.id]
        return msgspec.structs.replace(gap, until=utc(until), repaired=repaired, missed=missed, lacking=lacking)


OVERFLOW = "overflow"
"""Cause of a gap that we made ourselves: publishing was slower than a stream that cannot wait."""
