"""How much of each minute the sources could see, and which gaps are not what they were."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from veille.coverage import share_seen
from veille.errors import Unavailable
from veille.gap import Gap, GapsNow
from veille.processors.memory import Minute, beginning

MINUTE = timedelta(minutes=1)


class Coverage:
    """What is known of gaps. `parts`: the sources that are switched on, each with the number of its parts."""

    def __init__(self, gaps_now: GapsNow, parts: Mapping[str, int]) -> None:
        self._gaps_now, self._parts = gaps_now, parts
        self._gaps: dict[str, Gap] = {}

    def news(self) -> list[Gap]:
        """Look for gaps; those that are not what they were, as they were and as they are."""
        try:
            found = {gap.id: gap for gap in self._gaps_now()}
        except Unavailable:
            return []
        before, self._gaps = self._gaps, found
        changed = {gap_id for gap_id in before.keys() | found.keys() if before.get(gap_id) != found.get(gap_id)}
        return [gaps[gap_id] for gap_id in sorted(changed) for gaps in (before, found) if gap_id in gaps]

    def of(self, minute: Minute) -> float:
        """0 to 1; 1 where no source is switched on."""
        since = beginning(minute)
        return share_seen(self._gaps.values(), self._parts, since, since + MINUTE)
