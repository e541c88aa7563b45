"""`veille eval alerts DIR`: alerts on counts in which people have marked what was unusual, as NAB scores them.

    DIR/data/*.csv (timestamp,value), DIR/windows.json (by file, [[from, to], ...]) --Unusual--> alarms --> score

Rules after Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark", 2015
(arXiv 1510.03336), standard profile: the first alarm in a window earns up to 1, more the earlier it comes; a window
without one costs 1; an alarm elsewhere costs up to 0.11, less soon after a window. The first 15 % of a series, at most
750 points, is not scored. 100: all windows found at their first point, and no false alarm; 0: silence.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from veille.errors import Misused
from veille.processors.episode import Episodes
from veille.processors.unusual import Unusual

FALSE_ALARM = 0.11
UNSCORED_SHARE, UNSCORED_AT_MOST = 0.15, 750
FAR = 3.0
"""Lengths of a window behind it, from which on a false alarm costs all of its price."""

Windows = dict[str, list[tuple[str, str]]]


class AlertReport(Struct, kw_only=True):
    """What `veille eval alerts --json` prints."""

    nab_standard: float
    """Standard profile, 100 at best; 0 is what silence gets."""
    false_alarm_points: int
    """Alarms outside of every window."""
    windows: int
    found: int
    """Windows with an alarm."""
    by: dict[str, AlertReport] = {}
    """Series by series."""


class Series(NamedTuple):
    """Counts in order of time, and the first and last index of each window."""

    times: list[str]
    counts: list[float]
    windows: list[tuple[int, int]]

    @property
    def unscored(self) -> int:
        """Points at the beginning that do not count."""
        return min(math.floor(UNSCORED_SHARE * len(self.times)), UNSCORED_AT_MOST)


class Tally(NamedTuple):
    """What the alarms of a series are worth: raw score, windows, windows found, false alarms."""

    raw: float
    windows: int
    found: int
    false: int


def judge_folder(folder: Path, told: Callable[[float], None] = lambda _share: None) -> AlertReport:
    """Judge the product by a folder. Raises Misused for one that is not of that form."""
    try:
        marked = msgspec.json.decode((folder / "windows.json").read_bytes(), type=Windows)
    except (OSError, msgspec.DecodeError) as error:
        raise Misused(f'{folder}/windows.json: expected {{"FILE": [["FROM", "TO"], ...]}}: {error}') from error
    tallies: dict[str, Tally] = {}
    for number, (name, windows) in enumerate(sorted(marked.items()), 1):
        series = read_series(folder / "data" / name, windows)
        tallies[name] = tally(series, alarms(series))
        told(number / len(marked))
    return _report(tallies.values(), {name: _report([each]) for name, each in tallies.items()})


def read_series(path: Path, windows: Sequence[tuple[str, str]]) -> Series:
    """One file and its windows. Raises Misused, with the line."""
    times: list[str] = []
    counts: list[float] = []
    try:
        with path.open(newline="") as opened:
            for row in csv.DictReader(opened):
                times.append(row["timestamp"])
                counts.append(float(row["value"]))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise Misused(
            f"{path}, line {len(times) + 2}: expected a time and a number under `timestamp,value`: {error!r}"
        ) from error
    try:
        return Series(times, counts, [(times.index(first[:19]), times.index(last[:19])) for first, last in windows])
    except ValueError as error:
        raise Misused(f"{path}: a window of windows.json begins or ends at a time that the file has not") from error


def alarms(series: Series) -> list[int]:
    """Where something unusual begins, by the product's own detector. Raises Misused for other buckets than 1 or 5."""
    minutes = _bucket_minutes(series.times)
    if minutes not in (1, 5):
        raise Misused(f"found counts of {minutes:g} minutes; expected counts of 1 or of 5")
    unusual = Unusual(int(minutes), _minute_of_week(series.times[0]))
    episodes = Episodes()
    return [index for index, count in enumerate(series.counts) if episodes.take(index * minutes, unusual.take(count))]


def _minute_of_week(time: str) -> int:
    moment = datetime.fromisoformat(time)
    return (moment.weekday() * 24 + moment.hour) * 60 + moment.minute


def _bucket_minutes(times: Sequence[str]) -> float:
    if len(times) < 2:
        return 0
    first, second = (datetime.fromisoformat(each) for each in times[:2])
    return (second - first).total_seconds() / 60


def tally(series: Series, found: Sequence[int]) -> Tally:
    """Score alarms, each the index of a bucket."""
    best = [-1.0] * len(series.windows)
    false, lost = 0, 0.0
    for index in found:
        if index < series.unscored:
            continue
        inside = next((number for number, (a, b) in enumerate(series.windows) if a <= index <= b), None)
        if inside is not None:
            a, b = series.windows[inside]
            best[inside] = max(best[inside], _worth(-(b - index + 1) / (b - a + 1)) / _worth(-1.0))
        else:
            false += 1
            lost += FALSE_ALARM * _outside(series.windows, index)
    return Tally(sum(best) + lost, len(best), sum(each > -1 for each in best), false)


def _outside(windows: Sequence[tuple[int, int]], index: int) -> float:
    before = [(a, b) for a, b in windows if b < index]
    if not before:
        return -1.0
    a, b = before[-1]
    return _worth((index - b) / (b - a))


def _worth(position: float) -> float:
    """The paper's scaled sigmoid: near 1 at a window's beginning (-1), 0 at its end, -1 far behind."""
    return -1.0 if position > FAR else 2 / (1 + math.exp(5 * position)) - 1


def _report(tallies: Iterable[Tally], by: dict[str, AlertReport] | None = None) -> AlertReport:
    some = list(tallies)
    windows = sum(each.windows for each in some)
    raw = sum(each.raw for each in some)
    return AlertReport(
        nab_standard=round(50 * (raw + windows) / windows, 2) if windows else 0.0,
        false_alarm_points=sum(each.false for each in some),
        windows=windows,
        found=sum(each.found for each in some),
        by=by or {},
    )
