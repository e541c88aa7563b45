"""Which terms a post must hold for a rule to match: the smallest set of which one at least is needed.

AND needs any one of its parts, so the rarest is taken; OR needs all of them; a negation gives nothing to look for.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from veille.query.predicates import phrase_key
from veille.query.tree import And, Node, Operator, Or, Tag, Text


class Atom(Enum):
    """Kinds of terms that are looked up by value."""

    WORD = auto()
    PHRASE = auto()
    HASHTAG = auto()
    HANDLE = auto()
    CASHTAG = auto()
    AUTHOR = auto()


Required = frozenset[tuple[Atom, str]]

_TAGS = {"hashtag": Atom.HASHTAG, "handle": Atom.HANDLE, "cashtag": Atom.CASHTAG}


def required(node: Node) -> Required | None:
    """A set of terms of which every matching post holds one; None where there is no such set."""
    match node:
        case Text():
            return frozenset({_text(node)})
        case Tag(kind=kind, value=value):
            return frozenset({(_TAGS[kind], value)})
        case Operator(name="from", value=value):
            return frozenset({(Atom.AUTHOR, value)})
        case And(items=items):
            return min(_known(items), key=_frequency, default=None)
        case Or(items=items):
            known = list(_known(items))
            return frozenset().union(*known) if len(known) == len(items) else None
    return None


def _text(term: Text) -> tuple[Atom, str]:
    if len(term.tokens) > 1 and not term.slop:
        return Atom.PHRASE, phrase_key(term.tokens)
    return Atom.WORD, max(term.tokens, key=len)


def _known(items: tuple[Node, ...]) -> Iterator[Required]:
    return (needed for needed in map(required, items) if needed is not None)


def _frequency(needed: Required) -> float:
    """A guess at how often posts hold one of these: short words are common, all the rest is rare."""
    return sum(20.0 ** -min(len(value), 6) if atom is Atom.WORD else 1e-6 for atom, value in needed)
