"""What is worth knowing about a rule that is no error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from veille.query.operators import X_ALONE_KNOWS
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text
from veille.text.folding import unaccented

_LOST = re.compile(r"(?:^|(?<=\s))\.\w|[+&%#@$€£¥!?^|=<>]")
"""Signs that make a name and are no part of a token: C++, .NET, AT&T."""


def warnings_of(tree: Node) -> Iterator[str]:
    """Sentences for people: about single terms in the order of the rule, then about the whole."""
    for leaf, _negated in leaves_of(tree):
        yield from _about(leaf)
    yield from _contradictions(tree)
    if any(isinstance(node, Not) and isinstance(node.item, And) for node in _nodes(tree)):
        yield "X advises against excluding a group whose terms must all hold, `-(a b)`; it is sent as it is."


def texts_of(tree: Node) -> Iterator[Text]:
    """The text terms of a tree, negated ones included, in order."""
    return (leaf for leaf, _negated in leaves_of(tree) if isinstance(leaf, Text))


def leaves_of(tree: Node) -> Iterator[tuple[Text | Tag | Operator, bool]]:
    """The terms of a tree in order, and whether each is negated."""
    waiting = [(tree, False)]
    while waiting:
        node, negated = waiting.pop()
        match node:
            case And(items=items) | Or(items=items):
                waiting.extend((item, negated) for item in reversed(items))
            case Not(item=item):
                waiting.append((item, not negated))
            case Text() | Tag() | Operator():
                yield node, negated


def _nodes(tree: Node) -> Iterator[Node]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, And | Or):
            waiting.extend(node.items)
        elif isinstance(node, Not):
            waiting.append(node.item)


def _about(leaf: Text | Tag | Operator) -> Iterator[str]:
    if isinstance(leaf, Operator):
        if leaf.name in X_ALONE_KNOWS:
            yield f"`{leaf.name}:` is known to X alone: on other networks it never holds."
        return
    written = unicodedata.normalize("NFC", leaf.raw)
    if written.lower() != unaccented(written):
        yield f"Accents do not count in `{leaf.raw}`; X is sent both spellings, and may miss others."
    if isinstance(leaf, Text):
        yield from _about_text(leaf)


def _about_text(leaf: Text) -> Iterator[str]:
    if leaf.raw in {"or", "and"}:
        meant = "`OR` in capitals means either side" if leaf.raw == "or" else "a space already means AND"
        yield f"`{leaf.raw}` is searched as a word; {meant}."
    if _LOST.search(leaf.raw):
        yield f"Signs do not count: `{leaf.raw}` is searched as `{' '.join(leaf.tokens)}`."
    if len(leaf.tokens) == 1 and len(leaf.tokens[0]) == 1 and leaf.tokens[0].isascii():
        yield f"`{leaf.raw}` is one letter only, and will be found very often."


def _contradictions(tree: Node) -> Iterator[str]:
    """Terms that an AND both asks for and excludes."""
    for node in _nodes(tree):
        if isinstance(node, And):
            asked = {_sense(item): item for item in node.items if isinstance(item, Text | Tag)}
            for item in node.items:
                if isinstance(item, Not) and isinstance(item.item, Text | Tag) and _sense(item.item) in asked:
                    term = asked[_sense(item.item)].raw
                    yield f"`{term}` and `-{item.item.raw}` exclude each other: together they match nothing."


def _sense(leaf: Text | Tag) -> tuple[object, ...]:
    return (leaf.tokens, leaf.slop) if isinstance(leaf, Text) else (leaf.kind, leaf.value)
