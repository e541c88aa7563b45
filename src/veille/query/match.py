"""Matching posts against many watches at once.

    post --lookups.py: what it holds of what rules require--> candidates --tree--> matches

Only rules which may match are evaluated; rules that require no term are evaluated for every post.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from veille.post import Post, WatchMatch
from veille.query.facts import Facts
from veille.query.lookups import Lookups, Pieces
from veille.query.parser import Query
from veille.query.predicates import Test, phrase_key, test_of
from veille.query.required import Atom, required
from veille.query.spans import evidence
from veille.query.tree import Node
from veille.query.warnings import texts_of


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
        index: dict[Atom, dict[str, list[int]]] = {atom: defaultdict(list) for atom in Atom}
        self._always: list[int] = []
        for number, rule in enumerate(self._rules):
            needed = required(rule.tree)
            if needed is None:
                self._always.append(number)
            for atom, value in needed or ():
                index[atom][value].append(number)
        said = (text for rule in self._rules for text in texts_of(rule.tree) if not text.slop)
        self._phrases = Pieces({*index[Atom.PHRASE], *(phrase_key(text.tokens) for text in said)})
        self._lookups = Lookups(index)

    @classmethod
    def everything(cls, id: str = "all") -> Matcher:  # noqa: A002 -- the name of the record's field
        """A matcher under which every post matches the one watch `id`."""
        return cls({}, catch_all=id)

    def match(self, post: Post) -> list[WatchMatch]:
        """The watches that hold for a post, in the order of the mapping, with their terms and spans."""
        if not self._rules:
            return self._for_all()
        facts = Facts(post, self._phrases.within)
        candidates = self._lookups.candidates(facts)
        candidates.update(self._always)
        if not candidates:
            return self._for_all()
        matching = (self._rules[number] for number in sorted(candidates) if self._rules[number].test(facts))
        return self._for_all() + [WatchMatch(rule.id, *evidence(rule.tree, facts)) for rule in matching]

    def _for_all(self) -> list[WatchMatch]:
        return [] if self._catch_all is None else [WatchMatch(self._catch_all)]
