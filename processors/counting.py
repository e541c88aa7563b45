"""From the mentions of one watch in one minute to their window. Pure: the same mentions give the same counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from veille.processors.seen import Seen
from veille.story import story_of
from veille.window import Counted, Window

MOST_TERMS = 20
MOST_OTHERS = 10
"""Authors, links and places of a window."""

LEAST_AUTHORS = 2
"""A word of one author alone may be a name or a secret."""


def count(
    watch: str,
    since: datetime,
    mentions: Collection[Seen],
    *,
    revision: int,
    coverage: float,
    named: bool,
    asked: Collection[str] = (),
) -> Window:
    """The window of these mentions. `named`: whether author keys may be told; without a secret they are none.

    `asked`: words that the watch asks for, and which are in its mentions for that alone.
    """
    labels = Counter(each.label for each in mentions)
    followers = _followers(mentions)
    return Window(
        watch=watch,
        since=since,
        revision=revision,
        mentions=len(mentions),
        authors=len({each.author for each in mentions}),
        stories=len({each.story for each in mentions}),
        begun=sum(each.story == story_of(each.doc_id) for each in mentions),
        own=sum(each.own for each in mentions),
        negative=labels["negative"],
        neutral=labels["neutral"],
        positive=labels["positive"],
        unsure=labels["unsure"],
        questions=sum(each.question for each in mentions),
        reach=sum(followers.values()),
        reach_known=len(followers),
        coverage=coverage,
        sources=dict(sorted(Counter(each.source for each in mentions).items())),
        shared=dict(sorted(Counter(other for each in mentions for other in each.watches if other != watch).items())),
        terms=_terms(mentions, asked),
        top_authors=_most((each.author for each in mentions), MOST_OTHERS) if named else [],
        links=_most((link for each in mentions for link in each.links), MOST_OTHERS),
        places=_most((place for each in mentions if (place := each.region or each.country)), MOST_OTHERS),
    )


def _followers(mentions: Iterable[Seen]) -> dict[str, int]:
    """By author, the most that the network said."""
    found: dict[str, int] = {}
    for each in mentions:
        if each.followers is not None:
            found[each.author] = max(each.followers, found.get(each.author, 0))
    return found


def _terms(mentions: Iterable[Seen], asked: Collection[str]) -> list[Counted]:
    times: Counter[str] = Counter()
    authors: defaultdict[str, set[str]] = defaultdict(set)
    for each in mentions:
        times.update(each.terms)
        for term in each.terms:
            authors[term].add(each.author)
    shared = {term for term, some in authors.items() if len(some) >= LEAST_AUTHORS}.difference(asked)
    return _ranked({term: times[term] for term in shared}, MOST_TERMS)


def _most(values: Iterable[str], most: int) -> list[Counted]:
    return _ranked(Counter(values), most)


def _ranked(times: dict[str, int], most: int) -> list[Counted]:
    """The most frequent first; of two as frequent, by their names, so that the same mentions give the same list."""
    return [
        Counted(value, number) for value, number in sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    ]
