"""Tags: watches, hashtags, handles, cashtags, links, domains, and whether a question is asked."""

from __future__ import annotations

from veille.mention import Enrichment
from veille.post import Post
from veille.processors.question import asks
from veille.query.tags import tag


def add_tags(post: Post, found: Enrichment) -> None:
    """Fill `tags`."""
    tag(post, found.tags)
    found.tags.question = asks(post.text)
