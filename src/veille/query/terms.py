"""What both archives' compilers share: trees without nested negations, facts as index terms, ranges of values.

mention --document.py--> terms --> index <-- term <--query/sqlite.py, query/elasticsearch.py-- operator
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from veille.errors import Misused
from veille.query.tree import And, Node, Not, Operator, Or

LONGEST = 255
"""Characters of a term; what follows is cut on both sides. Far above what a network allows as a name."""

SIGNS = {"hashtag": "#", "handle": "@", "cashtag": "$"}

REFERENCES = frozenset({"to", "retweets_of", "conversation_id", "in_reply_to_tweet_id", "retweets_of_tweet_id"})
"""Operators about what a post answers or repeats."""

EXACT = REFERENCES | {
    "from", "place_country", "lang", "is", "has", "source", "language", "watch", "country", "region", "sentiment",
    "story", "matched", "domain", "question", "assigned", "corrected", "about",
}  # fmt: skip
"""Operators that compare one value for equality, and so are one term each."""

COUNTS = {
    "min_followers": "author.followers",
    "followers_count": "author.followers",
    "following_count": "author.following",
    "tweets_count": "author.posts",
    "listed_count": "author.listed",
    "min_likes": "metrics.likes",
    "min_replies": "metrics.replies",
    "min_reposts": "metrics.reposts",
}
"""Operators that ask for a range, and the mention's field that they look at."""

MOST = (1 << 63) - 1
"""Neither archive counts further."""

_UNSAFE = re.compile(r"[\s\0]")


def inward(node: Node, *, negative: bool = False) -> Node:
    """The same tree (or its opposite) with negations at its leaves alone, so that it nests no deeper than it must."""
    match node:
        case Not(item=item):
            return inward(item, negative=not negative)
        case And(items=items) | Or(items=items):
            kind = And if isinstance(node, And) is not negative else Or
            inner = [inward(item, negative=negative) for item in items]
            return kind(tuple(part for item in inner for part in (item.items if isinstance(item, kind) else (item,))))
    return Not(node) if negative else node


def term(name: str, value: str) -> str:
    """The term of an operator of `EXACT`, or of a sign (`name` is `#`, `@` or `$`)."""
    return _term(f"{name}:{value}" if name in EXACT else name + value)


def matched(watch: str, written: str) -> str:
    """The index term of what a watch has for a term of its query."""
    return term("matched", f"{watch}/{written}")


def _term(fact: str) -> str:
    return _UNSAFE.sub("␣", fact.casefold())[:LONGEST]


def terms(facts: Sequence[str]) -> list[str]:
    """The terms of facts spelled like `#tag` or `lang:fr`: folded, without white space, not too long.

    One look at all of them shows, most often, that nothing but folding is to be done.
    """
    joined = " ".join(facts).casefold()
    found = joined.split()
    plain = len(found) == len(facts) and " ".join(found) == joined and "\0" not in joined
    return found if plain and len(joined) <= LONGEST else [_term(fact) for fact in facts]


def score_range(value: str) -> tuple[float, float] | None:
    """Both ends of a range of `sentiment:`; None for a label."""
    low, dots, high = value.partition("..")
    return (float(low or "-1"), float(high or "1")) if dots else None


def count_range(value: str) -> tuple[int, int]:
    """Both ends of a range of counts, which belong to it."""
    low, _, high = value.partition("..")
    return int(low or 0), int(high) if high else MOST


def unsupported(operator: Operator) -> Misused:
    """The error for an operator that no archive searches by; parsing refuses it already in a search."""
    return Misused(f"`{operator.name}:` at character {operator.at + 1} does not work in an archive: leave it out")
