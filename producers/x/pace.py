"""How long things take at X."""

from __future__ import annotations

from msgspec import Struct

from veille.producers.x.client import STALL_S


class Pace(Struct, frozen=True):
    """How long things take at X, in seconds."""

    stall_s: float = STALL_S
    """Without a byte, after which a stream counts as dead."""
    settle_s: float = 45.0
    """From the end of a gap until a search finds all of it: X searches no later than 30 s ago, and delivers in 10 s."""
    page_s: float = 2.0
    """Between two pages of a search: X allows 450 in 15 minutes, and the stream must be read meanwhile."""
    poll_s: float = 60.0
    """Between two looks at a timeline."""
    rules_s: float = 30.0
    """Between two changes of the rules: X allows 100 requests in 15 minutes, and one change takes three."""


PACE = Pace()
