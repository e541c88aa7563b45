"""What the file of the SQLite archive promises: no byte of what was deleted, whole batches, readers that never wait."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contracts.records import NOON, at, record, tombstone
from overheard import Overheard
from veille.clock import FakeClock
from veille.errors import Corrupt, Misused, Unavailable
from veille.query import Use, parse
from veille.sinks.sink import Outcome
from veille.sinks.sqlite import SqliteArchive, SqliteSink, SqliteState, archive, tables

MINUTE = 60.0
PROMISE_S = 15 * MINUTE
SECRET = ("quixotic7f3a9c", "zanzibar81be42", "obelisk5cd077")
"""Words that stand nowhere else; the index stores a word without what it shares with its neighbour."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "veille.db"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sink(path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteSink]:
    monkeypatch.setattr(tables, "BUSY_MS", 50)  # what is in the way is so on purpose, and does not go by waiting
    opened = SqliteSink(path, clock)
    opened.open()
    yield opened
    opened.close()


def traces(path: Path) -> list[str]:
    """Where bytes of the secret words are: the file, its log, its shared memory, all that lies beside it."""
    parts = [word[4:].encode() for word in SECRET]
    return [file.name for file in path.parent.iterdir() if any(part in file.read_bytes() for part in parts)]


def in_index(path: Path) -> list[str]:
    """Tables of the full-text index that hold bytes of the secret words."""
    parts = [word[4:].encode() for word in SECRET]
    with sqlite3.connect(path) as connection:
        shadows = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'words_%'")]
        found = []
        for table in shadows:
            cells = (cell for row in connection.execute(f"SELECT * FROM {table}") for cell in row)
            raw = [cell.encode() if isinstance(cell, str) else cell for cell in cells if isinstance(cell, str | bytes)]
            if any(part in cell for cell in raw for part in parts):
                found.append(table)
    connection.close()
    return found


def fill(sink: SqliteSink, secret: bool = True) -> None:
    """Enough batches that the index has several segments, and the secret in the middle of them."""
    for batch in range(12):
        text = " ".join(SECRET) if secret and batch == 5 else "acme kettle"
        rows = [record(f"file:{batch}-{number}", text=f"{text} {batch} {number}") for number in range(50)]
        sink.write(rows)


def tend_every_minute(sink: SqliteSink, clock: FakeClock, seconds: float) -> None:
    for _ in range(int(seconds / MINUTE)):
        clock.advance(MINUTE)
        sink.tend()


@pytest.mark.parametrize("way", ["deleted", "edited"])
def test_after_fifteen_minutes_no_byte_of_it_is_left(sink: SqliteSink, path: Path, clock: FakeClock, way: str) -> None:
    fill(sink)
    assert "veille.db-wal" in traces(path)
    assert set(in_index(path)) == {"words_content", "words_data"}
    gone = [
        tombstone(f"file:5-{number}") if way == "deleted" else record(f"file:5-{number}", at(2), "acme")
        for number in range(50)
    ]
    sink.write(gone)
    tend_every_minute(sink, clock, PROMISE_S)
    assert in_index(path) == []
    assert traces(path) == []
    assert SqliteArchive(path).count(parse("acme", Use.SEARCH).tree) == (550 if way == "deleted" else 600)


def test_tending_is_no_work_until_it_is_due(sink: SqliteSink, path: Path, clock: FakeClock) -> None:
    fill(sink)
    log = path.with_name("veille.db-wal")
    before = log.read_bytes()
    tend_every_minute(sink, clock, PROMISE_S)
    assert log.read_bytes() == before
    sink.write([tombstone("file:5-1")])
    sink.tend()
    assert log.stat().st_size >= len(before)


def test_deletes_that_never_cease_do_not_put_it_off(sink: SqliteSink, path: Path, clock: FakeClock) -> None:
    fill(sink)
    sink.write([tombstone(f"file:5-{number}") for number in range(50)])
    for minute in range(15):
        sink.write([tombstone(f"file:4-{minute}")])
        tend_every_minute(sink, clock, MINUTE)
    assert traces(path) == []


