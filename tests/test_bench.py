"""What benchmarks print is not decided by one slow round."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SLOW_ROUND = [f"[10.0] * ({rounds} - 1) + [900.0]" for rounds in ("ROUNDS", "ENOUGH")]
ONE_IN_TEN = "([10.0] * 9 + [80.0]) * (ROUNDS // 10)"
FEW = "[10.0, 10.0, 10.0, 90.0]"
"""Milliseconds, as Python writes them."""


@pytest.fixture(scope="module")
def summaries() -> dict[str, str]:
    """What `python -m bench search` makes of each."""
    asked = [*SLOW_ROUND, ONE_IN_TEN, FEW]
    made = ", ".join(f"summary({times})" for times in asked)
    program = f"import json; from bench.search import ENOUGH, ROUNDS, summary; print(json.dumps([{made}]))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(zip(asked, json.loads(ran.stdout), strict=True))


def test_one_slow_round_is_the_most_and_not_what_95_in_100_reach(summaries: dict[str, str]) -> None:
    assert [summaries[times] for times in SLOW_ROUND] == ["10 / 10 / 900"] * 2


def test_what_one_round_in_ten_takes_is_what_95_in_100_reach(summaries: dict[str, str]) -> None:
    assert summaries[ONE_IN_TEN] == "10 / 80 / 80"


def test_of_few_rounds_95_in_100_reach_no_more_than_the_most(summaries: dict[str, str]) -> None:
    assert summaries[FEW] == "10 / 78 / 90"
