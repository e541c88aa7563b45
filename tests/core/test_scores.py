"""The figures that the page tells of the models are those of the docs, and those that can be measured here are true."""

from __future__ import annotations

from pathlib import Path

import pytest

from veille.evaluate import evaluate
from veille.processors.data.train_transformer import build
from veille.processors.sentiment import model
from veille.scores import BUILT, LANGUAGE, SENTIMENT, SHIPPED, sentiment_of

ROOT = Path(__file__).parents[2]


def row(page: str, begins: str) -> dict[str, float]:
    """One row of a table, by the heads of its columns that are codes of languages."""
    lines = (ROOT / "docs" / page).read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"| {begins}"))
    head = next(line for line in reversed(lines[:at]) if line.startswith("| |"))
    cells = zip(head.split("|")[2:-1], lines[at].split("|")[2:-1], strict=True)
    return {name.strip(): float(value) for name, value in cells if len(name.strip()) == 2}


@pytest.mark.parametrize(
    ("page", "begins", "scores"),
    [
        ("sentiment.md", f"shipped, `{SHIPPED}`", SENTIMENT[SHIPPED]),
        ("sentiment.md", "both", SENTIMENT["both"]),
        ("evaluation.md", "validation", SENTIMENT[SHIPPED]),
        ("evaluation.md", "F1 |", LANGUAGE),
    ],
)
def test_the_docs_say_the_same(page: str, begins: str, scores: dict[str, float]) -> None:
    assert row(page, begins) == scores


def test_they_are_of_the_model_that_is_shipped_and_of_no_other() -> None:
    assert model().name == SHIPPED
    assert sentiment_of(SHIPPED) == SENTIMENT[SHIPPED]
    assert build.NAME == BUILT
    assert sentiment_of(f"{BUILT}+{SHIPPED}") == SENTIMENT["both"]
    for other in ("veille-linear-2", f"{BUILT}+veille-linear-2", f"veille-e5-small-1+{SHIPPED}", None):
        assert sentiment_of(other) == {}


def test_the_language_of_our_own_posts_is_told_as_well_as_it_says() -> None:
    report = evaluate("language", ROOT / "tests" / "fixtures" / "language" / "held_out.jsonl")
    assert report.by is not None
    told = {code: each.f1 for code, each in report.by.items() if code in LANGUAGE}
    assert {code: round(100 * f1, 1) for code, f1 in told.items() if f1 is not None} == LANGUAGE
