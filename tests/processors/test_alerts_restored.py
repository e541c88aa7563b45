"""Alerts that are open when settings become other ones, at a start or while the process runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from veille.alert import Alert, Kind
from veille.processors.alerts import WatchAlerts
from veille.processors.memory import beginning, minute_of
from veille.processors.seen import Seen
from veille.settings import Watch
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
    alerts = WatchAlerts(Nothing(), [Watch("acme", "brand", "acme")], past=lambda _ago: [])
    alerts.restore(opened)
    found = alerts.take([], beginning(START + 1))
    assert [(each.id, each.state, each.revision) for each in found] == [
        ("bad_buzz-gone", "closed", 2),
        ("competitor_peak-acme", "closed", 2),
    ]
    assert alerts.take([], beginning(START + 2)) == []


def window(minute: int, mentions: int, watch: str = "acme") -> Window:
    sources = {"x": mentions} if mentions else {}
    return Window(watch=watch, since=beginning(minute), revision=1, mentions=mentions, begun=mentions, sources=sources)


@pytest.mark.parametrize(("networks", "silent"), [(None, True), ({"x"}, True), ({"bluesky"}, False)])
def test_a_network_that_is_read_no_more_is_not_silent(networks: set[str] | None, silent: bool) -> None:
    def past(ago: int) -> list[Window]:
        first = START - 1440 * ago
        return [window(minute, 6) for minute in range(first, first + 1440)] if ago <= 10 else []

    alerts = WatchAlerts(Nothing(), [Watch("acme", "brand", "acme")], past=past, networks=networks)
    alerts.restore([])
    told = [
        alert
        for minute in range(START, START + 300)
        for alert in alerts.take([window(minute, 0)], beginning(minute + 1))
        if alert.source
    ]
    assert bool(told) is silent


def test_of_two_that_are_open_about_the_same_the_later_one_is_closed_and_says_as_what_it_is_told() -> None:
    first, second = (
        Alert(
            id=f"peak-{number}",
            kind="peak",
            state="opened",
            revision=1,
            watch="acme",
            since=beginning(START + number),
            opened_at=beginning(START + number),
            updated_at=beginning(START + number),
            severity=6,
            highest=6,
        )
        for number in range(2)
    )
    alerts = WatchAlerts(Nothing(), [Watch("acme", "brand", "acme")], past=lambda _ago: [])
    alerts.restore([second, first])
    found = alerts.take([], beginning(START + 2))
    assert [(each.id, each.state, each.closed_because) for each in found] == [
        ("peak-1", "closed", "it is told as peak-0")
    ]


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
    alerts = WatchAlerts(Nothing(), [Watch("acme", "brand", "acme")], past=lambda _ago: [], networks={"bluesky"})
    alerts.restore([silence])
    assert [(each.id, each.state) for each in alerts.take([], now)] == [("silence-x", "closed")]


def running(watches: Sequence[Watch], counts: dict[str, int]) -> WatchAlerts:
    """Three days of as many mentions a minute of each watch as `counts` says, and then five minutes live."""

    def past(ago: int) -> list[Window]:
        first = START - 1440 * ago
        found = [window(minute, counts[each.id], each.id) for minute in range(first, first + 1440) for each in watches]
        return found if ago <= 3 else []

    alerts = WatchAlerts(Nothing(), watches, past=past)
    alerts.restore([])
    go_on(alerts, range(START, START + 5), counts)
    return alerts


def go_on(alerts: WatchAlerts, minutes: range, counts: dict[str, int]) -> list[Alert]:
    found: list[Alert] = []
    for minute in minutes:
        windows = [window(minute, number, name) for name, number in counts.items()]
        found += alerts.take(windows, beginning(minute + 1))
    return found


ACME, RIVAL = Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival")


@pytest.mark.parametrize("now", [[], [replace(ACME, role="competitor")]])
def test_what_is_open_of_a_watch_that_is_taken_away_or_has_another_role_closes_at_once(now: list[Watch]) -> None:
    alerts = running([ACME], {"acme": 6})
    (opened,) = [each for each in go_on(alerts, range(START + 5, START + 10), {"acme": 90}) if each.state == "opened"]
    assert opened.kind == "peak"
    alerts.watch(now)
    (closed,) = alerts.take([], beginning(START + 11))
    assert (closed.id, closed.state) == (opened.id, "closed")
    assert "not watched like this" in closed.closed_because
    after = go_on(alerts, range(START + 11, START + 16), {"acme": 90})
    assert {each.kind for each in after} == ({"competitor_peak"} if now else set())


def test_a_watch_that_was_taken_away_and_comes_back_is_not_silent_for_that_nor_unknown() -> None:
    alerts = running([ACME, RIVAL], {"acme": 6, "rival": 6})
    alerts.watch([ACME])
    assert go_on(alerts, range(START + 5, START + 300), {"acme": 6}) == []
    alerts.watch([ACME, RIVAL])
    assert go_on(alerts, range(START + 300, START + 310), {"acme": 6, "rival": 6}) == []
    found = go_on(alerts, range(START + 310, START + 315), {"acme": 6, "rival": 90})
    assert {each.kind for each in found} == {"competitor_peak"}


def test_a_network_is_not_silent_when_the_watch_with_most_of_its_mentions_is_taken_away() -> None:
    alerts = running([ACME, RIVAL], {"acme": 60, "rival": 1})
    alerts.watch([RIVAL])
    assert go_on(alerts, range(START + 5, START + 240), {"rival": 1}) == []
