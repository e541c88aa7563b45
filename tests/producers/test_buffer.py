"""The queue between reading and publishing: bounded, and what it cannot take is a gap with a number."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from veille.clock import FakeClock
from veille.producers.buffer import Buffer, Overflow
from veille.producers.source import Broken, Event, Skipped

LIMIT = 10


def stream(size: int = 1 << 20) -> Buffer:
    return Buffer(can_wait=False, clock=FakeClock(), records=LIMIT, size=size)


def skipped(number: int) -> Event:
    return Skipped("not_a_post", cursor=str(number))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=30))
def test_what_comes_out_and_what_is_missed_is_what_went_in(turns: list[tuple[int, int]]) -> None:
    buffer = stream()
    number, out = 0, []
    for put, take in turns:
        for _ in range(put):
            buffer.put(skipped(number))
            number += 1
        out += buffer.take(take, 0) if take else []
    buffer.finish()
    while not buffer.drained:
        out += buffer.take(100, 0)
    events = [event for event in out if isinstance(event, Skipped)]
    overflows = [event for event in out if isinstance(event, Overflow)]
    assert len(events) + sum(each.missed for each in overflows) == number
    assert [int(event.cursor or "") for event in events] == sorted(int(event.cursor or "") for event in events)
    assert [each.until is None for each in overflows] == [True, False] * (len(overflows) // 2)


def test_a_full_stream_loses_until_the_queue_is_half_empty() -> None:
    buffer = stream()
    for number in range(LIMIT + 5):
        buffer.put(skipped(number))
    taken = buffer.take(2, 0)
    buffer.put(skipped(100))
    taken += buffer.take(4, 0)
    buffer.put(skipped(101))
    taken += buffer.take(100, 0)
    numbers = [int(event.cursor or "") for event in taken if isinstance(event, Skipped)]
    assert numbers == [*range(LIMIT), 101]
    assert [each.missed for each in taken if isinstance(each, Overflow)] == [0, 6]


def test_few_large_records_fill_it_too() -> None:
    buffer = stream(size=1000)
    for _ in range(3):
        buffer.put(Broken(b"x" * 600, "not_json"))
    assert [type(event) for event in buffer.take(100, 0)] == [Broken, Broken, Overflow]


def test_a_reader_that_can_wait_is_held_until_there_is_room_and_let_go_at_the_end() -> None:
    buffer = Buffer(can_wait=True, clock=FakeClock(), records=1)
    buffer.put(skipped(0))
    answers: list[bool] = []
    reader = threading.Thread(target=lambda: answers.extend(buffer.put(skipped(n)) for n in (1, 2, 3)))
    reader.start()
    taken = [*buffer.take(1, 10), *buffer.take(1, 10)]
    buffer.close()
    reader.join(10)
    assert not reader.is_alive()
    assert [event.cursor for event in taken if isinstance(event, Skipped)] == ["0", "1"]
    assert (answers[0], answers[-1]) == (True, False)
