"""What a person reads is in one zone, which is said; what a script reads is in UTC."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cli.command import Command
from contracts.questions import ANA, said
from contracts.records import NOON
from veille.gap import Gap
from veille.sinks.sqlite import SqliteSink, SqliteState

AT = datetime.now(UTC).replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=3)
"""The day after in Lagos, whose clocks nobody puts forward."""

NEXT = AT + timedelta(days=1)
SEARCH, GAPS = ("search", "--since", "7d"), ("gaps",)
QUESTIONS, BACKTEST = ("questions",), ("backtest", "acme", "--since", "7d")
DEAD = ("dead", "list")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """An archive of one question and one gap, and settings of another zone than UTC."""
    (tmp_path / "veille.yaml").write_text("watches: {acme: {role: brand, query: acme}}\nweb: {zone: Africa/Lagos}\n")
    path = tmp_path / "data" / "veille.db"
    sink, state = SqliteSink(path), SqliteState(path)
    sink.open()
    sink.write([said("q", ANA, (AT - NOON).total_seconds() / 60, asks=True, text="acme?")])
    sink.close()
    gap = Gap(id="x:1", source="x", since=AT, until=AT + timedelta(seconds=30), cause="stopped")
    state.save_gap(gap.id, msgspec.json.encode(gap))
    state.add_dead(None, b"{", [("at", AT.isoformat().encode()), ("stage", b"files"), ("reason", b"not_json")], AT)
    state.close()
    return tmp_path


@pytest.mark.parametrize("asked", [SEARCH, GAPS, QUESTIONS, BACKTEST, DEAD])
@pytest.mark.parametrize(("zone", "option"), [("Africa/Lagos", ()), ("Asia/Tokyo", ("--zone", "Asia/Tokyo"))])
def test_people_read_times_of_the_zone_of_the_settings_or_of_the_one_that_they_name(
    veille: Command, asked: tuple[str, ...], zone: str, option: tuple[str, ...]
) -> None:
    ended = veille(*asked, *option)
    assert ended.code == 0, ended.err
    assert f"{AT.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" in ended.out
    assert f"{AT:%Y-%m-%d %H:%M}" not in ended.out
    assert f"Times in {zone}." in ended.out.splitlines()


@pytest.mark.parametrize("asked", [SEARCH, GAPS, QUESTIONS, BACKTEST])
def test_scripts_read_utc(veille: Command, asked: tuple[str, ...]) -> None:
    ended = veille(*asked, "--json")
    assert json.loads(ended.out)
    assert f"{AT:%Y-%m-%dT%H:%M:%SZ}" in ended.out
    assert f"{AT.astimezone(ZoneInfo('Africa/Lagos')):%Y-%m-%dT%H:%M}" not in ended.out


def test_days_of_a_back_test_are_those_of_the_zone_to_people_and_of_utc_to_scripts(veille: Command) -> None:
    rows = [line.split() for line in veille(*BACKTEST).out.splitlines()]
    assert rows[0] == ["day", "(Africa/Lagos)", "mentions"]
    assert [f"{NEXT.date()}", "1"] in rows
    assert f"{AT.date()}" not in [row[0] for row in rows]  # of before the archive nothing is known
    days = json.loads(veille(*BACKTEST, "--json").out)["days"]
    assert {date.fromisoformat(day) for day, number in days.items() if number} == {AT.date()}


@pytest.mark.parametrize("asked", [SEARCH[:1], GAPS, QUESTIONS])
def test_a_time_that_names_no_zone_is_one_of_the_same(veille: Command, asked: tuple[str, ...]) -> None:
    """Of 00:30 in Lagos, which is 08:30 in Tokyo."""
    began, later = f"{NEXT.date()}T00:30", f"{NEXT.date()}T00:31"
    for since, option, found in (
        (began, (), True),
        (later, (), False),
        (later, ("--zone", "Asia/Tokyo"), True),
        (f"{AT:%Y-%m-%dT%H:%M}Z", ("--zone", "Asia/Tokyo"), True),
    ):
        ended = veille(*asked, "--since", since, *option)
        assert (" 00:30" in ended.out or " 08:30" in ended.out) is found, (since, option)


@pytest.mark.parametrize("asked", [("search", "acme"), ("export", "--to", "acme.csv")])
@pytest.mark.parametrize("until", ["2026-11-01", "2026-11-02", "2d"])
def test_a_stretch_that_ends_before_it_begins_is_no_empty_answer(
    veille: Command, tmp_path: Path, asked: tuple[str, ...], until: str
) -> None:
    since = "1d" if until == "2d" else "2026-11-02"
    ended = veille(*asked, "--since", since, "--until", until)
    assert (ended.code, f"--since {since} --until {until}: the end must come later" in ended.err) == (2, True)
    assert not (tmp_path / "acme.csv").exists()


def test_a_zone_that_there_is_not_is_said(veille: Command) -> None:
    ended = veille("search", "--zone", "Paris")
    assert ended.code == 2
    assert "there is no zone 'Paris'" in ended.err
