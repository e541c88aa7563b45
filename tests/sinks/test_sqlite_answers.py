"""What is kept of the full-text index's answers is what it would answer now, to whoever asks, whatever was written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.records import NOON, at, record, tombstone
from interleaved import KINDS, READERS, interleave, small_blocks
from veille.errors import Unavailable
from veille.query import Use, parse
from veille.query.plan import plan_sqlite
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink, bounded, columns
from veille.sinks.sqlite.answers import Answers
from veille.sinks.sqlite.found import Finder
from veille.sinks.sqlite.shared import Reading, Shared
from veille.sinks.sqlite.tables import connect_reader
from veille.story import Membership

NAMES = [f"x:{number}" for number in range(6)]
TEXTS = ("acme kettle", "acme pot", "tea in an acme pot", "kettle and tea", "nothing of it")
QUERIES = [
    plan_sqlite(parse(query, Use.SEARCH).tree)
    for query in (
        "kettle",
        "kettle OR pot",
        "acme -kettle",
        '"acme kettle" OR "acme pot"',
        '"kettle tea"~2',
        "kettle story:s1",
        "story:s1 OR story:s2",
        "-tea sentiment:neutral",
    )
]
ROOM, NO_ROOM = 1 << 20, 2_500


class Step(NamedTuple):
    """What happens, to which mention, or to which reader; of which text, or by which query."""

    kind: str
    name: str
    number: int
    reader: int
    """Or the story that a mention joins."""


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(KINDS),
        st.sampled_from(NAMES),
        st.integers(0, len(QUERIES) - 1),
        st.integers(0, READERS - 1),
    ),
    max_size=40,
)

WRITE, OTHER, LOOK = Step("write", "x:0", 0, 0), Step("write", "x:1", 1, 0), Step("look", "", 1, 0)
AN_OLDER_SNAPSHOT = [WRITE, OTHER, Step("begin", "", 0, 1), Step("delete", "x:0", 0, 0), LOOK, Step("look", "", 1, 1)]
"""Who began before a delete sees what went since."""
EDITED = [WRITE, LOOK, Step("write", "x:0", 4, 0), LOOK, WRITE, LOOK]
JOINED = [WRITE, Step("look", "", 5, 0), Step("join", "x:0", 0, 1), Step("look", "", 5, 0)]
"""A story comes without a change."""
HIDDEN_AND_BACK = [WRITE, LOOK, Step("hide", "x:0", 0, 0), LOOK, WRITE, LOOK]
LET_GO = [WRITE, OTHER, LOOK, WRITE, OTHER, WRITE, OTHER, Step("scrub", "", 0, 0), LOOK]
"""Blocks of which nothing is shown any more."""


def written(name: str, instant: int, text: int, visibility: str | None = None) -> Record:
    more = {} if visibility is None else {"visibility": visibility}
    return record(name, at(instant), TEXTS[text % len(TEXTS)], created_at=NOON + timedelta(seconds=instant), **more)


def change(sink: SqliteSink, step: Step, instant: int) -> None:
    kind, name, text, story = step
    if kind == "delete":
        sink.write([tombstone(name, instant)])
    elif kind == "join":
        sink.join([Membership(doc_id=name, story=f"s{story}", version="0")])
    elif kind == "scrub":
        sink.scrub()
    else:
        sink.write([written(name, instant, text, "hidden" if kind == "hide" else None)])


def found(connection: Reading, shared: Shared | None, query: int, last: int) -> list[list[int]]:
    """Ids that a query finds, of all times and of some."""
    connection.shared = shared
    finder = Finder(connection)
    times = ((None, None), (last // 2, None), (last // 3, last // 2), (0, last // 3))
    spans = [[None if each is None else NOON + timedelta(seconds=each) for each in span] for span in times]
    masks = [finder.find(QUERIES[query], finder.in_time(*span)) for span in reversed(spans)]
    return [finder.columns.ids(np.flatnonzero(mask)).tolist() for mask in masks]


def reader(path: Path, shared: Shared) -> Reading:
    connection = connect_reader(path, shared)
    assert isinstance(connection, Reading)
    return connection


@settings(max_examples=20, deadline=None)
@given(steps, st.integers(1, 4), st.sampled_from([ROOM, NO_ROOM]))
@example(AN_OLDER_SNAPSHOT, 2, ROOM)
@example(EDITED, 1, ROOM)
@example(JOINED, 2, ROOM)
@example(HIDDEN_AND_BACK, 3, ROOM)
@example(LET_GO, 1, ROOM)
def test_what_is_kept_is_what_the_index_says(done: list[Step], bits: int, room: int) -> None:
    shared = Shared()
    shared.answers = Answers(room)

    def look(connection: Reading, step: Step, instant: int) -> None:
        assert found(connection, shared, step.number, instant) == found(connection, None, step.number, instant)
        assert shared.answers.size <= room

    with small_blocks(bits):
        interleave(done, lambda path: reader(path, shared), change, look)


def look_on(path: Path, shared: Shared, last: str, begun: Barrier) -> list[tuple[int, int]]:
    """Until the last mention is there: how many a word finds, and how many rows have it."""
    looks, there = list[tuple[int, int]](), False
    with closing(reader(path, shared)) as connection:
        while not there:
            connection.execute("BEGIN")
            finder = Finder(connection)
            ((held, there),) = connection.execute(
                "SELECT coalesce(sum(mention LIKE '%kettle%'), 0), coalesce(max(doc_id = ?), 0) "
                "FROM documents WHERE deleted = 0",
                (last,),
            ).fetchall()
            looks.append((int(np.count_nonzero(finder.find(QUERIES[0]))), held))
            connection.execute("ROLLBACK")
            if len(looks) == 1:
                begun.wait(60)
    return looks


def test_threads_that_ask_the_same_agree_with_the_rows_while_others_write(tmp_path: Path) -> None:
    path, shared, begun = tmp_path / "a.db", Shared(), Barrier(5)
    with small_blocks(4), closing(SqliteSink(path)) as sink, ThreadPoolExecutor(4) as threads:
        sink.open()
        looking = [threads.submit(look_on, path, shared, "x:89", begun) for _ in range(4)]
        begun.wait(60)
        for number in range(90):
            gone = [tombstone(f"x:{number - 20}", number)] if number % 3 == 0 and number > 20 else []
            edited = [written(f"x:{number - 9}", number, number)] if number % 4 == 0 and number > 20 else []
            sink.write([written(f"x:{number}", number, number), *gone, *edited])
        looks = [each.result(timeout=60) for each in looking]
    assert all(counted == held for one in looks for counted, held in one)
    assert all(one[0][1] < 10 < one[-1][1] for one in looks)


def asked(connection: Reading, query: int) -> list[str]:
    """What the index is asked for a query."""
    read: list[str] = []
    connection.execute("BEGIN")
    connection.set_trace_callback(read.append)
    finder = Finder(connection)
    finder.find(QUERIES[query])
    connection.set_trace_callback(None)
    connection.execute("ROLLBACK")
    return [each.partition("BETWEEN ")[2] for each in read if "MATCH" in each]


def test_the_index_is_asked_once_and_then_for_what_came_since(tmp_path: Path) -> None:
    path, shared = tmp_path / "a.db", Shared()
    with closing(SqliteSink(path)) as sink:
        sink.open()
        sink.write([written(name, 1, number) for number, name in enumerate(NAMES)])
        one, other = reader(path, shared), reader(path, shared)
        last = columns.BLOCK - 1
        assert asked(one, 0) == [f"0 AND {last}"]
        assert asked(other, 0) == []
        sink.write([written("x:9", 2, 0), tombstone("x:1", 2)])
        assert asked(other, 0) == [f"7 AND {last}"]
        assert asked(one, 0) == []
        one.close()
        other.close()


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path) -> None:
    path, shared = tmp_path / "a.db", Shared()
    shared.answers = Answers(NO_ROOM)
    with closing(SqliteSink(path)) as sink:
        sink.open()
        sink.write([written(name, 1, number) for number, name in enumerate(NAMES)])
    with closing(reader(path, shared)) as connection:
        for query in (0, 1, 2, 0):
            assert asked(connection, query)
            assert 0 < shared.answers.size <= NO_ROOM
        assert not asked(connection, 0)


def test_what_broke_off_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.db"
    with closing(SqliteSink(path)) as sink, closing(SqliteArchive(path)) as archive:
        sink.open()
        sink.write([written(f"x:{number}", 1, 0) for number in range(200)])
        query = parse("kettle", Use.SEARCH).tree
        monkeypatch.setattr(bounded, "LONGEST_S", -1.0)
        monkeypatch.setattr(bounded, "STEPS", 1)
        with pytest.raises(Unavailable):
            archive.count(query)
        monkeypatch.undo()
        assert archive.count(query) == 200
