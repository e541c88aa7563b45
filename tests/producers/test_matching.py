"""Whose word counts on which watches a post matches: the network's, as far as it knows the watches of now."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from veille.identity import x_doc_id
from veille.post import Post, WatchMatch
from veille.producers.matching import Matching
from veille.producers.source import Received
from veille.settings import Watch

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WATCHES = (Watch("brand", "brand", "acme"), Watch("tea", "market", "tea"))


def settled(text: str, *said: str, watches: tuple[Watch, ...] = WATCHES) -> list[str] | None:
    """The watches that a post of X ends with, of which X says that these matched; None: it is left out."""
    post = Post(
        doc_id=x_doc_id("7"),
        version="1",
        source="x",
        native_id="7",
        created_at=NOW,
        received_at=NOW,
        text=text,
        matched=[WatchMatch(name, rules=["1"]) for name in said],
    )
    kept = Matching(watches).settle(Received(post, trusted=True))
    return [match.id for match in post.matched] if kept else None


@pytest.mark.parametrize(
    ("text", "said", "ends"),
    [
        ("nothing that we see", ["brand"], ["brand"]),  # X may see more than it sends
        ("acme", ["before"], ["brand"]),  # renamed while the post was on its way
        ("acme and tea", ["before", "tea"], ["tea", "brand"]),
        ("neither", ["before"], None),
        ("acme", [], None),
    ],
)
def test_what_a_network_says_counts_but_for_watches_that_are_no_more(
    text: str, said: list[str], ends: list[str] | None
) -> None:
    assert settled(text, *said) == ends


def test_where_no_watch_is_set_every_name_stays() -> None:
    assert settled("acme", "theirs", watches=()) == ["theirs"]
