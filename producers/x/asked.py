"""What X is asked of each watch: as rules of the stream, and as searches that fill a gap.

    watch --narrowed where the own mentions timeline brings the rest--> trees --x_rule--> rules (1,024 characters)
                                                                          `-x_rule--> searches (512 characters)

A search finds less than the stream brings (docs.x.com, search and filtered stream compared): no reposts, no quotes by
what they quote, and it lacks a few operators. What it lacks is said with the gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from veille.errors import Misused
from veille.query import Use, parse
from veille.query.operators import X_ALONE_KNOWS, X_STREAM_ALONE_KNOWS
from veille.query.settle import settle
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text
from veille.query.x_printer import x_rule_of
from veille.settings import Watch

SEARCH_LIMIT = 512
"""Characters of a recent search (docs.x.com, search, build a query)."""

Leaf = Text | Tag | Operator


class Search(Struct, frozen=True):
    """One query. `sure`: what it finds belongs to its watch, without our own matching."""

    query: str
    watch: str
    sure: bool


def trees_of(watch: Watch, own: Sequence[str]) -> list[Node]:
    """What the stream is asked for: all of it, or what the timelines of the accounts `own` do not bring."""
    tree = parse(watch.query, Use.WATCH).tree
    names = frozenset(name.lower() for name in own)
    if not names_one_of(tree, names) or any(name in X_ALONE_KNOWS for name in _operators(tree)):
        return [tree]
    ours = [Tag("handle", name, 0, f"@{name}") for name in sorted(names)]
    without = settle(tree, lambda leaf: leaf if not _is_handle(leaf, names) else False)
    return [
        *_all_of(without, *map(Not, ours)),
        *(each for tag in ours for each in _all_of(_as_repost(tree, tag), tag, Operator("is", "retweet", 0))),
    ]


def _as_repost(tree: Node, naming: Tag) -> Node | bool:
    """What is left to ask of a repost that names this handle."""

    def known(leaf: Leaf) -> Node | bool:
        return leaf if not (_is(leaf, "retweet") or _is_handle(leaf, frozenset({naming.value}))) else True

    return settle(tree, known)


def _all_of(tree: Node | bool, *more: Node) -> list[Node]:
    """The tree and these beside it; a tree that is always true adds nothing, a minus alone asks for nothing."""
    if isinstance(tree, bool):
        return [And(more)] if tree and not all(isinstance(each, Not) for each in more) else []
    return [And((*(tree.items if isinstance(tree, And) else (tree,)), *more))]


def names_one_of(tree: Node, names: frozenset[str]) -> bool:
    """Whether a query asks for one of these handles."""
    return any(_is_handle(leaf, names) for leaf in _leaves(tree))


def searches(watches: Iterable[Watch], own: Sequence[str]) -> tuple[list[Search], str]:
    """The searches that bring back what the stream missed, and in a few words what they cannot bring back."""
    found: list[Search] = []
    lacking: set[str] = set()
    for watch in watches:
        for tree in trees_of(watch, own):
            lacking.update(_lost_to_search(tree))
            try:
                queries = _search_rules(tree)
            except Misused:
                lacking.add(f"watch {watch.id}, too long for a search")
                continue
            sure = not any(name in X_STREAM_ALONE_KNOWS for name in _operators(tree))
            found += [Search(query, watch.id, sure) for query in queries]
    return found, ", ".join(sorted(lacking))


def _search_rules(tree: Node) -> list[str]:
    if not _can_be(tree, retweet=False):
        return []  # only reposts, of which a search finds none
    asked = settle(tree, lambda leaf: leaf if not _unsearchable(leaf) else False)
    return [] if isinstance(asked, bool) else x_rule_of(asked, SEARCH_LIMIT)


def _lost_to_search(tree: Node) -> list[str]:
    """In a word each: what the stream brings for this tree and a search does not."""
    lost = [f"{name}:" for name in _operators(tree) if name in X_STREAM_ALONE_KNOWS]
    if _can_be(tree, retweet=True):
        lost.append("reposts")
    if _can_be(tree, retweet=False, quote=True):
        lost.append("quotes")
    return lost


def _can_be(tree: Node, **kinds: bool) -> bool:
    """Whether a post that is this and not that may match."""

    def known(leaf: Leaf) -> Node | bool:
        return kinds.get(leaf.value, leaf) if isinstance(leaf, Operator) and leaf.name == "is" else leaf

    return settle(tree, known) is not False


def _leaves(node: Node) -> Iterable[Leaf]:
    match node:
        case And(items=items) | Or(items=items):
            for item in items:
                yield from _leaves(item)
        case Not(item=item):
            yield from _leaves(item)
        case _:
            yield node


def _operators(tree: Node) -> list[str]:
    return sorted({leaf.name for leaf in _leaves(tree) if isinstance(leaf, Operator)})


def _is(leaf: Leaf, option: str) -> bool:
    return isinstance(leaf, Operator) and (leaf.name, leaf.value) == ("is", option)


def _unsearchable(leaf: Leaf) -> bool:
    return isinstance(leaf, Operator) and leaf.name in X_STREAM_ALONE_KNOWS


def _is_handle(leaf: Leaf, names: frozenset[str]) -> bool:
    return isinstance(leaf, Tag) and leaf.kind == "handle" and leaf.value.lower() in names
