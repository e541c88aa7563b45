"""What is worth knowing about a rule that is no error."""

from __future__ import annotations

from collections.abc import Iterator

from veille.query.tree import And, Node, Not, Or, Text


def warnings_of(tree: Node) -> Iterator[str]:
    """Sentences for people, in the order of the rule."""
    for leaf in texts_of(tree):
        yield from _about(leaf)


def texts_of(tree: Node) -> Iterator[Text]:
    """The text terms of a tree, negated ones included, in order."""
    waiting: list[Node] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, And | Or):
            waiting.extend(reversed(node.items))
        elif isinstance(node, Not):
            waiting.append(node.item)
        elif isinstance(node, Text):
            yield node


def _about(leaf: Text) -> Iterator[str]:
    if leaf.raw in {"or", "and"}:
        meant = "`OR` in capitals means either side" if leaf.raw == "or" else "a space already means AND"
        yield f"`{leaf.raw}` is searched as a word; {meant}."
