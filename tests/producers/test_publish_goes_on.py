"""The loop of every source goes on: gaps, restarts, kills, a broker that goes away, and who owns the cursor."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import pytest

from awaited import until
from publishing import (
    ACME,
    DEADLINE_S,
    RECEIVED,
    Script,
    cursors,
    deleted,
    gaps,
    on,
    post,
    posts,
    publish,
    publisher,
    received,
)
from services.kafka import KafkaService
from veille import kafka
from veille.clock import SystemClock
from veille.errors import Corrupt, Misused, Unavailable
from veille.post import encode
from veille.producers.buffer import Buffer
from veille.producers.cursors import Ownership
from veille.producers.files import FilesSource
from veille.producers.place import read_place, write_place
from veille.producers.publish import BATCH
from veille.producers.source import (
    Event,
    GapClosed,
    GapOpened,
    Skipped,
)
from veille.settings import FilesSettings, KafkaSettings, Settings
from veille.stage import Order
from veille.supervisor import Supervisor
from veille.topics import CURSORS, GAPS


class Mark(msgspec.Struct, frozen=True):
    """Where something stands."""

    at: int


# --- gaps -----------------------------------------------------------------------------------------------------------


def test_a_gap_is_declared_and_closed_under_one_key(settings: KafkaSettings) -> None:
    until = datetime(2026, 11, 1, 13, tzinfo=UTC)
    record = publish(settings, received(1), GapOpened(RECEIVED, "disconnected"), GapClosed(until, repaired=True))
    opened, closed = gaps(settings)
    assert (opened.source, opened.since, opened.until, opened.cause) == ("files", RECEIVED, None, "disconnected")
    assert closed == msgspec.structs.replace(opened, until=until, repaired=True)
    assert [found.key for found in on(settings, GAPS)] == [opened.id.encode()] * 2
    assert record.gaps == ()


def test_a_gap_left_open_is_closed_by_the_first_post_after_a_restart(settings: KafkaSettings) -> None:
    left = publish(settings, received(1), GapOpened(RECEIVED, "disconnected"))
    assert [gap.cause for gap in left.gaps] == ["disconnected"]
    after = publish(settings, received(1), received(2))
    opened, closed = gaps(settings)
    assert closed.id == opened.id
    assert closed.until is not None
    assert not closed.repaired
    assert after.gaps == ()


ROOM = 1_500


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that is soon full."""
    monkeypatch.setattr("veille.producers.publish.Buffer", partial(Buffer, records=ROOM))


@pytest.mark.usefixtures("little_room")
def test_a_stream_that_cannot_wait_loses_into_a_gap_that_says_how_much(settings: KafkaSettings) -> None:
    asked, held = threading.Event(), threading.Event()

    def known(_doc_ids: Iterable[str]) -> set[str]:
        asked.set()
        held.wait(DEADLINE_S)  # publishing stands still as long as the stream runs over
        return set()

    def stands_still() -> None:
        assert asked.wait(DEADLINE_S)

    events: list[Event] = [deleted(0), *(received(n) for n in range(1, BATCH + 2 * ROOM))]
    source = Script(events[0], stands_still, *events[1:], held.set, name="bluesky", can_wait=False)
    publisher(source, settings, known=known).run(threading.Event())
    opened, closed = gaps(settings)
    assert (opened.cause, opened.until, closed.id) == ("overflow", None, opened.id)
    assert closed.until is not None
    last = cursors(settings)[-1]
    assert closed.missed > 0
    assert last.counts.read + closed.missed == len(events)
    assert last.counts.out == sum(map(len, posts(settings).values()))
    assert last.counts.closes()


@pytest.mark.usefixtures("little_room")
def test_a_source_that_can_wait_loses_nothing(settings: KafkaSettings) -> None:
    number = BATCH + 2 * ROOM
    record = publish(settings, *(received(n) for n in range(number)))
    assert len(posts(settings)) == record.counts.out == number
    assert gaps(settings) == []


# --- acknowledgement, restart, two instances ------------------------------------------------------------------------


def test_a_restart_resumes_behind_what_is_acknowledged_and_counts_on(settings: KafkaSettings) -> None:
    publish(settings, received(1), received(2, "other"))
    source = Script(received(1), received(2, "other"), received(3))
    publisher(source, settings).run(threading.Event())
    last = cursors(settings)[-1]
    assert source.resumed_from == "2"
    assert sorted(posts(settings)) == ["x:1", "x:3"]
    assert (last.counts.read, last.counts.out, last.cursor) == (3, 2, "3")


