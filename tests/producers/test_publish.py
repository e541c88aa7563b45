"""The loop of every source against the real broker: only the network is a script here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from services.kafka import KafkaService
from veille import kafka
from veille.author import SECRET_KEY, AuthorState, Book, OrderKind
from veille.author import Order as AuthorOrder
from veille.author_book import FollowedBook
from veille.clock import SystemClock
from veille.errors import Corrupt, Misused, Unavailable
from veille.gap import Gap
from veille.identity import DELETED, at_revision
from veille.kafka import Record, read_all
from veille.post import Author, Place, Post, Tombstone, WatchMatch, decode, encode
from veille.producers.cursors import CursorRecord
from veille.producers.files import FilesSource
from veille.producers.publish import Publisher
from veille.producers.source import (
    Broken,
    Deleted,
    Event,
    GapClosed,
    GapOpened,
    Ordered,
    Received,
    Skipped,
    Source,
    Told,
)
from veille.settings import FilesSettings, KafkaSettings, Settings, Watch, watches_hash
from veille.settings_file import load
from veille.settings_followed import FollowedSettings
from veille.stage import Order
from veille.supervisor import Supervisor
from veille.topics import AUTHORS, CURSORS, DEAD, GAPS, ORDERS, POSTS, Topic, parse_headers

RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)
ACME = (Watch("acme", "brand", "acme"),)
DEADLINE_S = 60.0


class Script:
    """A source that yields what it was given; what `cursor` names is where it goes on."""

    def __init__(
        self, *events: Event | Callable[[], None], name: str = "files", can_wait: bool = True, in_order: bool = True
    ) -> None:
        self.name, self.can_wait, self.in_order = name, can_wait, in_order
        self._events = events
        self.closed = threading.Event()
        self.resumed_from: str | None = None

    def read(self, cursor: str | None) -> Iterator[Event]:
        self.resumed_from = cursor
        for number, event in enumerate(self._events, 1):
            if cursor is not None and number <= int(cursor):
                continue
            if self.closed.is_set():
                return
            if isinstance(event, Event):
                yield event if isinstance(event, GapOpened | GapClosed) else placed(event, str(number))
            else:
                event()

    def close(self) -> None:
        self.closed.set()


def placed(event: Told, cursor: str) -> Event:
    return msgspec.structs.replace(event, cursor=cursor)


def post(number: int, text: str = "acme", *, version: int = 1, op: str = "create") -> Post:
    return msgspec.convert(
        {
            "doc_id": f"x:{number}", "version": str(version << 10), "source": "x", "native_id": str(number),
            "created_at": RECEIVED, "received_at": RECEIVED, "text": text, "op": op,
        },
        Post,
    )  # fmt: skip


def received(number: int, text: str = "acme", *, version: int = 1, op: str = "create") -> Received:
    return Received(post(number, text, version=version, op=op))


def deleted(number: int, version: int = 9) -> Deleted:
    return Deleted(Tombstone(f"x:{number}", at_revision(version << 10, DELETED), "x"))


def nothing_held(_doc_ids: Iterable[str]) -> set[str]:
    return set()


@pytest.fixture
def settings(kafka_servers: list[str], prefix: str) -> KafkaSettings:
    settings = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=3, replication=1)
    kafka.create_topics(settings)
    return settings


def publisher(
    source: Source,
    settings: KafkaSettings,
    *,
    watches: tuple[Watch, ...] = ACME,
    known: Callable[[Iterable[str]], set[str]] = nothing_held,
    known_authors: frozenset[str] = frozenset(),
    followed: FollowedSettings | None = None,
) -> Publisher:
    clock = SystemClock()
    return Publisher(
        source,
        settings,
        watches=watches,
        clock=clock,
        known=known,
        known_authors=lambda authors: set(authors) & known_authors,
        book=FollowedBook(settings, clock),
        followed=followed,
    )


def publish(
    settings: KafkaSettings,
    *events: Event,
    watches: tuple[Watch, ...] = ACME,
    known: Callable[[Iterable[str]], set[str]] = nothing_held,
    known_authors: frozenset[str] = frozenset(),
    in_order: bool = True,
) -> CursorRecord:
    source = Script(*events, in_order=in_order)
    publisher(source, settings, watches=watches, known=known, known_authors=known_authors).run(threading.Event())
    return cursors(settings)[-1]


def on(settings: KafkaSettings, topic: Topic) -> list[Record]:
    return list(read_all(settings, topic.full_name(settings.prefix)))


def posts(settings: KafkaSettings) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in on(settings, POSTS):
        found.setdefault((record.key or b"").decode(), []).append(record)
    return found


def cursors(settings: KafkaSettings) -> list[CursorRecord]:
    return [msgspec.json.decode(record.value or b"", type=CursorRecord) for record in on(settings, CURSORS)]


def gaps(settings: KafkaSettings) -> list[Gap]:
    return [msgspec.json.decode(record.value or b"", type=Gap) for record in on(settings, GAPS)]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        threading.Event().wait(0.05)


# --- authors --------------------------------------------------------------------------------------------------------


def by(author: str, number: int) -> Received:
    found = received(number)
    found.post.author = Author(id=author)
    found.post.place = Place(country="ES")
    return found


def ordered(author: str, kind: OrderKind = "suspended") -> Ordered:
    return Ordered(AuthorOrder(source="x", author=author, kind=kind, at=RECEIVED))


def remember(settings: KafkaSettings, **states: AuthorState) -> None:
    """Put states of authors on their topic, under a secret."""
    book, producer = Book(), kafka.open_producer(settings)
    book.take(SECRET_KEY, b"secret of a test")
    topic = AUTHORS.full_name(settings.prefix)
    producer.send(topic, key=SECRET_KEY, value=book.secret)
    for author, state in states.items():
        producer.send(topic, key=book.key("x", author), value=msgspec.json.encode(state))
    producer.flush()
    producer.close()


def test_an_author_who_was_erased_is_kept_out_and_counted(settings: KafkaSettings) -> None:
    remember(settings, ana=AuthorState(erased_at=1), eve=AuthorState(deleted_at=1 << 40))
    record = publish(settings, by("ana", 1), by("eve", 2), by("ben", 3))
    assert posts(settings).keys() == {"x:3"}
    assert record.counts.dropped == {"author_gone": 2}
    assert record.counts.closes()


def test_what_is_known_of_an_author_holds_for_a_new_post(settings: KafkaSettings) -> None:
    remember(
        settings,
        ana=AuthorState(hidden={"suspended": (1, True)}, withheld=("DE",)),
        ben=AuthorState(hidden={"suspended": (1, False)}, geo_up_to="2"),
    )
    publish(settings, by("ana", 1), by("ben", 2), by("ben", 3))
    found = {key: decode(records[0].value or b"") for key, records in posts(settings).items()}
    assert [(each.visibility, each.withheld, each.place) for each in found.values()] == [
        ("hidden", ["DE"], Place(country="ES")), ("public", [], None), ("public", [], Place(country="ES")),
    ]  # fmt: skip


def test_orders_are_published_about_authors_who_are_known_and_no_others(settings: KafkaSettings) -> None:
    events = (by("ana", 1), ordered("ana"), ordered("ben"), ordered("stranger"))
    record = publish(settings, *events, known_authors=frozenset({"x:ben"}))
    found = [msgspec.json.decode(each.value or b"", type=AuthorOrder) for each in on(settings, ORDERS)]
    assert found == [ordered("ana").order, ordered("ben").order]
    assert [each.key for each in on(settings, ORDERS)] == [b"x:ana", b"x:ben"]
    assert (record.cursor, record.counts.dropped) == ("4", {"unknown_author": 1})
    assert record.counts.closes()


# --- posts ----------------------------------------------------------------------------------------------------------


def test_what_a_watch_matches_is_published_and_the_rest_is_not(settings: KafkaSettings) -> None:
    record = publish(settings, received(1, "I like Acme"), received(2, "nothing to see"))
    (only,) = posts(settings).values()
    found = decode(only[0].value or b"")
    assert (found.doc_id, found.matched) == ("x:1", [WatchMatch("acme", ["acme"], [(7, 11)])])
    assert found.watches_hash == watches_hash(ACME)
    said = parse_headers(only[0].headers)
    assert said is not None
    assert (said.version, said.op, said.source) == (1024, "create", "x")
    assert (record.cursor, record.counts.read, record.counts.out) == ("2", 2, 1)
    assert record.counts.dropped == {"unmatched": 1}
    assert record.counts.closes()


def test_without_a_watch_everything_matches(settings: KafkaSettings) -> None:
    publish(settings, received(1, "whatever"), watches=())
    ((record,),) = posts(settings).values()
    assert decode(record.value or b"").matched == [WatchMatch("all")]


def test_the_networks_word_on_what_matches_is_kept_with_our_terms(settings: KafkaSettings) -> None:
    trusted = post(1, "Acme again")
    trusted.matched = [WatchMatch("acme", rules=["77"]), WatchMatch("rival", rules=["78"])]
    none = post(2, "Acme unasked")
    publish(settings, Received(trusted, trusted=True), Received(none, trusted=True))
    ((record,),) = posts(settings).values()
    assert decode(record.value or b"").matched == [
        WatchMatch("acme", ["acme"], [(0, 4)], ["77"]),
        WatchMatch("rival", rules=["78"]),
    ]


def test_create_edit_and_delete_of_a_post_are_in_order_on_one_partition(settings: KafkaSettings) -> None:
    publish(settings, *(received(n) for n in range(50)), received(7, "acme!", version=5, op="update"), deleted(7))
    found = posts(settings)["x:7"]
    assert len({record.partition for record in found}) == 1
    assert [(parse_headers(record.headers) or ("",))[:2] for record in found] == [
        (1 << 10, "create"), (5 << 10, "update"), (at_revision(9 << 10, DELETED), "delete"),
    ]  # fmt: skip
    assert [record.value is None for record in found] == [False, False, True]


# --- deletes --------------------------------------------------------------------------------------------------------


def test_a_delete_of_what_was_never_published_is_dropped(settings: KafkaSettings) -> None:
    record = publish(settings, received(1, "nothing"), deleted(1), deleted(2))
    assert posts(settings) == {}
    assert record.counts.dropped == {"unmatched": 1, "unpublished_delete": 2}
    assert record.counts.closes()


def test_a_delete_of_what_the_archive_holds_is_forwarded(settings: KafkaSettings) -> None:
    asked: list[list[str]] = []

    def known(doc_ids: Iterable[str]) -> set[str]:
        asked.append(list(doc_ids))
        return {"x:2"}

    publish(settings, received(1), deleted(1), deleted(2), deleted(3), known=known)
    assert {key: records[-1].value for key, records in posts(settings).items()} == {"x:1": None, "x:2": None}
    assert [doc_id for some in asked for doc_id in some].count("x:2") == 1


def test_all_deletes_are_forwarded_while_the_archive_cannot_be_asked(settings: KafkaSettings) -> None:
    def away(_doc_ids: Iterable[str]) -> set[str]:
        raise Unavailable("the archive does not answer")

    record = publish(settings, deleted(1), deleted(2), known=away)
    assert sorted(posts(settings)) == ["x:1", "x:2"]
    assert record.counts.out == 2


def test_after_a_restart_all_deletes_are_forwarded_since_the_archive_may_be_behind(settings: KafkaSettings) -> None:
    publish(settings, received(1))
    publish(settings, received(1), deleted(1))
    assert [record.value is None for record in posts(settings)["x:1"]] == [False, True]


def test_an_edit_that_no_longer_matches_deletes_what_was_published(settings: KafkaSettings) -> None:
    record = publish(
        settings, received(1), received(1, "other", version=2, op="update"), received(2, "other", op="update")
    )
    _, tombstone = posts(settings)["x:1"]
    assert tombstone.value is None
    assert parse_headers(tombstone.headers) == (at_revision(2 << 10, DELETED), "delete", "x")
    assert "x:2" not in posts(settings)
    assert (record.counts.out, record.counts.dropped) == (2, {"unmatched": 1})


def test_where_a_post_may_come_after_its_delete_every_delete_and_every_edit_that_does_not_match_is_told(
    settings: KafkaSettings,
) -> None:
    edit = received(2, "nothing", version=9, op="update")
    record = publish(settings, deleted(1, version=9), edit, received(3, "nothing"), in_order=False)
    assert {key: some[0].value for key, some in posts(settings).items()} == {"x:1": None, "x:2": None}
    assert record.counts.dropped == {"unmatched": 1}


@pytest.mark.parametrize("text", ["acme " + "é" * (1 << 17), "acme " + "a" * (1 << 20)])
def test_a_text_that_no_network_shows_becomes_a_letter_and_costs_no_match(settings: KafkaSettings, text: str) -> None:
    record = publish(settings, received(1, text), received(2))
    assert list(posts(settings)) == ["x:2"]
    assert record.counts.dead == {"too_large": 1}


# --- what cannot be used --------------------------------------------------------------------------------------------


def test_what_is_broken_becomes_a_letter_and_the_source_goes_on(settings: KafkaSettings) -> None:
    odd = post(2, "acme \ud83d")
    record = publish(settings, Broken(b"{", "not_json", "cut off"), Received(odd), received(3))
    broken, unwritable = on(settings, DEAD)
    assert broken.value == b"{"
    said = dict(broken.headers)
    assert (said["stage"], said["source"], said["reason"]) == (b"files", b"files", b"not_json")
    assert dict(unwritable.headers)["reason"] == b"bad_text"
    assert msgspec.json.decode((unwritable.value or b"").replace(b"\\ud83d", b""))["doc_id"] == "x:2"
    assert list(posts(settings)) == ["x:3"]
    assert record.counts.dead == {"not_json": 1, "bad_text": 1}
    assert record.counts.closes()


def test_a_post_too_large_for_a_record_becomes_a_letter(settings: KafkaSettings) -> None:
    large = post(1)
    large.author.bio = "x" * (9 << 20)
    record = publish(settings, Received(large), received(2))
    (letter,) = on(settings, DEAD)
    said = dict(letter.headers)
    assert (said["reason"], said["truncated"], len(letter.value or b"")) == (b"too_large", b"1", 1 << 20)
    assert int(said["size"]) > 9 << 20
    assert (record.counts.out, record.counts.dead) == (1, {"too_large": 1})


def test_a_thousand_broken_records_in_a_row_stop_the_source(settings: KafkaSettings) -> None:
    broken = [Broken(b"?", "not_json")] * 999
    with pytest.raises(Misused, match=r"gave 1,000 records in a row that cannot be used .* `veille dead list`"):
        publish(settings, *broken, Skipped("not_a_post"), *broken, Broken(b"?", "wrong_type"), received(1))
    last = cursors(settings)[-1]
    assert (last.cursor, last.counts.dead) == ("2000", {"not_json": 1998, "wrong_type": 1})
    assert last.counts.closes()
    assert len(on(settings, DEAD)) == 1999


def test_posts_that_cannot_be_written_are_broken_records_too(settings: KafkaSettings) -> None:
    with pytest.raises(Misused, match="gave 1,000 records in a row"):
        publish(settings, received(0), *(received(n, "acme \ud83d") for n in range(1, 1_500)))
    assert cursors(settings)[-1].counts.dead == {"bad_text": 1_000}


def test_what_is_skipped_is_counted_by_reason_and_kind(settings: KafkaSettings) -> None:
    record = publish(settings, Skipped("unknown_kind", "poll"), Skipped("unknown_kind", "poll"), Skipped("not_a_post"))
    assert record.counts.kinds == {"poll": 2}
    assert record.counts.dropped == {"unknown_kind": 2, "not_a_post": 1}
    assert record.counts.closes()


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


def test_a_stream_that_cannot_wait_loses_into_a_gap_that_says_how_much(settings: KafkaSettings) -> None:
    held = threading.Event()

    def known(_doc_ids: Iterable[str]) -> set[str]:
        held.wait(DEADLINE_S)  # publishing stands still as long as the stream runs over
        return set()

    events: list[Event] = [deleted(0), *(received(n) for n in range(1, 13_000))]
    source = Script(*events, held.set, name="bluesky", can_wait=False)
    publisher(source, settings, known=known).run(threading.Event())
    opened, closed = gaps(settings)
    assert (opened.cause, opened.until, closed.id) == ("overflow", None, opened.id)
    assert closed.until is not None
    last = cursors(settings)[-1]
    assert closed.missed > 0
    assert last.counts.read + closed.missed == len(events)
    assert last.counts.out == sum(map(len, posts(settings).values()))
    assert last.counts.closes()


def test_a_source_that_can_wait_loses_nothing(settings: KafkaSettings) -> None:
    record = publish(settings, *(received(n) for n in range(11_000)))
    assert len(posts(settings)) == record.counts.out == 11_000
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


@pytest.mark.slow
def test_killed_in_the_middle_it_loses_nothing_and_counts_on(settings: KafkaSettings, tmp_path: Path) -> None:
    whole = 30_000
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b"\n".join(encode(post(number)) for number in range(whole)))
    files = FilesSettings((str(path),))
    supervisor = Supervisor(SystemClock())
    supervisor.start("files", Order(Settings(files=files, data=tmp_path), settings, embedded=False))
    wait_until(lambda: bool(found := cursors(settings)) and found[-1].counts.read > 0)
    process = supervisor.children["files"].process
    assert process is not None
    process.kill()
    process.wait(DEADLINE_S)
    supervisor.stop("files")
    assert 0 < cursors(settings)[-1].counts.read < whole, "killed in the middle"
    publisher(FilesSource(files, SystemClock()), settings, watches=()).run(threading.Event())
    assert len(posts(settings)) == whole
    last = cursors(settings)[-1].counts
    assert (last.read, last.out) == (whole, whole)


def test_stop_publishes_what_was_read_and_writes_the_cursor(settings: KafkaSettings) -> None:
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
        wait_until(lambda: cursors(settings)[-1].cursor == "1")
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
        wait_until(lambda: len([each for each in cursors(settings) if each.cursor == "2"]) > 1)

    source = Script(received(1), received(2, "nothing of it"), wait_for_another_word, name="bluesky", can_wait=False)
    publisher(source, settings).run(threading.Event())
    first, *_, last = [each for each in cursors(settings) if each.cursor == "2"]
    assert first.reading is not None
    assert (first.reading.posts, first.reading.matched) == (2, {"acme": 1})
    assert last.reading == first.reading
    assert (last.at or RECEIVED) > (first.at or RECEIVED) > RECEIVED


def cut_off(settings: KafkaSettings, kafka_service: KafkaService) -> tuple[Script, threading.Event]:
    """A source during whose second post the broker is killed."""
    killed = threading.Event()

    def kill_broker() -> None:
        wait_until(lambda: cursors(settings)[-1].cursor == "1")
        kafka_service.kill()
        killed.set()

    return Script(received(1), kill_broker, received(2), received(3)), killed


def test_while_the_broker_is_away_nothing_moves_and_nothing_is_lost(
    settings: KafkaSettings, kafka_service: KafkaService
) -> None:
    source, killed = cut_off(settings, kafka_service)
    running = threading.Thread(target=publisher(source, settings).run, args=(threading.Event(),))
    running.start()
    assert killed.wait(DEADLINE_S)
    running.join(8)
    assert running.is_alive(), "it waits for the broker"
    kafka_service.start()
    running.join(DEADLINE_S)
    assert not running.is_alive()
    assert sorted(posts(settings)) == ["x:1", "x:2", "x:3"]
    last = cursors(settings)[-1]
    assert (last.cursor, last.counts.read, last.counts.out) == ("4", 3, 3)


def test_stopped_while_the_broker_is_away_it_leaves_the_cursor_where_it_was(
    settings: KafkaSettings, kafka_service: KafkaService
) -> None:
    source, killed = cut_off(settings, kafka_service)
    stop = threading.Event()
    running = threading.Thread(target=publisher(source, settings).run, args=(stop,))
    running.start()
    assert killed.wait(DEADLINE_S)
    stop.set()
    running.join(14)
    assert not running.is_alive(), "a supervisor kills it after 15 s"
    kafka_service.start()
    last = cursors(settings)[-1]
    assert (last.cursor, last.counts.read, last.counts.out) == ("1", 1, 1)
    after = publish(settings, received(1), Skipped("not_a_post"), received(2), received(3))
    assert sorted(posts(settings)) == ["x:1", "x:2", "x:3"]
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
    wait_until(lambda: bool(cursors(settings)) and cursors(settings)[-1].cursor == "1")
    record = publish(settings, received(1), received(2), received(3))
    running.join(DEADLINE_S)
    (fault,) = faults
    assert "another instance of the source files" in str(fault)
    assert cursors(settings)[-1] == record


def test_a_cursor_that_cannot_be_read_stops_the_source(settings: KafkaSettings) -> None:
    producer = kafka.open_producer(settings)
    producer.send(CURSORS.full_name(settings.prefix), key=b"files", value=b"{")
    producer.flush()
    producer.close()
    with pytest.raises(Corrupt, match="the cursor of the source files cannot be read"):
        publish(settings, received(1))


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


# --- other watches ----------------------------------------------------------------------------------------------------

WATCHING_ACME = "watches:\n  acme: {role: brand, query: acme}\n"
WATCHING_BOTH = f"{WATCHING_ACME}  kettle: {{role: market, query: kettle}}\n"


PACE_S = 0.005


class Flow:
    """A source of posts about acme and kettles by turns, some hundred a second, until it is told to end."""

    name, can_wait, in_order = "files", True, True

    def __init__(self, refuses: bool = False) -> None:
        self.said, self.ending, self._refuses = 0, threading.Event(), refuses

    def read(self, cursor: str | None) -> Iterator[Event]:
        last: int | None = None
        while self.said != last:
            if last is None and self.ending.is_set():
                last = self.said + 100
            self.said += 1
            self.ending.wait(PACE_S)
            yield placed(received(self.said, "kettle" if self.said % 2 else "acme"), str(self.said))

    def watch(self, watches: Sequence[Watch]) -> None:
        if self._refuses:
            raise Misused("the network does not take these")

    def close(self) -> None:
        self.ending.set()


def flowing(flow: Flow, settings: KafkaSettings, path: Path, edit: Callable[[], None]) -> None:
    """Publish all of a flow, during which `edit` is called."""
    path.write_text(WATCHING_ACME)
    before = load(path, env={}, overrides={})
    followed = FollowedSettings(before, SystemClock(), {})
    publishing = publisher(flow, settings, watches=before.watches, followed=followed)
    thread = threading.Thread(target=publishing.run, args=(threading.Event(),))
    thread.start()
    try:
        wait_until(lambda: flow.said > 100)
        edit()
    finally:
        flow.ending.set()
        thread.join(DEADLINE_S)
    assert not thread.is_alive()


def about(settings: KafkaSettings, remainder: int) -> list[int]:
    """The numbers of the posts that were published of those about kettles (1) or acme (0), in order, each time."""
    numbers = [int((record.key or b"").decode().removeprefix("x:")) for record in on(settings, POSTS)]
    return sorted(number for number in numbers if number % 2 == remainder)


def test_other_watches_are_taken_up_while_posts_come_and_none_is_lost_or_doubled(
    settings: KafkaSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flow, path = Flow(), tmp_path / "veille.yaml"
    both = load_text(tmp_path / "both.yaml", WATCHING_BOTH)

    def edit() -> None:
        path.write_text(WATCHING_ACME + "  kettle: {role: market}\n")
        wait_until(lambda: "what was set before stays" in caplog.text)
        path.write_text(WATCHING_BOTH)
        wait_until(lambda: "2 watches from now on" in caplog.text)

    caplog.set_level(logging.INFO)
    flowing(flow, settings, path, edit)
    assert about(settings, 0) == list(range(2, flow.said + 1, 2))
    kettles = about(settings, 1)
    assert kettles[0] > 1
    assert kettles == list(range(kettles[0], flow.said + 1, 2))
    hashes = {decode(record.value or b"").watches_hash for record in on(settings, POSTS)}
    assert hashes == {watches_hash(ACME), both.watches_hash}
    last = cursors(settings)[-1]
    assert (last.counts.read, last.counts.out) == (flow.said, len(on(settings, POSTS)))
    assert last.watches == both.watches_hash
    assert last.counts.closes()


def test_watches_that_a_network_cannot_be_asked_for_change_nothing_and_are_told(
    settings: KafkaSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flow, path = Flow(refuses=True), tmp_path / "veille.yaml"

    def edit() -> None:
        path.write_text(WATCHING_BOTH)
        wait_until(lambda: "the watches of before stay: the network does not take these" in caplog.text)

    flowing(flow, settings, path, edit)
    assert about(settings, 1) == []
    assert cursors(settings)[-1].watches == watches_hash(ACME)


def load_text(path: Path, text: str) -> Settings:
    path.write_text(text)
    return load(path, env={}, overrides={})
