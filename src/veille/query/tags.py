"""The tags of a post, from the facts that watches are matched by: what a tag says is what a search finds."""

from __future__ import annotations

from veille.mention import Tags
from veille.post import Post
from veille.query.facts import Facts
from veille.text.addresses import domain


def tag(post: Post, tags: Tags) -> None:
    """Fill all but `question`: values folded, in order of appearance, each once; the quoted post's included."""
    facts = Facts(post)
    tags.watches = post.matched
    if facts.hashtags:
        tags.hashtags = list(facts.hashtags)
    if facts.handles:
        tags.handles = list(facts.handles)
    if facts.cashtags:
        tags.cashtags = list(facts.cashtags)
    if facts.links:
        tags.links = list(dict.fromkeys(link.expanded or link.url for link in facts.links))
        tags.domains = list(dict.fromkeys(host for host in map(domain, tags.links) if host))
