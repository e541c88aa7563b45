"""An SQLite file that somebody touches while it is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contracts.records import record
from veille.errors import Corrupt, Unavailable
from veille.sinks.sink import Outcome
from veille.sinks.sqlite import SqliteArchive, SqliteSink, quarters
from veille.sinks.sqlite.findings import SqliteFindings

MOVED = "moved, replaced or removed"


@pytest.mark.parametrize("instead", [b"", None])
def test_a_file_that_was_replaced_or_removed_is_written_no_more(tmp_path: Path, instead: bytes | None) -> None:
    """What it would take is in no file that anybody finds."""
    path, away = tmp_path / "veille.db", tmp_path / "away.db"
    with closing(SqliteSink(path)) as sink, closing(SqliteFindings(path)) as findings:
        sink.open()
        findings.open()
        sink.write([record("first")])
        path.rename(away)
        if instead is not None:
            path.write_bytes(instead)
        with pytest.raises(Corrupt, match=MOVED):
            sink.write([record("second")])
        with pytest.raises(Corrupt, match=MOVED):
            sink.tend()
        with pytest.raises(Corrupt, match=MOVED):
            findings.forget_actions(["any"])
        away.replace(path)
        assert [verdict.outcome for verdict in sink.write([record("second")])] == [Outcome.APPLIED]


@pytest.mark.parametrize("use", [lambda path: SqliteSink(path).open(), lambda path: SqliteArchive(path).count(None)])
def test_a_file_that_goes_while_it_is_opened_is_unavailable(
    use: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "veille.db"
    with closing(SqliteSink(path)) as sink:
        sink.open()
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def connected(*file: object, **options: Any) -> sqlite3.Connection:
        connection = connect(*file, **options)
        path.rename(tmp_path / "away.db")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connected)
    with pytest.raises(Unavailable, match="moved or removed"):
        use(path)


def test_a_file_that_was_replaced_while_it_was_opened_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "veille.db"
    keep = quarters.keep

    def replaced(connection: sqlite3.Connection) -> None:
        keep(connection)
        path.rename(tmp_path / "away.db")
        path.write_bytes(b"")

    monkeypatch.setattr(quarters, "keep", replaced)
    with closing(SqliteSink(path)) as sink, pytest.raises(Corrupt, match=MOVED):
        sink.open()
