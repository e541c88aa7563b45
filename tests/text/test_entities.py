"""Entities stand where twitter-text says they do, and no text takes more time than its length explains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hostile import seconds
from veille.text.entities import Entity, cashtags, handles, hashtags, lists, urls
from veille.text.tokens import between_spaces

CONFORMANCE = Path(__file__).parents[1] / "fixtures" / "conformance" / "extract.yml"
Extract = Callable[[str], list[Entity]]
EXTRACTORS: list[Extract] = [hashtags, handles, lists, cashtags, urls]

TRICKY = st.lists(
    st.sampled_from(
        [
            *"#@$＃＠ .:/?()-_!é日あ한\n\u200d\ufe0f\u2066",
            "http://",
            "https://",
            "t.co/",
            "www.",
            "RT",
            "com",
            "fr",
            "한국",
            "xn--",
        ]
    )
    | st.text(max_size=5)
).map("".join)


def values(extract: Extract) -> Callable[[str], Any]:
    return lambda text: [entity.value for entity in extract(text)]


def placed(extract: Extract, name: str) -> Callable[[str], Any]:
    return lambda text: [{name: entity.value, "indices": [entity.start, entity.end]} for entity in extract(text)]


def reply(text: str) -> str | None:
    """The handle with which a text begins."""
    found = handles(text)
    return found[0].value if found and not text[: found[0].start].strip() else None


def handles_and_lists(text: str) -> list[dict[str, object]]:
    found = sorted(handles(text) + lists(text), key=lambda entity: entity.start)
    return [
        {
            "screen_name": entity.value.partition("/")[0],
            "list_slug": "".join(entity.value.partition("/")[1:]),
            "indices": [entity.start, entity.end],
        }
        for entity in found
    ]


GROUPS: dict[str, Callable[[str], Any]] = {
    "mentions": values(handles),
    "mentions_with_indices": placed(handles, "screen_name"),
    "mentions_or_lists_with_indices": handles_and_lists,
    "replies": reply,
    "urls": values(urls),
    "urls_with_indices": placed(urls, "url"),
    "urls_with_directional_markers": placed(urls, "url"),
    "tco_urls_with_params": values(urls),
    "hashtags": values(hashtags),
    "hashtags_from_astral": values(hashtags),
    "hashtags_with_indices": placed(hashtags, "hashtag"),
    "cashtags": values(cashtags),
    "cashtags_with_indices": placed(cashtags, "cashtag"),
}
CASES = [
    pytest.param(group, case, id=f"{group}-{number}")
    for group, cases in yaml.safe_load(CONFORMANCE.read_text("utf-8"))["tests"].items()
    for number, case in enumerate(cases)
]


def test_every_case_of_twitter_text_is_here() -> None:
    assert len(CASES) == 238


@pytest.mark.parametrize(("group", "case"), CASES)
def test_entities_are_extracted_as_twitter_text_does(group: str, case: dict[str, Any]) -> None:
    assert GROUPS[group](case["text"]) == case["expected"], case["description"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ping @acme.bsky.social.", [Entity("acme.bsky.social", 5, 22)]),
        ("@my-shop.example.com, hello", [Entity("my-shop.example.com", 0, 20)]),
        ("thanks @acme.Great work", [Entity("acme", 7, 12)]),
        ("thanks @acme.great work", [Entity("acme", 7, 12)]),
        ("@" + "a" * 21, []),
        ("https://medium.example/@someone/a-story", []),
        ("help@acme.example", []),
        ("vu chez@acme", []),
    ],
)
def test_a_handle_is_a_name_or_a_domain(text: str, expected: list[Entity]) -> None:
    assert handles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://shop.acme.example/fr?x=1.", ["https://shop.acme.example/fr?x=1"]),
        ("see shop.acme.example", []),
        ("« https://fr.wikipedia.org/wiki/Vélo_(engin) »", ["https://fr.wikipedia.org/wiki/Vélo_(engin)"]),
        ("(lire exemple.fr/été)", ["exemple.fr/été"]),
        ("HTTPS://EXAMPLE.COM/A", ["HTTPS://EXAMPLE.COM/A"]),
        ("http://münchen.de:8080/x", ["http://münchen.de:8080/x"]),
        ("jean.it.gov@mail.com", []),
        ("version 1.2.3 or 3.5", []),
        ("https://twitter.vermögensberatung", ["https://twitter.vermögensberatung"]),
        ("http://" + "a" * 64 + ".com", []),
        ("http://" + "a.b" * 90 + ".com", []),
    ],
)
def test_a_url_is_taken_without_the_punctuation_around_it(text: str, expected: list[str]) -> None:
    assert values(urls)(text) == expected


@given(TRICKY)
def test_an_entity_stands_in_the_text_where_it_says(text: str) -> None:
    for extract in EXTRACTORS:
        found = extract(text)
        assert found == sorted(found, key=lambda entity: entity.start)
        for value, start, end in found:
            assert value == text[start + (extract is not urls) : end]
            assert value


@given(TRICKY)
def test_nothing_is_a_tag_or_a_name_inside_a_url(text: str) -> None:
    inside = {place for url in urls(text) for place in range(url.start, url.end)}
    assert inside.isdisjoint(entity.start for extract in EXTRACTORS[:4] for entity in extract(text))


HOSTILE = [
    "#", "＃", "@", "$", ".", "/", "(", "a", "あ", "#a", "#a ", "#あ", "@a", "@a ", "@a/b ", "@a.a", "@a.com", "$A ",
    "RT@a", "http://", "http://a.", "a.", "a-.", "-a.", "あ.", "a.com", "a.com ", "a.comあ", "한국.", "a.한국", "http://a.co/",
    "http://a.co/(", "a.co/((a", "a.co/)(", "a.co/@a", "a.co/#a ", "http://a.co?!", "http://a.coあ.",
    "http://xn--a.", "http://a_b.",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_eight_times_the_text_takes_about_eight_times_the_time(piece: str) -> None:
    for extract in EXTRACTORS:
        short = seconds(extract, piece, 1 << 13)
        # What grows with the square takes 64 times; half a millisecond keeps the clock's grain out.
        most = 25 * max(short, 0.0005)
        long = seconds(extract, piece, 1 << 16, enough=most)
        assert long <= most, f"{extract.__name__}: {short:.4f} s, then {long:.4f} s"


@pytest.mark.parametrize("extract", EXTRACTORS)
@given(TRICKY)
def test_no_entity_reaches_across_a_space_or_depends_on_what_is_beyond(extract: Extract, text: str) -> None:
    apart = [entity.value for word in between_spaces(text) for entity in extract(word)]
    assert [entity.value for entity in extract(text)] == apart
