"""What a text says of one name, beside what it says of others."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.evaluate import evaluate
from veille.mention import Enrichment, Language
from veille.post import Post, WatchMatch
from veille.processors.sentiment import add_sentiment
from veille.processors.towards import Span, add_towards, said, towards

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LABELLED = Path(__file__).parents[1] / "fixtures" / "sentiment" / "towards.jsonl"


def spans(text: str, name: str) -> list[Span]:
    return [found.span() for found in re.finditer(name, text)]


def enriched(text: str, **names: str) -> Enrichment:
    watches = [WatchMatch(id=watch, terms=[name], spans=spans(text, name)) for watch, name in names.items()]
    post = Post(
        doc_id="x:1", version="1", source="x", native_id="1", created_at=NOON, received_at=NOON, text=text, langs=[]
    )
    found = Enrichment(language=Language(code="en"))
    found.tags.watches = watches
    add_sentiment(post, found)
    add_towards(post, found)
    return found


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Norvik is awful but Tassoro is great", "@name is awful"),
        ("I hate Norvik. Really. Tassoro is great!", "I hate @name. Really."),
        ("Hello you there. Norvik or Tassoro?", "@name or @name?"),
        ("Norvik is late! Tassoro is not.", "@name is late!"),
        ("Nothing of either", "Nothing of either"),
        ("Norvik et Tassoro sont nuls, Norvik surtout", "@name surtout"),
        ("Tassoro? On time. Norvik? Late again.", "@name? Late again."),
    ],
)
def test_what_is_said_of_a_name_is_what_stands_with_it_alone_where_there_is_such(text: str, part: str) -> None:
    assert said(text, spans(text, "Norvik"), spans(text, "Tassoro")).own == part


def test_names_are_read_as_handles_and_words_that_are_asked_for_beside_them_as_they_are() -> None:
    text = "Norvik is broken, Tassoro broken too"
    own = [*spans(text, "Norvik"), *spans(text, "broken")]
    assert said(text, own, spans(text, "Tassoro")).own == "@name is broken,"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Norvik is awful but Tassoro is great", "but @name is great"),
        ("Norvik is late. Tassoro? Never! I like it.", "@name? Never! I like it."),
        ("Norvik or Tassoro?", ""),
    ],
)
def test_what_is_said_of_the_others_is_what_stands_with_them_alone(text: str, part: str) -> None:
    assert said(text, spans(text, "Norvik"), spans(text, "Tassoro")).others == part


def test_praise_of_another_speaks_against_a_name_and_blame_of_another_for_it() -> None:
    scores = [
        enriched(text, ours="Norvik", rival="Tassoro").sentiment.towards[0].score
        for text in ("We took Norvik. Tassoro is great, I love it!", "We took Norvik. Tassoro is awful, I hate it!")
    ]
    assert scores[0] < scores[1]


def test_two_names_of_one_text_get_a_sentiment_each() -> None:
    found = enriched("Norvik is awful, I hate it, but I love Tassoro, they are great!", ours="Norvik", rival="Tassoro")
    assert [(each.watch, each.label) for each in found.sentiment.towards] == [
        ("ours", "negative"),
        ("rival", "positive"),
    ]
    assert found.sentiment.towards[0].score < 0 < found.sentiment.towards[1].score


def test_a_text_that_names_one_watch_has_its_sentiment_alone() -> None:
    assert enriched("I hate Norvik", ours="Norvik").sentiment.towards == []
    assert enriched("I hate Norvik", ours="Norvik", market="Norvik").sentiment.towards == []


@settings(deadline=None)  # the first example loads the model
@given(st.text(max_size=80), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80))))
def test_any_text_with_any_spans_has_an_opinion(text: str, places: list[Span]) -> None:
    assert towards(text, places[::2], places[1::2]).label in ("negative", "neutral", "positive")


def test_the_labelled_posts_are_told_better_by_name_than_as_a_whole() -> None:
    report = evaluate("towards", LABELLED)
    assert report.cases == 800
    assert report.macro_f1 is not None
    assert report.by["whole"].macro_f1 is not None
    assert report.macro_f1 > report.by["whole"].macro_f1 + 0.02
