"""The word calm has to be earned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from veille.alert import Alert
from veille.gap import Gap
from veille.verdict import Band, Level, verdict

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def gap(minutes: float, lasts: float, source: str = "bluesky") -> Gap:
    since = NOW - timedelta(minutes=minutes)
    return Gap(id=f"{minutes}", source=source, since=since, until=since + timedelta(minutes=lasts), cause="limited")


def alert(severity: int) -> Alert:
    return Alert(
        id=str(severity), kind="peak", state="opened", revision=1, watch="acme", since=NOW, opened_at=NOW,
        updated_at=NOW, severity=severity, highest=severity,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mentions", "gaps", "alerts", "level"),
    [
        (42, [], [], "calm"),
        (42, [gap(70, 5)], [], "calm"),
        (42, [gap(20, 8)], [], "incomplete"),
        (42, [gap(60, 36)], [], "unknown"),
        (42, [gap(60, 36), gap(5, 2)], [3, 7], "alert"),
        (56, [gap(60, 36)], [], "watch"),
    ],
)
def test_the_word_is_the_first_that_fits(mentions: int, gaps: list[Gap], alerts: list[int], level: Level) -> None:
    found = verdict(
        watch="acme",
        mentions=mentions,
        band=Band(30, 55),
        alerts=[alert(each) for each in alerts],
        gaps=gaps,
        parts={"bluesky": 1},
        now=NOW,
    )
    assert found.level == level
    assert [each.severity for each in found.alerts] == sorted(alerts, reverse=True)


def test_one_source_of_two_that_is_not_read_is_enough_not_to_be_calm() -> None:
    found = verdict(
        watch="", mentions=0, band=None, alerts=[], gaps=[gap(30, 5, "x")], parts={"bluesky": 1, "x": 1}, now=NOW
    )
    assert (found.level, found.whole) == ("incomplete", False)
    assert found.coverage == {"bluesky": 1.0, "x": pytest.approx(0.9167)}


def test_without_a_band_nothing_is_above_it() -> None:
    assert verdict(watch="", mentions=900, band=None, alerts=[], gaps=[], parts={}, now=NOW).level == "calm"
