"""Memberships in stories, brought onto the mentions of an archive as they come.

    veille.stories.v1 --> Sink.join --> what is early waits for its mention, and is given up after `GIVE_UP_S`

A membership may come before its mention, which another process may be writing. What waits is in no commit: the topic is
read again from `GIVE_UP_S` before the place that was left, and to bring one in twice changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from veille import story
from veille.batches import CLUSTER, Batch, BatchProducer, BatchReader, Pace, Row, Watchdog
from veille.clock import Clock
from veille.errors import Invalid, Unavailable
from veille.metrics import StageCounts
from veille.sinks.findings import letter
from veille.sinks.patient import Patient
from veille.sinks.sink import Sink
from veille.story import Membership
from veille.topics import DEAD, STORIES

GIVE_UP_S = 900.0
"""How long a membership waits for its mention, which may be a dead letter."""

SOON_S = 0.25
SOON = 12
"""A batch waits a few times for mentions that are on their way."""

AGAIN_S = 5.0
MOST = 100_000
"""Memberships that wait; beyond, the oldest is given up."""

log = logging.getLogger(__name__)


class StoriesLoop:
    """Brings memberships into one archive, as a member of `group`. `sink` is used by nobody else."""

    def __init__(
        self,
        sink: Sink,
        options: Mapping[str, Any],
        *,
        group: str,
        prefix: str,
        clock: Clock,
        pace: Pace = CLUSTER,
        rewind_s: float = GIVE_UP_S,
    ) -> None:
        self._sink, self._options, self._group, self._prefix = sink, options, group, prefix
        self._clock, self._pace, self._rewind_s = clock, pace, rewind_s
        self._producer = BatchProducer(options)
        self._watchdog = Watchdog(clock)
        self._waiting: dict[str, tuple[Membership, float]] = {}
        """By doc id, and until when."""
        self._patient = Patient(sink.name, asyncio.Event(), clock, self._watchdog)

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop`. Raises Misused or Corrupt when the archive does; one that is away is waited for."""
        self._patient = Patient(self._sink.name, stop, self._clock, self._watchdog)
        self._watchdog.start()
        retrying: asyncio.Task[None] | None = None
        try:
            await self._patient.patiently(self._sink.open)
            await self._producer.start()
            reader = BatchReader(
                self._options,
                group=self._group,
                topic=STORIES.full_name(self._prefix),
                watchdog=self._watchdog,
                pace=self._pace,
                rewind_s=self._rewind_s,
            )
            retrying = asyncio.create_task(self._retry(stop))
            await reader.run(self.work, stop)
            if retrying.done():
                retrying.result()
            await self._join([each for each, _ in self._waiting.values()])
        except Unavailable as error:
            if not stop.is_set():
                raise
            log.warning("%s stops while it waits, and reads the rest again later: %s", self._sink.name, error)
        finally:
            self._watchdog.stop()
            if retrying is not None:
                retrying.cancel()
                await asyncio.gather(retrying, return_exceptions=True)
            await self._producer.stop()
            await self._patient.alone(self._sink.close)

    async def work(self, batch: Batch) -> dict[int, StageCounts]:
        """Bring a batch in, as far as its mentions are there."""
        counts = {partition: StageCounts() for partition in batch}
        latest: dict[str, Membership] = {}
        dead: list[Row] = []
        for record in (record for some in batch.values() for record in some):
            count = counts[record.partition]
            count.read += not record.again
            try:
                if record.value is not None:
                    found = story.decode(record.value)
                    latest[found.doc_id] = found
                elif record.key is not None:
                    latest.pop(record.key.decode("utf-8", "replace"), None)
                count.out += not record.again
            except Invalid as error:
                if not record.again:
                    count.die(error.reason)
                    dead.append(letter(self._sink.name, record, error, self._clock.now()))
        await self._bring(list(latest.values()))
        await self._producer.write({DEAD.full_name(self._prefix): {0: dead}} if dead else {})
        return counts

    async def _bring(self, memberships: Sequence[Membership]) -> None:
        """Into the archive, or, after a moment, among those that wait."""
        early = memberships
        for _ in range(SOON):
            early = await self._join(early)
            if not early:
                return
            await self._clock.sleep(SOON_S)
        until = self._clock.monotonic() + GIVE_UP_S
        self._waiting |= {each.doc_id: (each, until) for each in early}
        while len(self._waiting) > MOST:
            del self._waiting[next(iter(self._waiting))]

    async def _join(self, memberships: Sequence[Membership]) -> list[Membership]:
        if not memberships:
            return []
        return await self._patient.patiently(lambda: self._sink.join(memberships))

    async def _retry(self, stop: asyncio.Event) -> None:
        """What waits is tried again, until it is given up. Its failure stops the loop."""
        try:
            while True:
                await self._clock.sleep(AGAIN_S)
                await self.retry()
        except Exception:
            stop.set()
            raise

    async def retry(self) -> None:
        """Try once more what waits, and give up what has waited for too long."""
        now = self._clock.monotonic()
        waiting = {doc_id: held for doc_id, held in self._waiting.items() if held[1] > now}
        early = {each.doc_id for each in await self._join([each for each, _ in waiting.values()])}
        for doc_id, held in list(self._waiting.items()):
            if doc_id not in waiting or (doc_id not in early and held == waiting[doc_id]):
                del self._waiting[doc_id]
