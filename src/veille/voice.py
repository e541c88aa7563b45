"""Share of voice: who is talked about more, and who worse, with how sure that is.

counts of each watch --> shares among brand and competitors, with 95 % intervals        market stands outside

A mention that names two watches counts for both. Copies are not independent, so intervals count stories, not mentions;
they say how much chance there is in so many, and nothing of the model's own errors, which come on top.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from veille.findings import WindowSum
from veille.settings import Watch

Z95 = 1.959964
"""Standard deviations of a normal distribution that 95 % lie within."""

FEW, MANY = 10, 30
"""Of fewer than `FEW` nothing is said in percent; from `MANY` on an interval is narrow enough to be drawn solid."""

APART = 0.05
"""Coverages that differ by more cannot be compared."""


@dataclass(frozen=True)
class Share:
    """A part of a whole: `count` of `of`; the interval is for `stories` independent cases."""

    count: int
    of: int
    stories: int

    @property
    def value(self) -> float:
        """0 to 1; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % by Wilson's score: between 0 and 1, right for small numbers too."""
        return wilson(self.value, self.stories)

    @property
    def told(self) -> bool:
        """Whether there are enough cases for a percentage."""
        return self.stories >= FEW

    @property
    def solid(self) -> bool:
        """Whether there are many."""
        return self.stories >= MANY

    def differs(self, other: Share) -> bool:
        """Whether the two intervals do not overlap."""
        (low, high), (other_low, other_high) = self.interval, other.interval
        return self.told and other.told and (low > other_high or high < other_low)


@dataclass(frozen=True)
class Tally:
    """What was counted of one watch in a stretch of time."""

    mentions: int = 0
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unsure: int = 0
    stories: int = 0
    """Stories that began in it."""
    coverage: float = 1.0
    """Share of the time, over all sources, in no gap."""

    @property
    def sure(self) -> int:
        """Mentions with a label."""
        return self.negative + self.neutral + self.positive


@dataclass(frozen=True)
class Row:
    """One watch beside the others; shares are None for the market, which is outside the sum."""

    watch: Watch
    tally: Tally
    share: Share | None
    negative_share: Share | None
    """Of all sure negative mentions of brand and competitors."""
    negative_rate: Share
    """Of its own sure mentions."""
    change: str
    """`up`, `down`, `none`, `apart` where the coverages differ, or `unknown` where there is nothing to compare with."""


def wilson(share: float, cases: int) -> tuple[float, float]:
    """The 95 % interval of a share of so many cases; 0 to 1 where there are none.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if not cases:
        return 0.0, 1.0
    z = Z95 * Z95 / cases
    middle = (share + z / 2) / (1 + z)
    half = Z95 / (1 + z) * math.sqrt(share * (1 - share) / cases + z / (4 * cases))
    return max(0.0, middle - half), min(1.0, middle + half)


def compared(watches: Iterable[Watch]) -> list[Watch]:
    """Those whose mentions are set against each other: brand and competitors."""
    return [watch for watch in watches if watch.role != "market"]


def in_order(watches: Iterable[Watch]) -> list[Watch]:
    """As they stand beside each other: brands first, then competitors, then the market."""
    return sorted(watches, key=lambda watch: ("brand", "competitor", "market").index(watch.role))


def naming_two(watches: Sequence[str]) -> str:
    """The search for mentions that two or more of these watches match; empty where there are not two.

    Of one half two, or of the other half two, or of each half one: n log n words, where all pairs would be n squared.
    """
    if len(watches) < 2:
        return ""
    middle = len(watches) // 2
    halves = watches[:middle], watches[middle:]
    both = " ".join(_any(half) for half in halves)
    within = [two for half in halves if (two := naming_two(half))]
    return " OR ".join(f"({part})" for part in (*within, both)) if within else both


def _any(watches: Sequence[str]) -> str:
    named = " OR ".join(f"watch:{each}" for each in watches)
    return f"({named})" if len(watches) > 1 else named


def standing(watches: Sequence[Watch], now: Mapping[str, Tally], before: Mapping[str, Tally]) -> list[Row]:
    """Each watch beside the others, brands first, by tallies of a stretch of time and of one as long before it."""
    ids = {watch.id for watch in compared(watches)}
    return [_row(watch, ids, now, before) for watch in in_order(watches)]


def tally(sums: Iterable[WindowSum], coverage: float) -> Tally:
    """The sums of a watch's windows together; `coverage` of the whole time, minutes without a mention included."""
    every = list(sums)
    return Tally(
        mentions=sum(each.mentions for each in every),
        negative=sum(each.negative for each in every),
        neutral=sum(each.neutral for each in every),
        positive=sum(each.positive for each in every),
        unsure=sum(each.unsure for each in every),
        stories=sum(each.begun for each in every),
        coverage=coverage,
    )


def _row(watch: Watch, ids: set[str], now: Mapping[str, Tally], before: Mapping[str, Tally]) -> Row:
    own = now.get(watch.id, Tally())
    rate = Share(own.negative, own.sure, _cases(own.stories, own.sure, own.mentions))
    if watch.id not in ids:
        return Row(watch, own, None, None, rate, "unknown")
    share = _of_all(watch.id, ids, now)
    known = bool(sum(before.get(each, Tally()).mentions for each in ids))
    apart = abs(own.coverage - before.get(watch.id, Tally()).coverage) > APART
    then = _of_all(watch.id, ids, before)
    change = "unknown" if not known else "apart" if apart else "none"
    if change == "none" and share.differs(then):
        change = "up" if share.value > then.value else "down"
    negative = sum(now.get(each, Tally()).negative for each in ids)
    stories = sum(
        _cases(each.stories, each.negative, each.mentions) for each in (now.get(name, Tally()) for name in ids)
    )
    return Row(watch, own, share, Share(own.negative, negative, stories), rate, change)


def _of_all(watch: str, ids: set[str], tallies: Mapping[str, Tally]) -> Share:
    every = [tallies.get(each, Tally()) for each in ids]
    own = tallies.get(watch, Tally())
    return Share(own.mentions, sum(each.mentions for each in every), sum(each.stories for each in every))


def _cases(stories: int, some: int, mentions: int) -> int:
    """Independent cases among some of the mentions, as many in proportion as stories among all."""
    return round(stories * some / mentions) if mentions else 0
