"""An export whose archive goes away in the middle: no reader takes the part for the whole, whatever it reads with."""

from __future__ import annotations

import csv
import dataclasses
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from cli.command import logging_as_it_was
from contracts.records import NOON, record
from services.elasticsearch import Node
from services.front import ElasticsearchFront
from veille.cli import main
from veille.errors import Unavailable
from veille.export.files import FORMATS, Format
from veille.export.order import Order, carry_out
from veille.export.task import Asked
from veille.settings import ElasticsearchSettings, Settings
from veille.sinks.elasticsearch import ElasticsearchSink, client, scan
from veille.sinks.sqlite import SqliteSink, tables
from veille.stage import EXIT_UNAVAILABLE

MANY = 1_200
"""More than are written at a time."""

BREAKS: dict[str, Callable[[ElasticsearchFront], None]] = {
    "away": lambda front: front.away(),
    "stalled": lambda front: front.stall(1000, path="/_search"),
    "full": lambda front: front.fail(1000, status=503, path="/_search"),
    "view has ended": lambda front: front.fail(1000, status=404, path="/_search"),
}


@pytest.fixture
def settings(
    elasticsearch_service: Node,
    elasticsearch_front: ElasticsearchFront,
    prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Settings]:
    """An archive behind a front, which is read in small parts."""
    monkeypatch.setattr(scan, "AT_ONCE", 500)
    direct = ElasticsearchSettings(url=elasticsearch_service.url, prefix=prefix, replicas=0)
    with closing(ElasticsearchSink(direct)) as sink:
        sink.open()
        sink.write([record(f"file:{number}", text=f'a "kettle", {number}\n') for number in range(MANY)])
    elasticsearch_service.request("POST", f"/{prefix}-*/_refresh")
    front = ElasticsearchSettings(url=elasticsearch_front.url, prefix=prefix, replicas=0)
    yield Settings(data=tmp_path, elasticsearch=front)
    elasticsearch_service.request("DELETE", f"/{prefix}-mentions-undated")
    elasticsearch_service.request("DELETE", f"/_index_template/{prefix}-*")


def plainly(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return len([*csv.reader(file)]) - 1


def lines(path: Path) -> int:
    return len([msgspec.json.decode(line) for line in path.read_bytes().splitlines()])


def duck(function: str) -> Callable[[Path], int]:
    return lambda path: duckdb.sql(f"SELECT count(*) FROM {function}('{path}')").fetchall()[0][0]


def arrow(path: Path) -> int:
    options = arrow_csv.ParseOptions(newlines_in_values=True)
    return int(arrow_csv.read_csv(path, parse_options=options).num_rows)


READERS: dict[Format, list[Callable[[Path], int]]] = {
    "csv": [plainly, arrow, duck("read_csv")],
    "ndjson": [lines, duck("read_json")],
    "parquet": [lambda path: parquet.read_table(path).num_rows, duck("read_parquet")],
}
REFUSALS = (csv.Error, UnicodeDecodeError, pa.ArrowInvalid, duckdb.Error, msgspec.DecodeError)


def ordered(settings: Settings, to: Path, form: Format, then: Callable[[], None], state: Path | None = None) -> Any:
    """An export, and what happens once its first rows are written."""
    order = Order(Asked(None), str(to), form, NOON, state=state)
    return carry_out(order, settings, lambda _share: then())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", BREAKS)
def test_where_elasticsearch_goes_away_in_the_middle_there_is_no_file_and_the_next_export_is_whole(
    settings: Settings, elasticsearch_front: ElasticsearchFront, tmp_path: Path, form: Format, name: str
) -> None:
    to, state = tmp_path / f"all.{form}", tmp_path / "kept.state"
    with pytest.MonkeyPatch.context() as patch:
        if name == "stalled":
            patch.setattr(client, "TIMEOUT_S", 1.5)
        with pytest.raises(Unavailable):
            ordered(settings, to, form, lambda: BREAKS[name](elasticsearch_front), state)
    assert sum(elasticsearch_front.fired.values()) <= 2, "whoever is away is not asked for more"
    assert [path for path in tmp_path.iterdir() if path.name.startswith(("all", "kept"))] == []
    assert settings.elasticsearch is not None
    back = dataclasses.replace(settings.elasticsearch, url=elasticsearch_front.backend.geturl())
    about = ordered(dataclasses.replace(settings, elasticsearch=back), to, form, lambda: None, state)
    assert (about["rows"], about["changes_only"]) == (MANY, False)


@pytest.mark.parametrize("form", FORMATS)
def test_who_reads_what_comes_through_a_pipe_cannot_take_the_part_for_the_whole(
    settings: Settings, elasticsearch_front: ElasticsearchFront, tmp_path: Path, form: Format
) -> None:
    for then, whole in ((lambda: None, True), (elasticsearch_front.away, False)):
        pipe, came = tmp_path / f"pipe-{whole}", tmp_path / f"came-{whole}.{form}"
        os.mkfifo(pipe)
        reader = threading.Thread(target=lambda pipe=pipe, came=came: came.write_bytes(pipe.read_bytes()))
        reader.start()
        if whole:
            assert ordered(settings, pipe, form, then)["rows"] == MANY
        else:
            with pytest.raises(Unavailable):
                ordered(settings, pipe, form, then)
        reader.join()
        for read in READERS[form]:
            if whole:
                assert read(came) == MANY
            else:
                assert came.stat().st_size > 0
                with pytest.raises(REFUSALS):
                    read(came)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive in a file, which is not waited for for long."""
    with closing(SqliteSink(tmp_path / "veille.db")) as sink:
        sink.open()
        sink.write([record(f"file:{number}") for number in range(MANY)])
    monkeypatch.setattr(tables, "BUSY_MS", 50)
    return tmp_path / "veille.db"


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_another_program_has_for_itself_gives_no_export(file: Path, tmp_path: Path, form: Format) -> None:
    to, state = tmp_path / f"all.{form}", tmp_path / "kept.state"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            ordered(Settings(data=tmp_path), to, form, lambda: None, state)
    assert [path for path in tmp_path.iterdir() if path.name.startswith(("all", "kept"))] == []


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_has_begun_is_whole_whoever_locks_the_file_meanwhile(
    file: Path, tmp_path: Path, form: Format
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:

        def lock() -> None:
            if not other.in_transaction:
                other.execute("BEGIN EXCLUSIVE")
                other.execute("DELETE FROM documents")

        about = ordered(Settings(data=tmp_path), to := tmp_path / f"all.{form}", form, lock)
        assert other.in_transaction
    assert about["rows"] == READERS[form][0](to) == MANY


ASKED: list[tuple[Format, list[str]]] = [
    *((form, ["--format", form]) for form in FORMATS),
    ("ndjson", ["--labels", "sentiment"]),
]


@pytest.mark.parametrize(("form", "asked"), ASKED)
def test_standard_output_cannot_be_taken_for_an_empty_export_either(
    file: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], form: Format, asked: list[str]
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other, logging_as_it_was():
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        code = main(["export", "--to", "-", *asked, "--data", str(tmp_path)])
    out, err = capfdbinary.readouterr()
    assert (code, b"locked" in err) == (EXIT_UNAVAILABLE, True)
    (came := tmp_path / f"came.{form}").write_bytes(out)
    for read in READERS[form]:
        with pytest.raises(REFUSALS):
            read(came)
