"""What each source has read since its process began, under the watches of now: for a page with nothing else to show.

source --Reading, in its record on veille.cursors.v1--> heard --> page
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from veille.gap import Gap
from veille.identity import EPOCH
from veille.metrics import StageCounts
from veille.post import WatchMatch

HEARTBEAT_S = 15.0
"""A source says how much it has read at least so often, also when that is no more than before."""

SILENT = timedelta(seconds=4 * HEARTBEAT_S)
"""A source that has said nothing for so long may have ended."""

NOT_BEGUN = "not_begun"
"""Cause of the gap that lies before all."""

NOT_HELD = "not_held"
"""Cause of the gap that lies before what an archive holds, or holds of a source."""

log = logging.getLogger(__name__)


class Reading(Struct, omit_defaults=True):
    """How much was read, and how much of it the watches matched. It begins anew with other watches."""

    since: datetime
    """When this process began to read, or took up the watches of now."""
    posts: int = 0
    """Posts read since then, whatever became of them."""
    matched: dict[str, int] = msgspec.field(default_factory=dict)
    """Posts by watch; one that several watches match counts for each, a reply that is only followed for none."""

    def take(self, matched: Iterable[WatchMatch]) -> None:
        """Count one post."""
        self.posts += 1
        for match in matched:
            if not match.followed:
                self.matched[match.id] = self.matched.get(match.id, 0) + 1


class Heard(Struct, frozen=True):
    """What a source said last, and when; as much of a cursor record as that."""

    at: datetime | None = None
    watches: str = ""
    """Hash of the watches that it matched."""
    reading: Reading | None = None
    began: datetime | None = None
    """When the source was read for the first time ever; None where an older veille began."""
    counts: StageCounts = msgspec.field(default_factory=StageCounts)
    """What became of all that it ever read."""


ReadingNow = Callable[[], Mapping[str, Heard]]
"""Says, at once, what each source said last; a source that is not there has said nothing."""


def heard(records: Mapping[str, bytes]) -> dict[str, Heard]:
    """By source, from the cursor records; of one that says nothing of it, or cannot be read, nothing is known."""
    found = {}
    for source, value in records.items():
        try:
            said = msgspec.json.decode(value, type=Heard)
        except msgspec.DecodeError as error:
            log.warning("what the source %s has read is not known: %s", source, error)
            continue
        if said.reading is not None:
            found[source] = said
    return found


def not_begun(said: Mapping[str, Heard], sources: Iterable[str]) -> list[Gap]:
    """The time before each of these sources was read for the first time, as gaps: nothing of it is known."""
    return [
        Gap(id=f"{source}:{NOT_BEGUN}", source=source, since=EPOCH, until=one.began, cause=NOT_BEGUN)
        for source in sources
        if (one := said.get(source)) is not None and one.began is not None
    ]
