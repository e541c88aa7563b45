"""Connections of one process share what they keep of the columns: each sees its own snapshot all the same."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import NamedTuple

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.records import NOON, at, record, tombstone
from interleaved import KINDS, READERS, interleave, small_blocks
from veille.mention import Enriched, Enrichment, Sentiment, SentimentLabel
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteSink, columns
from veille.sinks.sqlite.columns import Columns
from veille.sinks.sqlite.shared import Shared
from veille.sinks.sqlite.shared import columns as shared_columns
from veille.sinks.sqlite.tables import connect_reader
from veille.story import Membership

NAMES = [f"x:{number}" for number in range(6)]
LABELS: tuple[SentimentLabel, ...] = ("negative", "neutral", "positive", "unsure")


class Step(NamedTuple):
    """What happens, to which mention, or to which reader."""

    kind: str
    name: str
    reader: int


steps = st.lists(
    st.builds(Step, st.sampled_from(KINDS), st.sampled_from(NAMES), st.integers(0, READERS - 1)), max_size=30
)

WRITE, OTHER, SCRUB = Step("write", "x:0", 0), Step("write", "x:1", 0), Step("scrub", "", 0)
LOOK, BEGIN, LOOK_BESIDE = Step("look", "", 0), Step("begin", "", 1), Step("look", "", 1)
ANOTHERS_SNAPSHOT = [WRITE, LOOK, BEGIN, LOOK_BESIDE, WRITE, LOOK_BESIDE]
"""What the first reader's connection would read later is not what the second one sees."""
BLOCK_GONE = [WRITE, LOOK, WRITE, WRITE, SCRUB, LOOK]
"""Nothing of the first block is shown any more, and it was let go of."""
UNMARKED_BLOCK_GONE = [WRITE, OTHER, LOOK, WRITE, OTHER, WRITE, OTHER, SCRUB, LOOK]
"""Nobody looked between the first mention that was taken out of a block and its end."""
GONE_AND_BACK = [WRITE, OTHER, LOOK, Step("delete", "x:0", 0), WRITE, LOOK]
"""What came back is told as if it were new."""
CHANGED_AGAIN = [WRITE, OTHER, WRITE, OTHER, LOOK, WRITE, LOOK]


def written(name: str, version: int, number: int, visibility: str | None = None) -> Record:
    found = Enrichment(sentiment=Sentiment(LABELS[number % 4], number / 8), enriched=Enriched(1, NOON))
    more = {} if visibility is None else {"visibility": visibility}
    return record(name, version, found=found, created_at=NOON + timedelta(seconds=number), **more)


def change(sink: SqliteSink, step: Step, instant: int) -> None:
    kind, name, _ = step
    if kind == "delete":
        sink.write([tombstone(name, instant)])
    elif kind == "join":
        sink.join([Membership(doc_id=name, story=f"s{instant}", version="0")])
    elif kind == "scrub":
        sink.scrub()
    else:
        sink.write([written(name, at(instant), instant % 7, "hidden" if kind == "hide" else None)])


def seen(found: Columns) -> list[object]:
    """All that the columns say of what is shown: kept, read later, and looked for by number."""
    shown = np.flatnonzero(found.all())
    ids = found.ids(shown)
    numbers = [found.dense(name)[shown].tolist() for name in ("shown", "created", "born", "score")]
    created = found.dense("created")
    moments = [0, 1 << 62, *created[shown].tolist()]
    spans = [(first, end) for first in moments for end in (*moments, *(each + 1 for each in moments))]
    between = [found.ids(np.flatnonzero(found.between(*span))).tolist() for span in spans]
    assert between == [ids[(created[shown] >= first) & (created[shown] < end)].tolist() for first, end in spans]
    entries = sorted(zip(*(each.tolist() for each in found.entries("story", found.all())), strict=True))
    stories = [(int(found.ids(np.array([place]))[0]), value) for place, value in entries]
    return [ids.tolist(), numbers, between, stories, found.ids(found.places(ids)).tolist()]


@settings(max_examples=15, deadline=None)
@given(steps, st.integers(1, 3))
@example(ANOTHERS_SNAPSHOT, 2)
@example(BLOCK_GONE, 1)
@example(UNMARKED_BLOCK_GONE, 1)
@example(GONE_AND_BACK, 1)
@example(CHANGED_AGAIN, 1)
def test_every_connection_sees_its_own_snapshot(done: list[Step], bits: int) -> None:
    shared = Shared()

    def look(connection: sqlite3.Connection, _step: Step, _instant: int) -> None:
        assert seen(shared_columns(connection)) == seen(Columns(connection))

    with small_blocks(bits):
        interleave(done, lambda path: connect_reader(path, shared), change, look)


def look_on(path: Path, shared: Shared, last: str, begun: Barrier) -> list[tuple[int, int, int]]:
    """Until the last mention is there: how many the columns show, how many the rows, and how many the day has."""
    looks, there = list[tuple[int, int, int]](), False
    with closing(connect_reader(path, shared)) as connection:
        while not there:
            connection.execute("BEGIN")
            found = shared_columns(connection)
            ((held, there),) = connection.execute(
                "SELECT count(*), coalesce(max(doc_id = ?), 0) FROM documents WHERE deleted = 0", (last,)
            ).fetchall()
            day = int(np.count_nonzero(found.between(0, 1 << 62)))
            looks.append((int(np.count_nonzero(found.all())), held, day))
            connection.execute("ROLLBACK")
            if len(looks) == 1:
                begun.wait(60)
    return looks


def test_readers_in_threads_agree_with_the_rows_while_others_write(tmp_path: Path) -> None:
    path, shared, begun = tmp_path / "a.db", Shared(), Barrier(5)
    with small_blocks(4), closing(SqliteSink(path)) as sink, ThreadPoolExecutor(4) as threads:
        sink.open()
        looking = [threads.submit(look_on, path, shared, "x:89", begun) for _ in range(4)]
        begun.wait(60)
        for number in range(90):
            gone = [tombstone(f"x:{number - 20}", number)] if number % 3 == 0 and number > 20 else []
            sink.write([written(f"x:{number}", at(number), number), *gone])
        looks = [each.result(timeout=60) for each in looking]
    assert all(shown == held == day for one in looks for shown, held, day in one)
    assert all(one[0][1] < one[-1][1] for one in looks)


def test_what_was_not_written_is_not_read_again(tmp_path: Path) -> None:
    path, shared = tmp_path / "a.db", Shared()
    with closing(SqliteSink(path)) as sink:
        sink.open()
        sink.write([written("x:1", at(1), 1)])
        read: list[str] = []
        readers = [connect_reader(path, shared) for _ in range(2)]
        readers[0].execute("BEGIN")
        shared_columns(readers[0])
        sink.join([Membership(doc_id="x:1", story="s1", version="0")])
        readers[1].execute("BEGIN")
        readers[1].set_trace_callback(read.append)
        assert shared_columns(readers[1]).dense("created").tolist().count(0) == columns.BLOCK - 1
        assert [each for each in read if "packed" in each] == []
        for each in readers:
            each.close()
