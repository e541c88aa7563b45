"""Tags are the facts that watches are matched by, in order, each once."""

from __future__ import annotations

import pytest
from hypothesis import given

from posts import TEXTS, post
from veille.mention import Enrichment, Tags
from veille.post import Entities, Link, Post, Quoted, WatchMatch
from veille.processors.tags import add_tags
from veille.query import parse
from veille.query.match import Matcher
from veille.text.addresses import domain


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


def test_a_link_keeps_what_it_was_tagged_with_and_its_domain_does_not() -> None:
    sent = Entities(
        links=[
            Link(url="https://t.co/a", expanded="https://m.gazette.example/k?utm_source=x#top"),
            Link(url="https://www.GAZETTE.example:443/other", display="gazette.example/oth…"),
        ]
    )
    found = tags(post("https://t.co/a gazette.example/oth…", entities=sent))
    assert found.links == ["https://m.gazette.example/k?utm_source=x#top", "https://www.GAZETTE.example:443/other"]
    assert found.domains == ["gazette.example"]


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
        ("HTTPS://MÜNCHEN.DE.:443/", "xn--mnchen-3ya.de"),
        ("https://xn--mnchen-3ya.de/?utm_source=feed", "xn--mnchen-3ya.de"),
        ("https://例え.jp/", "xn--r8jz45g.jp"),
        ("https://m.example.com/", "example.com"),
        ("https://www.m.example.com/", "example.com"),
        ("https://mobile.example.com/", "example.com"),
        ("https://m.gazette.example.com/", "gazette.example.com"),
        ("https://www.com/", "www.com"),
        ("https://m.me/", "m.me"),
        ("https://m.co.uk/", "m.co.uk"),
        ("https://www2.example.com/", "www2.example.com"),
        ("https://.example.com/", "example.com"),
        ("https://./", None),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        ("https://[broken/", None),
        ("https://" + "é" * 300 + ".fr", "é" * 300 + ".fr"),
        ("", None),
    ],
)
def test_a_domain_has_one_form(address: str, expected: str | None) -> None:
    assert domain(address) == expected
