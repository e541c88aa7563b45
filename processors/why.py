"""Why a watch is unusual: what of its mentions is over-represented against the hours before, and what to read first.

mentions since the onset --Group--.
mentions before it ------Group----+--> drivers, samples, a post of our own that it started from
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable

from veille.alert import Driver, Role, Sample, Why
from veille.mention import SentimentLabel
from veille.processors.seen import Seen

MOST = 10
"""Drivers of a kind."""

FEWEST = 3
"""Mentions that make a driver."""

STARTED_SHARE = 0.2
"""Share of the mentions that repeat or answer one post of our own for it to be what they started from."""

TYPICAL = 2
ALIKE = 0.5
"""Of the words of two posts; stories begin at a likeness that leaves variants of one sentence apart."""

KINDS = ("terms", "stories", "authors", "links", "places")


class Group:
    """Mentions of some minutes, counted by what is in them."""

    def __init__(self, mentions: Iterable[Seen], minutes: float) -> None:
        """`minutes`: how long a time they are from."""
        self.mentions = list(mentions)
        self.minutes = minutes
        self.counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        self.shared: set[str] = set()
        """Terms of more than one author: a word of one alone may be a name or a secret."""
        first: dict[str, str] = {}
        for each in self.mentions:
            self.counts["terms"].update(each.terms)
            self.shared.update(term for term in each.terms if first.setdefault(term, each.author) != each.author)
            self.counts["stories"][each.story] += 1
            self.counts["authors"][each.author] += 1
            self.counts["links"].update(each.links)
            if place := each.region or each.country:
                self.counts["places"][place] += 1


def why(now: Group, before: Group, asked: Collection[str] = ()) -> Why:
    """The drivers, most over-represented first; but for words that the watch itself asks for."""
    share = now.minutes / before.minutes if before.minutes else 0.0
    counts = now.counts | {"terms": Counter({term: now.counts["terms"][term] for term in now.shared.difference(asked)})}
    return Why(**{kind: _drivers(counts[kind], before.counts[kind], share) for kind in KINDS})


def _drivers(counts: Counter[str], before: Counter[str], share: float) -> list[Driver]:
    """`share`: how many times as long as the time before the time now is."""
    found = [
        Driver(value=value, count=count, usual=round(before[value] * share, 1))
        for value, count in counts.items()
        if count >= FEWEST
    ]
    surprising = [driver for driver in found if _surprise(driver) > 1]
    return sorted(surprising, key=lambda each: (-_surprise(each), each.value))[:MOST]


def _surprise(driver: Driver) -> float:
    """Standard deviations above the usual, were they drawn one by one."""
    return (driver.count - driver.usual) / math.sqrt(driver.usual + 1)


def samples(now: Group, reasons: Why) -> list[Sample]:
    """First seen, most copied, two typical ones that say something else, one of another opinion; each mention once."""
    if not now.mentions:
        return []
    told = {driver.value for driver in reasons.terms}
    copied, times = now.counts["stories"].most_common(1)[0]
    typical = sorted(now.mentions, key=lambda each: (-len(told.intersection(each.terms)), each.at, each.doc_id))
    label, _ = Counter(each.label for each in now.mentions).most_common(1)[0]
    chosen: list[tuple[Role, Seen]] = [("first", now.mentions[0])]
    if times > 1:
        chosen.append(("most_copied", next(each for each in now.mentions if each.story == copied)))
    most = len(chosen) + TYPICAL
    for repeats in (_alike, _same_story):  # where all say nearly the same, others of it
        for each in typical:
            if len(chosen) == most:
                break
            if not any(repeats(each, other) for _, other in chosen):
                chosen.append(("typical", each))
    chosen += [("dissenting", each) for each in typical if _dissents(each.label, label)][:1]
    roles = {each.doc_id: role for role, each in reversed(chosen)}
    return [Sample(doc_id=doc_id, role=role) for doc_id, role in reversed(roles.items())]


def _alike(one: Seen, other: Seen) -> bool:
    """Whether a reader would find both to say the same: one story, or mostly the same words."""
    if _same_story(one, other):
        return True
    words, others = set(one.terms), set(other.terms)
    return len(words & others) > ALIKE * len(words | others)


def _same_story(one: Seen, other: Seen) -> bool:
    return one.story == other.story


def _dissents(label: SentimentLabel, most: SentimentLabel) -> bool:
    return label in ("negative", "positive") and label != most


def started_from(now: Group) -> str:
    """Doc id of the post of our own that a good share of the mentions repeat; empty where there is none."""
    own = [each for each in now.mentions if each.own]
    stories = Counter(each.story for each in now.mentions)
    repeated = Counter(each.original for each in now.mentions if each.original)
    for each in sorted(own, key=lambda mine: -max(stories[mine.story], repeated[mine.author])):
        if max(stories[each.story] - 1, repeated[each.author]) >= STARTED_SHARE * len(now.mentions):
            return each.doc_id
    return ""
