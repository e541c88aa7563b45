"""Whole polls in: one member of a group, which reads one topic.

    poll --> Batch --> work (decode, enrich or write; produce) --> acknowledged --> commit offsets and counts
      ^ the next poll is fetched meanwhile, and its work begins while this one waits to be acknowledged

Nothing is committed before its effect and all before it are acknowledged. On a rebalance the batches in flight are
finished, or given up when that takes too long; what was fetched before it is dropped and read again by whoever has the
partition then.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import OffsetAndMetadata

from veille.batches.closing import let_go
from veille.batches.counts import KeptCounts, Left, dump_counts, left_at, load_counts
from veille.batches.pace import CLUSTER, Pace, Standing
from veille.batches.records import Batch, Incoming
from veille.batches.watchdog import Watchdog
from veille.errors import Corrupt, Unavailable
from veille.metrics import StageCounts

POLL_BYTES = 8 << 20
PARTITION_BYTES = 2 << 20
POLL_WAIT_MS = 250

REVOKE_GRACE_SHARE = 0.5
"""For how much of a session a rebalance waits for the batch in flight."""

POLL_INTERVAL_MS = 3_600_000
"""The watchdog, not the broker, ends a worker that is stuck: a sink may wait for its system for long."""

IN_FLIGHT = 2
"""Batches in work or waiting to be acknowledged: with one alone, a third of the time is spent waiting [measured]."""


Work = Callable[[Batch], Awaitable[dict[int, StageCounts]]]
"""Brings a batch into effect and says what became of it, by partition. Whatever it raises ends the worker."""


def _consumer(options: Mapping[str, Any], group: str, pace: Pace) -> AIOKafkaConsumer:
    """A member of the group that moves no offset by itself."""
    return AIOKafkaConsumer(
        **options,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="none",
        session_timeout_ms=pace.session_ms,
        heartbeat_interval_ms=pace.session_ms // 5,
        rebalance_timeout_ms=pace.session_ms,
        max_poll_interval_ms=POLL_INTERVAL_MS,
        max_poll_records=pace.records,
        fetch_max_bytes=POLL_BYTES,
        max_partition_fetch_bytes=PARTITION_BYTES,
        fetch_max_wait_ms=POLL_WAIT_MS,
    )


class BatchReader(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """One member of a consumer group, reading one topic poll by poll."""

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        group: str,
        topic: str,
        watchdog: Watchdog,
        pace: Pace = CLUSTER,
        rewind_s: float | None = None,
        holds: Callable[[], bool] = lambda: False,
    ) -> None:
        """`rewind_s`: begin so many seconds before the group's place, infinity: with the first record.

        What is read again is marked as such, and commits nothing. `holds`: whether nothing may be committed now, and
        reading goes on: something that was read has no effect yet.
        """
        self._topic, self._watchdog = topic, watchdog
        self._records, self._alone, self._rewind_s = pace.records, pace.alone, rewind_s
        self._grace = pace.session_ms / 1000 * REVOKE_GRACE_SHARE
        self._epoch = 0
        self._in_flight: list[asyncio.Task[None]] = []
        self._failure: Exception | None = None
        self._resumed: dict[TopicPartition, int] = {}
        self._holds = holds
        self._kept = KeptCounts(pace.counts, group)
        self._due: dict[TopicPartition, tuple[int, StageCounts]] = {}
        """Offsets and counts that are to be committed."""
        self.polled = 0
        """Batches read so far."""
        self.counts: dict[int, StageCounts] = {}
        self._consumer = _consumer(options, group, pace)

    async def run(self, work: Work, stop: asyncio.Event) -> None:
        """Read and work until `stop`. Raises Unavailable, Corrupt, or whatever `work` raises."""
        try:
            await self._join()
        except KafkaError as error:
            await let_go(self._consumer.stop(), self._topic)
            raise Unavailable(f"cannot read {self._topic}: {error!r}") from error
        polled = asyncio.create_task(self._poll())
        try:
            while not stop.is_set():
                self._watchdog.touch()
                epoch, batch = await polled
                polled = asyncio.create_task(self._poll())
                if batch:
                    await self._begin(epoch, batch, work)
                await self._finish(sum(task.done() for task in self._in_flight))
                if not self._in_flight:
                    await self._commit_due()
            await self._finish(IN_FLIGHT)
            await self._commit_due()
        finally:
            for task in (polled, *self._in_flight):
                task.cancel()
            await asyncio.gather(polled, *self._in_flight, return_exceptions=True)
            await let_go(self._consumer.stop(), self._topic)

    async def _join(self) -> None:
        if not self._alone:
            self._consumer.subscribe([self._topic], listener=self)
        await self._consumer.start()
        if self._alone:
            await self._consumer._client.force_metadata_update()
            partitions = self._consumer.partitions_for_topic(self._topic) or ()
            places = [TopicPartition(self._topic, partition) for partition in sorted(partitions)]
            self._consumer.assign(places)
            await self._take_up(places)

    async def _poll(self) -> tuple[int, Batch]:
        if self._failure is not None:
            raise self._failure
        try:
            places = [place for place, at in self._resumed.items() if await self._consumer.position(place) < at]
            if not places:
                self._resumed = {}
            got = await self._consumer.getmany(*places, timeout_ms=POLL_WAIT_MS, max_records=self._records)
        except NoOffsetForPartitionError:
            return self._epoch, {}  # a new group: `_take_up` is about to place it at the beginning
        except OffsetOutOfRangeError as error:
            raise Corrupt(
                f"{self._topic}: what this group had still to read is no longer on the broker ({error!r}). Records were"
                " lost to retention. Reset the group's offsets on purpose to go on, and count the gap."
            ) from error
        except KafkaError as error:
            raise Unavailable(f"reading {self._topic} failed: {error!r}") from error
        for place, resumed in self._resumed.items():
            for record in got.get(place, ()):
                record.again = record.offset < resumed
        self.polled += bool(got)
        # Taken after the records: those fetched under an older assignment must be dropped, newer ones never.
        return self._epoch, {partition.partition: records for partition, records in got.items()}

    async def standing(self) -> Standing:
        """How far reading is, as of the last answer of the brokers."""
        places = self._consumer.assignment()
        positions = {place: await self._consumer.position(place) for place in places}
        ends = {place: self._consumer.highwater(place) for place in places}
        return Standing(
            rewinding=not places or any(positions[place] < resumed for place, resumed in self._resumed.items()),
            behind=frozenset(place.partition for place, end in ends.items() if end is None or positions[place] < end),
        )

    async def _begin(self, epoch: int, batch: Batch, work: Work) -> None:
        """Take a batch into work once there is room, unless its partitions went away meanwhile."""
        await self._finish(len(self._in_flight) - IN_FLIGHT + 1)
        if epoch != self._epoch:
            return
        earlier = self._in_flight[-1] if self._in_flight else None
        self._in_flight.append(asyncio.create_task(self._handle(epoch, batch, work, earlier)))

    async def _finish(self, oldest: int) -> None:
        """Wait for so many of the batches in flight."""
        for _ in range(min(oldest, len(self._in_flight))):
            await self._in_flight[0]
            del self._in_flight[0]

    async def _handle(self, epoch: int, batch: Batch, work: Work, earlier: asyncio.Task[None] | None) -> None:
        done = await work(batch)
        if earlier is not None:
            await earlier  # offsets move in order, and not at all past a batch that failed
        if epoch == self._epoch:
            self._count(batch, done)
            await self._commit_due()

    def _count(self, batch: Batch, done: Mapping[int, StageCounts]) -> None:
        """A batch is in effect, but for what `holds`: it is to be committed."""
        for partition, records in batch.items():
            if records[-1].again:
                continue
            place = TopicPartition(self._topic, partition)
            _, before = self._due.get(place, (0, self.counts.get(partition, StageCounts())))
            total = StageCounts() if self._rewind_s is None else Left(at=records[-1].timestamp)
            total.add(before)
            total.add(done[partition])
            self._due[place] = records[-1].offset + 1, total

    async def _commit_due(self) -> None:
        if not self._due or self._holds():
            return
        due, self._due = self._due, {}
        try:
            await self._consumer.commit(
                {place: OffsetAndMetadata(offset, dump_counts(total)) for place, (offset, total) in due.items()}
            )
        except (CommitFailedError, IllegalStateError):
            return  # the partitions went elsewhere: their next owner reads these records again
        except KafkaError as error:
            raise Unavailable(f"the offsets of {self._topic} could not be committed: {error!r}") from error
        self.counts.update({place.partition: total for place, (_, total) in due.items()})
        self._kept.keep(self.counts.values())

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let the batches in flight finish; past the grace they are given up and nothing of them is committed."""
        if revoked and self._in_flight:
            await asyncio.wait(self._in_flight, timeout=self._grace)
        self._epoch += 1
        self.counts, self._due = {}, {}

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Take up position and counts where the group's last commit left them; without one, at the beginning."""
        self._epoch += 1
        try:
            await self._take_up(assigned)
        except Exception as error:  # raised again by the next poll: aiokafka only logs it here
            self._failure = error

    async def _take_up(self, assigned: Sequence[TopicPartition]) -> None:
        if not assigned:
            return
        committed = await self._consumer._coordinator.fetch_committed_offsets(
            list(assigned)
        )  # the public call drops the metadata
        fresh = [place for place in assigned if place not in committed or committed[place].offset < 0]
        starts = await self._consumer.beginning_offsets(fresh) if fresh else {}
        for place in assigned:
            if place in starts:
                self._consumer.seek(place, starts[place])
                self.counts[place.partition] = StageCounts()
            else:
                self.counts[place.partition] = load_counts(committed[place].metadata)
        if self._rewind_s is not None:
            await self._rewind({place: committed[place] for place in assigned if place not in starts}, self._rewind_s)

    async def _rewind(self, committed: Mapping[TopicPartition, OffsetAndMetadata], seconds: float) -> None:
        """Begin before the places that were committed, as far as the broker still has what was there."""
        if not committed:
            return
        firsts = await self._consumer.beginning_offsets(list(committed))
        if not math.isinf(seconds):
            wanted = {place: max(0, left_at(left.metadata) - int(seconds * 1000)) for place, left in committed.items()}
            found = await self._consumer.offsets_for_times(wanted)
            firsts = {
                place: max(first, found[place].offset) if found.get(place) else committed[place].offset
                for place, first in firsts.items()
            }
        for place, left in committed.items():
            self._resumed[place] = left.offset
            self._consumer.seek(place, min(firsts[place], left.offset))


def _incoming(_self: PartitionRecords, place: TopicPartition, record: Any) -> Incoming:
    return Incoming(
        place.topic, place.partition, record.offset, record.timestamp, record.key, record.value, tuple(record.headers)
    )


PartitionRecords._consumer_record = _incoming
"""Instead of aiokafka's own record, which costs as much as everything else that is done to read one [measured]."""
