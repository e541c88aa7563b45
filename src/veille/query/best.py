"""What the order by best match looks at: the same terms in either archive, and no statistics, so that both agree."""

from __future__ import annotations

from veille.query.tree import Node, Tag, Text
from veille.query.warnings import leaves_of


def wanted(tree: Node | None) -> list[Text | Tag]:
    """The words, phrases and tags that a query asks for and does not exclude, each once."""
    if tree is None:
        return []
    found = [leaf for leaf, negated in leaves_of(tree) if not negated and isinstance(leaf, Text | Tag)]
    return list({_sense(leaf): leaf for leaf in found}.values())


def _sense(leaf: Text | Tag) -> tuple[object, ...]:
    return (leaf.tokens, leaf.slop) if isinstance(leaf, Text) else (leaf.kind, leaf.value)
