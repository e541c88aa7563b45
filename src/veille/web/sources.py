"""How each source does: what it says of itself, its gaps, and the newest of what the archive holds of it.

cursor records, gaps, archive --source_info--> state, last mention, posts a minute, lag, gap
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from veille.archive import Archive
from veille.coverage import LIVE
from veille.gap import Gap, plain
from veille.mention import Mention
from veille.query.tree import Node, Operator
from veille.reading import SILENT, Heard
from veille.web.gaps import GapInfo

LATEST = 200
"""Mentions of which the lag is taken."""

NETWORKS: dict[str, Node | None] = {
    "x": Operator("source", "x", 0),
    "bluesky": Operator("source", "bluesky", 0),
    "mastodon": Operator("source", "mastodon", 0),
    "feeds": Operator("source", "feed", 0),
    "world": None,
}
"""What finds the mentions of a source; a world invents them on all networks, and files may hold any."""

State = Literal["reading", "waiting", "stopped", "ended", "unknown"]


class SourceInfo(BaseModel):
    """One source; null is what nobody has said.

    `waiting`: it says that it cannot read now, `gap` is open; `stopped`: it has said nothing for a minute; `ended`:
    files, read to their end. `gap`: the one that is open, else the last.
    """

    name: str
    state: State
    heard_at: datetime | None = None
    reading_since: datetime | None = None
    posts_read: int | None = None
    posts_a_minute: float | None = None
    gap: GapInfo | None = None


class Newest(BaseModel):
    """What the archive holds of a source; lags are seconds from publication to receipt, of its latest live mentions."""

    last_mention: datetime | None = None
    lag_half_s: float | None = None
    lag_most_s: float | None = None


def newest(archive: Archive, source: str) -> Newest:
    """Of the latest mentions of a source. Raises Unavailable."""
    if source not in NETWORKS:
        return Newest()
    hits = archive.search(NETWORKS[source], limit=LATEST).hits
    found = lags(hits)
    return Newest(
        last_mention=hits[0].created_at if hits else None,
        lag_half_s=found[len(found) // 2] if found else None,
        lag_most_s=most(found),
    )


def lags(hits: Iterable[Mention]) -> list[float]:
    """Seconds from publication to receipt of those that came live, the shortest first."""
    live = [hit for hit in hits if hit.origin in {"live", "simulated"} and hit.op == "create"]
    return sorted(max(0.0, (hit.received_at - hit.created_at).total_seconds()) for hit in live)


def most(found: Sequence[float]) -> float | None:
    """What 95 in 100 of them do not pass; None of none."""
    return found[min(len(found) - 1, len(found) * 95 // 100)] if found else None


def source_info(source: str, said: Heard | None, gaps: Sequence[Gap] | None, now: datetime) -> SourceInfo:
    """What is known of a source without the archive; `gaps` None: they are not known."""
    gap = _gap(source, gaps or ())
    found = SourceInfo(name=source, state=_state(source, said, gap, now), gap=GapInfo(**plain(gap)) if gap else None)
    if said is None or said.at is None:
        return found
    found.heard_at = said.at
    if said.reading is not None:
        minutes = (said.at - said.reading.since).total_seconds() / 60
        found.reading_since, found.posts_read = said.reading.since, said.reading.posts
        found.posts_a_minute = round(said.reading.posts / minutes, 1) if minutes >= 1 else None
    return found


def _state(source: str, said: Heard | None, gap: Gap | None, now: datetime) -> State:
    if said is None or said.at is None:
        return "unknown"
    if now - said.at > SILENT:
        return "stopped" if source in LIVE else "ended"
    return "waiting" if gap is not None and gap.until is None and not gap.part else "reading"


def _gap(source: str, gaps: Sequence[Gap]) -> Gap | None:
    """The one that is open, of the whole source first, else the last; None where none is known."""
    mine = [gap for gap in gaps if gap.source == source]
    return max(mine, key=lambda gap: (gap.until is None, not gap.part, gap.until or gap.since, gap.since), default=None)
