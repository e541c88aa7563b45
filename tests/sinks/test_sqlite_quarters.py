"""Quarters of an hour in the SQLite archive: a file that has none gets them, and sums read them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.findings import MINUTE, NOON, window
from veille.findings import WindowSum
from veille.sinks.sqlite import SqliteArchive, quarters
from veille.sinks.sqlite.findings import SqliteFindings

DAYS = 3
OF_AN_OLDER_ARCHIVE = (
    "TRIGGER quarters_after_INSERT",
    "TRIGGER quarters_after_UPDATE",
    "TRIGGER quarters_after_DELETE",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "veille.db"


@pytest.fixture
def findings(path: Path) -> Iterator[SqliteFindings]:
    opened = SqliteFindings(path)
    opened.open()
    yield opened
    opened.close()


def sums(path: Path) -> list[WindowSum]:
    with closing(SqliteArchive(path)) as archive:
        return archive.window_sums("acme", since=NOON, until=NOON + timedelta(hours=1), interval=1800)


def steps(connection: sqlite3.Connection, asked: tuple[object, ...]) -> int:
    """Hundreds of steps of SQLite's machine that sums take."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.set_progress_handler(count, 100)
    connection.execute(quarters.SUMS, asked).fetchall()
    connection.set_progress_handler(None, 100)
    return taken


def make_older(path: Path) -> None:
    with closing(sqlite3.connect(path)) as older, older:
        for what in (*OF_AN_OLDER_ARCHIVE, "TABLE quarters"):
            older.execute(f"DROP {what}")


def test_whoever_only_reads_an_archive_without_them_has_the_same_sums(findings: SqliteFindings, path: Path) -> None:
    findings.write_windows([window(minute, mentions=minute, coverage=0.5) for minute in (1, 14, 15, 50, 60)])
    summed = sums(path)
    assert [each.mentions for each in summed] == [30, 50]
    make_older(path)
    assert sums(path) == summed


def test_an_archive_without_them_has_them_once_it_is_opened_to_write(findings: SqliteFindings, path: Path) -> None:
    make_older(path)
    findings.write_windows([window(minute, mentions=1) for minute in (0, 14, 15, 50)])
    findings.open()
    findings.open()
    assert [each.mentions for each in sums(path)] == [3, 1]
    findings.write_windows([window(14, revision=2, mentions=5), window(16, mentions=1)])
    assert [each.mentions for each in sums(path)] == [8, 1]


def test_whoever_writes_windows_is_counted(findings: SqliteFindings, path: Path) -> None:
    findings.write_windows([window(minute, mentions=1) for minute in (0, 14, 15, 50)])
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE windows SET mentions = 7 WHERE since = ?", (int(NOON.timestamp()),))
        other.execute("DELETE FROM windows WHERE since = ?", (int((NOON + 50 * MINUTE).timestamp()),))
    assert [each.mentions for each in sums(path)] == [9, 0]


def test_sums_of_days_read_a_few_minutes_only(findings: SqliteFindings, path: Path) -> None:
    findings.write_windows([window(minute, mentions=1) for minute in range(DAYS * 24 * 60)])
    since, until = int(NOON.timestamp()) + 60, int(NOON.timestamp()) + DAYS * 86_400 - 60
    with closing(sqlite3.connect(path)) as connection:
        by_quarter = quarters.asked("acme", since, until, 86_400)
        found = connection.execute(quarters.SUMS, by_quarter).fetchall()
        assert sum(row[1] for row in found) == DAYS * 24 * 60 - 2
        every_minute = quarters.asked("acme", since, until, 86_400 - 60)
        assert steps(connection, by_quarter) * 8 < steps(connection, every_minute)
