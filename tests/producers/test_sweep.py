"""What the sweep publishes on the real broker; the archive is a script here. See `test_sweep_stopped.py` for ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from contracts.records import at, record
from overheard import Overheard
from veille.author import SECRET_KEY, AuthorState, Order
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import DELETED, version
from veille.kafka import Producer, Record, read_all
from veille.post import QUOTE_REMOVED, decode
from veille.producers.sweep import AGAIN_S, PAGE, RETENTION_S, Keeper, Retention, Sweep, Who
from veille.producers.turn import FIRST_S, NO_POST
from veille.settings import KafkaSettings
from veille.stage import EXIT_CORRUPT, ended
from veille.topics import AUTHORS, ORDERS, POSTS, Topic, parse_headers

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANA = Who("x", "7")


class Gone(msgspec.Struct):
    doc_id: str
    version: int
    value: bytes | None = None


class Done(msgspec.Struct):
    deleted: list[Gone]
    changed: list[Gone] = []
    bared: list[Gone] = []


class Scripted:
    """Says that it did what it was told to, and remembers whom it was asked about."""

    def __init__(self, *gone: Gone, bared: Sequence[Gone] = ()) -> None:
        self._done, self.asked = Done(list(gone), list(bared), list(bared)), list[tuple[Who, AuthorState]]()

    def apply(self, source: str, author: str, state: AuthorState, first: Callable[[Done], object]) -> Done:
        self.asked.append((Who(source, author), state))
        first(self._done)
        return self._done


def on(kafka: KafkaSettings, topic: Topic) -> list[Record]:
    return list(read_all(kafka, topic.full_name(kafka.prefix)))


def keeper(kafka: KafkaSettings, producer: Producer, archive: Scripted) -> Keeper:
    made = Keeper(kafka, producer, archive.apply)
    made.load()
    return made


def order(kind: str, second: int = 0) -> Order:
    values = {"source": "x", "author": "7", "kind": kind, "at": NOON + timedelta(seconds=second)}
    return msgspec.convert(values, Order)


def test_the_secret_is_made_once_and_states_are_found_again_by_it(kafka: KafkaSettings, producer: Producer) -> None:
    first = keeper(kafka, producer, Scripted())
    first.fold([order("suspended"), order("restored", 1)])
    second = keeper(kafka, producer, Scripted())
    assert len(first.book.secret) >= 32
    assert second.book.secret == first.book.secret
    found = second.book.of(*ANA)
    assert found is not None
    assert found.visibility == "public"
    assert [record.key == SECRET_KEY for record in on(kafka, AUTHORS)] == [True, False]
    assert all(b"7" != record.key and b"x:7" not in (record.value or b"") for record in on(kafka, AUTHORS))  # noqa: SIM300  # the author is what is looked for


def test_of_two_secrets_made_at_once_the_first_counts_and_is_made_the_last(
    kafka: KafkaSettings, producer: Producer
) -> None:
    for secret in (b"first", b"second"):
        producer.send(AUTHORS.full_name(kafka.prefix), key=SECRET_KEY, value=secret)
        producer.flush()
    assert keeper(kafka, producer, Scripted()).book.secret == b"first"
    assert [record.value for record in on(kafka, AUTHORS)] == [b"first", b"second", b"first"]
    assert keeper(kafka, producer, Scripted()).book.secret == b"first"


def test_what_a_sweep_deletes_is_null_on_the_posts_topic(kafka: KafkaSettings, producer: Producer) -> None:
    archive = Scripted(Gone("x:1", 5 * 1024 + DELETED))
    kept = keeper(kafka, producer, archive)
    assert kept.sweep(ANA) == 0
    kept.fold([order("erase")])
    assert kept.sweep(ANA) == 1
    (null,) = on(kafka, POSTS)
    said = parse_headers(null.headers)
    assert said is not None
    assert (null.key, null.value, said.version, said.op) == (b"x:1", None, 5 * 1024 + DELETED, "delete")
    assert [who for who, _ in archive.asked] == [ANA]


def test_a_post_that_lost_its_quote_is_published_anew_as_its_source_gave_it(
    kafka: KafkaSettings, producer: Producer
) -> None:
    left = record("x:2", at(5, 7), "as if", source="x", flags=[QUOTE_REMOVED], op="update")
    kept = keeper(kafka, producer, Scripted(bared=[Gone(left.doc_id, left.version, left.value)]))
    kept.fold([order("erase")])
    assert kept.sweep(ANA) == 1
    (again,) = on(kafka, POSTS)
    said = parse_headers(again.headers)
    assert said is not None
    assert (again.key, said.version, said.op, said.source) == (b"x:2", at(5, 0), "update", "x")
    post = decode(again.value or b"")
    assert (post.version, post.text, post.flags) == (str(at(5, 0)), "as if", [QUOTE_REMOVED])
    assert b"sentiment" not in (again.value or b"")


def test_an_order_that_cannot_be_followed_is_left_out_and_one_that_cannot_be_read_ends_the_sweep_and_names_nobody(
    kafka: KafkaSettings, producer: Producer, overheard: Overheard
) -> None:
    odd = Order(source="x", author="ana", kind="geo_scrubbed", up_to="hush", at=NOON)
    unread = b'{"source": "x", "author": "ana", "at": "2026-11-01T12:00:00Z", "kind": "hush"}'
    for value in (msgspec.json.encode(odd), unread):
        producer.send(ORDERS.full_name(kafka.prefix), key=b"x:ana", value=value)
    producer.flush()
    assert keeper(kafka, producer, Scripted()).fold([odd]) == {}
    clock = FakeClock()
    nothing = Retention(kafka, producer, lambda *_: [], {}, clock)
    sweep = Sweep(kafka, producer, Scripted().apply, retention=nothing, group="none", clock=clock, keeps_place=True)
    assert ended("sweep", lambda: sweep.run(threading.Event())) == EXIT_CORRUPT
    assert "an order of x that cannot be followed is left out: `up_to` is no post id" in overheard.text
    assert "offset 1" in overheard.text
    overheard.nothing_of("ana", "hush")


class Looks(threading.Event):
    """Stops what waits for it at its last look, and does not make it wait."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self._left = left

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        return not self._left


