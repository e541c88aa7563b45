"""Tests of what is known of a mention only once it is enriched and in an archive: `since:`, `sentiment:`, `story:`.

They look at mentions; of a bare post, as the stream has it, they never hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from veille.mention import Mention, People
from veille.query.facts import Facts, holds_run
from veille.query.terms import score_range
from veille.query.tree import Operator
from veille.text.tokens import texts

Test = Callable[[Facts], bool]


def known_later(term: Operator) -> Test:
    """The test of an operator that searches alone know. Raises ValueError for any other."""
    holds = _BY_NAME.get(term.name)
    if holds is None:
        raise ValueError(f"{term.name}: is known neither on the stream nor in an archive")
    return lambda facts: isinstance(facts.post, Mention) and holds(facts.post, term)


def _sentiment(mention: Mention, term: Operator) -> bool:
    ends = score_range(term.value)
    if ends is None:
        return mention.sentiment.label == term.value
    return ends[0] <= mention.sentiment.score <= ends[1]


def _author(mention: Mention, term: Operator) -> bool:
    author = mention.author
    if term.value in {(author.handle or "").casefold(), author.id.casefold()}:
        return True
    return bool(term.tokens and author.name) and holds_run(texts(author.name or ""), term.tokens)


def _has(mention: Mention, term: Operator) -> bool:
    if term.value == "note":
        return mention.people is not None and mention.people.noted
    return mention.tags.question


def _is(mention: Mention, term: Operator) -> bool:
    people = mention.people or People()
    held = {
        "followed": any(watch.followed for watch in mention.tags.watches),
        "handled": people.handled,
        "assigned": bool(people.assigned),
    }
    return held[term.value]


def _assigned(mention: Mention, term: Operator) -> bool:
    return mention.people is not None and mention.people.assigned.casefold() == term.value


def _corrected(mention: Mention, term: Operator) -> bool:
    return mention.people is not None and term.value in mention.people.corrected


def _question(mention: Mention, term: Operator) -> bool:
    return mention.tags.question is (term.value != "no")


def _watch(mention: Mention, term: Operator) -> bool:
    return any(watch.id.casefold() == term.value.casefold() for watch in mention.tags.watches)


def _matched(mention: Mention, term: Operator) -> bool:
    wanted = term.value.casefold()
    return any(f"{watch.id}/{each}".casefold() == wanted for watch in mention.tags.watches for each in watch.terms)


_BY_NAME: dict[str, Callable[[Mention, Operator], bool]] = {
    "since": lambda mention, term: mention.created_at >= datetime.fromisoformat(term.value),
    "until": lambda mention, term: mention.created_at < datetime.fromisoformat(term.value),
    "sentiment": _sentiment,
    "author": _author,
    "watch": _watch,
    "matched": _matched,
    "story": lambda mention, term: (mention.story or "").casefold() == term.value.casefold(),
    "language": lambda mention, term: mention.language.code == term.value,
    "country": lambda mention, term: mention.geo.country == term.value,
    "region": lambda mention, term: mention.geo.region == term.value,
    "about": lambda mention, term: any(term.value in {place.country, place.whereabouts} for place in mention.places),
    "domain": lambda mention, term: term.value in mention.tags.domains,
    "question": _question,
    "has": _has,
    "is": _is,
    "assigned": _assigned,
    "corrected": _corrected,
}
