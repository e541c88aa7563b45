"""Tags are the facts that watches are matched by, in order, each once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from hostile import seconds
from posts import TEXTS, post
from veille.mention import Enrichment, Tags
from veille.post import Entities, Link, Post, Quoted, WatchMatch
from veille.processors.question import asks
from veille.processors.tags import add_tags
from veille.query import parse
from veille.query.match import Matcher
from veille.text.addresses import domain

QUESTIONS = Path(__file__).parents[1] / "fixtures" / "questions" / "questions.tsv"
KNOWN = 120
"""Lines of it that were known when the rules were written."""


def tags(a_post: Post) -> Tags:
    found = Enrichment()
    add_tags(a_post, found)
    return found.tags


def test_entities_are_taken_from_the_text_where_the_network_sent_none() -> None:
    found = tags(post("@Bob #Été2026 $ACME #ETE2026 https://www.Exemple.fr/a @bob #acme"))
    assert found.hashtags == ["ete2026", "acme"]
    assert found.handles == ["bob"]
    assert found.cashtags == ["acme"]
    assert found.links == ["https://www.Exemple.fr/a"]
    assert found.domains == ["exemple.fr"]


def test_what_the_network_sent_counts_whatever_the_text_says() -> None:
    sent = Entities(hashtags=["Kettle"], handles=[], links=[Link(url="https://t.co/a", expanded="https://a.example/K")])
    found = tags(post("#acme @bob $ACME https://t.co/a", entities=sent))
    assert found == Tags(hashtags=["kettle"], cashtags=["acme"], links=["https://a.example/K"], domains=["a.example"])


def test_the_quoted_post_counts_with_the_post_as_for_a_watch() -> None:
    quoted = Quoted(text="#two @them", entities=Entities(links=[Link(url="https://a.example")]))
    found = tags(post("#one", quoted=quoted))
    assert (found.hashtags, found.handles, found.domains) == (["one", "two"], ["them"], ["a.example"])


def test_the_watches_are_those_that_matched() -> None:
    matched = [WatchMatch(id="acme", terms=["#acme"], spans=[(0, 5)])]
    assert tags(post("#acme", matched=matched)).watches == matched


@given(TEXTS)
def test_a_watch_on_each_tag_matches_the_post_that_has_it(text: str) -> None:
    a_post = post(text)
    found = tags(a_post)
    queries = {f"{sign}{value}": parse(f"{sign}{value}") for sign, values in _plain(found) for value in values}
    assert {match.id for match in Matcher(queries).match(a_post)} == set(queries)


def _plain(found: Tags) -> list[tuple[str, list[str]]]:
    """Tags that a rule can name without more ado."""
    lists = (("#", found.hashtags), ("@", found.handles), ("$", found.cashtags))
    return [(sign, [value for value in values if value.isascii() and value.isalnum()]) for sign, values in lists]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://WWW.Example.com:8080/a?b#c", "example.com"),
        ("https://user:word@example.com./", "example.com"),
        ("exemple.fr/été", "exemple.fr"),
        ("https://www.münchen.de/", "xn--mnchen-3ya.de"),
        ("https://www.com/", "www.com"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        ("https://[broken/", None),
        ("https://" + "é" * 300 + ".fr", "é" * 300 + ".fr"),
        ("", None),
    ],
)
def test_a_domain_has_one_form(address: str, expected: str | None) -> None:
    assert domain(address) == expected


def _questions() -> list[tuple[bool, str]]:
    lines = QUESTIONS.read_text("utf-8").splitlines()
    return [(label == "1", text) for label, text in (line.split("\t") for line in lines)]


def _precision_recall(posts: list[tuple[bool, str]]) -> tuple[float, float]:
    judged = [(asked, asks(text)) for asked, text in posts]
    right = judged.count((True, True))
    return right / (right + judged.count((False, True))), right / (right + judged.count((True, False)))


def test_questions_are_found_among_the_labelled_posts() -> None:
    posts = _questions()
    assert len(posts) == 150
    precision, recall = _precision_recall(posts[:KNOWN])
    assert precision >= 0.95
    assert recall >= 0.95


def test_questions_are_found_among_posts_that_the_rules_were_not_made_for() -> None:
    precision, recall = _precision_recall(_questions()[KNOWN:])
    assert precision >= 0.8  # 9 of 11
    assert recall >= 0.55  # 9 of 16: those without a question mark are hard


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
