"""Joining terms to a tree while parsing, simplified as it grows, with what the rule as a whole is judged by.

    terms --join, negate--> Part: tree, where it starts, whether it may stand alone, how deep it is

Nothing here recurses: a rule may nest as deep as its characters allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from veille.query.tree import And, Node, Not, Or


@dataclass(frozen=True)
class Part:
    """A piece of a rule. `start` is its first character, a minus or bracket included."""

    node: Node
    start: int
    anchored: bool
    """It asks for something that may stand alone."""
    positive: bool
    """Some term of it is not negated."""
    levels: int = 0
    """Of And and Or."""
    items: tuple[Part, ...] = ()
    sample: int | None = None
    """Where a `sample:` stands in it."""
    split_sample: int | None = None
    """Where a `sample:` stands under an Or."""


def negate(part: Part, start: int) -> Part:
    """The opposite; a double negation falls."""
    if isinstance(part.node, Not):
        return replace(part.items[0], start=start)
    return Part(Not(part.node), start, False, False, part.levels, (part,), part.sample, part.split_sample)


def join(kind: type[And] | type[Or], parts: list[Part], start: int) -> Part:
    """All of them under one And or Or, without an And in an And or an Or in an Or."""
    if len(parts) == 1:
        return parts[0]
    items = tuple(_flat(kind, parts))
    samples = [item.sample for item in items if item.sample is not None]
    split = [item.split_sample for item in items if item.split_sample is not None]
    if kind is Or:
        split += samples
    return Part(
        node=kind(tuple(item.node for item in items)),
        start=start,
        anchored=(any if kind is And else all)(item.anchored for item in items),
        positive=any(item.positive for item in items),
        levels=1 + max(item.levels for item in items),
        items=items,
        sample=min(samples, default=None),
        split_sample=min(split, default=None),
    )


def _flat(kind: type[And] | type[Or], parts: list[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part.node, kind):
            yield from part.items
        else:
            yield part


def unanchored(whole: Part) -> Part:
    """The first OR branch because of which the whole is not anchored."""
    part = whole
    while isinstance(part.node, Or):
        part = next(item for item in part.items if not item.anchored)
    return part
