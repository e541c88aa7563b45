"""A file says what it is where its format has room for it, and is read as before by who does not ask."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from pyarrow import parquet

from contracts.records import NOON, mention_of, record
from export.folder import Folder
from veille.export.about import seen, told
from veille.export.files import FORMATS, Format, writing
from veille.export.rows import Column, Row, chosen, in_zone, row
from veille.export.task import Asked
from veille.gap import Gap

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)
QUERY = 'acme;-tea "=1;+2"'
ABOUT = told(QUERY, Asked(None, NOON - HOUR), NOON, PARIS, {"coverage": 0.5, "gap_count": 1})
COLUMNS = in_zone(chosen(["public_id", "created_at", "hashtags"]), PARIS)


def file(
    path: Path, form: Format, count: int = 2, columns: Sequence[Column] = COLUMNS, about: Mapping[str, Any] = ABOUT
) -> Path:
    rows: list[Row] = [row(mention_of(record(f"b:{n}")), columns=columns) for n in range(count)]
    with (path / f"some.{form}").open("wb") as out, writing(form, out, about, columns, first=True) as writer:
        for each in rows:
            writer.write([each])
    return path / f"some.{form}"


def first(path: Path, form: Format) -> dict[str, Any]:
    """What the file says of itself."""
    match form:
        case "ndjson":
            (said,) = json.loads(path.read_bytes().splitlines()[0]).values()
        case "csv":
            with path.open(encoding="utf-8", newline="") as rows:
                said = json.loads(next(csv.DictReader(rows))["about"])
        case "parquet":
            said = json.loads(parquet.read_schema(path).metadata[b"veille"])
    assert isinstance(said, dict)
    return said


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_says_what_was_asked_for_and_how_much_of_it_was_read(tmp_path: Path, form: Format) -> None:
    said = first(file(tmp_path, form), form)
    assert said.pop("notice")
    assert said == {
        "query": QUERY,
        "since": "2026-11-01T12:00:00+01:00",
        "until": None,
        "zone": "Europe/Paris",
        "exported_at": "2026-11-01T13:00:00+01:00",
        "coverage": 0.5,
        "gap_count": 1,
    }


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia"])
@pytest.mark.parametrize(
    ("form", "rows", "at"),
    [
        ("csv", "read_csv('{}')", "created_at::TIMESTAMPTZ"),
        ("ndjson", "(FROM read_json('{}') WHERE about IS NULL)", "created_at AT TIME ZONE 'UTC'"),
        ("parquet", "read_parquet('{}')", "created_at"),
    ],
)
def test_its_rows_are_told_apart_from_it_and_their_times_are_moments(
    tmp_path: Path, form: Format, rows: str, at: str, zone: str
) -> None:
    """In whatever zone DuckDB is asked: that of the machine, unless somebody says another."""
    path = file(tmp_path, form)
    moment = "'2026-11-01T13:00:00+01:00'::TIMESTAMPTZ"
    with duckdb.connect() as asking:
        asking.execute(f"SET TimeZone = '{zone}'")
        found = asking.sql(f"SELECT count(*), bool_and({at} = {moment}) FROM {rows.format(path)}")
        assert found.fetchall() == [(2, True)]


def test_times_of_a_zone_have_its_offset(tmp_path: Path) -> None:
    with file(tmp_path, "csv").open(encoding="utf-8", newline="") as rows:
        assert {each["created_at"] for each in csv.DictReader(rows)} == {"2026-11-01T13:00:00+01:00"}
    lines = file(tmp_path, "ndjson").read_text("utf-8").splitlines()
    assert {json.loads(line)["created_at"] for line in lines[1:]} == {"2026-11-01T13:00:00+01:00"}
    assert parquet.read_schema(file(tmp_path, "parquet")).field("created_at").type.tz == "Europe/Paris"


def test_the_record_of_a_table_is_one_cell_in_one_row_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    text = file(tmp_path, "csv", count=3).read_text("utf-8")
    cells = [each["about"] for each in csv.DictReader(io.StringIO(text))]
    assert (cells[0][0], cells[1:]) == ("{", ["", ""])
    assert not {";", "\t", "\n"} & {*cells[0]}
    empty = file(tmp_path, "csv", count=0).read_bytes()
    assert empty == b"public_id,created_at,hashtags,about\r\n"


def gap(begin: datetime, end: datetime | None) -> Gap:
    return Gap(id=f"bluesky:{begin}", source="bluesky", since=begin, until=end, cause="disconnected")


def test_coverage_is_the_share_of_what_was_asked_for_up_to_now() -> None:
    half = [gap(NOON - HOUR / 2, None)]
    parts = {"bluesky": 1}
    assert seen(half, parts, Asked(None, NOON - HOUR), NOON) == {"coverage": 0.5, "gap_count": 1}
    assert seen(half, parts, Asked(None, NOON - HOUR, NOON + HOUR), NOON) == {"coverage": 0.5, "gap_count": 1}
    assert seen(half, parts, Asked(None, NOON - HOUR, NOON - HOUR / 2), NOON) == {"coverage": 1.0, "gap_count": 0}
    assert seen(half, parts, Asked(None), NOON) == {"coverage": None, "gap_count": 1}
    assert seen(half, parts, Asked(None, NOON + HOUR), NOON)["coverage"] is None
    assert seen(None, parts, Asked(None), NOON) == {"coverage": None, "gap_count": None}


@pytest.mark.parametrize("form", FORMATS)
def test_the_files_of_the_command_are_as_they_were(tmp_path: Path, form: Format) -> None:
    folder = Folder(tmp_path)
    folder.sink.write([record("b:1")])
    about = folder.export(f"all.{form}", form)
    folder.close()
    assert (about["rows"], about["zone"], about["coverage"], about["gap_count"]) == (1, "UTC", None, 0)
    path = tmp_path / f"all.{form}"
    reader = {"csv": "read_csv", "ndjson": "read_json", "parquet": "read_parquet"}[form]
    relation = duckdb.sql(f"FROM {reader}('{path}')")
    assert (len(relation.fetchall()), "about" in relation.columns) == (1, False)
