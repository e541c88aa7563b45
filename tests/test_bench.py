"""What benchmarks print is not decided by one slow round."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def summarised(times: str) -> object:
    """What `python -m bench search` makes of milliseconds, which are written as Python writes them."""
    program = f"import json; from bench.search import ENOUGH, ROUNDS, summary; print(json.dumps(summary({times})))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def test_one_slow_round_is_the_most_and_not_what_95_in_100_reach() -> None:
    for rounds in ("ROUNDS", "ENOUGH"):
        assert summarised(f"[10.0] * ({rounds} - 1) + [900.0]") == "10 / 10 / 900"


def test_what_one_round_in_ten_takes_is_what_95_in_100_reach() -> None:
    assert summarised("([10.0] * 9 + [80.0]) * (ROUNDS // 10)") == "10 / 80 / 80"


def test_of_few_rounds_95_in_100_reach_no_more_than_the_most() -> None:
    assert summarised("[10.0, 10.0, 10.0, 90.0]") == "10 / 78 / 90"