def test_between_its_steps_others_write_and_what_goes_meanwhile_goes_too(
    sink: SqliteSink, path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veille.sinks.sqlite.sink.MERGED_PAGES", 1)
    for batch in range(12):
        words = [" ".join(f"w{batch}x{number}x{place}" for place in range(30)) for number in range(100)]
        sink.write([record(f"file:{batch}-{number}", text=f"acme {text}") for number, text in enumerate(words)])
    sink.write([record("x:secret", text=" ".join(SECRET)), record("x:2", text=f"acme {SECRET[0]}")])
    sink.write([tombstone("x:secret")])
    clock.advance(6 * MINUTE)
    steps = 0
    while sink.tend():
        steps += 1
        sink.write([record(f"x:new{steps}", text="acme kettle")])
        if steps == 2:
            sink.write([tombstone("x:2")])
    assert steps > 3
    assert traces(path) != []
    for _ in range(7):
        clock.advance(MINUTE)
        while sink.tend():
            pass
    assert traces(path) == []
    assert SqliteArchive(path).count(parse("acme", Use.SEARCH).tree) == 1200 + steps


def test_a_reader_in_the_way_delays_it_only_as_long_as_it_reads(sink: SqliteSink, path: Path, clock: FakeClock) -> None:
    fill(sink)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM documents").fetchone()
    sink.write([tombstone(f"file:5-{number}") for number in range(50)])
    tend_every_minute(sink, clock, 10 * MINUTE)
    assert traces(path) != []
    reader.execute("COMMIT")
    reader.close()
    tend_every_minute(sink, clock, MINUTE)
    assert traces(path) == []


def test_a_reader_that_is_in_the_way_for_long_is_told_of(
    sink: SqliteSink, path: Path, clock: FakeClock, overheard: Overheard
) -> None:
    sink.write([record("x:1")])
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM documents").fetchone()
    sink.write([tombstone("x:1")])
    told = []
    for _ in range(30):
        clock.advance(MINUTE)
        sink.tend()
        told.append(overheard.text.count("holds what was deleted"))
    reader.execute("COMMIT")
    reader.close()
    assert (told[8], told[15], told[-1]) == (0, 1, 2)


def test_a_process_that_was_killed_before_it_was_due_leaves_it_to_the_next(path: Path, clock: FakeClock) -> None:
    child = subprocess.run([sys.executable, "-c", DELETED_THEN_KILLED, str(path)], env=ENVIRONMENT, check=False)
    assert child.returncode == -signal.SIGKILL
    assert traces(path) != []
    with_next = SqliteSink(path, clock)
    with_next.open()
    assert traces(path) == []
    with_next.close()


def test_closing_in_good_order_leaves_nothing(path: Path) -> None:
    sink = SqliteSink(path)
    sink.open()
    fill(sink)
    sink.write([tombstone(f"file:5-{number}") for number in range(50)])
    sink.close()
    assert traces(path) == []


ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}

DELETED_THEN_KILLED = f"""
import os, signal, sys
from pathlib import Path
from contracts.records import record, tombstone
from veille.sinks.sqlite import SqliteSink
sink = SqliteSink(Path(sys.argv[1]))
sink.open()
sink.write([record("file:1", text={" ".join(SECRET)!r}), record("file:2")])
sink.write([tombstone("file:1")])
os.kill(os.getpid(), signal.SIGKILL)
"""

WRITES_FOR_EVER = """
import sys
from pathlib import Path
from contracts.records import record
from veille.sinks.sqlite import SqliteSink
sink = SqliteSink(Path(sys.argv[1]))
sink.open()
batch = 0
while True:
    sink.write([record(f"file:{batch}-{number}", text=f"acme {number}") for number in range(20)])
    print(batch, flush=True)
    batch += 1
"""


@pytest.mark.parametrize("after", [3, 17, 40])
def test_a_kill_in_mid_write_leaves_whole_batches(path: Path, after: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_FOR_EVER, str(path)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) == after:
                child.kill()
                break
    sink, archive = SqliteSink(path), SqliteArchive(path)
    sink.open()
    held = {doc_id for doc_id, _, _ in archive.versions()}
    batches = {doc_id.partition("-")[0] for doc_id in held}
    assert len(held) == 20 * len(batches) >= 20 * (after + 1)
    assert archive.count(parse("acme", Use.SEARCH).tree) == len(held)
    assert sink.write([record("file:0-0"), record("file:new")])[0].outcome is Outcome.REPEATED
    archive.close()
    sink.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    connection.close()


def test_a_reader_neither_waits_for_the_writer_nor_sees_half_a_batch(sink: SqliteSink, path: Path) -> None:
    sink.write([record("file:0")])
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM documents")
    archive = SqliteArchive(path)
    assert archive.count(None) == 1
    assert len(archive.search(parse("acme", Use.SEARCH).tree).hits) == 1
    writer.execute("ROLLBACK")
    writer.close()
    archive.close()


