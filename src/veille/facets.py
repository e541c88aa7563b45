"""Facets: what the mentions of a search are counted by, and the words of a query that find those of one count.

mention --values_of--> (language, fr), (hashtag, tea), (hashtag, kettle) --counted--> fr: 812 --asking--> language:fr
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, get_args

from veille.mention import Mention, Tags
from veille.query.facts import kinds
from veille.query.terms import LONGEST
from veille.query.values import is_handle

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
    "assigned",
]
FIELDS: tuple[Field, ...] = get_args(Field)
"""All facets, in the order in which they are shown."""

Mapped = Literal["area", "place"]
"""What maps count by. `area`: where the author or the post is, as finely as a region, and who says so
(`FR-IDF/profile`). `place`: a place that the text talks about, as `about:` finds it (`FR/48.86/2.35`)."""

SOUGHT: frozenset[Field] = frozenset({"watch", "hashtag", "domain", "assigned"})
"""Those whose values can be looked through by a part: they say themselves what they are, and are not too many."""

KINDS = ("retweet", "reply", "quote")
"""Of `kind`; a plain post is none of them."""

_PLAIN = re.compile(r"[\w.\-]+")
_OPERATOR = {"kind": "is", "author": "from"}


Pair = tuple[Field | Mapped, str]
"""A facet and a value."""


def values_of(mention: Mention, tags: Tags) -> list[Pair]:
    """What a mention counts under, each once, by facet."""
    usual = _usual(
        mention.source,
        tuple([watch.id for watch in tags.watches]),
        mention.sentiment.label,
        mention.language.code,
        mention.geo.country,
        f"{mention.geo.region or mention.geo.country}/{mention.geo.by}",
        kinds(mention),
        question=tags.question,
    )
    author = mention.author.id or mention.author.handle
    more: list[Pair] = [("author", author.casefold()[:LONGEST])] if author else []
    if tags.hashtags:
        more += [("hashtag", tag[:LONGEST]) for tag in dict.fromkeys(tags.hashtags) if tag]
    if tags.domains:
        more += [("domain", domain[:LONGEST]) for domain in dict.fromkeys(tags.domains) if domain]
    if mention.places:
        more += [("place", where) for where in dict.fromkeys(place.whereabouts for place in mention.places) if where]
    if mention.people is not None and mention.people.assigned:
        more.append(("assigned", mention.people.assigned.casefold()[:LONGEST]))
    if mention.story:
        more.append(("story", mention.story))
    return [*usual, *more]


@lru_cache(maxsize=1 << 12)
def _usual(  # noqa: PLR0917 -- a key
    source: str,
    watches: tuple[str, ...],
    sentiment: str,
    language: str,
    country: str | None,
    area: str,
    is_kind: frozenset[str],
    *,
    question: bool,
) -> tuple[Pair, ...]:
    """Values whose combinations come again and again."""
    found: list[Pair] = [("source", source), ("sentiment", sentiment), ("language", language)]
    found += [("watch", watch) for watch in dict.fromkeys(watches)]
    found += [("country", country), ("area", area)] if country else []
    found += [("kind", kind) for kind in KINDS if kind in is_kind]
    return (*found, ("question", "yes" if question else "no"))


def by_field(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """The same by facet; those without a value are left out."""
    found: dict[str, list[str]] = {}
    for field, value in pairs:
        found.setdefault(field, []).append(value)
    return found


def asking(field: str, value: str) -> str:
    """What a query must hold to find the mentions that count under a value; with a minus before it, the others."""
    if field == "hashtag":
        return f"#{value}"
    name = _OPERATOR.get(field, field)
    if field == "author" and not is_handle(value):  # an id of a file, as whoever made it liked: `author:` takes any
        name = field
    return f"{name}:{value if _PLAIN.fullmatch(value) else quoted(value)}"


def quoted(text: str) -> str:
    """Any text as a query has it in quotation marks."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
