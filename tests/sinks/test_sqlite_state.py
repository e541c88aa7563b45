"""The state of the embedded run outlives it, beside the mentions and in the same file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.records import NOON, record
from veille.sinks.sqlite import DeadLetter, SqliteArchive, SqliteSink, SqliteState
from veille.sinks.sqlite.state import DEAD_FOR, ORDERS_FOR


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "veille.db"


@pytest.fixture
def state(path: Path) -> Iterator[SqliteState]:
    opened = SqliteState(path)
    yield opened
    opened.close()


def test_cursors_are_replaced_and_are_there_after_a_restart(state: SqliteState, path: Path) -> None:
    assert state.cursors() == {}
    state.save_cursor("x", '{"cursor": 1}', NOON)
    state.save_cursor("bluesky", "17", NOON)
    state.save_cursor("x", "é", NOON)
    state.close()
    again = SqliteState(path)
    assert again.cursors() == {"x": "é", "bluesky": "17"}
    again.close()


def test_gaps_stay_in_order_and_are_closed_in_place(state: SqliteState) -> None:
    state.save_gap("b", b"open \xff")
    state.save_gap("a", b"open")
    state.save_gap("b", b"closed")
    assert list(state.gaps().items()) == [("b", b"closed"), ("a", b"open")]


def test_dead_letters_keep_bytes_and_headers(state: SqliteState) -> None:
    headers = [("reason", b"not_json"), ("detail", b"\xff\0"), ("reason", b"twice")]
    first = state.add_dead(None, b"\0\xff", headers, NOON)
    second = state.add_dead(b"key", b"", [], NOON)
    assert state.dead() == [
        DeadLetter(first, None, b"\0\xff", headers, NOON),
        DeadLetter(second, b"key", b"", [], NOON),
    ]
    assert [letter.id for letter in state.dead(limit=1)] == [first]
    assert [letter.id for letter in state.dead(after=first)] == [second]
    state.remove_dead([first])
    assert [letter.id for letter in state.dead()] == [second]


def test_dead_letters_and_orders_past_their_time_go_and_are_scrubbed(state: SqliteState) -> None:
    state.add_dead(b"old", b"1", [], NOON)
    kept = state.add_dead(b"kept", b"2", [], NOON + timedelta(seconds=1))
    state.save_order(b"x:7", b"old", NOON)
    state.save_order(b"x:8", b"kept", NOON + timedelta(seconds=1))
    state.expire(NOON + DEAD_FOR)
    assert (len(state.dead()), len(state.orders()), state.get("dirty")) == (2, 2, None)
    state.expire(NOON + DEAD_FOR + timedelta(seconds=1))
    assert [letter.id for letter in state.dead()] == [kept]
    assert state.get("dirty")
    state.expire(NOON + ORDERS_FOR + timedelta(seconds=1))
    assert state.orders() == [(b"x:8", b"kept")]


def test_named_values_are_anything_that_json_holds(state: SqliteState) -> None:
    assert state.get("windows") is None
    state.set("windows", {"since": [1, None, "é"]})
    state.set("windows", {"since": 2})
    assert state.get("windows") == {"since": 2}


def test_state_and_mentions_are_written_in_turns(state: SqliteState, path: Path) -> None:
    sink, archive = SqliteSink(path), SqliteArchive(path)
    sink.open()
    for number in range(20):
        sink.write([record(f"file:{number}")])
        state.save_cursor("files", str(number), NOON)
    assert (archive.count(None), state.cursors()) == (20, {"files": "19"})
    archive.close()
    sink.close()
