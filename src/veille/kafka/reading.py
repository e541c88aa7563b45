"""Reading outside of any group: a topic as a whole, or several as they grow.

read_all   from the beginning to the end as it is now        Tail   on and on, topics of one partition
read_between   from one place to another
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from veille.kafka.connections import admin, open_client, told
from veille.kafka.topics import described
from veille.settings import KafkaSettings

FETCH_BYTES = 1 << 20
FETCH_WAIT_MS = 20
"""How long the broker holds a fetch back when it has nothing new: where the end is is told by such a one."""

IDLE_MS = 200
IDLE_POLLS = 150
"""So many polls in a row without an answer (30 s) mean that the broker is away."""

END_MS = 20
"""How long one poll for the end of a topic takes: all of its time, where there is nothing new."""

LAST_POLLS = 10
"""As many, where it is time to stop."""

ANSWER_MS, ANSWER_POLLS = 100, 50
"""The same where whoever asks is to be sure, and somebody waits for it: 5 s."""


class Record(NamedTuple):
    """One record as it stands on a topic; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def end_offsets(settings: KafkaSettings, topic: str) -> dict[int, int]:
    """By partition, the offset that the next record will have; `topic` is the full name. No such topic: empty."""
    with _reader(settings, topic) as (consumer, partitions):
        return {at.partition: end for at, end in _ends(consumer, partitions).items()}


def read_all(settings: KafkaSettings, topic: str) -> Iterator[Record]:
    """Every record of a topic (full name) from its beginning to the end as it is now, each partition in order.

    Belongs to no group and commits nothing. Records of different partitions are interleaved.
    """
    with _reader(settings, topic) as (consumer, partitions):
        yield from _between(consumer, consumer.beginning_offsets(partitions), _ends(consumer, partitions))


def read_between(
    settings: KafkaSettings, topic: str, starts: Mapping[int, int], ends: Mapping[int, int]
) -> Generator[Record, None, None]:
    """The same from the offsets `starts` to just before `ends`, by partition; what is no longer there is left out."""
    with _reader(settings, topic) as (consumer, partitions):
        begins = {
            at: max(begin, starts.get(at.partition, 0)) for at, begin in consumer.beginning_offsets(partitions).items()
        }
        yield from _between(consumer, begins, {at: ends.get(at.partition, 0) for at in partitions})


def _between(
    consumer: Any, begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> Iterator[Record]:
    for at, begin in begins.items():
        consumer.seek(at, begin)
    idle = 0
    # Compaction may have removed the last records: the position tells, not what was read.
    while left := {at for at in begins if consumer.position(at) < ends[at]}:
        found = consumer.poll(timeout_ms=IDLE_MS, max_records=5_000)
        idle = 0 if found else idle + 1
        if idle == IDLE_POLLS:
            raise kafka_errors.KafkaTimeoutError(f"no more records, with {len(left)} partitions not at their end")
        for at, records in found.items():
            yield from (_record(record) for record in records if record.offset < ends[at])
        consumer.pause(*(at for at in left if consumer.position(at) >= ends[at]))


class Tail:
    """Follows topics of one partition from their beginning, outside of any group: `read` gives what is new."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[str], stop: threading.Event | None = None) -> None:
        """`stop`: when it is set, brokers that do not answer are not waited for."""
        self._settings, self._stop = settings, stop
        self._places = [TopicPartition(name, 0) for name in topics]
        self._unread: list[Record] = []
        """Fetched by a look that failed later: the consumer gives them once only."""
        self._loaded = False
        with told(settings, "Read on its topics"):
            self._consumer = open_client(
                settings,
                KafkaConsumer,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                fetch_max_wait_ms=50,
                enable_incremental_fetch_sessions=False,  # within one, an answer says nothing of what has not changed
            )
            self._consumer.assign(self._places)
            self._consumer.seek_to_beginning(*self._places)

    def read(self, *, surely: bool = False) -> list[Record]:
        """All records that came since the last call, up to the high watermarks that fetches have reported.

        `surely`: that they report now; without, brokers that do not answer any more have nothing new either.
        Raises Unavailable, Misused: what was fetched by then comes with the next call.
        """
        with told(self._settings, "Read on its topics"):
            if surely and self._loaded:
                for _ in range(2):  # the first answer may be to what was asked before
                    self._forget_ends()
                    self._read_to_the_end(ANSWER_MS, ANSWER_POLLS)
            else:
                self._read_to_the_end(IDLE_MS, IDLE_POLLS)
        self._loaded = True
        records, self._unread = self._unread, []
        return records

    def _forget_ends(self) -> None:
        """So that the next answer is known to be one: the consumer says only what the last one told, of whenever."""
        for place in self._places:
            self._consumer._subscription.assignment[place].highwater = None

    def _read_to_the_end(self, poll_ms: int, polls: int) -> None:
        idle = 0
        while idle < (LAST_POLLS if self._stop is not None and self._stop.is_set() else polls):
            found = [_record(record) for some in self._consumer.poll(timeout_ms=poll_ms).values() for record in some]
            self._unread += found
            idle = 0 if found else idle + 1
            if not found and all(self._at_end(place) for place in self._places):
                return
            # A poll tells it of a topic that was known before; of any other it asks again, silently.
            if forbidden := self._consumer._cluster.unauthorized_topics:
                raise kafka_errors.TopicAuthorizationFailedError(forbidden)
        raise kafka_errors.KafkaTimeoutError("no fetch was answered")

    def _at_end(self, place: TopicPartition) -> bool:
        """False also before the first answer, which alone tells where the end is."""
        end = self._consumer.highwater(place)
        return end is not None and self._consumer.position(place) >= end

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()


def _record(record: Any) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        headers=tuple((name, bytes(value or b"")) for name, value in record.headers),
    )


def _ends(consumer: Any, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """The high watermarks that fetches report.

    Not what ListOffsets answers: the embedded broker answers with the first offset of the last batch there [measured].
    """
    for at, offset in consumer.end_offsets(partitions).items():
        consumer.seek(at, offset)
    deadline = time.monotonic() + IDLE_POLLS * IDLE_MS / 1000  # a topic that grows meanwhile answers polls at once
    while time.monotonic() < deadline:
        if all(consumer.highwater(at) is not None for at in partitions):
            return {at: consumer.highwater(at) for at in partitions}
        consumer.poll(timeout_ms=END_MS, max_records=1)
    raise kafka_errors.KafkaTimeoutError("no fetch was answered")


@contextmanager
def _reader(settings: KafkaSettings, topic: str) -> Iterator[tuple[Any, list[TopicPartition]]]:
    """A consumer of no group, assigned all partitions of the topic; none when there is no such topic."""
    with admin(settings, f"Describe on topic {topic}") as client:
        partitions = [
            TopicPartition(topic, partition["partition_index"])
            for found in described(client, [topic])
            for partition in found["partitions"]
        ]
    with told(settings, f"Read on topic {topic}"):
        consumer = open_client(
            settings,
            KafkaConsumer,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        try:
            consumer.assign(partitions)
            yield consumer, partitions
        finally:
            consumer.close()