def test_an_order_whose_state_cannot_be_said_at_once_is_followed_all_the_same(
    kafka: KafkaSettings, producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper(kafka, producer, Scripted())
    producer.send(ORDERS.full_name(kafka.prefix), key=b"x:7", value=msgspec.json.encode(order("erase")))
    producer.flush()
    flush = producer.flush

    def away(_: float = 0) -> None:
        monkeypatch.setattr(producer, "flush", flush)
        raise Unavailable("the broker went away")

    monkeypatch.setattr(producer, "flush", away)
    archive, clock = Scripted(), FakeClock()
    nothing = Retention(kafka, producer, lambda *_: [], {}, clock)
    Sweep(kafka, producer, archive.apply, retention=nothing, group="none", clock=clock, keeps_place=True).run(Looks(2))
    assert [who for who, _ in archive.asked] == [ANA]


def test_what_is_past_its_time_gets_tombstones_by_the_page(kafka: KafkaSettings, producer: Producer) -> None:
    clock, asked = FakeClock(NOON), list[tuple[str, datetime]]()
    left = [f"x:{number}" for number in range(PAGE + 1)]

    def expired(source: str, before: datetime, limit: int) -> list[str]:
        asked.append((source, before))
        found = left[:limit]
        del left[:limit]
        return found

    retention = Retention(kafka, producer, expired, {"x": 30}, clock)
    assert [retention.step(), retention.step()] == [PAGE, 0]
    clock.advance(AGAIN_S)
    assert [retention.step(), retention.step()] == [1, 0]
    clock.advance(RETENTION_S)
    assert retention.step() == 0
    assert [(source, NOON + timedelta(seconds=AGAIN_S) - before) for source, before in asked[1:2]] == [
        ("x", timedelta(days=30))
    ]
    assert len(asked) == 3
    nulls = on(kafka, POSTS)
    assert len({record.key for record in nulls}) == PAGE + 1
    assert all(record.value is None for record in nulls)
    said = {record.key: parse_headers(record.headers) for record in nulls}[b"x:0"]
    assert said is not None
    assert said.version == version(None, NOON, DELETED)


def test_without_a_time_nothing_ends(kafka: KafkaSettings, producer: Producer) -> None:
    assert Retention(kafka, producer, lambda *_: ["x:1"], {}, FakeClock()).step() == 0


def away(*_: object) -> list[str]:
    raise Unavailable("an index of the archive is closed")


def test_an_archive_that_cannot_be_looked_through_is_told_of_once_a_minute_until_it_can(
    kafka: KafkaSettings, producer: Producer
) -> None:
    clock, looks = FakeClock(NOON), [away, away, lambda: ["x:1"]]
    retention = Retention(kafka, producer, lambda *_: looks.pop(0)(), {"x": 30}, clock)
    for _ in range(2):
        with pytest.raises(Unavailable, match="closed"):
            retention.step()
        assert retention.step() == 0
        clock.advance(AGAIN_S)
    assert retention.step() == 1
    assert [record.key for record in on(kafka, POSTS)] == [b"x:1"]


def test_segments_are_closed_in_good_time_though_the_archive_is_away(kafka: KafkaSettings, producer: Producer) -> None:
    clock = FakeClock(NOON)
    retention = Retention(kafka, producer, away, {"x": 30}, clock)
    sweep = Sweep(kafka, producer, Scripted().apply, retention=retention, group="none", clock=clock, keeps_place=True)
    clock.advance(FIRST_S)
    sweep.run(Looks(1))
    assert [record.key for record in on(kafka, POSTS)] == [NO_POST.encode()] * kafka.partitions
