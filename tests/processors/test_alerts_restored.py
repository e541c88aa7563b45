"""Alerts that were open when an earlier process ended, under settings that are other ones now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from veille.alert import Alert, Kind
from veille.processors.alerts import WatchAlerts
from veille.processors.memory import beginning, minute_of
from veille.processors.seen import Seen
from veille.window import Window

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


def window(minute: int, mentions: int) -> Window:
    sources = {"x": mentions} if mentions else {}
    return Window(watch="acme", since=beginning(minute), revision=1, mentions=mentions, begun=mentions, sources=sources)


@pytest.mark.parametrize(("networks", "silent"), [(None, True), ({"x"}, True), ({"bluesky"}, False)])
def test_a_network_that_is_read_no_more_is_not_silent(networks: set[str] | None, silent: bool) -> None:
    def past(ago: int) -> list[Window]:
        first = START - 1440 * ago
        return [window(minute, 6) for minute in range(first, first + 1440)] if ago <= 10 else []

    alerts = WatchAlerts(Nothing(), {"acme": "brand"}, past=past, networks=networks)
    alerts.restore([])
    told = [
        alert
        for minute in range(START, START + 300)
        for alert in alerts.take([window(minute, 0)], beginning(minute + 1))
        if alert.source
    ]
    assert bool(told) is silent


def test_an_open_silence_of_a_network_that_is_read_no_more_is_closed_at_the_start() -> None:
    now = beginning(START)
    silence = Alert(
        id="silence-x",
        kind="silence",
        state="opened",
        revision=1,
        source="x",
        since=now,
        opened_at=now,
        updated_at=now,
        severity=6,
        highest=6,
    )
    alerts = WatchAlerts(Nothing(), {"acme": "brand"}, past=lambda _ago: [], networks={"bluesky"})
    alerts.restore([silence])
    assert [(each.id, each.state) for each in alerts.take([], now)] == [("silence-x", "closed")]
