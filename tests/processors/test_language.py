"""The network's word comes first; else the text is looked at; unsure is `und`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from posts import TEXTS, post
from veille.mention import Enrichment, Language
from veille.processors.language import add_language, detect


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
    assert 0.5 <= found.confidence <= 1.0


@pytest.mark.parametrize("text", ["", "   ", "https://a.example @acme", "12 345 !!", "😡😡😡", "\0\n"])
def test_a_text_without_words_has_no_language(text: str) -> None:
    assert detect(text) == Language("und", 0.0, "none")


def test_an_unsure_guess_is_und() -> None:
    assert detect("lol omg").code == "und"


@settings(deadline=None)  # the model loads with the first
@given(TEXTS)
def test_any_text_has_one_language_and_always_the_same(text: str) -> None:
    found = detect(text)
    assert found == detect(text)
    assert 0.0 <= found.confidence <= 1.0
    assert found.code
