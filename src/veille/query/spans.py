"""Where in a post's own text the terms of a matching rule stand, for highlighting."""

from __future__ import annotations

from collections.abc import Iterator

from veille.query.facts import Facts, runs
from veille.query.predicates import test_of
from veille.query.proximity import tightest
from veille.query.tree import And, Node, Or, Tag, Text
from veille.text import entities
from veille.text.folding import fold
from veille.text.tokens import place

Span = tuple[int, int]


def evidence(tree: Node, facts: Facts) -> tuple[list[str], list[Span]]:
    """The terms that hold in branches that hold, as written, and all their places in the own text, sorted."""
    terms = list(holding(tree, facts))
    spans = {span for term in terms for span in (_text(term, facts) if isinstance(term, Text) else _tag(term, facts))}
    return list(dict.fromkeys(term.raw for term in terms)), sorted(spans)


def holding(node: Node, facts: Facts) -> Iterator[Text | Tag]:
    """The positive terms in a branch that holds; `node` holds."""
    match node:
        case And(items=items):
            for item in items:
                yield from holding(item, facts)
        case Or(items=items):
            for item in items:
                if test_of(item)(facts):
                    yield from holding(item, facts)
        case Text() | Tag():
            yield node


def _text(term: Text, facts: Facts) -> Iterator[Span]:
    text = facts.post.text
    if term.slop:
        stretch = tightest(facts.own, term.tokens, term.slop)
        if stretch is not None:
            yield place(text, *stretch)
        return
    for first in runs(facts.own, term.tokens):
        yield place(text, first, first + len(term.tokens) - 1)


def _tag(term: Tag, facts: Facts) -> Iterator[Span]:
    text = facts.post.text
    match term.kind:
        case "hashtag":
            found = [entity for entity in entities.hashtags(text) if fold(entity.value) == term.value]
        case "handle":
            found = [entity for entity in entities.handles(text) if entity.value.casefold() == term.value]
        case "cashtag":
            found = [entity for entity in entities.cashtags(text) if entity.value.casefold() == term.value]
    for entity in found:
        yield entity.start, entity.end
