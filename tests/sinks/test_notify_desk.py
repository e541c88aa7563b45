"""Who is told of what, when, and how often: whatever fails, each state of an alert once, and at least once after a
crash, or given up and counted."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from alerts import NOON, alert
from notify_desk import ALWAYS, MINUTE, Office, action, at_noon, route
from veille.routes import Comparison, Hours
from veille.sinks.notify.desk import LATE

# --- what is told ---------------------------------------------------------------------------------------------------


def test_an_alert_is_told_as_it_opens_rises_and_ends() -> None:
    office = at_noon(ALWAYS)
    office.come(alert())
    assert office.work() == [("alert", "a1/opened/7")]
    office.come(alert(revision=2, state="updated", severity=8), alert(revision=3, state="updated", severity=6))
    assert office.work() == []
    office.come(alert(revision=4, state="updated", severity=9))
    assert office.work() == [("alert", "a1/updated/9")]
    office.come(alert(revision=5, state="closed", severity=2, highest=9))
    assert office.work() == [("alert", "a1/closed/2")]


def test_a_record_that_comes_again_is_no_news() -> None:
    office = at_noon(ALWAYS)
    office.come(alert(), alert())
    office.come(alert())
    assert office.work() == [("alert", "a1/opened/7")]
    office.come(alert(revision=2, state="closed", severity=1, highest=7))
    assert office.work() == [("alert", "a1/closed/1")]
    office.come(alert(), alert(revision=2, state="closed", severity=1, highest=7))
    office.open()
    assert office.work() == []


def test_an_alert_that_becomes_urgent_is_told_then() -> None:
    office = at_noon(ALWAYS)
    office.come(alert(severity=4))
    assert office.work() == []
    office.come(alert(revision=2, state="updated", severity=6))
    assert office.work() == [("alert", "a1/updated/6")]


def test_the_end_of_what_was_never_told_is_not_told() -> None:
    office = at_noon(ALWAYS)
    office.come(alert(severity=4), alert(revision=2, state="closed", severity=1, highest=5))
    assert office.work() == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"watches": ("acme",)}, True),
        ({"watches": ("rival",)}, False),
        ({"kinds": ("bad_buzz", "silence")}, True),
        ({"kinds": ("peak",)}, False),
        ({"when": (Comparison("authors", ">=", 160),)}, True),
        ({"when": (Comparison("severity", ">=", 6), Comparison("authors", "<", 160))}, False),
        ({"when": (Comparison("mentions", "=", 214), Comparison("stories", "<=", 0))}, True),
    ],
)
def test_entries_choose_by_watch_kind_and_measure(fields: dict[str, object], told: bool) -> None:
    office = at_noon(route(**fields))
    office.come(alert())
    assert bool(office.work()) is told


def test_an_address_that_two_entries_name_is_told_once_and_two_addresses_each() -> None:
    office = at_noon(route(watches=("acme",)), route(kinds=("bad_buzz",)), ALWAYS)
    office.come(alert())
    assert len(office.work()) == 2


def test_a_new_address_is_told_of_what_goes_on_and_not_of_what_is_over() -> None:
    office = Office(ALWAYS, now=NOON + timedelta(hours=2))
    over = [alert("old"), alert("old", 2, "closed", at=NOON + MINUTE)]
    office.come(*over, alert("new"), alert("new", 2, "updated", 9, at=NOON + MINUTE))
    assert office.work() == [("alert", "new/updated/9")]


def test_what_is_long_over_is_told_to_nobody_after_a_long_absence() -> None:
    office = at_noon(ALWAYS)
    office.now += LATE + MINUTE
    office.come(alert("old"), alert("old", 2, "closed", at=NOON + timedelta(seconds=30)), alert("still"))
    assert office.work() == [("alert", "still/opened/7")]


# --- when it is told ------------------------------------------------------------------------------------------------


def test_the_same_of_the_same_watch_waits_for_the_cool_down_unless_it_is_worse() -> None:
    office = at_noon(route(cooldown=timedelta(minutes=30)))
    office.come(alert("a"))
    office.work()
    office.come(alert("b", severity=7), alert("other", severity=7, watch="rival"), alert("worse", severity=9))
    assert office.work(MINUTE) == [("alert", "other/opened/7"), ("alert", "worse/opened/9")]
    assert office.work(28 * MINUTE) == []
    office.open()
    assert office.work(MINUTE) == []
    assert office.work(2 * MINUTE) == [("alert", "b/opened/7")]


def test_an_end_does_not_wait_for_the_cool_down() -> None:
    office = at_noon(route(cooldown=timedelta(minutes=30)))
    office.come(alert())
    office.work()
    office.come(alert(revision=2, state="closed", severity=1, highest=7))
    assert office.work(MINUTE) == [("alert", "a1/closed/1")]


def test_lesser_alerts_wait_for_the_digest_which_tells_them_as_they_are_then() -> None:
    office = at_noon(route(digest=time(18)))  # 18:00 in Paris is 17:00 UTC
    office.come(alert("a", severity=3), alert("b", severity=4))
    office.come(alert("a", 2, "closed", 1, highest=3))
    assert office.work(timedelta(hours=4, minutes=59)) == []
    office.open()
    assert office.work(2 * MINUTE) == [("digest", "a/closed/1", "b/opened/4")]
    office.come(alert("b", 2, "closed", 1, highest=4))
    assert office.work() == []
    assert office.work(timedelta(days=1)) == [("digest", "b/closed/1")]
    assert office.work(timedelta(days=1)) == []


def test_a_lesser_alert_that_becomes_urgent_does_not_wait_for_the_digest() -> None:
    office = at_noon(route(digest=time(18)))
    office.come(alert(severity=3), alert(revision=2, state="updated", severity=8))
    assert office.work() == [("alert", "a1/updated/8")]
    assert office.work(timedelta(days=1)) == []


def test_outside_of_its_hours_an_entry_waits_and_another_one_does_not() -> None:
    day = route(hours=Hours(time(8), time(20)), cooldown=timedelta())
    night = route(hours=Hours(time(20), time(8)), when=(Comparison("severity", ">=", 9),))
    office = Office(day, night)
    office.now = NOON + timedelta(hours=10)  # 23:00 in Paris
    office.come(alert("a"), alert("b", severity=9))
    assert office.work() == [("alert", "b/opened/9")]
    assert office.work(timedelta(hours=8)) == []
    assert office.work(timedelta(hours=1)) == [("digest", "a/opened/7")]


# --- what people do -------------------------------------------------------------------------------------------------


def test_what_is_acknowledged_is_not_repeated_and_its_end_is_told() -> None:
    office = at_noon(ALWAYS)
    office.come(alert())
    office.work()
    office.act(action("acknowledged"))
    office.come(alert(revision=2, state="updated", severity=10))
    assert office.work() == []
    office.come(alert(revision=3, state="closed", severity=1, highest=10))
    assert office.work() == [("alert", "a1/closed/1")]


def test_what_is_acknowledged_before_it_could_be_told_is_told_to_nobody() -> None:
    office = at_noon(ALWAYS)
    office.come(alert())
    (message,) = office.due()
    office.refuses(message)
    office.act(action("acknowledged"))
    office.come(alert(revision=2, state="closed", severity=1, highest=7))
    assert office.work(timedelta(hours=1)) == []


def test_of_a_false_alarm_nothing_more_is_told() -> None:
    office = at_noon(ALWAYS)
    office.come(alert())
    office.work()
    office.act(action("false_alarm"))
    office.come(alert(revision=2, state="closed", severity=1, highest=7))
    assert office.work() == []


def test_a_muted_watch_is_silent_until_its_end_and_then_says_what_it_kept_back() -> None:
    office = at_noon(ALWAYS)
    office.act(action("muted", of="watch", subject="acme", until=NOON + timedelta(hours=8)))
    office.come(alert("a"), alert("a", 2, "closed", 1, highest=7), alert("b"), alert("minor", severity=2))
    office.come(alert("other", watch="rival"))
    assert office.work(timedelta(hours=7)) == [("alert", "other/opened/7")]
    office.open()
    assert office.work() == []
    assert office.work(timedelta(hours=1)) == [("digest", "a/closed/1", "b/opened/7")]
    assert office.work(timedelta(days=2)) == []


def test_what_is_not_urgent_waits_for_the_digest_after_the_end_of_a_mute() -> None:
    office = at_noon(route(digest=time(18)))  # 17:00 UTC
    office.act(action("muted", of="watch", subject="acme", until=NOON + timedelta(hours=8)))
    office.come(alert("a", severity=3), alert("b", severity=7))
    assert office.work(timedelta(hours=7)) == []
    assert office.work(timedelta(hours=1)) == [("digest", "b/opened/7")]
    assert office.work(timedelta(hours=20)) == []
    assert office.work(timedelta(hours=1)) == [("digest", "a/opened/3")]


def test_a_mute_that_is_taken_back_ends_at_once() -> None:
    office = at_noon(ALWAYS)
    office.act(action("muted", of="source", subject="bluesky"))
    office.come(alert(watch="", source="bluesky", kind="source_gap"))
    assert office.work() == []
    office.act(action("muted", of="source", subject="bluesky", value=""))
    assert office.work() == [("digest", "a1/opened/7")]
