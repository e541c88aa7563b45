"""From when on the bars of a chart may still grow: what was published since may be on its way.

latest live mentions --received less published, 95 in 100, once a minute--> lag --> bars that end within it: so far
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from veille.archive import Archive
from veille.clock import Clock
from veille.web.shapes import Chart, Filling
from veille.web.sources import LATEST, lags, most

AGAIN_S = 60.0
"""How long a lag holds."""

SO_FAR = Filling(0, 0, "")


class Settling:
    """Outlines what is not yet all there, by the lag of whatever came last."""

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self._archive, self._clock = archive, clock
        self._lag = timedelta()
        self._looked_at = float("-inf")

    def outlined(self, chart: Chart, now: datetime) -> Chart:
        """The same, bars that may still grow as those that still fill. Raises Unavailable."""
        since = now - self._longest()
        bars = [
            replace(bar, filling=SO_FAR) if bar.filling is None and since < bar.until <= now else bar
            for bar in chart.bars
        ]
        return replace(chart, bars=tuple(bars))

    def _longest(self) -> timedelta:
        at = self._clock.monotonic()
        if at - self._looked_at >= AGAIN_S:
            self._lag = timedelta(seconds=most(lags(self._archive.search(None, limit=LATEST).hits)) or 0.0)
            self._looked_at = at
        return self._lag
