"""The stretch of time that a search looks at: a named one that ends now, or one of its own with two ends.

`last=7d`, or `since=2026-11-20T00:00&until=…` in the installation's zone --> Span --> since, until, steps to others
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from veille.errors import Misused
from veille.web.asking import range_of
from veille.web.moments import FIRST, LAST

SHORTEST = timedelta(minutes=2)
"""What one can come closer to."""


@dataclass(frozen=True)
class Span:
    """`[since, until)`; `name` is empty for one of its own. `open_end`: what is dated later counts as well."""

    name: str
    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def open_end(self) -> bool:
        """Whether it ends now, and no end was asked for."""
        return bool(self.name)

    @property
    def fields(self) -> tuple[str, str]:
        """Both ends as a form's date fields have them."""
        return self._field(self.since), self._field(self.until)

    def steps(self) -> dict[str, dict[str, str]]:
        """Parameters of its neighbours: as long just before and after, twice as long, half as long."""
        long = self.until - self.since
        found = {
            "range_back": (self.since - long, self.since),
            "range_forward": (self.until, self.until + long),
            "range_wider": (self.since - long / 2, self.until + long / 2),
        }
        if long >= 2 * SHORTEST:
            found["range_closer"] = (self.since + long / 4, self.until - long / 4)
        possible = {name: ends for name, ends in found.items() if ends[0] >= FIRST and ends[1] <= LAST}
        return {
            name: {"since": self._field(since), "until": self._field(until), "last": "", "after": ""}
            for name, (since, until) in possible.items()
        }

    def _field(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")


def span_of(last: str, since: str, until: str, now: datetime, zone: ZoneInfo) -> Span:
    """What the address asks for. Raises Misused for a time that is none, or ends before it begins."""
    if not since and not until:
        named = range_of(last, now)
        return Span(named.name, named.since, named.until, zone)
    end = _moment(until, zone) if until else now
    begin = _moment(since, zone) if since else end - timedelta(days=1)
    if begin >= end:
        raise Misused(f"from {since or begin.isoformat()} to {until or end.isoformat()}: the end must come later")
    return Span("", begin, end, zone)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        aware = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        if FIRST <= aware <= LAST:
            return aware
    except (ValueError, OverflowError):
        pass
    raise Misused(f"`{text[:40]}` is no time: expected 2026-11-20T08:00, between 1970 and 9000")
