"""An SQLite file that somebody touches while it is written."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from contracts.records import record
from veille.errors import Corrupt
from veille.sinks.sink import Outcome
from veille.sinks.sqlite import SqliteSink
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
