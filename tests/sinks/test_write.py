"""The loop of every sink, on the real Kafka with a sink that does what a test tells it to."""

from __future__ import annotations

import msgspec
import pytest

from awaited import until
from contracts.people import did
from contracts.records import at, mention_of, record, tombstone
from sinking import (
    DEADLINE_S,
    Running,
    ScriptedSink,
    all_committed,
    committed,
    counts,
    on_topic,
    publish,
    running,
    shared_by,
)
from veille.action import Action, Field
from veille.author import SECRET_KEY, AuthorState, Book
from veille.errors import Corrupt, Misused, Unavailable
from veille.identity import DELETED, at_revision
from veille.kafka import Producer, open_producer
from veille.metrics import StageCounts
from veille.post import Author, Quoted, decode
from veille.settings import KafkaSettings
from veille.sinks.patient import LONGEST_WAIT_S
from veille.sinks.sink import Record
from veille.topics import ACTIONS, AUTHORS, DEAD, MENTIONS, POSTS, headers

ROWS = [record(f"x:{number}") for number in range(50)]


def test_a_system_that_is_away_is_waited_for_and_nothing_is_lost(kafka: KafkaSettings) -> None:
    sink = ScriptedSink()
    sink.faults.extend([Unavailable("away"), Unavailable("away")])  # when it is opened
    publish(kafka, ROWS)
    with running(kafka, sink) as loop:
        until(lambda: all_committed(kafka))
        assert len(loop.clock.waits) == 2
        sink.faults.extend([*(Unavailable("full") for _ in range(9)), Unavailable("full", retry_after=7.0)])
        publish(kafka, [late := record("x:late")])
        until(lambda: all_committed(kafka))
        waits = loop.clock.waits[2:]
    assert sink.held == {row.doc_id: row for row in [*ROWS, late]}
    assert sink.closed
    assert len(waits) == 10
    assert waits[-1] == 7.0
    assert waits[0] < waits[4] <= max(waits) <= LONGEST_WAIT_S
    assert counts(kafka) == StageCounts(read=51, out=51)


def test_what_is_known_of_authors_is_applied_to_every_record(kafka: KafkaSettings, producer: Producer) -> None:
    book = Book()
    book.take(SECRET_KEY, b"secret of a test")
    topic = AUTHORS.full_name(kafka.prefix)
    producer.send(topic, key=SECRET_KEY, value=book.secret)
    for author, state in {"eve": AuthorState(erased_at=1), "ana": AuthorState(hidden={"protected": (1, True)})}.items():
        producer.send(topic, key=book.key("bluesky", author), value=msgspec.json.encode(state))
    producer.flush()
    rows = [record(f"x:{name}", author=Author(id=name)) for name in ("eve", "ana", "ben")]
    rows.append(record("x:quote", author=Author(id="ben"), quoted=Quoted(text="secret", author=Author(id="eve"))))
    publish(kafka, rows)
    sink = ScriptedSink()
    with running(kafka, sink):
        until(lambda: all_committed(kafka))
    marker = at_revision(rows[0].version, DELETED)
    assert sink.held["x:eve"] == Record("x:eve", marker, None, "bluesky")
    assert mention_of(sink.held["x:ana"]).visibility == "hidden"
    assert sink.held["x:ben"] == rows[2]
    assert counts(kafka) == StageCounts(read=4, out=3, dropped={"superseded": 1})
    null, bared = sorted(on_topic(kafka, "posts.v1"), key=lambda record: record.key or b"")
    assert (null.key, null.value) == (b"x:eve", None)
    assert dict(null.headers)["version"] == str(marker).encode()
    assert bared.key == b"x:quote"
    assert mention_of(sink.held["x:quote"]).quoted is decode(bared.value or b"").quoted is None


def do(kafka: KafkaSettings, *actions: Action) -> None:
    producer = open_producer(kafka)
    for each in actions:
        producer.send(ACTIONS.full_name(kafka.prefix), key=each.key.encode(), value=msgspec.json.encode(each))
    producer.flush()
    producer.close()