@contextmanager
def silent_input() -> Iterator[None]:
    """Who is started meanwhile has a standard input on which nothing ever comes, and which does not end."""
    ours = os.dup(0)
    theirs, silence = os.pipe()
    os.dup2(theirs, 0)
    try:
        yield
    finally:
        os.dup2(ours, 0)
        for each in (ours, theirs, silence):
            os.close(each)


@pytest.mark.slow
def test_killed_in_the_middle_it_loses_nothing_and_counts_on(settings: KafkaSettings, tmp_path: Path) -> None:
    """However fast it is: it waits for its input where the second file is to be."""
    paths, whole = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"], 20_500
    for path, numbers in zip(paths, (range(20_000), range(20_000, whole)), strict=True):
        path.write_bytes(b"\n".join(encode(post(number)) for number in numbers))
    supervisor = Supervisor(SystemClock())
    with silent_input():
        halfway = Settings(files=FilesSettings((str(paths[0]), "-")), data=tmp_path)
        supervisor.start("files", Order(halfway, settings, embedded=False))
        until(lambda: bool(found := cursors(settings)) and found[-1].counts.read > 0)
        process = supervisor.children["files"].process
        assert process is not None
        process.kill()
        process.wait(DEADLINE_S)
        supervisor.stop("files")
    assert 0 < cursors(settings)[-1].counts.read < whole, "killed in the middle"
    files = FilesSettings(tuple(map(str, paths)))
    publisher(FilesSource(files, SystemClock()), settings, watches=()).run(threading.Event())
    assert len(posts(settings)) == whole
    last = cursors(settings)[-1].counts
    assert (last.read, last.out) == (whole, whole)


