"""How the results of a search are shown, as the address says it: order, one card a story or all, where a page begins.

`order=copied&group=mention&day=2026-11-20&view=map&facet=hashtag&find=tea` --> Listing
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from veille.archive import Order
from veille.errors import Misused
from veille.query import Query
from veille.query.tree import Operator
from veille.query.warnings import leaves_of
from veille.web.moments import FIRST, LAST
from veille.web.narrowing import Sought

ORDERS: tuple[Order, ...] = get_args(Order)
BY_TIME = ("newest", "oldest")
GROUPS = ("story", "mention")
NOTHING = Sought()


@dataclass(frozen=True)
class Listing:
    """What was asked for; what the address does not say is as usual."""

    order: Order = "newest"
    group: str = ""
    after: str | None = None
    day: str = ""
    on_map: bool = False
    sought: Sought = NOTHING

    def folded(self, query: Query | None) -> bool:
        """Whether a story has one card: unless it is one story that is asked for, or every mention."""
        if self.order == "copied" or self.group in GROUPS:
            return self.order == "copied" or self.group == "story"
        leaves = leaves_of(query.tree) if query else ()
        return not any(isinstance(leaf, Operator) and leaf.name == "story" for leaf, negated in leaves if not negated)

    def begin(self, zone: ZoneInfo) -> datetime | None:
        """Where the day that was asked for ends, or, the oldest first, begins. Raises Misused."""
        if not self.day or self.order not in BY_TIME:
            return None
        try:
            found = datetime.fromisoformat(self.day).replace(tzinfo=zone)
            if FIRST <= found <= LAST:
                return found if self.order == "oldest" else found + timedelta(days=1)
        except (ValueError, OverflowError):
            pass
        raise Misused(f"`{self.day[:40]}` is no day: expected 2026-11-20")


def listing(order: str, *, group: str, after: str, day: str, view: str, sought: Sought) -> Listing:
    """Read the address; names that nothing has are as usual."""
    known: Order = next((each for each in ORDERS if each == order), "newest")
    return Listing(known, group, after or None, day, view == "map", sought)
