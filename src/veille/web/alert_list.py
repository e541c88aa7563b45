"""The list of alerts: those that go on by severity, those that are over by the day on which they ended.

archive --found--> the latest MOST --chosen by kind, severity, state--> going | days          none at all --short-->
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from veille.alert import Alert
from veille.archive import Archive
from veille.formats import Formats
from veille.gap import Gap
from veille.settings import Watch
from veille.telling import Telling

MOST = 200
STATES = ("open", "closed")

WHOLE = timedelta(days=2)
"""Windows of so long are there before all that is judged is judged, as docs/alerts.md has it."""

HOUR, HOUR_S = timedelta(hours=1), 3600
MOST_NAMED = 5


@dataclass(frozen=True)
class Row:
    """One alert of the list; `held`: the gap that keeps it open, where that is known."""

    alert: Alert
    told: Telling
    terms: list[str]
    lasts: timedelta
    held: Gap | None

    @property
    def severity(self) -> int:
        """Now, or the highest of one that is over."""
        return self.alert.severity if self.alert.open else self.alert.highest


@dataclass(frozen=True)
class Choice:
    """What of them is shown."""

    kind: str = ""
    least: int = 1
    state: str = ""

    def holds(self, alert: Alert) -> bool:
        """Whether it is shown."""
        right_state = self.state not in STATES or alert.open == (self.state == "open")
        return self.kind in ("", alert.kind) and alert.highest >= self.least and right_state


@dataclass(frozen=True)
class Short:
    """A watch, and how many more hours of windows there must be."""

    watch: str
    hours: int


def found(archive: Archive, asked: Mapping[str, Any]) -> tuple[list[Alert], bool]:
    """All that are open, then the latest of the others, and whether there are more."""
    going = archive.alerts(only_open=True, limit=MOST, **asked)
    known = {each.id for each in going}
    latest = archive.alerts(limit=MOST + 1, **asked)
    return going + [each for each in latest[:MOST] if each.id not in known], len(latest) > MOST


def rows(shown: Sequence[Alert], gaps: Sequence[Gap], now: datetime, formats: Formats) -> dict[str, Any]:
    """Those that go on, most severe first, and those that are over, by day, latest first."""
    known = {gap.id: gap for gap in gaps}
    made = [_row(each, known, now, formats) for each in shown]
    going = sorted((row for row in made if row.alert.open), key=lambda row: (-row.severity, row.alert.since))
    over = sorted((row for row in made if not row.alert.open), key=_ended, reverse=True)
    days = [(day, list(some)) for day, some in groupby(over, key=lambda row: formats.date(_ended(row)))]
    return {"going": going, "over": over, "days": days}


def short(archive: Archive, watches: Sequence[Watch], now: datetime) -> list[Short]:
    """Watches of which less is known than detection needs."""
    known = {watch.id: _known(archive, watch.id, now) for watch in watches[:MOST_NAMED]}
    return [Short(watch, -(-(WHOLE - has) // HOUR)) for watch, has in known.items() if has < WHOLE]


def _known(archive: Archive, watch: str, now: datetime) -> timedelta:
    """For how long there have been windows of it; no longer than is asked about."""
    sums = archive.window_sums(watch, since=now - WHOLE - HOUR, until=now, interval=HOUR_S)
    first = next((each.start for each in sums if each.minutes), None)
    return now - first if first is not None else timedelta()


def _row(alert: Alert, known: Mapping[str, Gap], now: datetime, formats: Formats) -> Row:
    ends = now if alert.open else alert.closed_at or alert.updated_at
    terms = [term.value for term in alert.why.terms[:3]]
    told = Telling(alert, formats, "", ends)  # what is over stands under the day of its end
    return Row(alert, told, terms, ends - alert.since, known.get(alert.held))


def _ended(row: Row) -> datetime:
    return row.alert.closed_at or row.alert.updated_at
