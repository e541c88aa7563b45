"""Alerts of sources that are away: a gap that is open for some minutes, until it is closed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from veille.alert import Alert, closed, updated
from veille.gap import Gap
from veille.identity import hashed

OPENS_AFTER = timedelta(minutes=10)

SEVERITIES = (
    (timedelta(days=1), 9),
    (timedelta(hours=6), 8),
    (timedelta(hours=2), 7),
    (timedelta(minutes=30), 6),
    (timedelta(), 5),
)
"""By how long it has been open."""

PART = 3
"""How much less severe a gap of one part of a source is, a feed or an instance."""

UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
LONGEST = 80
"""Characters of a part's name in an id, which stands in addresses and keys: a hash tells parts apart."""


class Away:
    """The open alerts, by the gap that each is about."""

    def __init__(self) -> None:
        self._open: dict[str, Alert] = {}

    def restore(self, alert: Alert) -> None:
        """An alert that is open."""
        self._open[alert.id] = alert

    def take(self, gaps: Iterable[Gap], now: datetime) -> list[Alert]:
        """What opened, changed or closed, by the gaps that there are now."""
        there = {_alert_id(gap): gap for gap in gaps if gap.until is None and now - gap.since >= OPENS_AFTER}
        told = [self._close(self._open[known], now) for known in sorted(self._open.keys() - there.keys())]
        for alert_id, gap in sorted(there.items()):
            before = self._open.get(alert_id)
            severity = _severity(gap, now)
            if before is None or severity > before.severity:
                told.append(_opened(alert_id, gap, severity, now) if before is None else _worse(before, severity, now))
                self._open[alert_id] = told[-1]
        return told

    def _close(self, alert: Alert, now: datetime) -> Alert:
        del self._open[alert.id]
        return closed(alert, "reading went on", now)


def _alert_id(gap: Gap) -> str:
    part = f"-{UNSAFE.sub('_', gap.part)[:LONGEST]}-{hashed(gap.part)[:6]}" if gap.part else ""
    return f"source_gap-{gap.source}{part}-{gap.since:%Y%m%dT%H%M%S}"


def _severity(gap: Gap, now: datetime) -> int:
    whole = next(severity for length, severity in SEVERITIES if now - gap.since >= length)
    return whole - PART if gap.part else whole


def _opened(alert_id: str, gap: Gap, severity: int, now: datetime) -> Alert:
    return Alert(
        id=alert_id,
        kind="source_gap",
        state="opened",
        revision=1,
        source=gap.source,
        since=gap.since,
        opened_at=now,
        updated_at=now,
        severity=severity,
        highest=severity,
        rule=f"nothing read for {OPENS_AFTER.total_seconds() / 60:.0f} minutes: {gap.cause}",
        coverage=0.0,
        gaps=[gap.id],
    )


def _worse(alert: Alert, severity: int, now: datetime) -> Alert:
    worse = replace(alert, severity=severity, highest=severity)
    return updated(worse, [f"severity {alert.severity} to {severity}"], now)
