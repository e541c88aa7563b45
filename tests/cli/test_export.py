"""`veille export` as a person types it: times of one zone, and word of a file without a row."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from cli.command import Command
from contracts.records import record, tombstone
from veille.sinks.sqlite import SqliteSink


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive of one mention of noon in UTC, and settings of another zone."""
    (tmp_path / "veille.yaml").write_text("web: {zone: Europe/Paris}\n")
    sink = SqliteSink(tmp_path / "data" / "veille.db")
    sink.open()
    sink.write([record("b:1")])
    sink.close()
    return tmp_path


def rows(path: Path) -> list[dict[str, Any]]:
    match path.suffix.lower():
        case ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
        case ".ndjson":
            return [json.loads(line) for line in path.read_bytes().splitlines()]
        case _:
            return [row | {"created_at": row["created_at"].isoformat()} for row in parquet.read_table(path).to_pylist()]


@pytest.mark.parametrize("ending", ["csv", "CSV", "ndjson", "parquet", "Parquet"])
def test_times_are_of_the_zone_of_the_settings_or_of_the_one_that_is_asked_for(
    veille: Command, folder: Path, ending: str
) -> None:
    for asked, zone, told in (
        ((), "Europe/Paris", "2026-11-01T13:00:00+01:00"),
        (("--zone", "Asia/Tokyo"), "Asia/Tokyo", "2026-11-01T21:00:00+09:00"),
    ):
        assert veille("export", "--to", f"all.{ending}", *asked).code == 0
        (row,) = rows(folder / f"all.{ending}")
        about = json.loads((folder / f"all.{ending}.about.json").read_text("utf-8"))
        assert (row["created_at"], about["zone"]) == (told, zone)
        assert about["exported_at"].endswith(told[-6:])


def test_a_time_without_an_offset_is_one_of_the_same_zone(veille: Command, folder: Path) -> None:
    for since, asked, found in (
        ("2026-11-01T13:00", (), 1),
        ("2026-11-01T13:01", (), 0),
        ("2026-11-01T13:01", ("--zone", "Asia/Tokyo"), 1),
        ("2026-11-01T12:00Z", ("--zone", "Asia/Tokyo"), 1),
    ):
        veille("export", "--since", since, "--to", "some.ndjson", *asked)
        assert len(rows(folder / "some.ndjson")) == found, (since, asked)


def test_files_of_one_state_have_one_zone(veille: Command, folder: Path) -> None:
    assert veille("export", "--to", "first.ndjson", "--state", "kept.state").code == 0
    ended = veille("export", "--to", "second.ndjson", "--state", "kept.state", "--zone", "Asia/Tokyo")
    assert (ended.code, "times of Europe/Paris" in ended.err) == (2, True)
    assert not (folder / "second.ndjson").exists()
    assert veille("export", "--to", "second.ndjson", "--state", "kept.state", "--zone", "Europe/Paris").code == 0


@pytest.mark.parametrize("ending", ["xlsx", "XLS", "csv.gz"])
def test_an_ending_of_another_form_is_refused_unless_the_form_is_said(
    veille: Command, folder: Path, ending: str
) -> None:
    ended = veille("export", "--to", f"all.{ending}")
    assert (ended.code, "name a .csv" in ended.err, (folder / f"all.{ending}").exists()) == (2, True, False)
    assert veille("export", "--to", f"all.{ending}", "--format", "ndjson").code == 0
    assert veille("export", "--to", "all.jsonl").code == 0


@pytest.mark.usefixtures("folder")
def test_a_zone_that_there_is_not_is_told(veille: Command) -> None:
    ended = veille("export", "--to", "all.csv", "--zone", "Paris")
    assert (ended.code, "expected one like `Europe/Paris`" in ended.err) == (2, True)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("to", ["-", "none.csv"])
def test_a_file_without_a_row_is_told_and_is_an_answer(veille: Command, to: str) -> None:
    ended = veille("export", "teapot", "--to", to, "--format", "csv")
    assert (ended.code, ended.err.splitlines()[0]) == (0, "veille: nothing matches: no row is written")
    assert "nothing" not in veille("export", "acme", "--to", to, "--format", "csv").err


def test_one_row_and_two_are_told_as_one_says_it(veille: Command, folder: Path) -> None:
    sink = SqliteSink(folder / "data" / "veille.db")
    sink.open()
    asked = ("export", "--to", "all.csv", "--state", "kept.state")
    assert "1 row to all.csv." in veille(*asked).out
    sink.write([tombstone("b:1"), record("x:1", source="x")])
    assert "2 rows to all.csv; 1 of them says what is gone; 1 of X has the id alone." in veille(*asked).out
    sink.write([tombstone("x:1"), *[record(f"x:{n}", source="x") for n in (2, 3)]])
    sink.close()
    told = veille("export", "--to", "new.csv", "--zone", "UTC").out
    assert "2 rows to new.csv; 2 of X have the id alone." in told


@pytest.mark.usefixtures("folder")
def test_that_nothing_has_changed_is_told_too(veille: Command) -> None:
    asked = ("export", "--to", "-", "--state", "kept.state")
    assert "nothing" not in veille(*asked).err
    assert veille(*asked).err.splitlines()[0] == "veille: nothing has changed: no row is written"


@pytest.mark.usefixtures("folder")
def test_what_is_to_know_of_rows_on_standard_output_is_the_last_line_beside_them(veille: Command) -> None:
    ended = veille("export", "--to", "-", "--json")
    about = json.loads(ended.err.splitlines()[-1])
    assert (len(ended.out.splitlines()), about["rows"], about["gaps"]) == (1, 1, [])
