"""A gap keeps its name from opening to close, and several may be open at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from veille.clock import FakeClock
from veille.producers.buffer import Buffer
from veille.producers.gaps import OVERFLOW, Gaps
from veille.producers.source import Event, GapClosed, GapOpened, Skipped

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def test_each_part_of_a_source_has_gaps_of_its_own() -> None:
    gaps = Gaps("mastodon")
    (first,) = gaps.begin(NOW, "limited", "a.example")
    (second,) = gaps.begin(NOW, "limited", "b.example")
    assert first.id != second.id
    (closed,) = gaps.end(LATER, repaired=True, part="a.example", lacking="replies")
    assert (closed.id, closed.part, closed.until, closed.lacking) == (first.id, "a.example", LATER, "replies")
    assert gaps.open == (second,)
    assert gaps.end(LATER, repaired=True) == []


def test_a_gap_that_is_opened_again_is_the_same_one() -> None:
    before = Gaps("x")
    opened = before.begin(NOW, "stopped")
    after = Gaps("x", before.open)
    assert after.begin(NOW, "stopped") == opened
    assert after.reading(LATER) == []
    assert [gap.repaired for gap in after.end(LATER, repaired=True)] == [True]


def test_a_post_closes_what_an_earlier_process_left_open_but_not_what_it_left_in_a_part() -> None:
    before = Gaps("mastodon")
    before.begin(NOW, "disconnected")
    before.begin(NOW, OVERFLOW)
    before.begin(NOW, "limited", "a.example")
    after = Gaps("mastodon", before.open)
    assert sorted(gap.cause for gap in after.reading(LATER)) == ["disconnected", OVERFLOW]
    assert [gap.part for gap in after.end(LATER, repaired=False, part="a.example")] == ["a.example"]
    assert after.open == ()


def test_an_overflow_that_was_left_open_is_not_closed_by_the_end_of_another_gap() -> None:
    before = Gaps("x")
    before.begin(NOW, OVERFLOW)
    after = Gaps("x", before.open)
    after.begin(NOW, "stopped")
    assert [gap.cause for gap in after.end(LATER, repaired=True)] == ["stopped"]
    assert [gap.cause for gap in after.reading(LATER)] == [OVERFLOW]


def test_word_of_a_gap_is_not_lost_in_a_queue_that_runs_over() -> None:
    buffer = Buffer(can_wait=False, clock=FakeClock(NOW), records=2)
    said: list[Event] = [GapOpened(NOW, "stalled"), GapClosed(LATER, repaired=False)]
    events: list[Event] = [*[Skipped("not_a_post")] * 4, *said]
    for event in events:
        buffer.put(event)
    assert [event for event in buffer.take(10, 0) if isinstance(event, GapOpened | GapClosed)] == said
