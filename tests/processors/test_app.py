"""The Faust host on the real Kafka: what goes in comes out, whatever dies in between."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient
from kafka.structs import TopicPartition

from awaited import until
from veille.batches import CLUSTER, Batch, Incoming, Watchdog, load_counts
from veille.batches.reading import BatchReader
from veille.clock import SystemClock
from veille.kafka import committed_offsets, create_topics, end_offsets, open_producer, read_all
from veille.metrics import StageCounts
from veille.settings import KafkaSettings
from veille.topics import Topic

IN, OUT = Topic("in", "number", "text", {}, by_doc_id=True), Topic("out", "number", "text", {}, by_doc_id=True)
RECORDS = 20_000
LAST = b"text %d" % (RECORDS - 1)
"""The value of a record that is in no worker's first two batches: before it there are more in its partition."""


class Hop:
    """Two topics and the workers between them."""

    def __init__(self, settings: KafkaSettings, folder: Path, stack: ExitStack) -> None:
        self.settings, self.log, self._stack = settings, folder / "worker.log", stack
        self.hold = folder / "hold"
        self.group = f"{settings.prefix}.echo"
        self.source, self.target = IN.full_name(settings.prefix), OUT.full_name(settings.prefix)
        create_topics(settings, [IN, OUT])

    def fill(self, count: int, first: int = 0) -> None:
        """Put numbered records in."""
        producer = open_producer(self.settings)
        for number in range(first, first + count):
            producer.send(self.source, key=b"%d" % number, value=b"text %d" % number)
        producer.flush()
        producer.close()

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start one; it is killed at the end of the test."""
        variables = os.environ | {
            "SERVERS": self.settings.servers[0],
            "IN": self.source,
            "OUT": self.target,
            "GROUP": self.group,
        }
        log = self._stack.enter_context(self.log.open("ab"))
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "echo.py")], env=variables | environment, stderr=log
        )
        self._stack.callback(_end, process)
        return process

    def struck_worker(self, pause: str) -> subprocess.Popen[bytes]:
        """One that cannot be done before the test has struck, and has `self.hold` removed or it killed."""
        self.hold.write_bytes(LAST)
        return self.worker(PAUSE=pause, HOLD=str(self.hold))

    def read(self) -> int:
        """Records committed so far."""
        return sum(at.offset for at in committed_offsets(self.settings, self.group).values())

    def counts(self) -> StageCounts:
        """All partitions' counts, as the last commits left them."""
        total = StageCounts()
        for at in committed_offsets(self.settings, self.group).values():
            total.add(load_counts(at.metadata))
        return total

    def copies(self) -> Counter[bytes | None]:
        """How often each key came out."""
        return Counter(record.key for record in read_all(self.settings, self.target))

    def members(self) -> int:
        """How many workers the group has."""
        admin = KafkaAdminClient(bootstrap_servers=list(self.settings.servers))
        try:
            return len(admin.describe_groups([self.group])[self.group]["members"])
        finally:
            admin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.fixture
def hop(kafka_servers: list[str], prefix: str, tmp_path: Path) -> Iterator[Hop]:
    settings = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=4, replication=1)
    with ExitStack() as stack:
        yield Hop(settings, tmp_path, stack)


def everything(hop: Hop) -> Callable[[], bool]:
    return lambda: hop.read() == RECORDS


def numbers(count: int) -> set[bytes]:
    return {b"%d" % number for number in range(count)}


def test_what_goes_in_comes_out_once_and_counts_travel_with_the_offsets(hop: Hop) -> None:
    hop.fill(RECORDS)
    worker = hop.worker()
    until(everything(hop), "everything committed")
    worker.terminate()
    assert worker.wait(20) == 0
    assert hop.copies() == Counter(numbers(RECORDS))
    assert hop.counts() == StageCounts(read=RECORDS, out=RECORDS)


def test_a_worker_killed_in_the_middle_loses_nothing_and_the_next_one_counts_on(hop: Hop) -> None:
    hop.fill(RECORDS)
    worker = hop.struck_worker(pause="0.1")
    until(lambda: sum(end_offsets(hop.settings, hop.target).values()), "something written")
    worker.kill()
    worker.wait()
    assert hop.read() < RECORDS
    hop.worker()
    until(everything(hop), "everything committed")
    assert set(hop.copies()) == numbers(RECORDS)
    assert hop.counts() == StageCounts(read=RECORDS, out=RECORDS)


def test_an_exception_ends_the_worker_and_commits_nothing_from_there_on(hop: Hop) -> None:
    hop.fill(100)
    assert hop.worker(FAIL_ON="text 57").wait(60) != 0
    refused = next(record for record in read_all(hop.settings, hop.source) if record.key == b"57")
    assert b"57" not in hop.copies()
    committed = committed_offsets(hop.settings, hop.group).get((hop.source, refused.partition))
    assert committed is None or committed.offset <= refused.offset
    assert "echo: a mistake in veille itself" in hop.log.read_text()
    assert "text 57" not in hop.log.read_text(), "what the exception says is nobody's business"


