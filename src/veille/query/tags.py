"""The tags of a post, from the facts that watches are matched by: what a tag says is what a search finds."""

from __future__ import annotations

from veille.mention import Campaign, Tags
from veille.post import Post
from veille.query.facts import cashtags, handles, hashtags, links
from veille.text.addresses import campaign, domain


def tag(post: Post, tags: Tags) -> None:
    """Fill all but `question`: values folded, in order of appearance, each once; the quoted post's included."""
    tags.watches = post.matched
    tags.hashtags, tags.handles, tags.cashtags = hashtags(post), handles(post), cashtags(post)
    if found := links(post):
        tags.links = list(dict.fromkeys(link.expanded or link.url for link in found))
        tags.domains = list(dict.fromkeys(host for host in map(domain, tags.links) if host))
        tags.campaigns = [Campaign(link, *named) for link in tags.links if (named := campaign(link))]
