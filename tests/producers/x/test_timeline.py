"""Our own accounts' mentions come from their timeline, and none is missed or paid for twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from veille.clock import FakeClock
from veille.errors import Misused
from veille.producers.simulate.x_faults import Refusal
from veille.producers.source import GapClosed, GapOpened, Received
from veille.producers.x.client import Client, Lost
from veille.producers.x.cursor import Cursor, cursor_text, read_cursor
from veille.producers.x.pace import Pace
from veille.producers.x.repair import id_at
from veille.producers.x.timeline import Timeline
from veille.settings import Watch
from x_reading import NOW, STALL_S, Reading, World, world

BRAND = (Watch("brand", "brand", '(@acme OR "acme corp") -is:retweet'),)
OWN: dict[str, Any] = {"own": ("Acme",), "own_mentions": True}
POLLED = Pace(STALL_S, 0, 0, 60)


def started(w: World, reading: Reading) -> None:
    """Wait for the first look at the timeline."""
    reading.until(lambda: GapClosed(w.clock.now(), repaired=True, part="@acme") in reading.events)
    w.clock.wait(1)


def test_a_mention_comes_by_the_timeline_and_not_by_the_stream() -> None:
    with world() as w, Reading(w.source(BRAND, pace=POLLED, **OWN)) as reading:
        w.listened()
        started(w, reading)
        assert [rule["value"] for rule in w.x.project.rules()] == ['"acme corp" -is:retweet -@acme']
        mention, stream = w.say("hello @acme"), w.say("about acme corp")
        reading.until(lambda: reading.ids() == [stream])
        w.clock.wait(60)
        reading.until(lambda: reading.ids() == [stream, mention])
        event = reading.of(Received)[-1]
        assert event.trusted
        assert [match.id for match in event.post.matched] == ["brand"]
        spend = read_cursor(event.cursor).spend.month
        assert (spend["own"].number, spend["own"].micros) == (1, 1_000)
        assert w.x.project.bill.numbers("2026-11") == {kind: tally.number for kind, tally in spend.items()}


def test_a_restart_reads_the_timeline_on_from_where_the_last_one_stood() -> None:
    with world() as w:
        with Reading(w.source(BRAND, pace=POLLED, **OWN)) as before:
            w.listened()
            started(w, before)
            read = w.say("hello @acme")
            w.clock.wait(60)
            before.until(lambda: before.ids() == [read])
        cursor = before.of(Received)[-1].cursor
        missed = [w.say(f"@acme {number}") for number in range(150)]
        with Reading(w.source(BRAND, pace=POLLED, **OWN), cursor) as after:
            after.until(lambda: len(after.ids()) == 150)
            assert sorted(after.ids()) == sorted(missed)
            cursors = [read_cursor(event.cursor).own["acme"] for event in after.of(Received)]
            assert cursors == [read] * 149 + [missed[-1]]


def test_where_the_timeline_brings_everything_no_stream_is_opened() -> None:
    only = (Watch("brand", "brand", "@acme -is:retweet"),)
    with world() as w, Reading(w.source(only, **OWN)) as reading:
        reading.until(lambda: bool(reading.of(GapClosed)))  # the first look
        w.clock.wait(1)
        mention = w.say("hello @acme")
        reading.until(lambda: reading.ids() == [mention])
        assert w.x.connected_at == []


def test_a_timeline_that_cannot_be_asked_is_a_gap_of_its_own_that_the_next_answer_repairs() -> None:
    with world() as w, Reading(w.source(BRAND, pace=POLLED, **OWN)) as reading:
        w.listened()
        started(w, reading)
        w.x.timeline_refusals.append(Refusal(503, {}))
        w.clock.wait(60)
        reading.until(lambda: bool(reading.of(GapOpened)))
        assert reading.of(GapOpened) == [GapOpened(NOW, "unavailable", "@acme")]
        missed = w.say("@acme, are you there?")
        w.clock.wait(60)
        reading.until(lambda: reading.ids() == [missed])
        reading.until(lambda: len(reading.of(GapClosed)) == 2)
        assert reading.of(GapClosed)[-1] == GapClosed(NOW + timedelta(seconds=121), repaired=True, part="@acme")


def test_more_mentions_than_a_timeline_goes_back_are_a_gap_that_stays() -> None:
    with world() as w, Reading(w.source(BRAND, pace=POLLED, **OWN)) as reading:
        w.listened()
        started(w, reading)
        for number in range(801):
            w.say(f"@acme {number}")
        w.clock.wait(60)
        reading.until(lambda: len(reading.of(GapClosed)) == 2)
        assert len(reading.ids()) == 800
        assert reading.of(GapOpened)[-1].cause == "limited"
        assert not reading.of(GapClosed)[-1].repaired


def test_what_a_restart_has_missed_for_good_is_a_gap_from_the_last_mention_that_was_read() -> None:
    left = NOW - timedelta(days=2)
    with world() as w:
        for number in range(801):
            w.say(f"@acme {number}")
        cursor = cursor_text(Cursor(own={"acme": id_at(left)}))
        with Reading(w.source(BRAND, pace=POLLED, **OWN), cursor) as reading:
            reading.until(lambda: any(closed.part for closed in reading.of(GapClosed)))
        (opened,) = [gap for gap in reading.of(GapOpened) if gap.part]
        assert opened == GapOpened(left, "limited", "@acme")
        assert len(reading.ids()) == 800


class Quiet(Client):
    """Nobody has said anything; then nobody answers."""

    def __init__(self) -> None:
        super().__init__("any", "http://127.0.0.1:1")
        self._answers = iter([b'{"meta": {"result_count": 0}}'])

    def mentions(self, user_id: str, since_id: str, token: str | None) -> bytes:
        if (answer := next(self._answers, None)) is None:
            raise Lost("disconnected")
        return answer


def test_what_comes_while_an_answer_is_being_published_may_be_missed() -> None:
    clock = FakeClock(NOW)
    timeline = Timeline(Quiet(), "acme", "1", id_at(NOW), clock, every_s=60)
    for event in timeline.poll():
        if isinstance(event, GapClosed):
            assert event.until == NOW
        clock.advance(30)
    assert list(timeline.poll()) == [GapOpened(NOW, "disconnected", "@acme")]


def test_an_account_that_there_is_not_ends_the_source_and_says_so() -> None:
    watches = (Watch("brand", "brand", "@nobody OR acme"),)
    with world() as w, Reading(w.source(watches, own=("nobody",), own_mentions=True)) as reading:
        reading.until(reading.ended)
    assert isinstance(reading.error, Misused)
    assert "X knows no account nobody" in str(reading.error)


@pytest.mark.parametrize(("own", "own_mentions"), [((), False), (("acme",), False), (("other",), True)])
def test_a_timeline_that_nobody_asked_for_or_no_watch_names_is_not_read(
    own: tuple[str, ...], own_mentions: bool
) -> None:
    with world() as w, Reading(w.source(BRAND, own=own, own_mentions=own_mentions)) as reading:
        post = w.say_once_heard("hello @acme")
        reading.until(lambda: reading.ids() == [post])
        assert w.x.accounts == {}
