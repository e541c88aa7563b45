"""What of a mention is indexed, and under which name. Both archives store this, both compilers search it.

    Mention --Facts--> Document(own, quoted, links: words; terms: exact facts)

The facts are those that watches are matched by (`veille.query.facts`), so a search finds what a watch matched.
Words of the post and of the post it quotes stand apart: no phrase crosses from one into the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from veille.identity import microseconds
from veille.mention import Mention
from veille.query.facts import Facts
from veille.query.terms import term

APART = " | "
"""Between the words of two links; no token holds it, so no phrase reaches across."""


class Document(NamedTuple):
    """One mention as the archives index it: words joined by single spaces, never to be analysed again."""

    own: str
    quoted: str
    links: str
    terms: list[str]
    created_at: int
    """Event time, microseconds since 1970."""


def document(mention: Mention) -> Document:
    """Index form of a mention."""
    facts = Facts(mention)
    return Document(
        own=" ".join(facts.own),
        quoted=" ".join(facts.quoted),
        links=APART.join(" ".join(words) for words in facts.address_words),
        terms=[term(name, value) for name, values in _terms(mention, facts) for value in values if value],
        created_at=microseconds(mention.created_at),
    )


def _terms(mention: Mention, facts: Facts) -> Iterator[tuple[str, Iterable[str | None]]]:
    """Every exact fact that a sign or an operator of `EXACT` can ask for."""
    yield "#", facts.hashtags
    yield "@", facts.handles
    yield "$", facts.cashtags
    yield "from", facts.authors
    yield "is", facts.kinds
    yield "has", facts.has
    yield "has", ("question" if mention.tags.question else None,)
    yield "lang", facts.langs
    yield "source", (mention.source, mention.app)
    yield "language", (mention.language.code,)
    yield "sentiment", (mention.sentiment.label,)
    yield "country", (mention.geo.country,)
    yield "region", (mention.geo.region,)
    yield "watch", (watch.id for watch in mention.tags.watches)
