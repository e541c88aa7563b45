"""`veille gaps` tells when posts may have been missed, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cli.command import Command
from veille.gap import Gap
from veille.sinks.sqlite import SqliteState

NOW = datetime.now(UTC)


def gap(source: str, hours: float, cause: str, **more: object) -> Gap:
    since = NOW - timedelta(hours=hours)
    return Gap(id=f"{source}:{hours}", source=source, since=since, cause=cause, **more)  # type: ignore[arg-type]  # as the test says


GAPS = (
    gap("x", 30, "stopped", until=NOW - timedelta(hours=29), repaired=True, lacking="reposts"),
    gap("bluesky", 5, "overflow", until=NOW - timedelta(hours=4), missed=1200),
    gap("x", 1, "budget"),
    gap("mastodon", 40, "limited", until=NOW - timedelta(hours=39), repaired=True, part="a.example"),
)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    state = SqliteState(tmp_path / "data" / "veille.db")
    for each in GAPS:
        state.save_gap(each.id, msgspec.json.encode(each))
    state.close()
    return tmp_path


@pytest.mark.usefixtures("told")
def test_gaps_are_told_in_words_and_how_many_may_lack_posts(veille: Command) -> None:
    ended = veille("gaps")
    assert ended.code == 0
    first, *lines, last, zone = ended.out.splitlines()
    assert first.split() == ["since", "until", "source", "part", "cause", "state"]
    expected = [
        ("a.example", "limited repaired"),
        ("stopped", "repaired, but reposts"),
        ("overflow", "not repaired, 1,200 lost"),
        ("budget", "open"),
    ]
    for line, (word, ending) in zip(lines, expected, strict=True):
        assert word in line
        assert " ".join(line.split()).endswith(ending)
    assert (last, zone) == ("3 of 4 may lack posts.", "Times in UTC.")


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["mastodon", "x", "bluesky", "x"]),
        (("--since", "24h"), ["bluesky", "x"]),
        (("--source", "x"), ["x", "x"]),
        (("--open",), ["x"]),
        (("--source", "bluesky", "--open"), []),
    ],
)
def test_gaps_are_chosen_by_time_source_and_whether_they_are_open(
    veille: Command, options: tuple[str, ...], expected: list[str]
) -> None:
    found = json.loads(veille("gaps", "--json", *options).out)["gaps"]
    assert [each["source"] for each in found] == expected


@pytest.mark.usefixtures("told")
def test_scripts_get_every_field(veille: Command) -> None:
    (found,) = json.loads(veille("gaps", "--json", "--open").out)["gaps"]
    assert found == {
        "id": "x:1",
        "source": "x",
        "since": GAPS[2].since.isoformat().replace("+00:00", "Z"),
        "until": None,
        "cause": "budget",
        "repaired": False,
        "missed": 0,
        "part": "",
        "lacking": "",
        "lost": True,
    }


def test_where_nothing_ran_there_is_no_gap(veille: Command) -> None:
    assert veille("gaps") == (0, "No gap.\n", "")
    assert veille("gaps", "--since", "yesterday").code == 2
