"""Posts once more through enrichment on a Kafka of your own, beside the live one.

    posts, from the beginning to the end of the moment it began
      --> a batch --what the archive has of them--> those that are older --enrich--> mentions --acknowledged--> cursor

The cursor (`veille.cursors.v1`, key `enrich-again`) keeps where it began to end, how far it is and what it counted: a
replay that was killed goes on from there, and what it did past it is made twice, which is harmless.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from itertools import islice

import msgspec
from msgspec import Struct

from veille.again.renewal import Renewal
from veille.batches import Batch, Incoming
from veille.clock import Clock
from veille.errors import Unavailable
from veille.identity import PUBLISHED, at_revision, is_delete
from veille.kafka import Producer, Record, end_offsets, open_producer, read_between
from veille.processors import revision
from veille.processors.app import Transform
from veille.processors.enrich import enriching, load
from veille.processors.sentiment_tiers import chosen
from veille.producers.cursors import CursorRecord, Ownership
from veille.revisions import Revisions
from veille.settings import KafkaSettings, Settings
from veille.sinks import open_revisions
from veille.topics import MENTIONS, POSTS, Headers, parse_headers

NAME = "enrich-again"
"""Key of its cursor."""

BATCH = 500
"""Records that are looked up, enriched and acknowledged together; a kill repeats at most so many."""

NICE = 10
"""How far its process stands behind the live ones when they want the same core."""

SAY_S = 10.0
"""How often the log says how far it is."""

LONGEST_WAIT_S = 30.0

log = logging.getLogger(__name__)


class Place(Struct):
    """How far a replay is: offsets by partition, and what was counted up to there."""

    ends: dict[int, int]
    """Where it will be done."""
    at: dict[int, int]
    renewal: Renewal

    @property
    def left(self) -> int:
        """Offsets not passed yet."""
        return sum(max(0, end - self.at.get(partition, 0)) for partition, end in self.ends.items())

    @property
    def share(self) -> float:
        """Of the offsets, how many are passed."""
        whole = sum(self.ends.values())
        return 1 - self.left / whole if whole else 1.0


def renew(
    settings: Settings,
    kafka: KafkaSettings,
    clock: Clock,
    stop: threading.Event,
    *,
    rate: float,
    told: Callable[[float], None],
) -> Renewal:
    """See `veille.again.again`. Raises Corrupt when a second replay has begun meanwhile."""
    os.nice(NICE)
    load()
    owner = Ownership(NAME, kafka, clock)
    with closing(open_revisions(settings)) as archive, closing(open_producer(kafka)) as producer, closing(owner):
        replay = Replay(settings, kafka, archive, producer, owner=owner, clock=clock)
        replay.start()
        replay.run(stop, rate, told)
        return replay.place.renewal


class Replay:
    """One replay, from `start` on."""

    def __init__(
        self,
        settings: Settings,
        kafka: KafkaSettings,
        archive: Revisions,
        producer: Producer,
        *,
        owner: Ownership,
        clock: Clock,
    ) -> None:
        self._kafka, self._archive, self._producer, self._owner, self._clock = kafka, archive, producer, owner, clock
        self._posts, self._mentions = POSTS.full_name(kafka.prefix), MENTIONS.full_name(kafka.prefix)
        self._enrich: Transform = enriching(kafka.prefix, clock, chosen(settings))
        self._revision = revision(settings)
        self.place = Place({}, {}, Renewal(self._revision))

    def start(self) -> None:
        """Take up where a replay through this enrichment was stopped, else begin a new one, and say so."""
        begun = self._owner.start().cursor
        place = msgspec.json.decode(begun, type=Place) if begun else self.place
        if place.renewal.revision != self._revision or place.renewal.complete or not begun:
            place = Place(end_offsets(self._kafka, self._posts), {}, Renewal(self._revision))
        self.place = place
        self._note()

    def run(self, stop: threading.Event, rate: float, told: Callable[[float], None]) -> None:
        """Until the end or `stop`, at most `rate` records a second."""
        records = read_between(self._kafka, self._posts, self.place.at, self.place.ends)
        said = due = self._clock.monotonic()
        size = max(1, min(BATCH, int(rate)))  # so that it never pauses for longer than a second
        with closing(records):
            while not stop.is_set() and (batch := list(islice(records, size))):
                due = max(due, self._clock.monotonic()) + len(batch) / rate
                if (held := self._held(batch, stop)) is None:
                    return
                self._pass_on(batch, held)
                told(self.place.share)
                if self._clock.monotonic() - said >= SAY_S:
                    said = self._clock.monotonic()
                    log.info("%s: %.0f %% done; %s", NAME, 100 * self.place.share, self.place.renewal.told())
                self._clock.wait(max(0.0, due - self._clock.monotonic()))
        if not stop.is_set():
            self.place.at = dict(self.place.ends)  # compaction may have taken the last records away
            self.place.renewal.complete = True
            self._note()

    def _pass_on(self, records: list[Record], held: Mapping[str, int]) -> None:
        """One batch, to the acknowledgement of what became of it, and the cursor behind it."""
        counts, batch = self.place.renewal, self._wanted(records, held)
        output = self._enrich(batch)
        for partition, rows in output.rows[self._mentions].items():
            for key, value, headers, timestamp in rows:
                self._producer.send(
                    self._mentions, key=key, value=value, headers=headers, timestamp=timestamp, partition=partition
                )
                counts.deletes += value is None
                counts.renewed += value is not None
        counts.dead += sum(sum(each.dead.values()) for each in output.counts.values())  # buried when they came
        self._producer.flush()
        self.place.at |= {record.partition: record.offset + 1 for record in records}
        self._note()

    def _wanted(self, records: list[Record], held: Mapping[str, int]) -> Batch:
        """Those of which the archive has nothing as new; the others are counted."""
        counts, batch = self.place.renewal, Batch()
        for record in records:
            counts.read += 1
            headers = parse_headers(record.headers)
            in_effect = held.get(record.key.decode("utf-8", "replace"), 0) if record.key else 0
            if headers is None or in_effect < self._made(record, headers):
                batch.setdefault(record.partition, []).append(Incoming(*record))
            elif record.value is not None and _instant(in_effect) == _instant(headers.version):
                counts.already_new += 1
            else:
                counts.superseded += 1
        return batch

    def _made(self, record: Record, headers: Headers) -> int:
        """The version that this enrichment's record has."""
        return headers.version if record.value is None else at_revision(headers.version, self._revision)

    def _held(self, records: list[Record], stop: threading.Event) -> Mapping[str, int] | None:
        """The versions in effect in the archive; waits for one that is away, and is None where it is not to go on."""
        doc_ids = {record.key.decode("utf-8", "replace") for record in records if record.key}
        wait = 0.5
        while True:
            try:
                return self._archive.in_effect(doc_ids)
            except Unavailable as error:
                log.warning("%s waits %.1f s for the archive: %s", NAME, wait, error)
                if stop.wait(wait):
                    return None
                wait = min(2 * wait, LONGEST_WAIT_S)

    def _note(self) -> None:
        """Write the cursor: everything before it has been acknowledged. Raises Corrupt when another has begun."""
        if not self._owner.may_write():
            self._owner.look()
            self._owner.may_write()
        record = CursorRecord(
            source=NAME,
            cursor=msgspec.json.encode(self.place).decode(),
            instance=self._owner.instance,
            at=self._clock.now(),
        )
        self._producer.send(self._owner.topic, key=NAME.encode(), value=msgspec.json.encode(record))
        self._producer.flush()


def _instant(version: int) -> int:
    """A version without its revision; that of a delete is never a post's."""
    return version if is_delete(version) else at_revision(version, PUBLISHED)
