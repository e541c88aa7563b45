"""Matching posts against many watches at once.

    post --> words, phrases (Aho-Corasick), entities --index of required terms--> candidates --tree--> matches

Each rule is filed under a few terms of which a matching post must hold one. A post looks up what it holds, so that
only rules which may match are evaluated; rules that require no such term are evaluated for every post.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import ahocorasick_rs

from veille.post import Post, WatchMatch
from veille.query.facts import Facts
from veille.query.parser import Query
from veille.query.predicates import Test, phrase_key, test_of
from veille.query.required import Atom, required
from veille.query.spans import evidence
from veille.query.tree import Node
from veille.query.warnings import texts_of

_APART = " | "
"""Between a post's words and its quoted post's: no token holds a bar."""


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
        texts = (text for rule in self._rules for text in texts_of(rule.tree))
        self._phrases = sorted({phrase_key(text.tokens) for text in texts if len(text.tokens) > 1 and not text.slop})
        self._longest_words = frozenset(max(phrase.split(), key=len) for phrase in self._phrases)
        self._automaton = ahocorasick_rs.AhoCorasick([f" {phrase} " for phrase in self._phrases])
        self._lookups = [(index, _HELD[atom]) for atom, index in self._index.items() if index]

    @classmethod
    def everything(cls, id: str = "all") -> Matcher:  # noqa: A002 -- the name of the record's field
        """A matcher under which every post matches the one watch `id`."""
        return cls({}, catch_all=id)

    def match(self, post: Post) -> list[WatchMatch]:
        """The watches that hold for a post, in the order of the mapping, with their terms and spans."""
        if not self._rules:
            return self._for_all()
        facts = Facts(post)
        if not self._longest_words.isdisjoint(facts.words):
            self._find_phrases(facts)
        candidates = set(self._always)
        for index, held in self._lookups:
            for value in index.keys() & held(facts):
                candidates.update(index[value])
        matching = (self._rules[number] for number in sorted(candidates) if self._rules[number].test(facts))
        return self._for_all() + [WatchMatch(rule.id, *evidence(rule.tree, facts)) for rule in matching]

    def _for_all(self) -> list[WatchMatch]:
        return [] if self._catch_all is None else [WatchMatch(self._catch_all)]

    def _find_phrases(self, facts: Facts) -> None:
        text = f" {' '.join(facts.own)} "
        if facts.quoted:
            text += f"{_APART}{' '.join(facts.quoted)} "
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        facts.phrases.update(self._phrases[number] for number, _start, _end in found)


_HELD: dict[Atom, Callable[[Facts], AbstractSet[str]]] = {
    Atom.WORD: lambda facts: facts.words,
    Atom.PHRASE: lambda facts: facts.phrases,
    Atom.HASHTAG: lambda facts: facts.hashtags,
    Atom.HANDLE: lambda facts: facts.handles,
    Atom.CASHTAG: lambda facts: facts.cashtags,
    Atom.AUTHOR: lambda facts: facts.authors,
    Atom.REFERENCE: lambda facts: facts.references,
    Atom.LINK_WORD: lambda facts: facts.link_words,
    Atom.PROFILE_WORD: lambda facts: facts.profile_words,
    Atom.PART: lambda facts: facts.has,
}
"""What a post holds of each kind of required term."""
