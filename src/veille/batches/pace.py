"""How a group reads: how much at once, how long the broker waits for it, where it counts, when memory is looked at."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import NamedTuple


class Pace(NamedTuple):
    """How a group reads: for how long the broker waits for a silent member, and how many records one batch has at most.

    While a batch is transformed no heartbeat goes out: it must take a fraction of the session, on a slow machine too.
    """

    session_ms: int
    records: int
    alone: bool = False
    """Whether the group has this member only, which then takes every partition without asking."""
    counts: Path | None = None
    """The folder in which it keeps its counts, where the broker drops them."""


CLUSTER = Pace(session_ms=10_000, records=4_000)
EMBEDDED = CLUSTER._replace(records=1_000, alone=True)
"""One process a group, by the claim on the data folder: to be let in took half a session there [measured]. Smaller
batches, so that the first mention need not wait for a whole past to be enriched."""


class Standing(NamedTuple):
    """How far a reader is."""

    rewinding: bool
    """Whether what the group dealt with before is still being read again."""
    behind: frozenset[int]
    """Partitions of which there is more to read."""


COLLECT_AFTER = 500_000
"""Objects more than before at which the garbage collector looks at them: records come and go by the thousand, without
cycles, and to look cost a third of the throughput, at 50,000 still a thirtieth [measured]."""


def spare_collector() -> None:
    """Let the garbage collector of this process leave batches alone; call it when everything has been loaded."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
