"""A cursor enters the archive only when all that came before it is in there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from veille.action import Action
from veille.author import SECRET_KEY
from veille.checkpoint import EXPIRES_EVERY_S, Checkpoint, restore
from veille.clock import FakeClock
from veille.delivery import Delivery
from veille.errors import Unavailable
from veille.gap import Gap
from veille.kafka import Producer, end_offsets, read_all
from veille.producers.cursors import CursorRecord
from veille.settings import KafkaSettings
from veille.sinks.sqlite import SqliteState
from veille.topics import ACTIONS, AUTHORS, CURSORS, DEAD, DELIVERIES, GAPS, MENTIONS, ORDERS, POSTS, WINDOWS, Topic

ENRICH, SINK = "enrich", "sqlite"

Publish = Callable[[Topic, str, bytes | None], None]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    state = SqliteState(tmp_path / "veille.db")
    yield state
    state.close()


@pytest.fixture
def checkpoint(kafka: KafkaSettings, state: SqliteState) -> Iterator[Checkpoint]:
    enrich, sink = f"{kafka.prefix}.{ENRICH}", f"{kafka.prefix}.{SINK}"
    checkpoint = Checkpoint(kafka, state, FakeClock(), enrich=enrich, sink=sink)
    yield checkpoint
    checkpoint.close()


@pytest.fixture
def publish(kafka: KafkaSettings, producer: Producer) -> Publish:
    def published(topic: Topic, key: str, value: bytes | None) -> None:
        producer.send(topic.full_name(kafka.prefix), key=key.encode(), value=value)
        producer.flush()

    return published


def pass_all(kafka: KafkaSettings, stage: str, topic: Topic) -> None:
    """The stage's group has dealt with all that is on the topic now."""
    name = topic.full_name(kafka.prefix)
    group = KafkaConsumer(
        bootstrap_servers=list(kafka.servers), group_id=f"{kafka.prefix}.{stage}", enable_auto_commit=False
    )
    ends = end_offsets(kafka, name)
    group.commit({TopicPartition(name, at): OffsetAndMetadata(end, "", -1) for at, end in ends.items()})
    group.close()


def test_a_cursor_waits_for_enrichment_and_then_for_the_sink(
    kafka: KafkaSettings, state: SqliteState, checkpoint: Checkpoint, publish: Publish
) -> None:
    publish(POSTS, "x:1", b"post")
    publish(CURSORS, "x", b"after x:1")
    checkpoint.step()
    publish(MENTIONS, "x:1", b"mention")
    pass_all(kafka, SINK, MENTIONS)  # ahead of enrichment: what it has passed may not be all
    checkpoint.step()
    assert (checkpoint.rounds, state.cursors()) == (0, {})
    publish(MENTIONS, "x:2", b"mention")
    pass_all(kafka, ENRICH, POSTS)
    checkpoint.step()
    assert (checkpoint.rounds, state.cursors()) == (0, {})
    pass_all(kafka, SINK, MENTIONS)
    checkpoint.step()
    assert (checkpoint.rounds, state.cursors()) == (1, {"x": "after x:1"})


def test_what_people_did_is_saved_while_others_are_waited_for(
    state: SqliteState, checkpoint: Checkpoint, publish: Publish
) -> None:
    publish(POSTS, "x:1", b"post")
    checkpoint.step()
    done = Action(of="alert", subject="a1", field="note", value="seen", at=datetime(2026, 11, 1, tzinfo=UTC))
    publish(ACTIONS, done.key, msgspec.json.encode(done))
    checkpoint.step()
    assert (checkpoint.rounds, [*state.actions()]) == (0, [done])


def test_a_cursor_waits_for_the_windows_and_until_they_are_written(
    kafka: KafkaSettings, state: SqliteState, publish: Publish
) -> None:
    groups = {name: f"{kafka.prefix}.{name}" for name in (ENRICH, SINK, "windows", "sqlite.windows")}
    checkpoint = Checkpoint(
        kafka,
        state,
        FakeClock(),
        enrich=groups[ENRICH],
        sink=groups[SINK],
        windows=groups["windows"],
        findings={WINDOWS: groups["sqlite.windows"]},
    )
    publish(CURSORS, "x", b"after x:1")
    publish(MENTIONS, "x:1", b"mention")
    pass_all(kafka, SINK, MENTIONS)
    checkpoint.step()
    assert checkpoint.rounds == 0
    publish(WINDOWS, "acme/minute", b"window")
    pass_all(kafka, "windows", MENTIONS)
    checkpoint.step()
    assert (checkpoint.rounds, state.cursors()) == (0, {})
    pass_all(kafka, "sqlite.windows", WINDOWS)
    checkpoint.step()
    assert (checkpoint.rounds, state.cursors()) == (1, {"x": "after x:1"})
    checkpoint.close()


def test_a_first_run_makes_the_secret_of_the_author_keys_and_those_that_follow_keep_it(
    kafka: KafkaSettings, state: SqliteState
) -> None:
    restore(kafka, state)
    made = state.authors()
    restore(kafka, state)
    assert len(made[SECRET_KEY]) >= 32
    assert state.authors() == made
    assert {record.value for record in read_all(kafka, AUTHORS.full_name(kafka.prefix))} == set(made.values())


def test_a_cursor_that_comes_meanwhile_waits_for_the_next_round(
    kafka: KafkaSettings, state: SqliteState, checkpoint: Checkpoint, publish: Publish
) -> None:
    publish(CURSORS, "x", b"first")
    publish(POSTS, "x:1", b"post")
    checkpoint.step()
    publish(CURSORS, "x", b"second")
    pass_all(kafka, ENRICH, POSTS)
    checkpoint.step()
    assert state.cursors() == {"x": "first"}
    checkpoint.step()
    assert (checkpoint.rounds, state.cursors()) == (2, {"x": "second"})


