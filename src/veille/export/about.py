"""What an export is, for who has the file alone: the question, its range, the zone, and how much of that was read.

gaps + sources --seen--> coverage, gap_count --told--> the first record of a stream, the metadata of Parquet
                              `--> FILE.about.json of the command
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from veille.coverage import share_seen
from veille.export.task import Asked
from veille.gap import Gap, touching

NOTICE = (
    "Rows of X's posts have the id alone: its terms let nobody pass on more; look the posts up there.",
    "Wherever a text is shown, name its author and network, and link to the post (`author_handle`, `source`, `url`).",
    "What people deleted is not in it. Delete what later exports with the same state file say is `removed`.",
)


def told(query: str, asked: Asked, now: datetime, zone: ZoneInfo, seen: Mapping[str, object]) -> dict[str, Any]:
    """What the first record says; its times are of the zone."""
    return {
        "query": query,
        "since": asked.since.astimezone(zone) if asked.since else None,
        "until": asked.until.astimezone(zone) if asked.until else None,
        "zone": zone.key,
        "exported_at": now.astimezone(zone),
        **seen,
        "notice": NOTICE,
    }


def seen(gaps: Sequence[Gap] | None, parts: Mapping[str, int], asked: Asked, now: datetime) -> dict[str, Any]:
    """`coverage`, the share of the range up to now that was read, and `gap_count`; None: it is not known.

    Without a beginning there is nothing that it would be a share of.
    """
    if gaps is None:
        return {"coverage": None, "gap_count": None}
    since, until = asked.since, min(asked.until or now, now)
    share = share_seen(gaps, parts, since, until) if since is not None and since < until else None
    return {"coverage": share, "gap_count": len(touching(gaps, since, asked.until))}
