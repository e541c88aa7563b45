"""Which rules may match a post: each is filed under a few terms, of which a matching post must hold one.

    what stands between two spaces --remembered: wanted?--> words, tags, links --index--> numbers of rules
    author, what is answered, listed tags and links ------------------------------^

Most posts hold nothing that any rule wants. So what stands between two spaces of a text is looked up as it is, and
words, tags and links are made of a text only where something in it is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

import ahocorasick_rs

from veille.post import Entities, Post
from veille.query.facts import NOTHING, Facts
from veille.query.required import Atom
from veille.text.tokens import WordMemory, between_spaces, word_tokens

Held = Callable[[Facts], Iterable[str]]
"""What a post holds of a kind of required term."""

Index = Mapping[Atom, Mapping[str, Sequence[int]]]
"""Numbers of rules by the terms that they are filed under."""

_ENTITIES = (Atom.HASHTAG, Atom.HANDLE, Atom.CASHTAG, Atom.LINK_PHRASE, Atom.ADDRESS)
"""What stands in the text, or what the network lists instead."""

_SIGN = re.compile(r"[#＃@＠$.]")
"""What a tag or a link cannot do without."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_LONG = 1_000
"""Characters of a phrase from which on its automaton is one that finds more slowly: to make the other one of the same
sign 4,000 times takes seconds [measured: 4 s against 0.02 s]."""

_APART = " | "
"""Between texts that no phrase spans: no token holds a bar."""


class Pieces:
    """Which of many phrases, or (`spaced` false) of many strings, stand in a text: one pass, however many they are."""

    def __init__(self, pieces: Iterable[str], *, spaced: bool = True) -> None:
        self._pieces = sorted(pieces)
        self._end = " " if spaced else ""
        longest = max(map(len, self._pieces), default=0)
        self._automaton = ahocorasick_rs.AhoCorasick(
            [f"{self._end}{piece}{self._end}" for piece in self._pieces],
            implementation=ahocorasick_rs.Implementation.ContiguousNFA if longest > _LONG else None,
        )

    def within(self, texts: Sequence[str]) -> AbstractSet[str]:
        """Those that stand in one of the texts."""
        if not texts:
            return NOTHING
        whole = f"{self._end}{_APART.join(texts)}{self._end}"
        found = self._automaton.find_matches_as_indexes(whole, overlapping=True)
        return {self._pieces[number] for number, _start, _end in found} if found else NOTHING


class _Lookup(NamedTuple):
    rules: Mapping[str, Sequence[int]]
    held: Held


class Lookups:
    """The index of rules. Unchanging but for what it remembers, and so safe to share between threads."""

    def __init__(self, index: Index) -> None:
        lookups = {atom: _Lookup(numbers, _held(atom, numbers)) for atom, numbers in index.items() if numbers}
        self._entities = [lookups[atom] for atom in _ENTITIES if atom in lookups]
        self._beside = [found for atom, found in lookups.items() if atom not in {Atom.PHRASE, *_ENTITIES}]
        self._listed = self._beside + self._entities
        self._all = [*lookups.values()]
        self._longest = {max(phrase.split(" "), key=len) for phrase in index[Atom.PHRASE]}
        self._wanted = WordMemory(self._is_wanted)

    def candidates(self, facts: Facts) -> set[int]:
        """Numbers of the rules that may match."""
        found: set[int] = set()
        for rules, held in self._worth_it(facts.post):
            for value in held(facts):
                if value in rules:
                    found.update(rules[value])
        return found

    def _worth_it(self, post: Post) -> list[_Lookup]:
        if self._says(post):
            return self._all
        return self._listed if _lists(post.entities) or (post.quoted and _lists(post.quoted.entities)) else self._beside

    def _says(self, post: Post) -> bool:
        """Whether something that is wanted stands in the text or in the quoted text."""
        wanted, quoted = self._wanted.__getitem__, post.quoted
        own = any(map(wanted, between_spaces(post.text)))
        return own or (quoted is not None and any(map(wanted, between_spaces(quoted.text))))

    def _is_wanted(self, word: str) -> bool:
        """Whether the longest word of a phrase, a tag or a link of what some rule wants stands between two spaces."""
        if not self._longest.isdisjoint(word_tokens(word)):
            return True
        if not self._entities or not _SIGN.search(word):
            return False
        facts = Facts(
            Post(doc_id="", version="0", source="file", native_id="", created_at=_NEVER, received_at=_NEVER, text=word)
        )
        return any(value in rules for rules, held in self._entities for value in held(facts))


def _lists(sent: Entities) -> bool:
    return bool(sent.hashtags or sent.handles or sent.cashtags or sent.links)


def _held(atom: Atom, index: Iterable[str]) -> Held:
    match atom:
        case Atom.LINK_PHRASE:
            pieces = Pieces(index)
            return lambda facts: pieces.within(facts.link_words)
        case Atom.PROFILE_PHRASE:
            pieces = Pieces(index)
            return lambda facts: pieces.within(facts.profile_words)
        case Atom.ADDRESS:
            pieces = Pieces(index, spaced=False)
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
