"""An archive of an older schema is brought up to date whole, and what breaks off on the way leaves it as it was."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from contracts.records import record
from veille.errors import Corrupt, Misused
from veille.mention import decode
from veille.query import Use, parse
from veille.query.match import Matcher
from veille.sinks.sqlite import SqliteArchive, SqliteSink, tables
from veille.sinks.sqlite.upgrade import STATE, Upgraded, schema_of, upgrade

FROZEN = Path(__file__).parents[1] / "fixtures/archive/schema-5.db.gz"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "veille.db"
    path.write_bytes(gzip.decompress(FROZEN.read_bytes()))
    return path


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def test_every_record_is_there_under_its_version_and_in_its_order(old: Path) -> None:
    before = rows(old, "SELECT id, doc_id, version, deleted, mention FROM documents ORDER BY id")
    assert upgrade(old) == Upgraded(5, tables.SCHEMA, len(before), old.with_name("veille.db.schema-5"))
    assert rows(old, "SELECT id, doc_id, version, deleted, mention FROM documents ORDER BY id") == before
    assert {deleted for _, _, _, deleted, _ in before} >= {0, 1}
    assert schema_of(old) == tables.SCHEMA


def test_an_export_goes_on_where_it_was(old: Path) -> None:
    ((position, shown),) = rows(old, "SELECT max(id), count(*) FROM documents")
    assert isinstance(position, int)
    assert isinstance(shown, int)
    assert position > shown, "changes leave numbers out, or this shows nothing"
    upgrade(old)
    with closing(SqliteArchive(old)) as archive, closing(SqliteSink(old)) as sink:
        assert archive.arrivals(None)[2] == f"{position}.0"
        assert archive.arrivals(f"{position}") == ([], [], f"{position}.0")
        sink.open()
        sink.write([record("b:new")])
        assert [mention.doc_id for mention in archive.arrivals(f"{position}")[0]] == ["b:new"]


def test_what_the_newer_schema_can_do_can_be_done_with_it(old: Path) -> None:
    shown = [decode(str(row[0]).encode()) for row in rows(old, "SELECT mention FROM documents WHERE deleted = 0")]
    upgrade(old)
    with closing(SqliteArchive(old)) as archive:
        assert archive.status().mentions == len(shown)
        query = parse("bouillance", Use.SEARCH)
        matching = {mention.doc_id for mention in shown if Matcher({"w": query}).match(mention)}
        assert {mention.doc_id for mention in archive.search(query.tree, limit=500).hits} == matching
        assert len(matching) > 50
        assert {mention.doc_id for mention in archive.scan(None)} == {mention.doc_id for mention in shown}


def test_findings_actions_and_state_come_along(old: Path) -> None:
    before = {table: rows(old, f"SELECT * FROM {table}") for table in STATE if table not in {"visits", "joined"}}
    upgrade(old)
    after = {table: rows(old, f"SELECT * FROM {table}") for table in before}
    assert after == before
    assert all(before[table] for table in ("cursors", "gaps", "dead", "orders", "authors", "deliveries"))
    with closing(SqliteArchive(old)) as archive:
        windows = archive.windows(None, since=NOON, until=NOON + timedelta(hours=1))
        assert [(window.revision, window.mentions, window.negative) for window in windows] == [
            (1, 0, 1),
            (2, 1, 1),
            (3, 2, 1),
        ]
        alert = archive.alert("bouillance:peak:1")
        assert alert is not None
        assert (alert.revision, alert.highest) == (3, 7)
        assert [action.value for action in archive.actions("alert", "bouillance:peak:1")] == ["seen"]


def test_tables_that_are_younger_than_the_frozen_archive_come_along(old: Path) -> None:
    upgrade(old)
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("INSERT INTO visits VALUES ('shop.example', 1, 2, 7, 40, 3, 9.5)")
        connection.execute("INSERT INTO joined SELECT id, id + 1 FROM documents LIMIT 1")
        connection.execute(f"PRAGMA user_version = {tables.SCHEMA - 1}")
    before = {table: rows(old, f"SELECT * FROM {table}") for table in STATE}
    upgrade(old)
    assert {table: rows(old, f"SELECT * FROM {table}") for table in STATE} == before
    assert all(before[table] for table in ("visits", "joined"))


def test_one_that_is_up_to_date_stays_as_it_is(old: Path) -> None:
    upgrade(old)
    before = old.read_bytes()
    assert upgrade(old) == Upgraded(tables.SCHEMA, tables.SCHEMA, 0, None)
    assert old.read_bytes() == before


def test_the_older_file_is_kept_and_what_a_broken_run_left_is_made_anew(old: Path) -> None:
    before = old.read_bytes()
    old.with_name("veille.db.new").write_bytes(b"half of something")
    upgrade(old)
    assert old.with_name("veille.db.schema-5").read_bytes() == before
    assert sorted(path.name for path in old.parent.iterdir()) == ["veille.db", "veille.db.schema-5"]


def test_a_record_that_cannot_be_read_stops_it_and_leaves_the_older_file(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(
            "UPDATE documents SET mention = '{\"doc_id\": 1}' WHERE id = (SELECT max(id) FROM documents)"
        )
        connection.execute("UPDATE documents SET deleted = 0 WHERE id = (SELECT max(id) FROM documents)")
        connection.commit()
    before = old.read_bytes()
    with pytest.raises(Corrupt, match="the older file stays as it is"):
        upgrade(old)
    assert (old.read_bytes(), schema_of(old)) == (before, 5)


def test_a_file_that_somebody_reads_is_left_alone(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0.05))  # who reads does not go by waiting
    with closing(sqlite3.connect(old, isolation_level=None)) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("CREATE TABLE more (x)")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM documents").fetchone()
        with pytest.raises(Misused, match="in use"):
            upgrade(old)
    assert schema_of(old) == 5


@pytest.mark.parametrize(("schema", "told"), [(4, "this veille can bring"), (99, "this veille can bring")])
def test_a_schema_that_is_too_old_or_too_new_is_refused(old: Path, schema: int, told: str) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(f"PRAGMA user_version = {schema}")
    with pytest.raises(Misused, match=told):
        upgrade(old)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="there is no archive"):
        upgrade(tmp_path / "veille.db")
    with closing(sqlite3.connect(tmp_path / "veille.db")) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(Misused, match="no archive of veille"):
        upgrade(tmp_path / "veille.db")


def test_whoever_opens_the_older_file_is_told_what_to_do(old: Path) -> None:
    with pytest.raises(Misused, match="veille upgrade"), closing(SqliteSink(old)) as sink:
        sink.open()
