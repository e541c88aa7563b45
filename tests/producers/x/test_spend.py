"""What X would charge is counted as X counts it, survives a restart, and ends at the budget."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaited import until
from veille.clock import FakeClock
from veille.producers.simulate.x_faults import Fault
from veille.producers.source import GapClosed, GapOpened, Received
from veille.producers.x.cursor import read_cursor
from veille.producers.x.spend import OWN, POST, USER, Meter, Spend, Tally, projected, total
from veille.settings import MICROS, XSettings
from x_reading import Reading, world

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def line(post_id: int, author: int = 7, **more: Any) -> bytes:
    data = {"id": str(post_id), "text": "acme", "author_id": str(author)}
    return json.dumps({"data": data, "includes": {"users": [{"id": str(author)}], **more}}).encode()


def meter(**settings: Any) -> Meter:
    return Meter(XSettings("t", **settings), Spend(), NOON)


# --- counting -------------------------------------------------------------------------------------------------------


def test_a_post_with_its_author_costs_what_the_page_on_prices_says() -> None:
    counting = meter()
    counting.read(line(1), NOON)
    assert counting.spend.today == counting.spend.month == {POST: Tally(1, 5_000), USER: Tally(1, 10_000)}
    assert total(counting.spend.today) == 0.015 * MICROS


def test_a_resource_is_counted_once_a_utc_day_and_again_on_the_next() -> None:
    counting = meter()
    for now in (NOON, NOON + timedelta(hours=11, minutes=59), NOON + timedelta(hours=12)):
        counting.read(line(1), now)
    assert counting.spend.today == {POST: Tally(1, 5_000), USER: Tally(1, 10_000)}
    assert counting.spend.month == {POST: Tally(2, 10_000), USER: Tally(2, 20_000)}


def test_what_comes_along_is_counted_too_unless_the_bill_says_otherwise() -> None:
    repost = line(1, users=[{"id": "7"}, {"id": "8"}], tweets=[{"id": "2"}])
    for includes, expected in ((True, {POST: 2, USER: 2}), (False, {POST: 1})):
        counting = meter(count_includes=includes)
        counting.read(repost, NOON)
        assert {kind: tally.number for kind, tally in counting.spend.today.items()} == expected


def test_pages_are_counted_post_by_post_and_own_mentions_at_their_own_price() -> None:
    page = json.dumps({"data": [{"id": "1"}, {"id": "2"}], "meta": {}}).encode()
    counting = meter()
    counting.read(page, NOON, own=True)
    assert counting.spend.today == {OWN: Tally(2, 2_000)}


def test_what_comes_along_with_own_mentions_is_not_cheaper_than_elsewhere() -> None:
    page = json.dumps({"data": [{"id": "1"}], "includes": {"tweets": [{"id": "2"}]}}).encode()
    counting = meter()
    counting.read(page, NOON, own=True)
    assert counting.spend.today == {OWN: Tally(1, 1_000), POST: Tally(1, 5_000)}


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), NOON - DAY, NOON - 30 * DAY])
def test_a_clock_that_goes_back_for_a_while_takes_nothing_off_the_bill(wrong: datetime) -> None:
    counting = meter()
    for now in (NOON, wrong, NOON + timedelta(hours=1)):
        counting.read(line(1), now)
    assert counting.spend.month == {POST: Tally(1, 5_000), USER: Tally(1, 10_000)}
    assert counting.spend.day == "2026-11-25"


def test_a_clock_that_was_years_ahead_stops_no_month_to_come() -> None:
    counting = meter(budget="1 USD/month")
    counting.read(line(1), datetime(2030, 1, 1, tzinfo=UTC))
    counting.read(line(2), NOON)
    assert (counting.spend.day, total(counting.spend.month)) == ("2026-11-25", 30_000)
    counting.read(line(3), NOON + 7 * DAY)
    assert (counting.spend.day, total(counting.spend.month)) == ("2026-12-02", 15_000)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"errors": [{"title": "x"}]}', b'{"data": {"id": "one"}}', b"\xff"]
)
def test_what_holds_no_post_costs_nothing(raw: bytes) -> None:
    counting = meter()
    counting.read(raw, NOON)
    assert not total(counting.spend.month)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 40)), max_size=30))
def test_the_sum_is_that_of_distinct_resources_by_day(read: list[tuple[int, int]]) -> None:
    counting = meter()
    now = NOON
    seen = set()
    for post_id, hours in read:
        now += timedelta(hours=hours)
        counting.read(line(post_id, author=post_id), now)
        seen.add((now.date(), post_id))
    this_month = [each for each in seen if each[0].month == now.month and each[0].year == now.year]
    assert total(counting.spend.month) == len(this_month) * 15_000


def test_a_month_begins_at_nothing_and_a_projection_goes_on_at_the_pace_so_far() -> None:
    counting = meter()
    counting.read(line(1), datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    counting.read(line(2), datetime(2026, 12, 1, tzinfo=UTC))
    assert counting.spend.since == datetime(2026, 12, 1, tzinfo=UTC)
    assert total(counting.spend.month) == 15_000
    assert projected(counting.spend, datetime(2026, 12, 2, tzinfo=UTC)) == 31 * 15_000


# --- through the source ---------------------------------------------------------------------------------------------


def numbers(cursor: str | None) -> dict[str, int]:
    return {kind: tally.number for kind, tally in read_cursor(cursor).spend.month.items()}


def test_the_count_is_that_of_the_one_who_charges() -> None:
    with world(*[None] * 3, Fault.DUPLICATE, Fault.CLOSE) as w, Reading(w.source()) as reading:
        w.post(5)
        reading.until(lambda: bool(reading.of(GapClosed)))
        w.post(30)
        last = w.sent[-1]["data"]["id"]
        reading.until(lambda: last in reading.ids())
        assert numbers(reading.of(Received)[-1].cursor) == w.x.project.bill.numbers("2026-11")


def test_a_restart_goes_on_counting_where_the_cursor_stood() -> None:
    with world() as w:
        with Reading(w.source()) as before:
            w.post(3)
            before.until(lambda: len(before.ids()) == 3)
        until(lambda: not w.x.project.listened)
        cursor = before.of(Received)[-1].cursor
        with Reading(w.source(), cursor) as after:
            w.post()
            last = w.sent[-1]["data"]["id"]
            after.until(lambda: last in after.ids())
        counted = numbers(after.of(Received)[-1].cursor)
        charged = w.x.project.bill.numbers("2026-11")
        assert all(counted[kind] >= charged[kind] for kind in charged)  # never less: what it saw before is forgotten


def test_reading_stops_at_the_budget_says_so_and_goes_on_in_the_next_month(caplog: pytest.LogCaptureFixture) -> None:
    end = datetime(2026, 12, 1, tzinfo=UTC)
    clock = FakeClock(end - timedelta(minutes=2))
    with world(clock=clock) as w, Reading(w.source(budget="0.10 USD/month")) as reading:
        w.listened()
        for number in range(40):
            w.say(f"acme {number}", author_id=str(number))
        reading.until(lambda: bool(reading.of(GapClosed)))
        (opened,) = reading.of(GapOpened)
        assert opened.cause == "budget"
        assert reading.of(GapClosed) == [GapClosed(clock.now(), repaired=False)]
        assert clock.now() >= end
        read = reading.ids()
        assert 7 <= len(read) < 40
        counted = read_cursor(reading.of(Received)[-1].cursor).spend
        assert counted.day == "2026-11-30"
        assert total(counted.month) <= 0.11 * MICROS
        assert not w.x.searched  # what was saved is not spent on the past
        last = w.say_once_heard("acme again")
        reading.until(lambda: last in reading.ids())
    told = [record.getMessage() for record in caplog.records]
    assert any("of this month's budget of 0.10 USD are spent" in line for line in told)
    assert any("reading goes on at 2026-12-01 00:00 UTC" in line for line in told)


def test_a_restart_does_not_read_on_what_the_budget_has_stopped() -> None:
    clock = FakeClock(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    spent = '{"heard":"2026-11-20T00:00:00Z","spend":{"day":"2026-11-20","month":{"post":[10,50000000]}}}'
    with world(clock=clock) as w, Reading(w.source(budget="50 USD/month"), spent) as reading:
        reading.until(lambda: bool(reading.of(GapClosed)))
        assert reading.of(GapOpened) == [GapOpened(datetime(2026, 11, 19, 23, 59, 50, tzinfo=UTC), "budget")]
        assert clock.now() >= datetime(2026, 12, 1, tzinfo=UTC)
        assert w.x.connected_at == [pytest.approx(60.0, abs=0.5)]


class Sleepy(FakeClock):
    """The clock of a machine that is asleep most of the time: of an hour it waits a second."""

    def now(self) -> datetime:
        return self._now + timedelta(hours=self._elapsed)


def test_a_machine_that_slept_into_the_next_month_reads_on_at_once() -> None:
    clock = Sleepy(datetime(2026, 11, 30, 12, tzinfo=UTC))
    spent = '{"heard":"2026-11-20T00:00:00Z","spend":{"day":"2026-11-20","month":{"post":[10,50000000]}}}'
    with world(clock=clock) as w, Reading(w.source(budget="50 USD/month"), spent) as reading:
        reading.until(lambda: bool(reading.of(GapClosed)))
        assert clock.monotonic() < 13
