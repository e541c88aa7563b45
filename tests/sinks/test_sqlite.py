"""The SQLite archive keeps the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.records import System
from contracts.sink import SinkContract
from veille.sinks.sqlite import SqliteArchive, SqliteSink


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    path = tmp_path / "veille.db"
    sink, archive = SqliteSink(path), SqliteArchive(path)
    sink.open()
    yield System(sink, archive, lambda: None)
    archive.close()
    sink.close()


class TestSqliteSink(SinkContract):
    """All of it."""
