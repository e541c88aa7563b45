"""The verdict as the page asks for it: the last hour of the first brand, and what such an hour leads to expect."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from veille.archive import Archive
from veille.clock import Clock
from veille.coverage import parts_of
from veille.expected import Expected
from veille.gap import GapsNow
from veille.query.tree import Operator
from veille.settings import Settings
from veille.verdict import HOUR, YOUNG_HOURS, Band, Verdict, verdict

LEARNED = timedelta(days=28)
HOUR_S, HOUR_MIN = 3600, 60
SPREAD = 2.0
"""Standard deviations of chance on either side of what is expected: some 95 % of hours lie between."""

HALF = timedelta(minutes=30)


class Verdicts:
    """Asks the archive; what is learned from past windows is kept for the hour."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> None:
        self._archive, self._clock, self._gaps_now = archive, clock, gaps_now
        self._parts = parts_of(settings)
        brands = [watch.id for watch in settings.watches if watch.role == "brand"]
        self._watch = next(iter(brands or [watch.id for watch in settings.watches]), "")
        self._band: tuple[datetime, Band | None] | None = None

    def now(self) -> Verdict:
        """The verdict of this moment. Raises Unavailable."""
        now = self._clock.now()
        about = Operator("watch", self._watch, 0) if self._watch else None
        return verdict(
            watch=self._watch,
            mentions=self._archive.count(about, since=now - HOUR, until=now),
            band=self._expected(now) if self._watch else None,
            alerts=self._archive.alerts(only_open=True),
            gaps=self._gaps_now(),
            parts=self._parts,
            now=now,
        )

    def _expected(self, now: datetime) -> Band | None:
        """What the hour that most of the last 60 minutes lie in leads to expect."""
        until = (now - HALF).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self._band is None or self._band[0] != until:
            self._band = (until, self._learned(until))
        return self._band[1]

    def _learned(self, until: datetime) -> Band | None:
        sums = self._archive.window_sums(self._watch, since=until - LEARNED, until=until, interval=HOUR_S)
        known = [each for number, each in enumerate(sums) if any(earlier.minutes for earlier in sums[: number + 1])]
        if len(known) < YOUNG_HOURS:
            return None
        begins = known[0].start
        expected = Expected(HOUR_MIN, (begins.weekday() * 24 + begins.hour) * 60)
        for each in known:
            expected.take(each.mentions)
        low = expected.low - SPREAD * math.sqrt(expected.low)
        return Band(max(0, math.floor(low)), math.ceil(expected.high + SPREAD * math.sqrt(expected.high)))
