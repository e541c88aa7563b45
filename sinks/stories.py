"""Memberships in stories, brought onto the mentions of an archive as they come.

    veille.stories.v1 --> Sink.join --> what is early is tried again, until all that was on the topic of mentions by
                                        then is in the archive: what is not there then never comes

A membership may come before its mention, which another process may be writing, or hours before it where the archive has
much to catch up on. A batch is committed when each of its memberships is in, or known to be of no use.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from veille import story
from veille.batches import CLUSTER, Batch, Pace, Row
from veille.clock import Clock
from veille.dead import dead_row
from veille.errors import Invalid, Unavailable
from veille.metrics import StageCounts
from veille.sinks.loop import Loop
from veille.sinks.sink import Sink
from veille.story import Membership
from veille.topics import STORIES

SOON_S = 0.25
LONGEST_S = 5.0
"""Between two attempts, the first and the last."""

SAID_EVERY_S = 60.0

log = logging.getLogger(__name__)


class MentionsPlace(Protocol):
    """How far the archive is on the topic of mentions. Methods raise Unavailable."""

    def ends(self) -> Mapping[int, int]:
        """Where the topic ends now, by partition."""

    def passed(self, ends: Mapping[int, int]) -> bool:
        """Whether all before these offsets was dealt with."""

    def close(self) -> None:
        """Let go of connections."""


class StoriesLoop(Loop[Sink]):
    """Brings memberships into one archive, as a member of `group`. `sink` is used by nobody else."""

    def __init__(
        self,
        sink: Sink,
        options: Mapping[str, Any],
        *,
        mentions: MentionsPlace,
        group: str,
        prefix: str,
        clock: Clock,
        pace: Pace = CLUSTER,
    ) -> None:
        """`mentions`: of whoever writes mentions into the same archive."""
        super().__init__(sink, options, topic=STORIES, group=group, prefix=prefix, clock=clock, pace=pace)
        self._mentions = mentions

    async def work(self, batch: Batch) -> dict[int, StageCounts]:
        """Bring a batch in. Raises Unavailable when stopped before that."""
        counts = {partition: StageCounts(read=len(some)) for partition, some in batch.items()}
        latest: dict[str, tuple[Membership, StageCounts]] = {}
        dead: list[Row] = []
        for record in (record for some in batch.values() for record in some):
            count = counts[record.partition]
            try:
                if record.value is not None:
                    found = story.decode(record.value)
                    latest[found.doc_id] = found, count
                elif record.key is not None:
                    latest.pop(record.key.decode("utf-8", "replace"), None)
                count.out += 1
            except Invalid as error:
                count.die(error.reason)
                dead.append(dead_row(self._sink.name, record, error, self._clock.now()))
        for never in await self._bring([each for each, _ in latest.values()]):
            _, count = latest[never.doc_id]
            count.out -= 1
            count.drop("unknown_mention")
        await self._bury(dead)
        return counts

    async def _bring(self, memberships: Sequence[Membership]) -> Iterable[Membership]:
        """Into the archive; what comes back is of mentions that never come."""
        early = await self._join(memberships)
        ends = await self._patient.patiently(self._mentions.ends) if early else {}
        pause, said_at, whole = SOON_S, self._clock.monotonic(), False
        while early and not whole:
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_S)
            if self._clock.monotonic() - said_at >= SAID_EVERY_S:
                said_at = self._clock.monotonic()
                log.warning("%d memberships in stories wait until %s has their mentions", len(early), self._sink.name)
            whole = await self._patient.patiently(partial(self._mentions.passed, ends))
            early = await self._join(early)
        return early

    async def _join(self, memberships: Sequence[Membership]) -> Sequence[Membership]:
        return await self._patient.patiently(partial(self._sink.join, memberships)) if memberships else ()

    async def _pause(self, seconds: float) -> None:
        """Raises Unavailable where the loop is to stop: what is early is read again then."""
        self._watchdog.touch()
        if self._stop.is_set():
            raise Unavailable("mentions that stories are told of are not in the archive yet")
        await self._patient.pause(seconds)

    async def _closed(self) -> None:
        await self._patient.let_go(self._mentions.close)
