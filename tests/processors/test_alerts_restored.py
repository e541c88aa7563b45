"""Alerts that were open when an earlier process ended, under settings that are other ones now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from veille.alert import Alert, Kind
from veille.processors.alerts import WatchAlerts
from veille.processors.memory import beginning, minute_of
from veille.processors.seen import Seen

START = minute_of(datetime(2026, 3, 2, 8, tzinfo=UTC))


class Nothing:
    """A memory of no mention."""

    def between(self, *_: object) -> Iterator[Seen]:
        return iter(())


def test_what_is_open_of_a_watch_that_is_gone_or_has_another_role_is_closed_at_the_start() -> None:
    kinds: tuple[tuple[Kind, str], ...] = (("bad_buzz", "gone"), ("competitor_peak", "acme"), ("peak", "acme"))
    opened = [
        Alert(
            id=f"{kind}-{watch}",
            kind=kind,
            state="opened",
            revision=1,
            watch=watch,
            since=beginning(START),
            opened_at=beginning(START),
            updated_at=beginning(START),
            severity=6,
            highest=6,
        )
        for kind, watch in kinds
    ]
    alerts = WatchAlerts(Nothing(), {"acme": "brand"}, past=lambda _ago: [])
    alerts.restore(opened)
    found = alerts.take([], beginning(START + 1))
    assert [(each.id, each.state, each.revision) for each in found] == [
        ("bad_buzz-gone", "closed", 2),
        ("competitor_peak-acme", "closed", 2),
    ]
    assert alerts.take([], beginning(START + 2)) == []
