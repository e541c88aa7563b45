"""Gaps: stretches of time in which a source may have missed posts, and why. Value of `veille.gaps.v1`.

opened --> the same Gap, closed          key: gap id          touching(gaps, since, until) --> what counts may lack
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct


class Gap(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One gap; open as long as `until` is None."""

    id: str
    """Source, beginning in microseconds since 1970, cause, and part where there is one."""
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
    part: str = ""
    """Which part of the source is meant, an instance or a feed; empty: all of it."""
    lacking: str = ""
    """What the repair could not bring back, in a word (`reposts`); empty where it brought back everything."""

    @property
    def lost(self) -> bool:
        """Whether posts of it may be missing now."""
        return self.until is None or not self.repaired or bool(self.lacking)


def plain(gap: Gap) -> dict[str, Any]:
    """Every field by its name, defaults too, and `lost`."""
    return {name: getattr(gap, name) for name in gap.__struct_fields__} | {"lost": gap.lost}


GapsNow = Callable[[], list[Gap]]
"""Says which gaps there are now, at once."""


def touching(gaps: Iterable[Gap], since: datetime | None, until: datetime | None, *, whole: bool = False) -> list[Gap]:
    """Those with any time in `[since, until)`, earliest first; with `whole` also those that lost nothing after all."""
    found = (
        gap
        for gap in gaps
        if (until is None or gap.since < until)
        and (since is None or gap.until is None or gap.until > since)
        and (whole or gap.lost)
    )
    return sorted(found, key=lambda gap: (gap.since, gap.id))


def covered(gaps: Iterable[Gap], since: datetime, until: datetime) -> timedelta:
    """How much of `[since, until)` lies in a gap; what lies in several is counted once."""
    total, at = timedelta(), since
    for gap in touching(gaps, since, until):
        begin, end = max(gap.since, at), min(gap.until or until, until)
        if end > begin:
            total += end - begin
            at = end
    return total
