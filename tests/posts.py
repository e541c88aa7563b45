"""Posts to enrich: one with a given text, and any at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from veille.post import Author, Entities, Link, Post, Quoted

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
VERSION = 1_793_534_400_000_000 * 1024


def post(text: str, **fields: Any) -> Post:
    """A post that says `text`."""
    return Post(
        doc_id="bluesky:did:plc:someone/3lbzzzzzzzzzz",
        version=str(VERSION),
        source="bluesky",
        native_id="at://did:plc:someone/app.bsky.feed.post/3lbzzzzzzzzzz",
        created_at=NOW,
        received_at=NOW,
        text=text,
        **fields,
    )


TEXTS = st.lists(
    st.sampled_from(
        [
            *"#@$?.!/: é日あ한\0\n\u200d\ufe0f😡",
            "http://",
            "https://a.com/",
            "pourquoi ",
            "how do you ",
            "Paris",
            "acme",
        ]
    )
    | st.text(max_size=8)
).map("".join)
"""Texts that UTF-8 can hold, tricky ones above all."""

WORDS = st.none() | st.lists(TEXTS, max_size=3)
LINKS = st.none() | st.lists(
    st.builds(Link, url=TEXTS, expanded=st.none() | TEXTS, display=st.none() | TEXTS), max_size=3
)
ENTITIES = st.builds(Entities, hashtags=WORDS, handles=WORDS, cashtags=WORDS, links=LINKS)
POSTS = st.builds(
    post,
    TEXTS,
    entities=ENTITIES,
    langs=st.lists(st.sampled_from(["en", "fr", "zh-tw", "iw", "und", "qme", "zxx"]) | TEXTS, max_size=3),
    author=st.builds(Author, location=st.none() | TEXTS, name=st.none() | TEXTS),
    quoted=st.none() | st.builds(Quoted, text=TEXTS, entities=ENTITIES),
)
"""Any posts, as far as enrichment looks at them."""
