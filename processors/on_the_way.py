"""Whether posts are still on their way through enrichment: where they are, nobody knows yet that a watch is silent.

    end of the posts' topic a minute ago --has enrichment passed it?--> no, but it moves --> on the way

Enrichment that does not move holds nothing back: whoever watches is to be told that nothing comes.
"""

from __future__ import annotations

from veille.clock import Clock
from veille.errors import Unavailable
from veille.processors.late import Offsets, Place

ASK_S = 50.0
"""How long an answer holds: it is wanted as minutes close."""

STALE_S = 300.0
"""After so long nothing is compared with what was asked before."""


class OnTheWay:
    """Asked by one thread; says yes when it is asked for the first time, and while the brokers are away."""

    def __init__(self, enriched: Place, clock: Clock) -> None:
        """`enriched`: the place of enrichment on the topic of posts."""
        self._enriched, self._clock = enriched, clock
        self._asked_at = -STALE_S
        self._ends: Offsets = {}
        self._passed: Offsets = {}
        self._answer = True

    def __call__(self) -> bool:
        """Whether what was published a minute ago is still to come."""
        now = self._clock.monotonic()
        since, first = now - self._asked_at, now - self._asked_at >= STALE_S
        if since < ASK_S:
            return self._answer
        try:
            ends, passed = self._enriched.ends(), self._enriched.committed()
        except Unavailable:
            return True
        moves = passed != self._passed
        behind = any(passed.get(partition, 0) < end for partition, end in self._ends.items())
        self._answer = first or (behind and moves)
        self._asked_at, self._ends, self._passed = now, ends, passed
        return self._answer
