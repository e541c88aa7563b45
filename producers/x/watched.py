"""All that the source makes of the watches: made at once, so that other watches take effect at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from veille.producers.conversations import takes_replies
from veille.producers.x.asked import Search, searches
from veille.producers.x.rules import wanted_rules
from veille.producers.x.wire import Rule
from veille.query import parse
from veille.query.match import Matcher
from veille.settings import Watch


@dataclass(frozen=True)
class Watched:
    """What X is asked, and what is made of its answers."""

    rules: list[Rule]
    searches: list[Search]
    lacking: str
    """What searches cannot bring back."""
    matcher: Matcher
    ids: frozenset[str]
    answerable: list[str]
    """Watches whose mentions' conversations may be followed."""


def watched(watches: Sequence[Watch], own: Sequence[str]) -> Watched:
    """`own`: handles whose mentions come from elsewhere. Raises Misused where nothing can match on X."""
    queries = {watch.id: parse(watch.query) for watch in watches}
    found, lacking = searches(watches, own)
    return Watched(
        wanted_rules(watches, own),
        found,
        lacking,
        Matcher(queries),
        frozenset(queries),
        [name for name, query in queries.items() if takes_replies(query.tree)],
    )
