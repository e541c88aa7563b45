"""A tree under what is already known of some of its leaves.

tree, leaf -> leaf in its place | True | False   -->   a smaller tree, or True or False where nothing is left to ask
"""

from __future__ import annotations

from collections.abc import Callable

from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text

Leaf = Callable[[Text | Tag | Operator], Node | bool]


def settle(node: Node, leaf: Leaf) -> Node | bool:
    """The tree with `leaf` called for each term; a group that is negated is taken apart, as X advises."""
    match node:
        case And(items=items):
            return _joined(And, items, leaf, absorbing=False)
        case Or(items=items):
            return _joined(Or, items, leaf, absorbing=True)
        case Not(item=item):
            return _negated(settle(item, leaf))
    return leaf(node)


def _negated(inner: Node | bool) -> Node | bool:
    if isinstance(inner, bool):
        return not inner
    return And(tuple(map(Not, inner.items))) if isinstance(inner, Or) else Not(inner)


def _joined(kind: type[And] | type[Or], items: tuple[Node, ...], leaf: Leaf, *, absorbing: bool) -> Node | bool:
    kept: list[Node] = []
    for item in (settle(each, leaf) for each in items):
        if item is absorbing:
            return absorbing
        if not isinstance(item, bool):
            kept.extend(item.items if isinstance(item, kind) else [item])
    if not kept:
        return not absorbing
    return kept[0] if len(kept) == 1 else kind(tuple(kept))
