"""`veille run enrich --again`: the archive made anew by a newer enrichment. Versions settle everything.

    a Kafka     posts, from the beginning to where they end now --those of which the archive has older--> mentions
    embedded    the archive's mentions of an older enrichment --as published--> posts, and through all the stages

A version is the source's instant and the revision of the enrichment: what was edited or deleted since has a later
instant, and nothing goes back, whichever enrichment is run again. Read first: `renewal.py`, what is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from veille.again.renewal import Renewal
from veille.clock import Clock
from veille.errors import Misused
from veille.settings import Settings

RATE = 1_000.0
"""Posts a second that a replay reads, unless told otherwise: a tenth of what one process enriches or an archive takes.
"""


def again(
    settings: Settings,
    clock: Clock,
    stop: threading.Event,
    *,
    rate: float | None = None,
    told: Callable[[float], None] = lambda share: None,  # noqa: ARG005  # nobody looks on
) -> Renewal:
    """Bring all that is there through this enrichment, until done or `stop`; begun again, it goes on where it was.

    `rate`: posts a second at most. `told` hears the share that is done. Raises Unavailable, Misused, Corrupt.
    """
    from veille.processors.sentiment_tiers import check

    check(settings)
    if settings.kafka is not None:
        from veille.again.through_topics import renew as through_topics

        return through_topics(settings, settings.kafka, clock, stop, rate=rate or RATE, told=told)
    if rate is not None:
        raise Misused("--rate holds a replay back beside live enrichment; here nothing else runs: leave it out")
    from veille.again.through_archive import renew as through_archive

    return through_archive(settings, clock, stop)


__all__ = ["RATE", "Renewal", "again"]
