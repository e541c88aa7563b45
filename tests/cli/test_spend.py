"""`veille spend` tells what reading X costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cli.command import Command
from veille.clock import SystemClock
from veille.producers.cursors import CursorRecord
from veille.producers.x.cursor import Cursor, cursor_text
from veille.producers.x.spend import POST, USER, Spend, Tally, month_of
from veille.sinks.sqlite import SqliteState

NOW = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The month ends with today, and that within the second."""
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW)


@pytest.fixture
def spent(tmp_path: Path) -> None:
    """1,000 posts of 1,000 authors this month, 10 of them today."""
    spend = Spend(
        day=f"{NOW:%Y-%m-%d}",
        since=month_of(NOW),
        today={POST: Tally(10, 50_000), USER: Tally(10, 100_000)},
        month={POST: Tally(1_000, 5_000_000), USER: Tally(1_000, 10_000_000)},
    )
    record = CursorRecord(source="x", cursor=cursor_text(Cursor(heard=NOW, spend=spend)))
    state = SqliteState(tmp_path / "data" / "veille.db")
    state.save_cursor("x", msgspec.json.encode(record).decode(), NOW)
    state.close()


def budget(folder: Path, text: str) -> None:
    (folder / "veille.yaml").write_text(f"sources: {{x: {{budget: {text}}}}}\n")


@pytest.mark.usefixtures("spent")
def test_the_spending_is_told_by_kind_with_what_the_month_will_come_to(veille: Command, tmp_path: Path) -> None:
    budget(tmp_path, "30 USD/month")
    ended = veille("spend")
    assert ended.code == 0
    assert [line.split() for line in ended.out.splitlines()[1:3]] == [
        ["posts", "read", "10", "0.05", "1,000", "5.00"],
        ["accounts", "read", "10", "0.10", "1,000", "10.00"],
    ]
    assert "Together 0.15 USD today, 15.00 USD this month." in ended.out
    assert "the budget is 30.00 USD, 50% of it spent." in ended.out
    assert "reading goes on" not in ended.out


@pytest.mark.usefixtures("spent")
def test_a_budget_that_is_spent_says_when_reading_goes_on(veille: Command, tmp_path: Path) -> None:
    budget(tmp_path, "15 USD/month")
    found = json.loads(veille("spend", "--json").out)
    assert (found["spent_month"], found["budget"], found["stopped"]) == (15.0, 15.0, True)
    assert found["today"]["post"] == {"number": 10, "usd": 0.05}
    assert found["projected_month"] >= 15
    assert f"reading goes on at {found['next_month'][:10]} 00:00 UTC" in veille("spend").out


def test_where_nothing_was_read_nothing_is_spent(veille: Command) -> None:
    ended = veille("spend")
    assert ended.code == 0
    assert "Together 0.00 USD today, 0.00 USD this month." in ended.out
    assert "no budget is set" in ended.out
