"""Who is told of what, when, and how often: whatever fails, each state of an alert once, and at least once after a
crash, or given up and counted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import NOON, alert
from veille.action import Action, Actions, Field, Of
from veille.alert import Alert, State
from veille.delivery import Delivery
from veille.routes import Comparison, Hours, Route
from veille.sinks.notify.desk import LATE, Desk
from veille.sinks.notify.message import Message
from veille.sinks.notify.outbox import ATTEMPTS, IN_A_ROW, LONGEST_PAUSE
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
        self.desk.begin(self.now)
        for each in self.actions:
            self.desk.act(each)
        self.desk.take(self.alerts, self.now)
        self.write()

    def write(self) -> None:
        self.written |= {each.key: each for each in self.desk.noted()}

    def come(self, *alerts: Alert) -> None:
        self.alerts += alerts
        self.desk.take(alerts, self.now)
        self.write()

    def act(self, each: Action) -> None:
        self.actions.append(each)
        self.desk.act(each)

    def due(self) -> list[Message]:
        """What is handed over now; all that was noted is written down."""
        messages = self.desk.due(self.now)
        self.write()
        return messages

    def sends(self, message: Message) -> None:
        self.desk.sent(message, self.now)
        self.write()

    def refuses(self, message: Message) -> list[str]:
        given_up = self.desk.failed(message, self.now, "no connection")
        self.write()
        return given_up

    def deliver(self, message: Message) -> None:
        self.delivered.append((message.kind, *(f"{each.id}/{each.state}/{each.severity}" for each in message.alerts)))

    def turns_away(self) -> tuple[list[Message], list[str]]:
        """The receiver takes nothing: what was tried, since who sends gives way after two, and what is given up."""
        messages = self.due()
        tried = messages[:IN_A_ROW]
        given_up = [each for message in tried for each in self.refuses(message)]
        for message in messages[IN_A_ROW:]:
            self.desk.untried(message)
        return tried, given_up

    def work(self, after: timedelta = timedelta()) -> list[tuple[str, ...]]:
        """What is delivered now, everything being taken."""
        self.now += after
        before = len(self.delivered)
        while messages := self.due():
            for message in messages:
                if message.instead:
                    self.desk.untried(message)
                else:
                    self.deliver(message)
                    self.sends(message)
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


# --- what fails -----------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_with_growing_pauses_and_given_up_at_last() -> None:
    office = at_noon(ALWAYS)
    office.come(alert())
    pauses, began = [], office.now
    for _ in range(ATTEMPTS):
        (message,) = office.due()
        given_up = office.refuses(message)
        failed_at = office.now
        while not given_up and not (again := office.due()):
            office.now += timedelta(seconds=1)
        if not given_up:
            pauses.append((office.now - failed_at).total_seconds())
            office.desk.untried(again[0])
    assert pauses[0] <= 2 < pauses[5] < pauses[9]
    assert max(pauses) <= LONGEST_PAUSE.total_seconds()
    assert timedelta(hours=1) < office.now - began < timedelta(hours=2)
    assert given_up == ["a1"]
    dead = office.written[f"{message.receiver.id}/a1"]
    assert (dead.told, dead.revision, dead.failed, dead.failure) == (0, 1, 1, "no connection")
    office.come(alert(revision=2, state="closed", severity=1, highest=7))
    assert office.work() == [("alert", "a1/closed/1")]


def test_a_receiver_that_fails_holds_up_nobody_else() -> None:
    office = at_noon(ALWAYS, route(cooldown=timedelta()))
    office.come(alert())
    first, second = office.due()
    office.refuses(first)
    office.sends(second)
    office.come(alert("b"))
    assert sorted(each.receiver.address for each in office.due()) == ["json://always", "json://h"]


def test_a_message_that_alone_is_refused_holds_up_no_other() -> None:
    office = at_noon(ALWAYS)
    office.come(alert("a"), alert("b"), alert("c"))
    for _ in range(3):
        for message in office.due():
            if message.alerts[0].id == "a":
                office.refuses(message)
            else:
                office.deliver(message)
                office.sends(message)
    office.come(alert("d"))
    assert [each[1] for each in office.delivered] == ["b/opened/7", "c/opened/7"]
    assert office.work() == [("alert", "d/opened/7")]
    assert office.work(LONGEST_PAUSE) == [("alert", "a/opened/7")]


def test_news_of_what_is_under_way_is_told_after_it_and_nothing_is_taken_back() -> None:
    office = at_noon(route(digest=time(14)))
    office.come(alert(severity=3))
    office.now += timedelta(hours=2)
    (digest,) = office.due()
    office.come(alert(revision=2, state="updated", severity=8))
    assert office.due() == []
    office.sends(digest)
    assert office.work() == [("alert", "a1/updated/8")]
    office.open()
    office.come(alert(revision=3, state="closed", severity=1, highest=8))
    assert office.work() == [("alert", "a1/closed/1")]


def test_a_receiver_that_was_away_is_told_what_is_so_by_then_in_order_and_what_is_over_at_once() -> None:
    office = at_noon(ALWAYS)
    names = [f"a{number:03}" for number in range(400)]
    office.come(*(alert(name, watch=name) for name in names))
    tries = 0
    while office.now < NOON + timedelta(minutes=10):
        tries += len(office.turns_away()[0])
        office.now += timedelta(seconds=5)
        if office.now == NOON + timedelta(minutes=5):
            office.come(*(alert(name, 2, "updated", 9, at=office.now, watch=name) for name in names[::2]))
            office.come(*(alert(n, 3, "closed", 1, at=office.now, watch=n, highest=9) for n in names[:200:2]))
    assert tries < 40
    told = office.work(LONGEST_PAUSE)
    assert told[0] == ("digest", *(f"{name}/closed/1" for name in names[:200:2]))
    going = [name for name in names if name not in names[:200:2]]
    assert told[1:] == [
        ("alert", f"{name}/updated/9" if name in names[200::2] else f"{name}/opened/7") for name in going
    ]
    assert office.desk.waiting == 0
    office.open()
    assert office.work(timedelta(days=1)) == []


def test_what_nobody_takes_for_a_day_is_given_up_however_much_there_is() -> None:
    office = at_noon(ALWAYS)
    names = [f"a{number}" for number in range(50)]
    office.come(*(alert(name, watch=name) for name in names))
    given_up: list[str] = []
    while office.desk.waiting and office.now < NOON + timedelta(days=3):
        given_up += office.turns_away()[1]
        office.now += timedelta(minutes=1)
    assert sorted(given_up) == sorted(names)
    assert office.now < NOON + timedelta(days=1, hours=2)


class Counting(Actions):
    """Counts how often somebody asks what was done."""

    asked = 0

    def done(self, of: Of, subject: str, field: Field) -> Action | None:
        self.asked += 1
        return super().done(of, subject, field)


def test_a_year_of_alerts_leaves_the_desk_as_light_as_a_week_of_them_and_tells_nothing_twice() -> None:
    office = at_noon(ALWAYS, route(digest=time(18), when=(Comparison("severity", ">=", 11),)))
    sizes = []
    for day in range(365):
        for number in range(5):
            name, began = f"d{day}n{number}", office.now
            office.come(alert(name, at=began, opened_at=began, watch=f"w{number}"))
            office.work(timedelta(hours=1))
            office.come(alert(name, 2, "closed", 1, at=office.now, opened_at=began, watch=f"w{number}", highest=7))
        office.work(timedelta(hours=19))
        sizes.append(office.desk.size)
    assert max(sizes) == max(sizes[:8])
    for kind, states in (("alert", 2 * 5 * 365), ("digest", 0)):
        told = Counter(each for message in office.delivered for each in message[1:] if message[0] == kind)
        assert set(told.values()) == {1}
        assert len(told) >= states
    counting = Counting()
    office.open()
    assert office.work() == []
    assert office.desk.size <= max(sizes)
    office.desk.actions = counting
    office.come(*(alert(f"lesser{number}", severity=3, at=office.now, watch=f"l{number}") for number in range(50)))
    before = counting.asked
    for _ in range(100):
        assert office.due() == []
    assert counting.asked == before


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
        self.work()

    def fails(self) -> None:
        for message in self.due():
            self.refusals += 1
            self.refuses(message)

    def waits(self) -> None:
        self.now += timedelta(minutes=15)

    def ends(self) -> None:
        self.open()

    def dies(self) -> None:
        """Between a delivery and its being written down."""
        for message in self.due()[:1]:
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


STATES = ("opened", "updated")
EVENTS = ("opens", "rises", "closes", "takes", "takes", "fails", "waits", "ends", "dies")


@given(st.lists(st.sampled_from(EVENTS), max_size=60), st.randoms(use_true_random=False))
def test_each_state_is_delivered_once_and_at_least_once_after_a_crash(events: list[str], random: Random) -> None:
    """What rose or ended while it could not be told is told as it is by then; nothing ends untold."""
    office = Fate(random)
    for event in events:
        office.now += MINUTE
        getattr(office, event)()
    for _ in range(10):
        office.work(timedelta(minutes=15))
    told = Counter((each.split("/")[0], each.split("/")[1]) for message in office.delivered for each in message[1:])
    for each in office.lives.values():
        assert told[each.id, "closed"] >= 1 if not each.open else sum(told[each.id, s] for s in STATES) >= 1
    delivered = Counter(each for message in office.delivered for each in message[1:])
    unwritten = Counter(each for message in office.unwritten for each in message[1:])
    assert all(count <= 1 + unwritten[each] for each, count in delivered.items())
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
        (message,) = office.due()
        assert message.id == f"brief/{office.now:%Y-%m-%d}"
        office.refuses(message)
        office.now += LONGEST_PAUSE
    assert office.work() == []
    assert office.work(timedelta(hours=22)) == [("brief",)]