def test_what_people_did_is_on_what_comes_and_on_what_is_there_and_goes_with_what_is_deleted(
    kafka: KafkaSettings,
) -> None:
    fields: tuple[Field, ...] = ("handled", "sentiment", "assigned")

    def says(doc_id: str) -> str:
        return mention_of(sink.held[doc_id]).sentiment.label

    sink = ScriptedSink()
    do(
        kafka,
        did("sentiment", "positive"),
        did("note", "call ana", doc_id="x:1"),
        did("handled", "yes", doc_id="x:2"),
    )
    publish(kafka, [record("x:1"), record("x:2"), record("x:3")])
    with running(kafka, sink):
        until(lambda: all_committed(kafka))
        assert (says("x:1"), says("x:2")) == ("positive", "neutral")
        do(kafka, did("sentiment", "negative", doc_id="x:2"))
        until(lambda: says("x:2") == "negative")
        sink.faults.append(Unavailable("away"))
        do(kafka, did("sentiment", "", doc_id="x:2", minute=2))
        until(lambda: says("x:2") == "neutral")
        publish(kafka, [record("x:1", at(1, 2)), tombstone("x:2")])
        until(lambda: all_committed(kafka))
        assert says("x:1") == "positive"
        # Of what is gone already nothing is kept either.
        do(kafka, did("assigned", "ben", doc_id="x:2", minute=3))
        gone = {did(field, "", doc_id="x:2").key.encode() for field in fields}
        until(lambda: {each.key for each in on_topic(kafka, "actions.v1") if each.value is None} == gone)
    assert counts(kafka) == StageCounts(read=5, out=5)


def test_nothing_is_committed_before_it_is_written(kafka: KafkaSettings) -> None:
    sink = ScriptedSink()
    sink.free.clear()
    publish(kafka, ROWS)
    with running(kafka, sink):
        assert sink.entered.wait(DEADLINE_S)
        assert committed(kafka) == {}
        sink.free.set()
        until(lambda: all_committed(kafka))


def test_what_is_refused_becomes_a_dead_letter_with_its_bytes(kafka: KafkaSettings, producer: Producer) -> None:
    topic = MENTIONS.full_name(kafka.prefix)
    bad = record("x:bad", text="refuse me")
    version = headers(7, "create", "x")
    producer.send(topic, key=b"x:bad", value=bad.value, headers=headers(bad.version, "create", "x"), partition=1)
    producer.send(topic, key=b"x:unversioned", value=b"no version", headers=[("op", b"create")], partition=0)
    producer.send(topic, key=b"\xff\xfe", value=b"no text for a key", headers=version, partition=0)
    producer.flush()
    publish(kafka, ROWS)
    sink = ScriptedSink()
    with running(kafka, sink):
        until(lambda: all_committed(kafka))
    letters = {letter.value: (letter.key, dict(letter.headers)) for letter in on_topic(kafka, DEAD.name)}
    reasons = {value: named["reason"] for value, (_, named) in letters.items()}
    assert reasons == {
        bad.value: b"refused",
        b"no version": b"no_version",
        b"no text for a key": b"bad_text",
    }
    key, named = letters[bad.value]
    assert key == b"x:bad"
    told = {name: named[name] for name in ("stage", "topic", "partition", "offset", "detail")}
    assert told == {
        "stage": b"scripted",
        "topic": topic.encode(),
        "partition": b"1",
        "offset": b"0",
        "detail": b"as it was told",
    }
    assert letters[b"no text for a key"][0] == b"\xff\xfe"
    assert sink.held.keys() == {row.doc_id for row in ROWS}
    expected = StageCounts(read=53, out=50, dead={"refused": 1, "no_version": 1, "bad_text": 1})
    assert counts(kafka) == expected
    assert expected.closes()


def test_what_a_marker_refused_has_its_null_published_again_beside_it(kafka: KafkaSettings) -> None:
    sink = ScriptedSink({"x:1": tombstone("x:1", 5), "x:2": record("x:2", at(5))})
    late = record("x:1", at(2))
    publish(kafka, [late, tombstone("x:1", 4), record("x:2", at(2)), record("x:3")])
    with running(kafka, sink):
        until(lambda: all_committed(kafka))
    (null,) = on_topic(kafka, POSTS.name)
    (met,) = [each for each in on_topic(kafka, MENTIONS.name) if each.key == b"x:1" and each.value is not None]
    assert (null.key, null.value, null.partition) == (b"x:1", None, met.partition)
    assert list(null.headers) == headers(at(5, DELETED), "delete", late.source)
    assert counts(kafka) == StageCounts(read=4, out=1, dropped={"superseded": 3})