def test_many_threads_read_while_batches_go_in(sink: SqliteSink, path: Path) -> None:
    sink.write([record("file:first")])
    begun = threading.Barrier(5)

    def read() -> list[int]:
        counts = [held.count(None)]
        begun.wait(60)
        while counts[-1] < 201:
            counts.append(held.count(None))
        return counts

    with closing(SqliteArchive(path)) as held, ThreadPoolExecutor(4) as threads:
        reading = [threads.submit(read) for _ in range(4)]
        begun.wait(60)
        for batch in range(20):
            sink.write([record(f"file:{batch}-{number}") for number in range(10)])
        for counts in [each.result(60) for each in reading]:
            assert counts == sorted(counts)
            assert {count % 10 for count in counts} == {1}


def test_a_file_that_another_writes_to_is_unavailable_and_nothing_is_lost(sink: SqliteSink, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        sink.write([record("file:1")])
    other.execute("ROLLBACK")
    other.close()
    assert sink.write([record("file:1")])[0].outcome is Outcome.APPLIED


def test_a_disk_that_is_full_is_unavailable_and_nothing_of_the_batch_is_in(sink: SqliteSink, path: Path) -> None:
    sink.write([record("file:0")])
    writer = sink._connection  # SQLite lets only the connection itself be given a small disk
    assert writer is not None
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages + 2}")
    rows = [record(f"file:{number}", text="acme " * 900) for number in range(1, 30)]
    with pytest.raises(Unavailable, match="full"):
        sink.write(rows)
    archive = SqliteArchive(path)
    assert [doc_id for doc_id, _, _ in archive.versions()] == ["file:0"]
    writer.execute("PRAGMA max_page_count = 1000000")
    assert {verdict.outcome for verdict in sink.write(rows)} == {Outcome.APPLIED}
    assert archive.count(None) == 30
    archive.close()


@pytest.mark.parametrize("content", [b"no database at all, but long enough for a header" * 40, None])
def test_a_file_that_is_no_archive_is_misused(path: Path, content: bytes | None) -> None:
    if content is None:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE theirs (id INTEGER)")
        connection.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    for use in (SqliteSink(path).open, lambda: SqliteArchive(path).count(None), lambda: SqliteState(path)):
        with pytest.raises(Misused, match="is no archive of veille"):
            use()
    assert path.read_bytes() == before


def test_an_archive_of_another_schema_is_misused(sink: SqliteSink, path: Path) -> None:
    sink.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {tables.SCHEMA + 1}")
    connection.close()
    with pytest.raises(Misused, match="install the newer veille"):
        SqliteSink(path).open()


def test_a_damaged_file_is_corrupt(sink: SqliteSink, path: Path) -> None:
    fill(sink)
    sink.close()
    raw = bytearray(path.read_bytes())
    raw[4096 * 2 :] = b"\xa5" * (len(raw) - 4096 * 2)
    path.write_bytes(raw)
    with pytest.raises(Corrupt, match="is damaged"):
        SqliteArchive(path).search(parse("acme", Use.SEARCH).tree)


def test_before_there_is_an_archive_reading_is_unavailable(path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no archive"):
        SqliteArchive(path).count(None)
    assert not path.exists()


def test_while_it_is_being_made_reading_is_unavailable_and_nothing_worse(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str] = []
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def look() -> tuple[object, ...]:
        with closing(SqliteArchive(path)) as held:
            return held.count(None), held.alerts(), held.visits(["none"]), held.actions("alert", "none")

    class Watched(tables.Writing):
        def execute(self, *statement: Any) -> sqlite3.Cursor:
            try:
                look()
            except Unavailable as error:
                met.append(str(error))
            return super().execute(*statement)

    def connected(file: object, **options: Any) -> sqlite3.Connection:
        return connect(file, **options if options.get("uri") else options | {"factory": Watched})

    monkeypatch.setattr(sqlite3, "connect", connected)
    tables.connect_writer(path).close()
    assert met
    assert {told for told in met if "there is no archive" not in told} == set()
    assert look() == (0, [], {}, [])


def test_people_read_it_with_plain_sql(sink: SqliteSink, path: Path) -> None:
    sink.write([record("file:1", created_at=NOON), record("file:2"), tombstone("file:2")])
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT doc_id, created_at, author, text, sentiment, kind FROM mentions").fetchall()
    connection.close()
    assert rows == [("file:1", "2026-11-01T12:00:00.000Z", "ana.example", "acme kettle", "neutral", "post")]


def test_how_much_it_holds_is_counted_without_a_look_at_the_rows(sink: SqliteSink, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {archive.STATUS}")]
    connection.close()
    looked = [step for step in plan if "documents" in step]
    assert len(looked) == 3
    assert [step for step in looked if "INDEX" not in step] == []
