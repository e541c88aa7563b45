"""Alerts: what is unusual opens one, which keeps its id until it is over; a gap, a replay and a restart make none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from judged import START, WATCHES, Held, World, begun, summary, told
from veille.alert import URGENT, Alert
from veille.formats import Formats
from veille.gap import Gap
from veille.processors.alerts import LATE, LEARNED_DAYS, WatchAlerts
from veille.processors.away import OPENS_AFTER
from veille.processors.memory import beginning, minute_of
from veille.processors.tracked import severity
from veille.telling import Telling
from veille.window import Window


def test_a_bad_buzz_opens_with_its_why_is_updated_and_closes_under_one_id() -> None:
    world = World()
    windows = world.usual(START, START + 180)
    windows += [world.minute(minute, 12, bad=0.8) for minute in range(START + 180, START + 200)]
    found = told(begun(world), windows + world.usual(START + 200, START + 400))
    buzz = [each for each in found if each.kind == "bad_buzz"]
    assert [each.state for each in (buzz[0], buzz[1], buzz[-1])] == ["opened", "updated", "closed"]
    assert len({each.id for each in buzz}) == 1
    assert [each.revision for each in buzz] == list(range(1, len(buzz) + 1))
    first, loudest = buzz[0], max(buzz, key=lambda each: each.severity)
    assert first.opened_at <= beginning(START + 184)
    assert START + 178 <= minute_of(first.since) <= START + 182
    assert loudest.severity >= URGENT
    assert loudest.observed > loudest.expected_high > loudest.expected > loudest.expected_low
    assert [driver.value for driver in loudest.why.terms] == ["broken", "kettle"]
    assert loudest.why.links[0].value == "https://example.com/news"
    assert loudest.why.terms[0].count > 5 * (loudest.why.terms[0].usual + 1)
    assert {"first", "typical"} <= {sample.role for sample in loudest.samples}
    assert buzz[-1].closed_because


def test_a_buzz_whose_mentions_are_about_something_else_eases_within_minutes_and_closes() -> None:
    world = World()
    alerts = begun(world)
    found = told(alerts, world.usual(START, START + 180))
    found += told(alerts, [world.minute(minute, 12, bad=0.8) for minute in range(START + 180, START + 190)])
    buzz = [each for each in found if each.kind == "bad_buzz"][-1]
    assert buzz.severity >= URGENT
    world.memory.seen = [each for each in world.memory.seen if each.at < beginning(START + 180)]
    less = world.usual(START + 180, START + 190)
    eased = [each for each in alerts.take([], beginning(START + 196), less) if each.kind == "bad_buzz"]
    assert [(each.id, each.state) for each in eased] == [(buzz.id, "updated")]
    assert eased[0].severity < URGENT
    assert eased[0].observed < buzz.observed / 2
    over = [each for each in told(alerts, world.usual(START + 190, START + 280)) if each.id == buzz.id]
    assert over[-1].state == "closed"


def test_more_mentions_of_the_usual_mood_are_a_peak_and_no_buzz() -> None:
    world = World()
    windows = world.usual(START, START + 180) + [world.minute(START + 180 + each, 20) for each in range(15)]
    assert {each.kind for each in told(begun(world), windows)} == {"peak"}


def test_a_good_buzz_and_the_peak_of_a_competitor_are_told_as_what_they_are() -> None:
    world = World()
    good = world.usual(START, START + 180) + [world.minute(START + 180 + each, 12, good=0.9) for each in range(15)]
    assert "good_buzz" in {each.kind for each in told(begun(world), good) if each.state == "opened"}
    rival = world.usual(START, START + 180, "rival")
    rival += [world.minute(START + 180 + each, 20, watch="rival") for each in range(15)]
    assert {each.kind for each in told(begun(world), rival)} == {"competitor_peak"}


def test_what_is_not_over_is_told_at_once() -> None:
    world = World()
    alerts = begun(world)
    told(alerts, world.usual(START, START + 180))
    open_minute = world.minute(START + 180, 40, bad=0.8)
    now = beginning(START + 180) + timedelta(seconds=20)
    assert "bad_buzz" in {each.kind for each in alerts.take([], now, [open_minute]) if each.state == "opened"}


def test_one_story_with_many_copies_is_less_severe_than_as_many_stories() -> None:
    highest = []
    for copied in (True, False):
        world = World()
        windows = world.usual(START, START + 180)
        windows += [world.minute(START + 180 + each, 15, copied=copied) for each in range(15)]
        highest.append(max((each.highest for each in told(begun(world), windows)), default=0))
    assert highest[0] < highest[1]


def test_silence_is_told_by_watch_and_by_source_and_ends() -> None:
    world = World()
    windows = world.usual(START, START + 600) + [world.minute(START + 600 + each, 0) for each in range(90)]
    found = told(begun(world), windows + world.usual(START + 690, START + 900))
    for part in ({"watch": "acme"}, {"source": "bluesky"}):
        mine = [
            each for each in found if each.kind == "silence" and all(getattr(each, k) == v for k, v in part.items())
        ]
        assert mine[0].state == "opened"
        assert mine[-1].state == "closed"
        assert mine[-1].highest >= URGENT
        assert mine[0].observed < mine[0].expected_low


def test_what_is_on_its_way_through_enrichment_is_no_silence_until_it_has_come() -> None:
    world = World()
    on_the_way = True
    alerts = WatchAlerts(world.memory, WATCHES, past=lambda _ago: [], on_the_way=lambda: on_the_way)
    alerts.restore([])
    empty = [world.minute(START + 600 + each, 0) for each in range(90)]
    found = told(alerts, world.usual(START, START + 600) + empty[:60])
    assert "silence" not in {each.kind for each in found}
    on_the_way = False
    assert "silence" in {each.kind for each in told(alerts, empty[60:])}


def gap(since: int, until: int | None = None) -> Gap:
    return Gap(
        id="bluesky-gap",
        source="bluesky",
        since=beginning(since),
        until=None if until is None else beginning(until),
        cause="disconnected",
    )


def test_in_a_gap_there_is_no_silence_but_the_gap_is_told_and_holds_what_is_open() -> None:
    world = World()
    gaps: list[Gap] = []
    alerts = WatchAlerts(world.memory, WATCHES, past=lambda _ago: [], gaps_now=lambda: gaps)
    alerts.restore([])
    found = told(alerts, world.usual(START, START + 180))
    found += told(alerts, [world.minute(START + 180 + each, 12, bad=0.8) for each in range(15)])
    gaps.append(gap(START + 195))
    dark = [replace(world.minute(START + 195 + each, 0), coverage=0.0) for each in range(240)]
    found = told(alerts, dark)
    assert "silence" not in {each.kind for each in found}
    assert not [each for each in found if each.kind == "bad_buzz" and each.state == "closed"]
    assert [each.held for each in found if each.kind == "bad_buzz"][-1] == "bluesky-gap"
    away = [each for each in found if each.kind == "source_gap"]
    assert away[0].opened_at - away[0].since >= OPENS_AFTER
    assert away[0].severity < URGENT <= away[-1].severity
    gaps[:] = [gap(START + 195, START + 435)]
    after = told(alerts, world.usual(START + 435, START + 620))
    assert ("source_gap", "closed") in {(each.kind, each.state) for each in after}
    assert ("bad_buzz", "closed") in {(each.kind, each.state) for each in after}


def test_the_alert_of_a_feed_or_an_instance_has_an_id_that_addresses_can_hold() -> None:
    parts = ("news.example/a feed?1f2e3d", "news.example/a_feed#1f2e3d", "news.example/" + "long/" * 200)
    away = [replace(gap(START), id=part, source="feeds", part=part) for part in parts]
    found = begun(World(), gaps=away).take([], beginning(START) + OPENS_AFTER)
    assert len({each.id for each in found}) == len(parts)
    assert all(quote(each.id, safe="") == each.id and len(each.id) < 200 for each in found)


def test_an_archive_that_is_read_again_is_no_news() -> None:
    world = World()
    alerts = begun(world)
    told(alerts, world.usual(START, START + 300))
    old = [world.minute(START - 3000 + each, 500, bad=0.9) for each in range(60)]
    old += [world.minute(START + 20 + each, 500, bad=0.9) for each in range(60)]
    assert alerts.take([], beginning(START + 300), old) == []
    assert told(alerts, world.usual(START + 300, START + 330)) == []


def test_minutes_of_long_ago_that_close_together_open_nothing() -> None:
    world = World()
    windows = world.usual(START, START + 300) + [world.minute(START + 300 + each, 50) for each in range(20)]
    windows += world.usual(START + 320, START + 320 + 3 * LATE)
    now = beginning(START + 320 + 3 * LATE)
    assert begun(world).take(windows, now) == []


def test_after_a_long_pause_a_source_that_is_new_may_be_seen_before_the_pause_is_closed() -> None:
    world = World()
    alerts = begun(world, past=world.usual(START - 300, START))
    paused = [world.minute(START + each, 0) for each in range(900)]
    new = replace(world.minute(START + 900, 1), sources={"mastodon": 1})
    found = alerts.take(paused, beginning(START + 900), [new])
    found += told(alerts, [new, *world.usual(START + 901, START + 905)])
    assert "mastodon" not in {each.source for each in found}


def test_late_posts_are_judged_in_their_minute() -> None:
    world = World()
    alerts = begun(world)
    told(alerts, world.usual(START, START + 200))
    late = [world.minute(START + 190 + each, 25) for each in range(8)]
    found = alerts.take([], beginning(START + 200) + timedelta(seconds=30), late)
    assert [each.kind for each in found] == ["peak"]
    assert minute_of(found[0].since) <= START + 190


def test_a_post_of_our_own_is_named_as_what_it_started_from() -> None:
    world = World()
    alerts = begun(world)
    told(alerts, world.usual(START, START + 180))
    windows = [world.minute(START + 180 + each, 90, copied=True) for each in range(10)]
    first = next(each for each in world.memory.seen if each.story == "the story")
    world.memory.seen[world.memory.seen.index(first)] = replace(first, own=True)
    assert told(alerts, windows)[-1].from_own == first.doc_id


def test_the_first_minutes_tell_what_is_plain_to_see() -> None:
    world = World()
    alerts = begun(world)
    past = [world.minute(START - 360 + each, 3) for each in range(0, 360, 2)]
    assert alerts.take([], beginning(START), past) == []
    told(alerts, [world.minute(START, 4)])
    found = alerts.take([], beginning(START + 1) + timedelta(seconds=30), [world.minute(START + 1, 60, bad=0.9)])
    assert "bad_buzz" in {each.kind for each in found}
    assert max(each.severity for each in found) >= URGENT


def test_a_past_that_grows_all_the_time_is_no_peak_and_a_buzz_after_it_is_one() -> None:
    world = World()
    alerts = begun(world)
    past = [world.minute(START - 360 + each, round(8 * 2 ** ((each - 360) / 30))) for each in range(360)]
    found = alerts.take([], beginning(START), past)
    found += told(alerts, [world.minute(START + each, 9) for each in range(2)])
    assert found == []
    buzz = told(alerts, [world.minute(START + 2 + each, 90, bad=0.9) for each in range(3)])
    assert "bad_buzz" in {each.kind for each in buzz}


def stream(lengths: Sequence[tuple[int, int, float]]) -> tuple[World, list[Window]]:
    world, minute = World(), START + 120
    windows = world.usual(START, minute)
    for length, mentions, bad in lengths:
        windows += [world.minute(minute + each, mentions, bad=bad) for each in range(length)]
        minute += length
    return world, windows


streams = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 40), st.sampled_from([0.1, 0.9])), min_size=1, max_size=6
)


@settings(max_examples=15, deadline=None)
@given(streams, st.integers(1, 15))
def test_the_same_minutes_in_any_chunks_give_the_same_alerts(lengths: list[tuple[int, int, float]], size: int) -> None:
    world, windows = stream(lengths)
    now = windows[-1].since + timedelta(seconds=75)
    one, other = begun(world), begun(world)
    singly = [alert for window in windows for alert in one.take([window], now)]
    chunks = [windows[first : first + size] for first in range(0, len(windows), size)]
    assert [alert for chunk in chunks for alert in other.take(chunk, now)] == singly


@settings(max_examples=15, deadline=None)
@given(streams, st.floats(0.05, 0.95))
def test_a_restart_at_any_minute_goes_on_with_the_same_alerts(
    lengths: list[tuple[int, int, float]], share: float
) -> None:
    world, windows = stream(lengths)
    cut = int(len(windows) * share)
    never = begun(world)
    before, after = told(never, windows[:cut]), told(never, windows[cut:])
    again = WatchAlerts(world.memory, WATCHES, past=lambda ago: windows[:cut] if ago == 1 else [])
    latest = {each.id: each for each in before}
    again.restore([each for each in latest.values() if each.open])
    assert summary(told(again, windows[cut:])) == summary(after)


def test_severity_says_how_rare_it_is() -> None:
    assert [severity(score) for score in (-9, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 9.0)] == [1, 4, 5, 6, 7, 8, 10, 10]


@pytest.mark.parametrize("factor", [1, 20])
def test_any_size_of_brand_is_judged_alike(factor: int) -> None:
    world = World()
    windows = [
        replace(each, mentions=each.mentions * factor, stories=each.stories * factor)
        for each in world.usual(START, START + 300)
    ]
    peak = [
        Window(watch="acme", since=beginning(START + 300 + each), revision=1, mentions=16 * factor)
        for each in range(20)
    ]
    assert [each.kind for each in told(begun(world), windows + peak) if each.state == "opened"] == ["peak"]


def test_what_was_learned_long_ago_is_as_what_was_heard() -> None:
    world = World()
    windows = world.usual(START, START + 2 * 1440)
    heard = begun(world)
    told(heard, windows)
    learned = WatchAlerts(world.memory, WATCHES, past=lambda ago: windows[1440 * (2 - ago) :][:1440] if ago < 3 else [])
    learned.restore([])
    burst = [world.minute(START + 2 * 1440 + each, 12) for each in range(10)]
    assert told(learned, burst) == told(heard, burst) != []


def test_the_past_is_learned_day_by_day() -> None:
    asked: list[int] = []

    def of_day(ago: int) -> list[Window]:
        asked.append(ago)
        return []

    WatchAlerts(Held(), WATCHES, past=of_day).restore([])
    assert asked == list(range(LEARNED_DAYS, 0, -1))


def eventful() -> list[Alert]:
    """Buzzes and peaks, then silence, then a gap that holds a buzz open, then days as usual."""
    world, gaps, found = World(), list[Gap](), list[Alert]()
    alerts = WatchAlerts(world.memory, WATCHES, past=lambda _ago: [], gaps_now=lambda: gaps)
    alerts.restore([])
    at = START
    for mentions, bad, good, minutes in (
        (2, 0.1, 0.1, 180),
        (12, 0.1, 0.9, 15),
        (2, 0.1, 0.1, 300),
        (20, 0.1, 0.1, 15),
        (40, 0.8, 0.1, 15),
        (2, 0.1, 0.1, 300),
        (0, 0.1, 0.1, 90),
        (2, 0.1, 0.1, 300),
        (20, 0.8, 0.1, 15),
    ):
        found += told(alerts, [world.minute(at + each, mentions, bad=bad, good=good) for each in range(minutes)])
        at += minutes
    gaps.append(gap(at))
    found += told(alerts, [replace(world.minute(at + each, 0), coverage=0.0) for each in range(60)])
    gaps[:] = [gap(at, at + 60)]
    return found + told(alerts, world.usual(at + 60, at + 600))


def test_rules_changes_and_ends_of_every_kind_are_told_in_french() -> None:
    found, french = eventful(), Formats("fr", ZoneInfo("Europe/Paris"))
    kinds = {"peak", "bad_buzz", "good_buzz", "silence", "source_gap"}
    assert {each.kind for each in found} == {each.kind for each in found if each.state == "closed"} == kinds
    for each in found:
        telling = Telling(each, french, "")
        assert telling.rule != each.rule, each.rule
        assert telling.because != each.closed_because or not each.closed_because, each.closed_because
        assert all(telling.changes([change]) != change for change in each.changed), each.changed
