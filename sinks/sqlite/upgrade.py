"""Bringing an older SQLite archive to this version's schema: every record is written anew into a file beside it.

    veille.db (schema N) --records, markers, findings, state--> veille.db.new --renamed--> veille.db
             `------------------------- kept as veille.db.schema-N

The records themselves are in the older file, so nothing else is needed. Until the last step the older file is as it
was; what a run that was broken off left beside it is made anew.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from veille.action import Action
from veille.alert import Alert
from veille.durable import keep_names
from veille.errors import Corrupt, Misused
from veille.sinks.sink import Outcome, Record
from veille.sinks.sqlite.findings import SqliteFindings
from veille.sinks.sqlite.sink import SqliteSink
from veille.sinks.sqlite.tables import APPLICATION_ID, SCHEMA, meanings
from veille.window import Window

OLDEST = 5
"""Archives before it were of no release."""

AT_ONCE = 1_000
STATE = ("cursors", "gaps", "dead", "named", "orders", "authors", "deliveries", "visits", "joined")
"""Tables whose rows are taken as they are, those columns that both schemas have."""


class Upgraded(NamedTuple):
    """What was done: schemas before and after, how many records, and where the older file is kept."""

    before: int
    after: int
    records: int
    kept: Path | None


def upgrade(path: Path, progress: Callable[[float], None] = lambda _share: None) -> Upgraded:
    """Bring the archive to this version's schema; the caller sees to it that nobody else uses the file.

    Raises Misused for a file that is none of ours, too old or too new, in use, or on a disk without room; Corrupt
    where a record of it cannot be read.
    """
    before = schema_of(path)
    if before == SCHEMA:
        return Upgraded(before, SCHEMA, 0, None)
    if not OLDEST <= before < SCHEMA:
        raise Misused(
            f"{path} has archive schema {before}: this veille can bring {OLDEST} to {SCHEMA - 1} up to {SCHEMA}"
        )
    room, needed = shutil.disk_usage(path.parent).free, 2 * path.stat().st_size
    if room < needed:
        raise Misused(f"{path}: the upgrade needs {needed >> 20} MB beside it, and {room >> 20} MB are free")
    new = path.with_name(f"{path.name}.new")
    _forget(new)
    with meanings(path), closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("BEGIN EXCLUSIVE")  # nobody else may write meanwhile
        records = _copied(old, new, progress)
        old.execute("COMMIT")
        if old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            raise Misused(f"{path} is in use: end what reads it, and try again")
    kept = path.with_name(f"{path.name}.schema-{before}")
    kept.unlink(missing_ok=True)
    os.link(path, kept)  # so that there is a file of this name at every moment
    _forget(path, also_itself=False)  # the log of the older file, which is empty
    new.replace(path)
    keep_names(path.parent)
    return Upgraded(before, SCHEMA, records, kept)


def schema_of(path: Path) -> int:
    """Which schema a file has. Raises Misused where it is no archive."""
    if not path.exists():
        raise Misused(f"there is no archive at {path}: `veille run` makes one")
    with meanings(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        if not ours:
            raise Misused(f"{path} is no archive of veille")
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _copied(old: sqlite3.Connection, new: Path, progress: Callable[[float], None]) -> int:
    """Fill a new file from the older one; how many records it has."""
    total = old.execute("SELECT count(*) FROM documents").fetchone()[0]
    written = 0
    with closing(SqliteSink(new)) as sink:
        sink.open()
        records = _records(old)
        while some := list(islice(records, AT_ONCE)):
            _settle(sink, some)
            written += len(some)
            progress(written / total)
    with closing(SqliteFindings(new)) as findings:
        findings.open()
        findings.write_windows(_of(old, "windows", "window", Window))
        findings.write_alerts(_of(old, "alerts", "alert", Alert))
        findings.write_actions(_of(old, "actions", "action", Action))
    with closing(sqlite3.connect(new)) as connection:
        for table in STATE:
            _rows_as_they_are(old, connection, table)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _forget(new, also_itself=False)
    return written


def _records(old: sqlite3.Connection) -> Iterator[tuple[int, Record]]:
    """Every mention and marker in the order of arrival, with the number of its latest change."""
    rows = old.execute("SELECT id, doc_id, version, mention FROM documents ORDER BY id")
    for number, doc_id, version, mention in rows:
        yield number, Record(doc_id, version, None if mention is None else mention.encode(), "")


def _settle(sink: SqliteSink, numbered: Sequence[tuple[int, Record]]) -> None:
    """Under the numbers that they had: positions among the changes, of exports, hold on."""
    numbers, records = zip(*numbered, strict=True)
    for record, verdict in zip(records, sink.write_at(records, numbers), strict=True):
        if verdict.outcome is not Outcome.APPLIED:
            raise Corrupt(f"{record.doc_id} cannot be taken over ({verdict.reason}): the older file stays as it is")


def _of(old: sqlite3.Connection, table: str, column: str, kind: type[Any]) -> list[Any]:
    """The records that a table holds whole, as JSON."""
    if not _columns(old, table):
        return []
    decode = msgspec.json.Decoder(kind).decode
    rows = old.execute(f"SELECT {column} FROM {table}").fetchall()  # noqa: S608  # our own names
    try:
        return [decode(row[0]) for row in rows]
    except msgspec.MsgspecError as error:
        raise Corrupt(f"a row of `{table}` cannot be read: {error}; the older file stays as it is") from error


def _rows_as_they_are(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> None:
    shared = [name for name in _columns(new, table) if name in _columns(old, table)]
    if not shared:
        return
    names, places = ", ".join(shared), ", ".join("?" * len(shared))
    rows = old.execute(f"SELECT {names} FROM {table}")  # noqa: S608  # our own names
    new.executemany(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608  # as above


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _forget(path: Path, *, also_itself: bool = True) -> None:
    """Remove a file's log, and the file."""
    for ending in ("-wal", "-shm", *([""] if also_itself else [])):
        path.with_name(path.name + ending).unlink(missing_ok=True)
