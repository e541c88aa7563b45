"""Alerts are judged as NAB scores them; and the detector hears nothing of what comes later."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from veille.errors import Misused
from veille.evaluate.alerts import FALSE_ALARM, Series, judge_folder, tally

START = datetime(2026, 1, 1)  # noqa: DTZ001  # as NAB's files have it
STEP = timedelta(minutes=5)


def series(length: int, *windows: tuple[int, int]) -> Series:
    return Series([str(START + number * STEP) for number in range(length)], [0.0] * length, list(windows))


def folder(path: Path, counts: list[float], *windows: tuple[int, int], step: timedelta = STEP) -> Path:
    (path / "data").mkdir()
    times = [str(START + number * step) for number in range(len(counts))]
    with (path / "data" / "acme.csv").open("w", newline="") as opened:
        csv.writer(opened).writerows([("timestamp", "value"), *zip(times, counts, strict=True)])
    marked = {"acme.csv": [[times[a] + ".000000", times[b] + ".000000"] for a, b in windows]}
    (path / "windows.json").write_bytes(msgspec.json.encode(marked))
    return path


def test_silence_gets_nothing_and_the_first_points_of_all_windows_nearly_everything() -> None:
    made = series(2000, (900, 1000), (1500, 1600))
    assert tally(made, []) == (-2.0, 2, 0, 0)
    assert tally(made, [900, 950, 1500]) == (2.0, 2, 2, 0)


def test_an_early_alarm_in_a_window_earns_more_than_a_late_one() -> None:
    made = series(2000, (900, 1000))
    worth = [tally(made, [index]).raw for index in (900, 950, 999, 1000)]
    assert worth == sorted(worth, reverse=True)
    assert worth[-1] > 0


def test_a_false_alarm_costs_its_price_and_less_soon_after_a_window() -> None:
    made = series(2000, (900, 1000))
    assert tally(made, [900, 800]).raw == 1.0 - FALSE_ALARM
    assert tally(made, [900, 1001]).raw > tally(made, [900, 1100]).raw > tally(made, [900, 1900]).raw
    assert tally(made, [900, 1900]).false == 1


def test_the_beginning_is_not_scored() -> None:
    assert tally(series(2000, (900, 1000)), [0, 299]) == (-1.0, 1, 0, 0)
    assert tally(series(2000, (900, 1000)), [300]).false == 1


def test_a_burst_in_its_window_is_found_in_a_folder(tmp_path: Path) -> None:
    counts = [float(5 + number % 7) for number in range(288 * 12)]
    counts[3000:3010] = [300.0] * 10
    report = judge_folder(folder(tmp_path, counts, (2995, 3100)))
    assert (report.windows, report.found, report.false_alarm_points) == (1, 1, 0)
    assert report.nab_standard > 95
    assert report.by["acme.csv"].nab_standard == report.nab_standard


def test_what_is_not_of_that_form_is_said_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(Misused, match=r"windows\.json"):
        judge_folder(tmp_path)
    made = folder(tmp_path, [1.0] * 10, (2, 4))
    (made / "data" / "acme.csv").write_text("timestamp,value\n2026-01-01 00:00:00,many\n")
    with pytest.raises(Misused, match=r"acme\.csv, line 3"):
        judge_folder(made)


def test_other_buckets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="counts of 7 minutes"):
        judge_folder(folder(tmp_path, [1.0] * 10, (2, 4), step=timedelta(minutes=7)))
