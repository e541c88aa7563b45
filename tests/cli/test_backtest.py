"""`veille backtest` runs a query as if it had been a watch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.command import Command
from contracts.records import record
from veille.mention import Enrichment, Sentiment
from veille.producers.simulate.x import XStandIn
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteSink

NOW = datetime.now(UTC).replace(microsecond=0)
DAYS = 8


def said(name: str, at: datetime, text: str, **fields: Any) -> Record:
    found = Enrichment(sentiment=Sentiment(label="neutral"))
    return record(name, text=text, created_at=at, received_at=at, found=found, **fields)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight days of an archive: 24 mentions a day, 200 in the last hour but two, and as many of something else."""
    made = tmp_path_factory.mktemp("backtest")
    sink = SqliteSink(made / "veille.db")
    sink.open()
    begins = NOW - timedelta(days=DAYS)
    usual = [said(f"u{n}", begins + timedelta(hours=n, minutes=7), "acme kettle") for n in range(24 * DAYS)]
    buzz = NOW - timedelta(hours=3)
    storm = [said(f"b{n}", buzz + timedelta(seconds=15 * n), f"acme is down, again {n}") for n in range(200)]
    others = [said(f"o{n}", begins + timedelta(hours=n), "teapot") for n in range(24 * DAYS)]
    sink.write([*usual, *storm, *others])
    sink.close()
    return made


def test_it_tells_mentions_a_day_and_the_alert_that_would_have_rung(veille: Command, folder: Path) -> None:
    ended = veille("backtest", "acme", "--since", "7d", "--data", str(folder), "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert len(told["days"]) in {7, 8}
    assert told["mentions"] == sum(told["days"].values()) >= 24 * 6 + 200
    assert told["by_source"] == {"bluesky": told["mentions"]}
    assert [alert["kind"] for alert in told["alerts"]] == ["peak"]
    opened = datetime.fromisoformat(told["alerts"][0]["opened_at"])
    assert timedelta() < opened - (NOW - timedelta(hours=3)) < timedelta(minutes=15)
    assert told["usd_a_month"] == 0
    assert "only what the watches of that time matched" in told["note"]
    assert len(told["examples"]) == 5


def test_an_alert_is_told_in_words_with_the_search_for_what_it_counts(veille: Command, folder: Path) -> None:
    asked = ("backtest", "acme OR kettle", "--since", "7d", "--data", str(folder))
    (alert,) = json.loads(veille(*asked, "--json").out)["alerts"]
    assert f"{alert['mentions']} mentions in " in alert["words"]
    assert "expected. More mentions than expected" in alert["words"] or "expected. Mentions come" in alert["words"]
    assert alert["mentions"] >= 200
    address = urlsplit(alert["search"])
    (query,), (since,), (until,) = (parse_qs(address.query)[name] for name in ("q", "since", "until"))
    assert (address.netloc, address.path, query) == ("127.0.0.1:8420", "/search", "acme OR kettle")
    found = veille("search", query, "--since", since, "--until", until, "--count", "--json", "--data", str(folder))
    assert json.loads(found.out)["count"] == alert["mentions"]
    told = " ".join(veille(*asked).out.split())
    assert (alert["words"] in told, alert["search"] in told) == (True, True)


def test_it_says_the_same_to_people(veille: Command, folder: Path) -> None:
    ended = veille("backtest", "acme", "--since", "7d", "--data", str(folder))
    assert ended.code == 0, ended.err
    assert "1 alert would have rung." in ended.out
    assert "only what the watches of that time matched" in ended.out


def test_where_an_archive_begins_is_no_peak_and_the_days_before_are_no_zeros(veille: Command, tmp_path: Path) -> None:
    sink = SqliteSink(tmp_path / "veille.db")
    sink.open()
    begins = NOW - timedelta(hours=3)
    sink.write([said(f"a{n}", begins + timedelta(seconds=20 * n), f"acme kettle {n}") for n in range(9 * 60)])
    sink.close()
    asked = ("backtest", "acme", "--since", "7d", "--data", str(tmp_path))
    assert json.loads(veille(*asked, "--json").out)["alerts"] == []
    days = [line.split() for line in veille(*asked).out.partition("540 mentions")[0].splitlines()[1:]]
    assert sum(int(number) for _, number in days) == 540
    assert "0" not in [number for _, number in days]


def test_a_query_that_finds_nothing_raises_nothing(veille: Command, folder: Path) -> None:
    told = json.loads(veille("backtest", "samovar", "--since", "2d", "--data", str(folder), "--json").out)
    assert (told["mentions"], told["alerts"], told["examples"]) == (0, [], [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("acme (", "--since", "7d"), "bracket"),
        (("acme", "--since", "500d"), "expected a time in the last 400 days"),
        (("acme", "--bluesky", "3d"), "expected a time in the last 36 hours"),
        (("acme", "--x"), "VEILLE_X_BEARER_TOKEN"),
    ],
)
def test_what_cannot_be_done_says_why_before_the_archive_is_read(
    veille: Command, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ended = veille("backtest", *arguments, "--data", str(tmp_path / "nothing"))
    assert ended.code == 2
    assert said in ended.err


def test_x_itself_says_how_many_there_were_and_what_they_would_cost(
    veille: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with XStandIn() as x:
        Path("veille.yaml").write_text(f"sources: {{x: {{base_url: '{x.url}'}}}}\n")
        monkeypatch.setenv("VEILLE_X_BEARER_TOKEN", "any")
        told = json.loads(veille("backtest", "acme", "--since", "1d", "--data", str(folder), "--x", "--json").out)
    (network,) = told["networks"]
    assert (network["source"], network["matched"], network["usd_a_month"]) == ("x", 0, 0)
    assert len(network["hours"]) == 168
