"""Who is told of what, when, and how often: whatever fails, each state of an alert once, and at least once after a
crash, or given up and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import NOON, alert
from veille.action import Action, Field
from veille.alert import Alert, State
from veille.delivery import Delivery
from veille.routes import Comparison, Hours, Route
from veille.sinks.notify.desk import ATTEMPTS, LATE, Desk, Message
from veille.sinks.notify.receivers import receivers

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)
ALWAYS = Route("json://always", "json://always", cooldown=timedelta())


def route(**fields: object) -> Route:
    return Route("json://h", "json://h", **fields)  # type: ignore[arg-type]  # fields of a Route


def action(field: Field, *, of: str = "alert", subject: str = "a1", value: str = "yes", **more: object) -> Action:
    return Action(of=of, subject=subject, field=field, value=value, at=NOON, **more)  # type: ignore[arg-type]


class Office:
    """A desk, the clock on its wall, and what was written down and delivered."""

    def __init__(self, *routes: Route, now: datetime = NOON - timedelta(hours=1)) -> None:
        self.routes, self.now = routes, now
        self.written: dict[str, Delivery] = {}
        self.alerts: list[Alert] = []
        self.actions: list[Action] = []
        self.delivered: list[tuple[str, ...]] = []
        self.open()

    def open(self) -> None:
        self.desk = Desk(receivers(self.routes), PARIS, Random(1))
        self.desk.remember(self.written.values())
        self.write(self.desk.begin(self.now))
        for each in self.actions:
            self.desk.act(each)
        self.write(self.desk.take(self.alerts, self.now))

    def write(self, deliveries: Sequence[Delivery]) -> None:
        self.written |= {each.key: each for each in deliveries}

    def come(self, *alerts: Alert) -> None:
        self.alerts += alerts
        self.write(self.desk.take(alerts, self.now))

    def act(self, each: Action) -> None:
        self.actions.append(each)
        self.desk.act(each)

    def deliver(self, message: Message) -> None:
        self.delivered.append((message.kind, *(f"{each.id}/{each.state}/{each.severity}" for each in message.alerts)))

    def work(self, after: timedelta = timedelta()) -> list[tuple[str, ...]]:
        """What is delivered now, everything being taken."""
        self.now += after
        before = len(self.delivered)
        while messages := self.desk.due(self.now):
            for message in messages:
                self.deliver(message)
                self.write(self.desk.sent(message, self.now))
        return self.delivered[before:]


def at_noon(*routes: Route) -> Office:
    office = Office(*routes)
    office.now = NOON
    return office


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
    (message,) = office.desk.due(office.now)
    office.desk.failed(message, office.now, "no connection")
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


def test_a_mute_that_is_taken_back_ends_at_once() -> None:
    office = at_noon(ALWAYS)
    office.act(action("muted", of="source", subject="bluesky"))
    office.come(alert(watch="", source="bluesky", kind="source_gap"))
    assert office.work() == []
    office.act(action("muted", of="source", subject="bluesky", value=""))
    assert office.work() == [("digest", "a1/opened/7")]


# --- what fails -----------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_with_growing_pauses_and_given_up_at_last() -> None:
    office = at_noon(ALWAYS)
    office.come(alert(), alert("b"))
    pauses = []
    while messages := [each for each in office.desk.due(office.now) if each.alerts[0].id == "a1"]:
        given_up = office.desk.failed(messages[0], office.now, "no connection")
        pauses.append(((messages[0].due or office.now) - office.now).total_seconds())
        office.now = messages[0].due or office.now
    assert len(pauses) == ATTEMPTS
    assert all(0 < shorter <= 600 for shorter in pauses[:-1])
    assert pauses[0] <= 2 < pauses[5] < pauses[9]
    (dead,) = given_up
    assert (dead.told, dead.revision, dead.failed, dead.failure) == (0, 1, 1, "no connection")
    office.write(given_up)
    office.come(alert(revision=2, state="closed", severity=1, highest=7))
    assert ("alert", "a1/closed/1") in office.work()


def test_a_receiver_that_fails_holds_up_nobody_else() -> None:
    office = at_noon(ALWAYS, route(cooldown=timedelta()))
    office.come(alert())
    first, second = office.desk.due(office.now)
    office.desk.failed(first, office.now, "no connection")
    office.write(office.desk.sent(second, office.now))
    office.come(alert("b"))
    assert sorted(each.receiver.address for each in office.desk.due(office.now)) == ["json://always", "json://h"]


def test_a_digest_that_is_taken_late_takes_nothing_back() -> None:
    office = at_noon(route(digest=time(14)))
    office.come(alert(severity=3))
    office.now += timedelta(hours=2)
    (digest,) = office.desk.due(office.now)
    office.come(alert(revision=2, state="updated", severity=8))
    (urgent,) = office.desk.due(office.now)
    office.write(office.desk.sent(urgent, office.now))
    office.write(office.desk.sent(digest, office.now))
    office.open()
    office.come(alert(revision=3, state="closed", severity=1, highest=8))
    assert office.work() == [("alert", "a1/closed/1")]


class Fate(Office):
    """Alerts that live, receivers that take or refuse, a process that ends or dies: an event a method."""

    def __init__(self, random: Random) -> None:
        super().__init__(ALWAYS)
        self.now, self.random = NOON, random
        self.lives: dict[str, Alert] = {}
        self.unwritten: list[tuple[str, ...]] = []
        self.refusals = 0

    def opens(self) -> None:
        name = f"a{len(self.lives)}"
        self._becomes(alert(name, at=self.now, watch=name))

    def rises(self) -> None:
        for before in self._some():
            severity = min(before.severity + 2, 10)
            self._becomes(self._changed(before, "updated", severity))

    def closes(self) -> None:
        for before in self._some():
            self._becomes(self._changed(before, "closed", 1))

    def takes(self) -> None:
        for message in self.desk.due(self.now):
            self.deliver(message)
            self.write(self.desk.sent(message, self.now))

    def refuses(self) -> None:
        for message in self.desk.due(self.now):
            self.refusals += 1
            self.write(self.desk.failed(message, self.now, "no connection"))

    def waits(self) -> None:
        self.now += timedelta(minutes=15)

    def ends(self) -> None:
        self.open()

    def dies(self) -> None:
        """Between a delivery and its being written down."""
        for message in self.desk.due(self.now)[:1]:
            self.deliver(message)
            self.unwritten.append(self.delivered[-1])
        self.open()

    def _some(self) -> list[Alert]:
        going = [each for each in self.lives.values() if each.open]
        return [self.random.choice(going)] if going else []

    def _changed(self, before: Alert, state: State, severity: int) -> Alert:
        highest = max(before.highest, severity)
        return alert(before.id, before.revision + 1, state, severity, at=self.now, watch=before.watch, highest=highest)

    def _becomes(self, now: Alert) -> None:
        self.lives[now.id] = now
        self.come(now)


EVENTS = ("opens", "rises", "closes", "takes", "takes", "refuses", "waits", "ends", "dies")


@given(st.lists(st.sampled_from(EVENTS), max_size=60), st.randoms(use_true_random=False))
def test_each_state_is_delivered_once_and_at_least_once_after_a_crash(events: list[str], random: Random) -> None:
    office = Fate(random)
    for event in events:
        office.now += MINUTE
        getattr(office, event)()
    for _ in range(10):
        office.work(timedelta(minutes=15))
    times = Counter(each[1].rpartition("/")[0] for each in office.delivered)
    for each in office.lives.values():
        assert times[f"{each.id}/opened"] >= 1
        assert (times[f"{each.id}/closed"] >= 1) is (not each.open)
    told, unwritten = Counter(office.delivered), Counter(office.unwritten)
    assert all(count <= 1 + unwritten[each] for each, count in told.items())
    assert office.desk.waiting == 0
    assert all(not each.failed for each in office.written.values()) or office.refusals >= ATTEMPTS


def test_the_brief_is_sent_once_a_day_at_its_hour_and_not_to_who_came_after_it() -> None:
    office = Office(route(brief=time(8)), now=NOON)  # 13:00 in Paris: today's is over
    assert office.work(timedelta(hours=18, minutes=59)) == []  # 07:59
    assert office.work(MINUTE) == [("brief",)]
    assert office.work(timedelta(hours=3)) == []
    office.open()
    assert office.work() == []
    assert office.work(timedelta(hours=21)) == [("brief",)]


def test_a_brief_that_is_hours_late_is_no_news_and_one_that_nobody_takes_is_given_up_until_the_next() -> None:
    office = Office(route(brief=time(8)), now=NOON)
    assert office.work(timedelta(hours=24)) == []  # away from 08:00 to 13:00
    office.now += timedelta(hours=19)
    for _ in range(ATTEMPTS):
        (message,) = office.desk.due(office.now)
        assert message.id == f"brief/{office.now:%Y-%m-%d}"
        office.write(office.desk.failed(message, office.now, "away"))
        office.now += timedelta(minutes=11)
    assert office.work() == []
    assert office.work(timedelta(hours=21)) == [("brief",)]
