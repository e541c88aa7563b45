"""What X is asked of a watch, as rules and as searches."""

from __future__ import annotations

import pytest

from veille.producers.x.asked import SEARCH_LIMIT, Search, searches, trees_of
from veille.query.x_printer import x_rule_of
from veille.settings import Watch


def watch(query: str) -> Watch:
    return Watch("w", "brand", query)


def rules(query: str, *own: str) -> list[str]:
    return [rule for tree in trees_of(watch(query), own) for rule in x_rule_of(tree)]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ('("acme corp" OR @acme) -is:retweet', ['"acme corp" -is:retweet -@acme']),
        ("@Acme", ["@acme is:retweet"]),
        ("@acme -is:retweet", []),
        ("@acme OR bouilloire", ["bouilloire -@acme", "@acme is:retweet"]),
        ("bouilloire -@acme", ["bouilloire -@acme"]),
        ("bouilloire", ["bouilloire"]),
        ("@acme OR context:66.1", ["@acme OR context:66.1"]),
    ],
)
def test_the_stream_is_asked_only_for_what_the_own_timeline_does_not_bring(query: str, asked: list[str]) -> None:
    assert rules(query, "acme") == asked


def test_without_a_timeline_the_stream_is_asked_for_everything() -> None:
    assert rules("@acme OR bouilloire") == ["@acme OR bouilloire"]


@pytest.mark.parametrize(
    ("query", "query_of_search", "lacking"),
    [
        ("acme", "acme", "quotes, reposts"),
        ("acme -is:retweet", "acme -is:retweet", "quotes"),
        ("acme -is:retweet -is:quote", "acme -is:retweet -is:quote", ""),
        ("acme is:retweet", None, "reposts"),
        ("(acme OR bio:kettle) -is:retweet -is:quote", "acme -is:retweet -is:quote", "bio:"),
        ("acme sample:10 -is:retweet -is:quote", None, "sample:"),
    ],
)
def test_what_a_search_cannot_bring_back_is_said(query: str, query_of_search: str | None, lacking: str) -> None:
    found, said = searches([watch(query)], ())
    assert [search.query for search in found] == ([query_of_search] if query_of_search else [])
    assert said == lacking


def test_a_search_without_an_operator_that_stood_under_a_minus_leaves_the_judgement_to_us() -> None:
    (search,), _ = searches([watch("acme -bio:bot")], ())
    assert search == Search("acme", "w", sure=False)


def test_a_watch_that_is_too_long_for_a_search_is_several_or_is_named() -> None:
    words = [f"word{number:03}" for number in range(90)]
    found, said = searches([watch(" OR ".join(words))], ())
    assert len(found) > 1
    assert max(len(search.query) for search in found) <= SEARCH_LIMIT
    assert {word for search in found for word in search.query.split(" OR ")} == set(words)
    none, said = searches([watch(" ".join(words[:80]))], ())
    assert none == []
    assert "watch w, too long for a search" in said
