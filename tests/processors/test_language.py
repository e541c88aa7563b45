"""The network's word comes first; else the text is looked at; unsure is `und`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from posts import TEXTS, post
from veille.mention import Enrichment, Language
from veille.processors.language import SURE, add_language, detect
from veille.processors.language_doubt import likeliest

FIXTURES = Path(__file__).parents[1] / "fixtures" / "language"
SEVEN = frozenset({"ar", "de", "en", "es", "fr", "it", "pt"})


def language(text: str, *langs: str) -> Language:
    found = Enrichment()
    add_language(post(text, langs=list(langs)), found)
    return found.language


@pytest.mark.parametrize(
    ("langs", "expected"),
    [(("fr",), "fr"), (("zh-tw",), "zh"), (("pt-br",), "pt"), (("iw",), "he"), (("in",), "id"), (("und", "fr"), "fr")],
)
def test_the_declared_language_comes_first_under_its_present_code(langs: tuple[str, ...], expected: str) -> None:
    assert language("This is plain English, whatever anyone says.", *langs) == Language(expected, 1.0, "network")


def test_of_several_declared_languages_the_detected_one_counts() -> None:
    french = "Ma bouilloire est tombée en panne ce matin."
    assert language(french, "en", "fr").code == "fr"
    assert language(french, "en", "de").code == "en"


@pytest.mark.parametrize("declared", ["", "und", "zxx", "mul", "qme", "qht"])
def test_what_declares_no_language_leaves_it_to_the_text(declared: str) -> None:
    found = language("Ma bouilloire est tombée en panne ce matin.", declared)
    assert (found.code, found.by) == ("fr", "detected")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My kettle broke down this morning, and nobody answers the phone.", "en"),
        ("MA BOUILLOIRE EST TOMBÉE EN PANNE CE MATIN", "fr"),
        ("@acme #Wasserkocher Der Kocher ist heute Morgen kaputtgegangen https://a.example/this-is-english", "de"),
        ("La tetera se rompió esta mañana", "es"),
        ("やかんが今朝壊れました", "ja"),
        ("الغلاية تعطلت هذا الصباح", "ar"),
    ],
)
def test_the_language_of_a_plain_sentence_is_detected(text: str, expected: str) -> None:
    found = detect(text)
    assert (found.code, found.by) == (expected, "detected")
    assert SURE <= found.confidence <= 1.0


@pytest.mark.parametrize("text", ["", "   ", "https://a.example @acme", "12 345 !!", "😡😡😡", "\0\n"])
def test_a_text_without_words_has_no_language(text: str) -> None:
    assert detect(text) == Language("und", 0.0, "none")


def test_an_unsure_guess_is_und() -> None:
    assert detect("lol omg").code == "und"


@pytest.mark.parametrize(("half", "of_all", "of_answered"), [("known", 0.985, 0.99), ("held_out", 0.97, 0.98)])
def test_short_posts_in_seven_languages_are_told_apart(half: str, of_all: float, of_answered: float) -> None:
    lines = (FIXTURES / f"{half}.jsonl").read_text("utf-8").splitlines()
    judged = [(post["language"], detect(post["text"]).code) for post in map(json.loads, lines)]
    seven = [(wanted, found) for wanted, found in judged if wanted in SEVEN]
    assert len(seven) == 210
    answered = [(wanted, found) for wanted, found in seven if found != "und"]
    assert sum(wanted == found for wanted, found in seven) >= of_all * len(seven)
    assert sum(wanted == found for wanted, found in answered) >= of_answered * len(answered)
    assert sum(wanted == found for wanted, found in judged if wanted not in SEVEN) >= 29  # of 30: ja, nl, und


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vai caralhooo!!!", "pt"),
        ("RT @someone: barcollo ma non mollo http via @else", "it"),
        ("دا واحد باع كليته عشان ايفون", "ar"),
    ],
)
def test_slang_and_noise_are_read_by_their_words(text: str, expected: str) -> None:
    assert detect(text).code == expected


def test_words_outweigh_a_guess_and_languages_without_a_list_are_not_punished_twice() -> None:
    assert likeliest([("es", 0.4), ("pt", 0.3)], "não sei o que fazer com isso")[0] == "pt"
    assert likeliest([("eo", 0.5), ("en", 0.3)], "zzzxx qqqy")[0] == "en"
    code, share = likeliest([("mn", 0.9), ("ru", 0.05)], "zzzxx")
    assert code == "mn"
    assert share > SURE


def test_shares_of_one_language_add_up() -> None:
    assert likeliest([("ar", 0.3), ("fa", 0.4), ("ar", 0.3)], "")[0] == "ar"


@settings(deadline=None)  # the model loads with the first
@given(TEXTS)
def test_any_text_has_one_language_and_always_the_same(text: str) -> None:
    found = detect(text)
    assert found == detect(text)
    assert 0.0 <= found.confidence <= 1.0
    assert found.code