def test_counts_close_and_go_on_after_a_restart(kafka: KafkaSettings) -> None:
    held: dict[str, Record] = {}
    first = [*ROWS, *ROWS[:10], record("x:bad", text="refuse me"), tombstone("x:1", 9)]
    publish(kafka, first)
    with running(kafka, ScriptedSink(held)):
        until(lambda: all_committed(kafka))
    assert counts(kafka) == StageCounts(read=62, out=61, repeated=10, dead={"refused": 1})
    publish(kafka, [record("x:1", at(8)), record("x:2", at(0)), record("x:new"), record("x:new")])
    sink = ScriptedSink(held)
    with running(kafka, sink):
        until(lambda: all_committed(kafka))
    assert sum(map(len, sink.batches)) == 4
    total = counts(kafka)
    assert total == StageCounts(read=66, out=63, repeated=11, dropped={"superseded": 2}, dead={"refused": 1})
    assert total.closes()


def test_a_rebalance_while_working_neither_loses_nor_counts_twice(kafka: KafkaSettings) -> None:
    held: dict[str, Record] = {}
    one, two = ScriptedSink(held), ScriptedSink(held)
    rows = [[record(f"x:{part}-{number}") for number in range(200)] for part in range(4)]
    publish(kafka, rows[0])
    with running(kafka, one) as first:
        until(lambda: all_committed(kafka))
        one.free.clear()
        one.entered.clear()
        publish(kafka, rows[1])
        assert one.entered.wait(DEADLINE_S)
        with running(kafka, two):
            one.free.set()
            until(lambda: all_committed(kafka) and shared_by(kafka, 2))
            publish(kafka, rows[2])
            until(lambda: bool(two.batches) and all_committed(kafka))
            first.stop()
            publish(kafka, rows[3])
            until(lambda: all_committed(kafka))
    assert held == {row.doc_id: row for some in rows for row in some}
    total = counts(kafka)
    assert (total.read, total.out, total.closes()) == (800, 800, True)


@pytest.mark.parametrize("fault", [Corrupt("its state is wrong"), Misused("no right to write")])
def test_what_is_not_the_outside_worlds_fault_stops_it_and_nothing_is_committed(
    kafka: KafkaSettings, fault: Exception
) -> None:
    sink = ScriptedSink()
    sink.free.clear()
    publish(kafka, ROWS)
    loop = Running(kafka, sink)
    assert sink.entered.wait(DEADLINE_S)
    sink.faults.append(fault)
    sink.free.set()
    with pytest.raises(type(fault), match=str(fault)):
        loop.outcome()
    assert committed(kafka) == {}
    assert sink.closed


def test_it_stops_while_it_waits_and_commits_nothing(kafka: KafkaSettings) -> None:
    sink = ScriptedSink()
    publish(kafka, ROWS)
    with running(kafka, sink) as loop:
        sink.faults.extend(Unavailable("away") for _ in range(100_000))
        until(lambda: len(loop.clock.waits) > 3)
    assert sink.held == {}
    assert committed(kafka) == {}


def test_it_is_tended_once_a_minute_and_being_busy_is_no_failure(kafka: KafkaSettings) -> None:
    sink = ScriptedSink()
    with running(kafka, sink) as loop:
        publish(kafka, ROWS)
        until(lambda: all_committed(kafka))
        for times in (1, 2):
            sink.untidy.append(Unavailable("busy"))
            loop.clock.advance(61)
            until(lambda times=times: sink.tended == times)  # type: ignore[misc]  # mypy knows no defaults here
        publish(kafka, [record("x:late")])
        until(lambda: all_committed(kafka))
    assert "x:late" in sink.held


def test_what_is_left_to_tend_is_done_at_once_and_not_a_minute_later(kafka: KafkaSettings) -> None:
    sink = ScriptedSink()
    sink.unfinished = {1, 2}
    with running(kafka, sink) as loop:
        publish(kafka, ROWS)
        until(lambda: all_committed(kafka))
        loop.clock.advance(61)
        until(lambda: sink.tended == 3)


def test_a_sink_that_cannot_be_tended_for_good_stops_it(kafka: KafkaSettings) -> None:
    sink = ScriptedSink()
    loop = Running(kafka, sink)
    publish(kafka, ROWS)
    until(lambda: all_committed(kafka))
    sink.untidy.append(Corrupt("the file is damaged"))
    loop.clock.advance(61)
    with pytest.raises(Corrupt, match="damaged"):
        loop.outcome()
