"""A question is asked where somebody could answer it, with a mark or without."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from hostile import seconds
from posts import TEXTS
from veille.evaluate import evaluate
from veille.processors.question import asks

FIXTURES = Path(__file__).parents[1] / "fixtures" / "questions"


@pytest.mark.parametrize(("half", "least"), [("known", 0.96), ("held_out", 0.95)])
def test_questions_are_found_among_labelled_posts(half: str, least: float) -> None:
    report = evaluate("questions", FIXTURES / f"{half}.jsonl")
    assert report.cases == {"known": 463, "held_out": 316}[half]
    assert report.f1 is not None
    assert report.f1 >= least
    assert min(by.f1 or 0 for by in report.by.values()) >= 0.9


@pytest.mark.parametrize(
    "text",
    [
        "anyone know a good dentist",
        "@acme hello, do you ship to Belgium",
        "so is it out yet",
        "Quelqu'un saurait réparer ça",
        "Bonjour, vous livrez en Belgique",
        "il est où mon colis",
        "Ça ouvre à quelle heure",
        "Price?",
        "I was wondering if you ship to Canada",
        "Bonjour, pouvez-vous m'aider",
        "qqn a la référence",
        "I read “why not”, but does it work",
        "WHY IS IT SO EXPENSIVE?!",
    ],
)
def test_a_question_needs_no_mark_and_no_grammar(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hungry? Our new soup is here",
        "Is there anything better? No.",
        'She said "how are you?" and left',
        "Il a plu, a-t-il dit",
        "How to descale a kettle in three steps",
        "1000 followers?!",
        "c'est quand même bizarre",
        "C'est là où je suis né",
        "Vous pouvez nous appeler jusqu'à midi",
        "Remember that time we won?",
    ],
)
def test_what_only_looks_like_a_question_is_none(text: str) -> None:
    assert not asks(text)


@given(TEXTS)
def test_any_text_is_judged_and_always_the_same(text: str) -> None:
    assert asks(text) is asks(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example/?q=1", False),
        ("look https://a.example/search?q=why", False),
        ("Acme a-t-il répondu ?", True),
        ("a" * 100 + "?", True),
        ("?", False),
        ("(?)", False),
        ("", False),
        ("日本語ですか？", True),
    ],
)
def test_a_question_mark_counts_after_a_word(text: str, expected: bool) -> None:
    assert asks(text) is expected


@pytest.mark.parametrize("piece", ["a", "?", "a?", "how ", "how do ", "@a ", "@a", "\n", "so ", "est-ce ", "«a?» "])
def test_a_question_is_looked_for_in_time_that_grows_with_the_text_alone(piece: str) -> None:
    short, long = (seconds(asks, piece, length) for length in (1 << 13, 1 << 16))
    assert long <= 25 * max(short, 0.0005), f"{short:.4f} s, then {long:.4f} s"


@pytest.mark.parametrize("piece", [",", "@a ", "#a, "])
def test_what_follows_a_run_of_commas_or_names_is_looked_at_once(piece: str) -> None:
    short, long = (seconds(lambda text: asks(f"so {text}"), piece, length) for length in (1 << 13, 1 << 16))
    assert long <= 25 * max(short, 0.0005), f"{short:.4f} s, then {long:.4f} s"
    assert asks("so " + piece * 5_000 + "how do you do that")
