"""The first sentence of the page: is something happening now, and is anything missing from what says so.

open alert > above the band > too little read to say > incomplete > calm          calm has to be earned
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from veille.alert import Alert
from veille.coverage import share_seen
from veille.gap import Gap, touching

Level = Literal["alert", "watch", "unknown", "incomplete", "calm"]

HOUR = timedelta(hours=1)
WHOLE, LEAST = 0.95, 0.5
"""Coverage of the last hour from which every source must be for the word calm, and below which nothing can be said."""

YOUNG_HOURS = 6
"""Hours of windows before which there is no band to be above."""


@dataclass(frozen=True)
class Band:
    """What an hour like this leads to expect, in mentions."""

    low: int
    high: int


@dataclass(frozen=True)
class Verdict:
    """One sentence's worth. `alerts`: those that are open, most severe first."""

    level: Level
    watch: str
    """Of which watch `mentions` and `band` are; empty: of everything."""
    mentions: int
    band: Band | None
    """None: too little is known yet."""
    alerts: Sequence[Alert]
    coverage: Mapping[str, float]
    """By source, of the last hour."""
    gaps: Sequence[Gap]
    """Those of the last hour that may lack posts."""
    last: datetime | None = None
    """When there was a mention of the watch last, where the hour has none."""

    @property
    def whole(self) -> bool:
        """Whether nothing to speak of is missing."""
        return all(share >= WHOLE for share in self.coverage.values())

    @property
    def lacking(self) -> Sequence[Gap]:
        """The gaps that make it less than whole: those that go on first, then the latest."""
        some = [gap for gap in self.gaps if self.coverage.get(gap.source, 1.0) < WHOLE]
        return sorted(sorted(some, key=lambda gap: gap.since, reverse=True), key=lambda gap: gap.until is not None)


def verdict(
    *,
    watch: str,
    mentions: int,
    band: Band | None,
    alerts: Sequence[Alert],
    gaps: Sequence[Gap],
    parts: Mapping[str, int],
    now: datetime,
    last: datetime | None = None,
) -> Verdict:
    """What can be said of the hour before now. `parts`: the sources, as `veille.coverage.parts_of` gives them."""
    shares = {name: share_seen(gaps, {name: number}, now - HOUR, now) for name, number in parts.items()}
    ordered = sorted(alerts, key=lambda alert: (-alert.severity, alert.since))
    return Verdict(
        level=_level(ordered, mentions, band, shares),
        watch=watch,
        mentions=mentions,
        band=band,
        alerts=ordered,
        coverage=shares,
        gaps=touching(gaps, now - HOUR, now),
        last=last,
    )


def _level(alerts: Sequence[Alert], mentions: int, band: Band | None, shares: Mapping[str, float]) -> Level:
    least = min(shares.values(), default=1.0)
    if alerts:
        return "alert"
    if band is not None and mentions > band.high:
        return "watch"
    if least < LEAST:
        return "unknown"
    return "incomplete" if least < WHOLE else "calm"
