"""What of a mention is indexed, and under which name. Both archives store this, both compilers search it.

    Mention --> Document(own, quoted, links: words; terms: exact facts)

An operator looks at the post and at the post it quotes, each on its own: their words stand apart, so that no phrase
crosses from one into the other, while their hashtags, handles, cashtags, links and flags are one set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from veille.identity import microseconds
from veille.mention import Mention
from veille.query.terms import term
from veille.text.tokens import texts

APART = " | "
"""Between the words of two links; no token holds it, so no phrase reaches across."""

REFERENCES = {"repost": "retweet", "reply": "reply", "quote": "quote"}
"""What `is:` calls each kind."""


class Document(NamedTuple):
    """One mention as the archives index it: words joined by single spaces, never to be analysed again."""

    own: str
    quoted: str
    links: str
    terms: list[str]
    created_at: int
    """Microseconds since 1970."""


def document(mention: Mention) -> Document:
    """Index form of a mention."""
    return Document(
        own=words(mention.text),
        quoted=words(mention.quoted.text) if mention.quoted else "",
        links=APART.join(map(words, _links(mention))),
        terms=list(dict.fromkeys(_terms(mention))),
        created_at=microseconds(mention.created_at),
    )


def words(text: str) -> str:
    """A text's tokens, joined."""
    return " ".join(texts(text))


def _terms(mention: Mention) -> Iterator[str]:
    """Every exact fact that an operator can ask for."""
    yield term("source", mention.source)
    if mention.app:
        yield term("source", mention.app)
    yield term("language", mention.language.code)
    yield term("sentiment", mention.sentiment.label)
    if mention.geo.country:
        yield term("country", mention.geo.country)
    if mention.geo.region:
        yield term("region", mention.geo.region)
    for watch in mention.tags.watches:
        yield term("watch", watch.id)
    for name in (mention.author.handle, mention.author.id):
        if name:
            yield term("from", name)
    for code in mention.langs or ["und"]:
        yield term("lang", code)
        yield term("lang", code.partition("-")[0])
    yield from _seen(mention)


def _seen(mention: Mention) -> Iterator[str]:
    """What is looked for in the quoted post as well."""
    for kind in (mention.kind, mention.quoted.kind if mention.quoted else mention.kind):
        if kind in REFERENCES:
            yield term("is", REFERENCES[kind])
    for sign, name, values in (
        ("#", "hashtags", mention.tags.hashtags),
        ("@", "mentions", mention.tags.handles),
        ("$", "cashtags", mention.tags.cashtags),
    ):
        for value in values:
            yield term(sign, value)
            yield term("has", name)
    if mention.tags.links:
        yield term("has", "links")


def _links(mention: Mention) -> Iterator[str]:
    yield from mention.tags.links
