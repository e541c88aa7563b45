"""What a minute brings at this hour, as the same hour of the last weeks had it: the band behind the strip of Now.

archive --counts a minute, that hour one to four weeks ago--> but for gaps --> where 95 in 100 of them lie

An hour's expectation is no bound for its minutes: copies come in bursts, and a mean spread by chance is too narrow.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from veille.archive import Archive
from veille.coverage import share_seen
from veille.gap import GapsNow, touching
from veille.query.tree import Operator
from veille.web.chart import highest

WEEKS = 4
LEAST = 120
"""Minutes that must be known, two hours: of fewer the edges are those of single minutes."""

FORTIETHS = 40
"""Between the first and the last of them lie 95 in 100."""

WEEK, HOUR, MINUTE, HALF = timedelta(weeks=1), timedelta(hours=1), timedelta(minutes=1), timedelta(minutes=30)


class Minutes:
    """Asks the archive once an hour for each watch."""

    def __init__(self, archive: Archive, gaps_now: GapsNow, parts: Mapping[str, int]) -> None:
        self._archive, self._gaps_now, self._parts = archive, gaps_now, parts
        self._kept: dict[str, tuple[datetime, tuple[float, float] | None]] = {}

    def usual(self, watch: str, now: datetime) -> tuple[float, float] | None:
        """Counts that a minute of a watch, or of all where it is empty, mostly lies between; None: too few are known.

        Of the hour that most of the last 60 minutes lie in. Raises Unavailable.
        """
        hour = (now - HALF).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if watch not in self._kept or self._kept[watch][0] != hour:
            self._kept[watch] = hour, _edges(list(self._counts(Operator("watch", watch, 0) if watch else None, hour)))
        return self._kept[watch][1]

    def _counts(self, about: Operator | None, hour: datetime) -> Iterator[int]:
        """Of the minutes of that hour in the last weeks, once there was a mention, in which everything was read."""
        oldest = self._archive.search(about, limit=1, order="oldest").hits
        for since in (hour - week * WEEK for week in range(1, WEEKS + 1)):
            gaps = touching(self._gaps_now(), since, since + HOUR)
            for bucket in self._archive.histogram(about, since=since, until=since + HOUR, interval=60):
                until = bucket.start + MINUTE
                if oldest and oldest[0].created_at < until and share_seen(gaps, self._parts, bucket.start, until) == 1:
                    yield highest([bucket])


def _edges(counts: list[int]) -> tuple[float, float] | None:
    if len(counts) < LEAST:
        return None
    cuts = statistics.quantiles(counts, n=FORTIETHS, method="inclusive")
    return cuts[0], cuts[-1]
