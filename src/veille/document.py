"""What of a mention is indexed, and under which name. Both archives store this, both compilers search it.

    Mention --Facts--> Document(own, quoted, links: words; terms: exact facts)

The facts are those that watches are matched by (`veille.query.facts`), so a search finds what a watch matched.
Words of the post and of the post it quotes stand apart: no phrase crosses from one into the other.
"""

from __future__ import annotations

from typing import NamedTuple

from veille.identity import microseconds
from veille.mention import Mention
from veille.query.facts import Facts
from veille.query.terms import term, usual_term

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
    facts = _facts(mention)
    return Document(
        own=" ".join(facts.own),
        quoted=" ".join(facts.quoted),
        links=APART.join([" ".join(words) for words in facts.address_words]) if facts.links else "",
        terms=_terms(mention, facts),
        created_at=microseconds(mention.created_at),
    )


def _facts(mention: Mention) -> Facts:
    """The facts of a mention, as far as enrichment has found them out already and put them into its tags."""
    facts = Facts(mention)
    if mention.enriched is not None and not mention.notes:
        tags, known = mention.tags, facts.__dict__
        for name, values in (("hashtags", tags.hashtags), ("handles", tags.handles), ("cashtags", tags.cashtags)):
            known[name] = dict.fromkeys(values).keys()
        if not tags.links:
            known["links"] = []
    return facts


def _terms(mention: Mention, facts: Facts) -> list[str]:
    """Every exact fact that a sign or an operator of `EXACT` can ask for."""
    terms = [term("#", tag) for tag in facts.hashtags]
    terms += [term("@", handle) for handle in facts.handles]
    terms += [term("$", tag) for tag in facts.cashtags]
    terms += [term("from", author) for author in facts.authors]
    terms += [usual_term("is", kind) for kind in facts.kinds]
    terms += [usual_term("has", part) for part in facts.has]
    terms += [usual_term("lang", code) for code in facts.langs]
    terms += [usual_term("watch", watch.id) for watch in mention.tags.watches]
    terms += [usual_term("source", mention.source), usual_term("language", mention.language.code)]
    terms.append(usual_term("sentiment", mention.sentiment.label))
    if mention.tags.question:
        terms.append("has:question")
    if mention.app:
        terms.append(usual_term("source", mention.app))
    if mention.geo.country:
        terms.append(usual_term("country", mention.geo.country))
    if mention.geo.region:
        terms.append(usual_term("region", mention.geo.region))
    return terms
