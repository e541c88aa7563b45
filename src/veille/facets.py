"""Facets: what the mentions of a search are counted by, and the words of a query that find those of one count.

mention --values_of--> {"language": ["fr"], "hashtag": ["tea", "kettle"]} --counted--> fr: 812 --asking--> language:fr
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from veille.mention import Mention, Tags
from veille.query.facts import kinds
from veille.query.terms import LONGEST

Field = Literal[
    "source",
    "watch",
    "sentiment",
    "language",
    "country",
    "kind",
    "question",
    "hashtag",
    "domain",
    "story",
    "author",
]
FIELDS: tuple[Field, ...] = get_args(Field)
"""All facets, in the order in which they are shown."""

KINDS = ("retweet", "reply", "quote")
"""Of `kind`; a plain post is none of them."""

_PLAIN = re.compile(r"[\w.\-]+")
_OPERATOR = {"kind": "is", "author": "from"}


def values_of(mention: Mention, tags: Tags) -> dict[str, list[str]]:
    """By facet, the values under which a mention counts, each once; facets without one are left out."""
    author, geo = mention.author, mention.geo
    is_kind = kinds(mention)
    found: dict[str, list[str]] = {
        "source": [mention.source],
        "watch": [watch.id for watch in tags.watches],
        "sentiment": [mention.sentiment.label],
        "language": [mention.language.code],
        "country": [geo.country or ""],
        "kind": [kind for kind in KINDS if kind in is_kind],
        "question": ["yes" if tags.question else "no"],
        "hashtag": tags.hashtags,
        "domain": tags.domains,
        "story": [mention.story or ""],
        "author": [(author.id or author.handle or "").casefold()],
    }
    return {
        field: list(dict.fromkeys(value[:LONGEST] for value in values if value))
        for field, values in found.items()
        if any(values)
    }


def asking(field: str, value: str) -> str:
    """What a query must hold to find the mentions that count under a value; with a minus before it, the others."""
    if field == "hashtag":
        return f"#{value}"
    quoted = value if _PLAIN.fullmatch(value) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{_OPERATOR.get(field, field)}:{quoted}"