def test_stop_publishes_what_was_read_and_writes_the_cursor(
    settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veille.producers.publish.LAST_WORDS_S", DEADLINE_S)
    stop = threading.Event()

    def wait_for_stop() -> None:
        stop.set()
        source.closed.wait(DEADLINE_S)

    source = Script(received(1), received(2), wait_for_stop, received(3))
    publisher(source, settings).run(stop)
    assert sorted(posts(settings)) == ["x:1", "x:2"]
    assert (cursors(settings)[-1].cursor, cursors(settings)[-1].counts.out) == ("2", 2)


def test_an_idle_stream_moves_its_cursor_on_within_seconds(settings: KafkaSettings) -> None:
    moved = threading.Event()

    def wait_for_cursor() -> None:
        until(lambda: cursors(settings)[-1].cursor == "1")
        moved.set()

    publish(settings, Skipped("not_a_post"), watches=ACME)
    source = Script(Skipped("not_a_post"), wait_for_cursor, name="bluesky", can_wait=False)
    publisher(source, settings).run(threading.Event())
    assert moved.is_set()


def test_what_was_read_is_said_again_while_nothing_comes(
    settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veille.producers.publish.HEARTBEAT_S", 0.0)

    def wait_for_another_word() -> None:
        until(lambda: len([each for each in cursors(settings) if each.cursor == "2"]) > 1)

    source = Script(received(1), received(2, "nothing of it"), wait_for_another_word, name="bluesky", can_wait=False)
    publisher(source, settings).run(threading.Event())
    first, *_, last = [each for each in cursors(settings) if each.cursor == "2"]
    assert first.reading is not None
    assert (first.reading.posts, first.reading.matched) == (2, {"acme": 1})
    assert last.reading == first.reading
    assert first.at is not None
    assert last.at is not None
    assert last.at > first.at


def topics_on(service: KafkaService, prefix: str) -> KafkaSettings:
    made = KafkaSettings(servers=tuple(service.broker.servers), prefix=prefix, partitions=2, replication=1)
    kafka.create_topics(made)
    return made


def test_while_the_broker_is_away_nothing_moves_and_nothing_is_lost_by_one_that_waits_or_is_stopped(
    own_kafka: KafkaService, prefix: str
) -> None:
    settings, left = (topics_on(own_kafka, each) for each in (prefix, f"{prefix}left"))
    killed, stop = threading.Event(), threading.Event()

    def kill_broker() -> None:
        for each in (settings, left):
            until(lambda: [cursor.cursor for cursor in cursors(each)[-1:]] == ["1"])  # noqa: B023  waited for here
        own_kafka.kill()
        killed.set()

    def wait_for_kill() -> None:
        assert killed.wait(DEADLINE_S)

    waiting, stopped = (
        threading.Thread(target=publisher(source, on).run, args=(stopping,))
        for source, on, stopping in (
            (Script(received(1), kill_broker, received(2), received(3)), settings, threading.Event()),
            (Script(received(1), wait_for_kill, received(2), received(3)), left, stop),
        )
    )
    stopped.start()
    waiting.start()
    assert killed.wait(DEADLINE_S)
    stop.set()
    stopped.join(14)
    assert not stopped.is_alive(), "a supervisor kills it after 15 s"
    assert waiting.is_alive(), "it waits for the broker"
    own_kafka.start()
    waiting.join(DEADLINE_S)
    assert not waiting.is_alive()
    assert sorted(posts(settings)) == ["x:1", "x:2", "x:3"]
    said = {each.prefix: cursors(each)[-1] for each in (settings, left)}
    assert (said[settings.prefix].cursor, said[settings.prefix].counts.out) == ("4", 3)
    assert (said[left.prefix].cursor, said[left.prefix].counts.out) == ("1", 1)
    after = publish(left, received(1), Skipped("not_a_post"), received(2), received(3))
    assert sorted(posts(left)) == ["x:1", "x:2", "x:3"]
    assert after.counts.closes()


def test_of_two_instances_the_older_stops_loudly(settings: KafkaSettings) -> None:
    faults: list[BaseException] = []

    def run_first() -> None:
        try:
            publisher(first, settings).run(threading.Event())
        except Corrupt as fault:
            faults.append(fault)

    def wait_for_close() -> None:
        first.closed.wait(DEADLINE_S)

    first = Script(received(1), wait_for_close)
    running = threading.Thread(target=run_first)
    running.start()
    until(lambda: bool(cursors(settings)) and cursors(settings)[-1].cursor == "1")
    record = publish(settings, received(1), received(2), received(3))
    running.join(DEADLINE_S)
    (fault,) = faults
    assert "another instance of the source files" in str(fault)
    assert cursors(settings)[-1] == record


def say_cursor(settings: KafkaSettings, name: str, value: bytes | None) -> None:
    producer = kafka.open_producer(settings)
    producer.send(CURSORS.full_name(settings.prefix), key=name.encode(), value=value)
    producer.flush()
    producer.close()


def test_a_cursor_that_cannot_be_read_stops_the_source_until_a_null_begins_anew(settings: KafkaSettings) -> None:
    publish(settings, received(1))
    say_cursor(settings, "files", b"{")
    with pytest.raises(Corrupt, match="Publish a null under the key files there to start anew"):
        publish(settings, received(1))
    say_cursor(settings, "files", None)
    source = Script(received(2))
    publisher(source, settings).run(threading.Event())
    assert source.resumed_from is None
    assert sorted(posts(settings)) == ["x:1", "x:2"]


def test_a_place_that_cannot_be_read_is_said_until_a_null_begins_anew(settings: KafkaSettings) -> None:
    producer = kafka.open_producer(settings)
    write_place(producer, settings, "walk", Mark(3))
    producer.close()
    assert read_place(settings, "walk", Mark) == Mark(3)
    say_cursor(settings, "walk", b"{")
    with pytest.raises(Corrupt, match="Publish a null under the key walk"):
        read_place(settings, "walk", Mark)
    say_cursor(settings, "walk", None)
    assert read_place(settings, "walk", Mark) is None


def test_a_fault_in_looking_after_the_cursor_stops_the_source(
    settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_it() -> None:
        monkeypatch.setattr(Ownership, "look", fail)
        source.closed.wait(DEADLINE_S)

    def fail(_: Ownership) -> None:
        raise KeyError("what nobody thought of")

    source = Script(received(1), break_it, name="bluesky", can_wait=False)
    with pytest.raises(KeyError, match="what nobody thought of"):
        publisher(source, settings).run(threading.Event())


def test_a_source_that_gives_up_for_now_is_read_again_from_where_it_was(settings: KafkaSettings) -> None:
    class Flaky(Script):
        reads: list[str | None]

        def read(self, cursor: str | None) -> Iterator[Event]:
            self.reads = [*getattr(self, "reads", []), cursor]
            yield from super().read(cursor)
            if len(self.reads) < 3:
                raise Unavailable("the network is away", retry_after=0.01)

    source = Flaky(received(1), received(2))
    publisher(source, settings).run(threading.Event())
    assert source.reads == [None, "2", "2"]
    assert sorted(posts(settings)) == ["x:1", "x:2"]


def test_what_a_source_raises_is_raised_once_everything_before_it_is_published(settings: KafkaSettings) -> None:
    def refuse() -> None:
        raise Misused("the token is refused: set VEILLE_X_BEARER_TOKEN")

    with pytest.raises(Misused, match="the token is refused"):
        publisher(Script(received(1), refuse, name="x"), settings).run(threading.Event())
    assert list(posts(settings)) == ["x:1"]
    assert cursors(settings)[-1].cursor == "1"
