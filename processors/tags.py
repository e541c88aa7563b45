"""Tags: watches, hashtags, handles, cashtags, links, domains, and whether a question is asked.

The facts are those that watches are matched by (`veille.query.facts`), the quoted post's included, so that what a tag
says is what a search finds.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from veille.mention import Enrichment
from veille.post import Post
from veille.processors.question import asks
from veille.query.facts import Facts
from veille.text.urls import LONGEST_HOST


def add_tags(post: Post, found: Enrichment) -> None:
    """Fill `tags`: values folded, in order of appearance, each once."""
    facts = Facts(post)
    tags = found.tags
    tags.watches = post.matched
    tags.hashtags = list(facts.hashtags)
    tags.handles = list(facts.handles)
    tags.cashtags = list(facts.cashtags)
    tags.links = list(dict.fromkeys(link.expanded or link.url for link in facts.links))
    tags.domains = list(dict.fromkeys(host for host in map(domain, tags.links) if host))
    tags.question = asks(post.text)


def domain(address: str) -> str | None:
    """Host of an address in lower case and ASCII (IDNA), without `www.`; None when there is none."""
    try:
        host = urlsplit(address if "://" in address else f"//{address}").hostname
    except ValueError:  # a bracket without its other, and the like
        return None
    if not host:
        return None
    name = _ascii(host.rstrip("."))
    rest = name.removeprefix("www.")
    return rest if "." in rest else name


def _ascii(host: str) -> str:
    if host.isascii() or len(host) > LONGEST_HOST:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:  # no such host can exist; it stays as written
        return host
