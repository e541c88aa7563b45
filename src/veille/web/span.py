"""The stretch of time that a screen looks at: a named one that ends now, or one of its own with two ends.

`last=7d`, or `since=2026-11-20T00:00&until=…` in the installation's zone --> Span --> since, until, steps to others
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import Request

from veille.errors import Misused
from veille.web.asking import RANGES, Range, range_of
from veille.web.moments import FIRST, LAST

MINUTE = timedelta(minutes=1)
SHORTEST = 2 * MINUTE
"""What one can come closer to."""

LONGEST = timedelta(days=400)
"""What windows can tell of: they are kept as long."""


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

    def minutes(self) -> Range:
        """It in whole minutes, as windows are; from now on it goes to this moment. Raises Misused for a longer one."""
        if self.until - self.since > LONGEST:
            raise Misused(
                f"{(self.until - self.since).days} days: expected {LONGEST.days} at most, windows are kept as long"
            )
        until = self.until if self.open_end else _minute(self.until + MINUTE - timedelta(microseconds=1))
        return Range(self.name, _minute(self.since), until)

    def fixed(self) -> dict[str, str]:
        """Parameters of the same two ends, whenever it is looked at."""
        return {"since": self._field(self.since), "until": self._field(self.until + MINUTE), "last": ""}

    def steps(self) -> dict[str, dict[str, str]]:
        """Parameters of its neighbours: as long just before and after, twice as long, half as long."""
        long, before, after = self.until - self.since, self.since - FIRST, LAST - self.until
        found = {
            "range_back": (self.since - long, self.since) if long <= before else None,
            "range_forward": (self.until, self.until + long) if long <= after else None,
            "range_wider": (self.since - long / 2, self.until + long / 2) if long / 2 <= min(before, after) else None,
            "range_closer": (self.since + long / 4, self.until - long / 4) if long >= 2 * SHORTEST else None,
        }
        return {
            name: {"since": self._field(ends[0]), "until": self._field(ends[1]), "last": "", "after": ""}
            for name, ends in found.items()
            if ends
        }

    def _field(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")


def asked_span(request: Request, now: datetime, zone: ZoneInfo, usual: str = "") -> Span:
    """What an address asks for; where it names no time, the range `usual`. Raises Misused as `span_of` does."""
    return named_span(request, now, zone) or span_of(usual, "", "", now, zone)


def named_span(request: Request, now: datetime, zone: ZoneInfo) -> Span | None:
    """What an address asks for; None where it names no time. Raises Misused as `span_of` does."""
    last, since, until = (request.query_params.get(name, "") for name in ("last", "since", "until"))
    return span_of(last, since, until, now, zone) if since or until or last in RANGES else None


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


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        aware = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        if FIRST <= aware <= LAST:
            return aware
    except (ValueError, OverflowError):
        pass
    raise Misused(f"`{text[:40]}` is no time: expected 2026-11-20T08:00, between 1970 and 9000")
