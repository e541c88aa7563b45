"""What fails holds up nobody and is told later as it is by then; each state once, whatever happens."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import NOON, alert
from notify_desk import ALWAYS, MINUTE, Office, at_noon, route
from veille.action import Action, Actions, Field, Of
from veille.alert import Alert, State
from veille.routes import Comparison
from veille.sinks.notify.outbox import ATTEMPTS, LONGEST_PAUSE


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


@pytest.mark.parametrize("day", [datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC)])
def test_an_hour_that_the_clocks_skip_or_pass_twice_has_one_brief_and_one_digest(day: datetime) -> None:
    office = Office(route(brief=time(2, 30), digest=time(2, 30)), now=day - timedelta(hours=12))
    told: list[str] = []
    for minute in range(0, 180, 10):
        office.now = day + minute * MINUTE
        office.come(alert(f"a{minute}", severity=2, at=office.now))
        for message in office.due():
            told.append(message.kind)
            office.sends(message)
    assert sorted(told) == ["brief", "digest"]
    assert sorted(kind for kind, *_ in office.work(timedelta(hours=24))) == ["brief", "digest"]


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
