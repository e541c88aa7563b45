"""Which terms a post must hold for a rule to match: the smallest set of which one at least is needed.

AND needs any one of its parts, so the rarest is taken; OR needs all of them; a negation gives nothing to look for.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from veille.query.operators import X_ALONE_KNOWS
from veille.query.predicates import phrase_key, reference_key
from veille.query.terms import REFERENCES
from veille.query.tree import And, Node, Operator, Or, Tag, Text


class Atom(Enum):
    """Kinds of terms that are looked up by value."""

    PHRASE = auto()
    """A word, or several in order."""
    HASHTAG = auto()
    HANDLE = auto()
    CASHTAG = auto()
    AUTHOR = auto()
    REFERENCE = auto()
    ADDRESS = auto()
    """Characters of an address."""
    LINK_PHRASE = auto()
    """Words in order of an address, a title or a description of a link."""
    PROFILE_PHRASE = auto()
    """Words in order of the author's profile."""
    PART = auto()
    """What `has:` asks for."""


Required = frozenset[tuple[Atom, str]]

_TAGS = {"hashtag": Atom.HASHTAG, "handle": Atom.HANDLE, "cashtag": Atom.CASHTAG}
_PHRASES = {
    "url": Atom.LINK_PHRASE,
    "url_title": Atom.LINK_PHRASE,
    "url_description": Atom.LINK_PHRASE,
    "bio": Atom.PROFILE_PHRASE,
    "bio_name": Atom.PROFILE_PHRASE,
    "bio_location": Atom.PROFILE_PHRASE,
}
_PLACED = frozenset({"place", "place_country", "point_radius", "bounding_box"})


def required(node: Node) -> Required | None:
    """A set of terms of which every matching post holds one; None where there is no such set."""
    match node:
        case Text():
            return frozenset({_text(node)})
        case Tag(kind=kind, value=value):
            return frozenset({(_TAGS[kind], value)})
        case Operator():
            return _operator(node)
        case And(items=items):
            return min(_known(items), key=_frequency, default=None)
        case Or(items=items):
            known = list(_known(items))
            return frozenset().union(*known) if len(known) == len(items) else None
    return None


def _operator(term: Operator) -> Required | None:
    name = term.name
    if name in X_ALONE_KNOWS:
        return frozenset()
    if name == "from":
        return frozenset({(Atom.AUTHOR, term.value)})
    if name in REFERENCES:
        return frozenset({(Atom.REFERENCE, reference_key(name, term.value))})
    if name in _PHRASES:
        return frozenset({(_PHRASES[name], phrase_key(term.tokens))})
    if name == "url_contains":
        return frozenset({(Atom.ADDRESS, term.value)})
    return frozenset({(Atom.PART, "geo")}) if name in _PLACED else None


def _text(term: Text) -> tuple[Atom, str]:
    return Atom.PHRASE, max(term.tokens, key=len) if term.slop else phrase_key(term.tokens)


def _known(items: tuple[Node, ...]) -> Iterator[Required]:
    return (needed for needed in map(required, items) if needed is not None)


def _frequency(needed: Required) -> float:
    """A guess at how often posts hold one of these: places and short words are common, all the rest is rare."""
    return sum(_share(atom, value) for atom, value in needed)


def _share(atom: Atom, value: str) -> float:
    if atom is Atom.PART:
        return 0.02
    return 20.0 ** -min(len(value), 6) if atom in _SPELLED else 1e-6


_SPELLED = {Atom.PHRASE, Atom.ADDRESS, Atom.LINK_PHRASE, Atom.PROFILE_PHRASE}
