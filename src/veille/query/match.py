"""Matching posts against many watches at once.

    post --> words, phrases (Aho-Corasick), entities --index of required terms--> candidates --tree--> matches

Each rule is filed under a few terms of which a matching post must hold one. A post looks up what it holds, so that
only rules which may match are evaluated; rules that require no such term are evaluated for every post.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter

import ahocorasick_rs

from veille.post import Post, WatchMatch
from veille.query.facts import NOTHING, Facts
from veille.query.parser import Query
from veille.query.predicates import Test, phrase_key, test_of
from veille.query.required import Atom, required
from veille.query.spans import evidence
from veille.query.tree import Node
from veille.query.warnings import texts_of

_APART = " | "
"""Between texts that no phrase spans: no token holds a bar."""

Held = Callable[[Facts], Iterable[str]]
"""What a post holds of a kind of required term."""


@dataclass(frozen=True)
class _Rule:
    id: str
    tree: Node
    test: Test


class Matcher:
    """Watches, ready to be asked about posts. Unchanging, and so safe to share between threads."""

    def __init__(self, watches: Mapping[str, Query], *, catch_all: str | None = None) -> None:
        """Take watches by id. `catch_all` names a watch that matches every post."""
        self._catch_all = catch_all
        self._rules = [_Rule(name, query.tree, test_of(query.tree)) for name, query in watches.items()]
        self._index: dict[Atom, dict[str, list[int]]] = {atom: defaultdict(list) for atom in Atom}
        self._always: list[int] = []
        for number, rule in enumerate(self._rules):
            needed = required(rule.tree)
            if needed is None:
                self._always.append(number)
            for atom, value in needed or ():
                self._index[atom][value].append(number)
        texts = (text for rule in self._rules for text in texts_of(rule.tree) if not text.slop)
        self._phrases = _Pieces({*self._index[Atom.PHRASE], *(phrase_key(text.tokens) for text in texts)})
        self._lookups = [(index, _held(atom, index)) for atom, index in self._index.items() if index]

    @classmethod
    def everything(cls, id: str = "all") -> Matcher:  # noqa: A002 -- the name of the record's field
        """A matcher under which every post matches the one watch `id`."""
        return cls({}, catch_all=id)

    def match(self, post: Post) -> list[WatchMatch]:
        """The watches that hold for a post, in the order of the mapping, with their terms and spans."""
        if not self._rules:
            return self._for_all()
        facts = Facts(post)
        facts.phrases = self._phrases.within(facts.spelled)
        candidates = set(self._always)
        for index, held in self._lookups:
            for value in held(facts):
                if value in index:
                    candidates.update(index[value])
        if not candidates:
            return self._for_all()
        matching = (self._rules[number] for number in sorted(candidates) if self._rules[number].test(facts))
        return self._for_all() + [WatchMatch(rule.id, *evidence(rule.tree, facts)) for rule in matching]

    def _for_all(self) -> list[WatchMatch]:
        return [] if self._catch_all is None else [WatchMatch(self._catch_all)]


class _Pieces:
    """Which of many phrases, or (`spaced` false) of many strings, stand in a text: one pass, however many they are."""

    def __init__(self, pieces: Iterable[str], *, spaced: bool = True) -> None:
        self._pieces = sorted(pieces)
        self._end = " " if spaced else ""
        self._automaton = ahocorasick_rs.AhoCorasick([f"{self._end}{piece}{self._end}" for piece in self._pieces])

    def within(self, texts: Sequence[str]) -> AbstractSet[str]:
        if not texts:
            return NOTHING
        whole = f"{self._end}{_APART.join(texts)}{self._end}"
        found = self._automaton.find_matches_as_indexes(whole, overlapping=True)
        return {self._pieces[number] for number, _start, _end in found} if found else NOTHING


def _held(atom: Atom, index: Iterable[str]) -> Held:
    match atom:
        case Atom.LINK_PHRASE:
            pieces = _Pieces(index)
            return lambda facts: pieces.within(facts.link_words)
        case Atom.PROFILE_PHRASE:
            pieces = _Pieces(index)
            return lambda facts: pieces.within(facts.profile_words)
        case Atom.ADDRESS:
            pieces = _Pieces(index, spaced=False)
            return lambda facts: pieces.within([address.casefold() for address in facts.addresses])
    return _HELD[atom]


_HELD: dict[Atom, Held] = {
    Atom.PHRASE: attrgetter("phrases"),
    Atom.HASHTAG: attrgetter("hashtags"),
    Atom.HANDLE: attrgetter("handles"),
    Atom.CASHTAG: attrgetter("cashtags"),
    Atom.AUTHOR: attrgetter("authors"),
    Atom.REFERENCE: attrgetter("references"),
    Atom.PART: attrgetter("has"),
}
