"""Places that a text talks about: rather none than a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.processors.places import places

NAMED = [
    ("Flood in Paris, Texas and Berlin today", [("Paris", "US"), ("Texas", "US"), ("Berlin", "DE")]),
    ("Les bouchons à Lyon et à Marseille", [("Lyon", "FR"), ("Marseille", "FR")]),
    ("Je pars aux États-Unis demain", [("États-Unis", "US")]),
    ("Saint-Étienne gagne", [("Saint-Étienne", "FR")]),
    ("We moved from Jordan to Lebanon.", [("Jordan", "JO"), ("Lebanon", "LB")]),
    ("#Paris is burning", [("Paris", "FR")]),
    ("São Paulo - Brazil", [("São Paulo", "BR"), ("Brazil", "BR")]),
    ("the UK agrees with Germany", [("UK", "GB"), ("Germany", "DE")]),
    ("FIRE IN LONDON NOW", [("LONDON", "GB")]),
    ("زلزال في تركيا", [("تركيا", "TR")]),
    ("Я живу в Париж", [("Париж", "FR")]),
    ("दिल्ली में बारिश", [("दिल्ली", "IN")]),
    ("சென்னை வெள்ளம்", [("சென்னை", "IN")]),
    ("#Storm_in_Lyon #مصر_الآن", [("Lyon", "FR"), ("مصر", "EG")]),
]


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_places_are_found_where_they_stand(text: str, expected: list[tuple[str, str]]) -> None:
    found = list(places(text))
    assert [(place.name, place.country) for place in found] == expected
    assert all(text[place.start : place.end] == place.name and place.point for place in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Paris Hilton flew Air France",
        "I love Chelsea in Manchester United kit",
        "Michael Jordan beats Georgia",
        "@London https://x.com/Rome/Tokyo www.berlin.de",
        "reading a nice book in bath",
        "Thanks Victoria, see you at the Orange shop",
        "let us go, it is hot in here",
        "Okay. My Google account",
        "Miss you both",
        "Hope and Mercy in March",
        "#Real_Madrid #ريال_مدريد",
        "Proud American, New Yorker at heart",
    ],
)
def test_names_of_people_clubs_and_words_are_no_places(text: str) -> None:
    assert list(places(text)) == []


def test_a_name_of_two_cities_about_as_large_is_left_alone() -> None:
    assert list(places("Heading to Córdoba")) == []
    assert [place.country for place in places("Heading to Córdoba, Argentina")] == ["AR", "AR"]


@given(st.text())
def test_any_text_gives_spans_of_itself(text: str) -> None:
    end = 0
    for place in places(text):
        assert end <= place.start < place.end <= len(text)
        assert text[place.start : place.end] == place.name
        end = place.end


@pytest.mark.parametrize("part", ["Paris ", "New ", "x" * 50, "@a", "http://", "Saint-"])
def test_a_long_text_is_read_to_its_end_or_its_twentieth_place(part: str) -> None:
    assert len(list(places(part * 20_000))) <= 20


@pytest.mark.parametrize("unit", ["ก", "न", "\u0301"])
def test_a_long_word_of_marks_behind_a_name_is_read_in_no_time(unit: str) -> None:
    """Many a Thai post is one such word; where each way to part it was tried, reading one took for ever."""
    assert places("New X" + unit * 200) == ()