def test_dead_letters_and_gaps_are_kept_with_a_round_each_once(
    state: SqliteState, checkpoint: Checkpoint, publish: Publish
) -> None:
    publish(DEAD, "x:1", b"broken")
    publish(GAPS, "x:1:stopped", b"open")
    publish(GAPS, "x:1:stopped", b"closed")
    for _ in range(2):
        checkpoint.step()
    assert [(letter.key, letter.value) for letter in state.dead()] == [(b"x:1", b"broken")]
    assert state.gaps() == {"x:1:stopped": b"closed"}


def test_what_cannot_be_saved_while_another_writes_is_saved_afterwards_each_once(
    state: SqliteState, checkpoint: Checkpoint, tmp_path: Path, publish: Publish
) -> None:
    publish(DEAD, "x:1", b"broken")
    publish(AUTHORS, "hash", b"hidden")
    state._connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "veille.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        checkpoint.step()
    other.execute("ROLLBACK")
    other.close()
    checkpoint.step()
    assert state.authors() == {b"hash": b"hidden"}
    assert [letter.value for letter in state.dead()] == [b"broken"]


def test_what_was_saved_is_where_sources_resume_on_a_fresh_broker(kafka: KafkaSettings, state: SqliteState) -> None:
    state.save_cursor("x", "here", FakeClock().now())
    restore(kafka, state)
    found = read_all(kafka, CURSORS.full_name(kafka.prefix))
    assert [(record.key, record.value) for record in found] == [(b"x", b"here")]


def test_what_is_known_of_authors_outlives_the_broker_with_its_orders_each_once(
    kafka: KafkaSettings, state: SqliteState, checkpoint: Checkpoint, publish: Publish
) -> None:
    publish(AUTHORS, "secret", b"of the installation")
    publish(AUTHORS, "hash", b"hidden")
    publish(AUTHORS, "hash", b"shown")
    publish(ORDERS, "x:7", b"hide")
    publish(ORDERS, "x:7", b"show")
    checkpoint.step()
    assert state.authors() == {b"secret": b"of the installation", b"hash": b"shown"}
    orders = [(b"x:7", b"hide"), (b"x:7", b"show")]
    assert state.orders() == orders
    restore(kafka, state)
    again = list(read_all(kafka, ORDERS.full_name(kafka.prefix)))[2:]
    assert [(record.key, record.value) for record in again] == orders
    checkpoint.step()
    assert state.orders() == orders
    latest = {record.key: record.value for record in read_all(kafka, AUTHORS.full_name(kafka.prefix))}
    assert latest == state.authors()


def test_a_gap_that_no_saved_cursor_knows_is_forgotten_since_its_source_goes_back_before_it(
    kafka: KafkaSettings, state: SqliteState
) -> None:
    now = FakeClock().now()
    known, untold = (Gap(id=name, source="x", since=now, cause="stalled") for name in ("known", "untold"))
    over = Gap(id="over", source="x", since=now, until=now, cause="stalled")
    for gap in (known, untold, over):
        state.save_gap(gap.id, msgspec.json.encode(gap))
    state.save_cursor("x", msgspec.json.encode(CursorRecord(source="x", gaps=(known,))).decode(), now)
    restore(kafka, state)
    assert list(state.gaps()) == ["known", "over"]


def test_what_was_told_and_what_people_did_outlive_the_broker(
    kafka: KafkaSettings, state: SqliteState, checkpoint: Checkpoint, publish: Publish
) -> None:
    told = Delivery(receiver="r", alert="a1", revision=1, told=1)
    done = Action(of="alert", subject="a1", field="acknowledged", value="yes", at=datetime(2026, 11, 2, tzinfo=UTC))
    earlier = msgspec.structs.replace(done, value="", at=datetime(2026, 11, 1, tzinfo=UTC))
    publish(DELIVERIES, told.key, msgspec.json.encode(told))
    publish(ACTIONS, done.key, msgspec.json.encode(done))
    publish(ACTIONS, done.key, msgspec.json.encode(earlier))
    checkpoint.step()
    assert state.deliveries() == {b"r/a1": msgspec.json.encode(told)}
    assert state.actions() == [done]
    restore(kafka, state)
    for topic, value in ((DELIVERIES, told), (ACTIONS, done)):
        last = list(read_all(kafka, topic.full_name(kafka.prefix)))[-1]
        assert last.value == msgspec.json.encode(value)
    publish(ACTIONS, done.key, None)
    checkpoint.step()
    assert state.actions() == [], "what it was about is gone"


def test_what_is_past_its_time_goes_with_a_round_now_and_then(kafka: KafkaSettings, state: SqliteState) -> None:
    clock = FakeClock()
    checkpoint = Checkpoint(kafka, state, clock, enrich="none", sink="none")
    state.add_dead(b"x:1", b"broken", [], clock.now() - timedelta(days=8))
    checkpoint.step()
    assert state.dead() == []
    state.add_dead(b"x:2", b"broken", [], clock.now() - timedelta(days=8))
    checkpoint.step()
    assert len(state.dead()) == 1
    clock.advance(EXPIRES_EVERY_S)
    checkpoint.step()
    assert (state.dead(), checkpoint.rounds) == ([], 3)
    checkpoint.close()


def test_what_was_told_is_forgotten_after_its_time(state: SqliteState) -> None:
    began = datetime(2026, 11, 1, tzinfo=UTC)
    state.save_delivery(b"r/old", b"{}", began)
    state.save_delivery(b"r/new", b"{}", began + timedelta(days=399))
    state.expire(began + timedelta(days=401))
    assert state.deliveries() == {b"r/new": b"{}"}
