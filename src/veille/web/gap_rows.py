"""Gaps in a list of posts: each is a row where reading stopped, in its place in time between the cards.

times of cards in their order, gaps --among--> what stands before each card, and at the end
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from veille.gap import Gap, touching
from veille.query.tree import And, Node, Not, Operator
from veille.reading import NOT_BEGUN

MOST = 5
"""Rows in a list, those of the longest gaps; of the others their number is told."""

WORLD = "world"
"""A made world posts for all networks."""

NAMES = {"feed": "feeds"}
"""Sources of networks that are not named alike."""


@dataclass(frozen=True)
class Rows:
    """`before`: what stands before each card, by its number; after the last is one more number. `more` do not."""

    before: Mapping[int, Sequence[Gap]] = field(default_factory=dict)
    more: int = 0

    def at(self, number: int) -> Sequence[Gap]:
        """The rows before a card."""
        return self.before.get(number, ())


def among(
    times: Sequence[datetime],
    gaps: Iterable[Gap],
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    oldest_first: bool = False,
) -> Rows:
    """Where gaps stand in a list that is sorted by time; none in one without a card.

    `since`, `until`: what the list is of, where it goes as far; else it is of no more than from card to card.
    """
    if not times:
        return Rows()
    since, until = since or min(times), until or max(times)
    found = touching((gap for gap in gaps if gap.cause != NOT_BEGUN), since, until)
    longest = sorted(found, key=lambda gap: min(gap.until or now, until) - max(gap.since, since), reverse=True)[:MOST]
    before: dict[int, list[Gap]] = {}
    for gap in sorted(longest, key=lambda gap: (gap.since, gap.id), reverse=not oldest_first):
        begins = max(gap.since, since)
        passed = (time < begins if oldest_first else time >= begins for time in times)
        before.setdefault(sum(passed), []).append(gap)
    return Rows(before, len(found) - len(longest))


def of_source(gaps: Iterable[Gap], network: str) -> list[Gap]:
    """Those that posts of a network may be missing by."""
    return [gap for gap in gaps if gap.source in {NAMES.get(network, network), WORLD}]


def of_query(gaps: Iterable[Gap], query: Node | None) -> list[Gap]:
    """Those that something which a query finds may be missing by, as far as it names networks that must be."""
    for part in query.items if isinstance(query, And) else (query,):
        if isinstance(part, Operator) and part.name == "source":
            gaps = of_source(gaps, part.value)
        elif isinstance(part, Not) and isinstance(part.item, Operator) and part.item.name == "source":
            other = NAMES.get(part.item.value, part.item.value)
            gaps = [gap for gap in gaps if gap.source != other]
    return list(gaps)
