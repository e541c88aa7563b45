"""The loop around every sink, with a sink that does what a test tells it to, and what it has put on the topics."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka.admin import KafkaAdminClient

from veille.action_book import FollowedActions
from veille.author_book import FollowedBook
from veille.batches import Pace, load_counts
from veille.clock import FakeClock, SystemClock
from veille.identity import public_id
from veille.kafka import Record as Read
from veille.kafka import committed_offsets, end_offsets, open_producer, read_all
from veille.kafka_options import aiokafka_options
from veille.metrics import StageCounts
from veille.settings import KafkaSettings
from veille.sinks.sink import Changed, Outcome, Record, Sink, Verdict, judge
from veille.sinks.write import SinkLoop
from veille.story import Membership
from veille.topics import MENTIONS, headers

PACE = Pace(session_ms=6_000, records=2_000)
DEADLINE_S = 60.0


class ScriptedSink:
    """Keeps versions as a sink must. Raises what lies in `faults` first, and does not go on while `free` is unset.

    What `tend` raises lies in `untidy`: when that is called beside the others is nobody's to say.
    """

    name = "scripted"

    def __init__(self, held: dict[str, Record] | None = None) -> None:
        self.held: dict[str, Record] = {} if held is None else held
        self.faults: deque[Exception] = deque()
        self.untidy: deque[Exception] = deque()
        self.free, self.entered = threading.Event(), threading.Event()
        self.free.set()
        self.batches: list[list[Record]] = []
        self.tended = 0
        self.unfinished: set[int] = set()
        """Calls of `tend`, counted from one, that leave something to do."""
        self.closed = False

    def open(self) -> None:
        self._meet_fault()

    def write(self, records: Sequence[Record]) -> list[Verdict]:
        self.entered.set()
        assert self.free.wait(DEADLINE_S)
        self._meet_fault()
        self.batches.append(list(records))
        return [self._verdict(each) for each in records]

    def of_author(self, source: str, author: str) -> list[Record]:
        return []

    def rewrite(self, records: Sequence[Record]) -> list[Verdict]:
        return self.write(records)

    def join(self, memberships: Sequence[Membership]) -> list[Membership]:
        return []

    def change(self, public_ids: Sequence[str], how: Callable[[Record], Record]) -> Changed:
        self._meet_fault()
        done = Changed([], [], [])
        for doc_id, held in list(self.held.items()):
            if (name := public_id(doc_id)) in public_ids:
                self.held[doc_id] = how(held)
                (done.gone if held.value is None else done.changed).append(name)
        return done

    def tend(self) -> bool:
        self.tended += 1
        if self.untidy:
            raise self.untidy.popleft()
        return self.tended in self.unfinished

    def close(self) -> None:
        self.closed = True

    def _meet_fault(self) -> None:
        if self.faults:
            raise self.faults.popleft()

    def _verdict(self, written: Record) -> Verdict:
        if b"refuse me" in (written.value or b""):
            return Verdict(Outcome.REFUSED, "refused", "as it was told")
        held = self.held.get(written.doc_id)
        if held is not None and (verdict := judge(written, held.version, deleted=held.value is None)):
            return verdict
        self.held[written.doc_id] = written
        return Verdict(Outcome.APPLIED)


class Running:
    """One loop in a thread of its own; `end` stops it, and raises what it ended with."""

    def __init__(self, settings: KafkaSettings, sink: Sink) -> None:
        self.clock = FakeClock()
        self._settings, self._sink = settings, sink
        self._failed: BaseException | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._started.wait(DEADLINE_S)

    def _run(self) -> None:
        async def main() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self._started.set()
            options = aiokafka_options(self._settings)
            book = FollowedBook(self._settings, SystemClock())
            actions = FollowedActions(self._settings, SystemClock())
            known: dict[str, Any] = {"book": book, "actions": actions}
            loop = SinkLoop(self._sink, options, prefix=self._settings.prefix, clock=self.clock, pace=PACE, **known)
            await loop.run(self._stop)

        try:
            asyncio.run(main())
        except Exception as error:
            self._failed = error

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)

    def end(self) -> None:
        self.stop()
        self.outcome()

    def outcome(self) -> None:
        """Wait for its end, whatever the reason."""
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        if self._failed is not None:
            raise self._failed


def shared_by(settings: KafkaSettings, members: int) -> bool:
    """Whether the group has settled on so many members."""
    group = f"{settings.prefix}.{ScriptedSink.name}"
    admin = KafkaAdminClient(bootstrap_servers=list(settings.servers))
    try:
        found = admin.describe_groups([group])[group]
    finally:
        admin.close()
    return found["group_state"] == "Stable" and len(found["members"]) == members


@contextmanager
def running(settings: KafkaSettings, sink: ScriptedSink) -> Iterator[Running]:
    loop = Running(settings, sink)
    try:
        yield loop
    finally:
        sink.free.set()
        loop.end()


def publish(settings: KafkaSettings, records: Iterable[Record]) -> None:
    producer = open_producer(settings)
    for each in records:
        raw = headers(each.version, "delete" if each.value is None else "create", each.source)
        producer.send(MENTIONS.full_name(settings.prefix), key=each.doc_id.encode(), value=each.value, headers=raw)
    producer.flush()
    producer.close()


def committed(settings: KafkaSettings) -> dict[int, int]:
    found = committed_offsets(settings, f"{settings.prefix}.scripted")
    return {partition: entry.offset for (_, partition), entry in found.items()}


def all_committed(settings: KafkaSettings) -> bool:
    ends = end_offsets(settings, MENTIONS.full_name(settings.prefix))
    done = committed(settings)
    return all(done.get(partition, 0) == end for partition, end in ends.items())


def counts(settings: KafkaSettings) -> StageCounts:
    total = StageCounts()
    for entry in committed_offsets(settings, f"{settings.prefix}.scripted").values():
        total.add(load_counts(entry.metadata))
    return total


def on_topic(settings: KafkaSettings, name: str) -> list[Read]:
    return list(read_all(settings, f"{settings.prefix}.{name}"))