def test_a_stop_finishes_the_batches_in_flight(hop: Hop) -> None:
    hop.fill(RECORDS)
    worker = hop.worker(PAUSE="0.2")
    until(lambda: hop.read() > 0, "a commit")
    worker.terminate()
    assert worker.wait(20) == 0
    assert sum(hop.copies().values()) == hop.read()


def test_partitions_are_shared_and_taken_over_while_records_flow(hop: Hop) -> None:
    hop.fill(RECORDS)
    first = hop.worker(PAUSE="0.5")
    until(lambda: hop.read() > 0, "the first at work")
    second = hop.worker(PAUSE="0.1")
    until(lambda: hop.members() == 2, "both are members")
    first.terminate()
    assert first.wait(30) == 0
    until(everything(hop), "the second took over")
    assert second.poll() is None
    assert set(hop.copies()) == numbers(RECORDS)
    assert hop.counts() == StageCounts(read=RECORDS, out=RECORDS)


def test_a_frozen_worker_that_wakes_after_its_partitions_went_elsewhere_undoes_nothing(hop: Hop) -> None:
    hop.fill(RECORDS)
    first = hop.struck_worker(pause="0.2")
    until(lambda: hop.read() > 0, "the first at work")
    os.kill(first.pid, signal.SIGSTOP)
    assert hop.read() < RECORDS
    hop.worker()
    until(everything(hop), "the second took over what the first had")
    hop.hold.unlink()
    os.kill(first.pid, signal.SIGCONT)
    until(lambda: hop.members() == 2, "the first is back")
    hop.fill(100, first=RECORDS)
    until(lambda: hop.read() == RECORDS + 100, "what came later")
    assert set(hop.copies()) == numbers(RECORDS + 100)
    assert hop.counts() == StageCounts(read=RECORDS + 100, out=RECORDS + 100)


def test_an_offset_that_the_broker_no_longer_has_is_not_passed_over(hop: Hop) -> None:
    hop.fill(RECORDS)
    worker = hop.struck_worker(pause="0.2")
    until(lambda: hop.read() > 0, "a commit")
    worker.kill()
    worker.wait()
    admin = KafkaAdminClient(bootstrap_servers=list(hop.settings.servers))
    ends = end_offsets(hop.settings, hop.source)
    admin.delete_records({TopicPartition(hop.source, partition): end for partition, end in ends.items()})
    admin.close()
    before = hop.read()
    assert hop.worker().wait(60) != 0
    assert hop.read() == before


def test_a_reader_that_rewinds_sees_again_what_its_group_dealt_with_and_counts_and_commits_what_is_new(
    hop: Hop,
) -> None:
    hop.fill(40)
    first = read_alone(hop, 40)
    assert not any(record.again for record in first)
    hop.fill(5, first=40)
    second = read_alone(hop, 45)
    again = [record.key for record in second if record.again]
    assert set(again) == numbers(40)
    assert {record.key for record in second if not record.again} == numbers(45) - numbers(40)
    assert hop.read() == 45
    assert hop.counts() == StageCounts(read=45, out=45)


def test_what_is_held_back_is_read_on_and_committed_with_all_counts_once_it_is_let_go(hop: Hop) -> None:
    hop.fill(RECORDS)
    committed: list[int] = []

    def holds(read: int) -> bool:
        committed.append(hop.read())
        return read < RECORDS

    read_alone(hop, RECORDS, holds)
    assert set(committed) == {0}
    assert len(committed) > 1
    assert hop.counts() == StageCounts(read=RECORDS, out=RECORDS)


def read_alone(hop: Hop, count: int, holds: Callable[[int], bool] = lambda _read: False) -> list[Incoming]:
    """So many records, as a reader without company that rewinds an hour; `holds` hears how many were read."""
    found: list[Incoming] = []
    stop = asyncio.Event()

    async def work(batch: Batch) -> dict[int, StageCounts]:
        await asyncio.sleep(0)  # no sleep: the loop's turn, as where work asks a broker
        found.extend(record for some in batch.values() for record in some)
        if len(found) == count:
            stop.set()
        fresh = {partition: sum(not record.again for record in some) for partition, some in batch.items()}
        return {partition: StageCounts(read=number, out=number) for partition, number in fresh.items()}

    async def main() -> None:
        options = {"bootstrap_servers": list(hop.settings.servers)}
        reader = BatchReader(
            options,
            group=hop.group,
            topic=hop.source,
            watchdog=Watchdog(SystemClock()),
            pace=CLUSTER._replace(alone=True),
            rewind_s=3600,
            holds=lambda: holds(len(found)),
        )
        await asyncio.wait_for(reader.run(work, stop), 60)

    asyncio.run(main())
    return found


def test_what_work_raises_comes_out_even_when_no_more_records_come(hop: Hop) -> None:
    hop.fill(10)

    async def work(_batch: Batch) -> dict[int, StageCounts]:
        await asyncio.sleep(0)  # no sleep: the loop's turn, as where work asks a broker
        raise RuntimeError("no")

    async def main() -> None:
        options = {"bootstrap_servers": list(hop.settings.servers)}
        reader = BatchReader(options, group=hop.group, topic=hop.source, watchdog=Watchdog(SystemClock()))
        await asyncio.wait_for(reader.run(work, asyncio.Event()), 30)

    with pytest.raises(RuntimeError, match="no"):
        asyncio.run(main())
