"""Every copy of an author besides the archive, on the real broker: gone from its files within its bound.

Topics keep their own settings but for their times, which are cut down so that a day passes in seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.command import here
from contracts.records import at, record
from services.kafka import Broker
from veille.anonymise import anonymise
from veille.author import SECRET_KEY, AuthorState, Order
from veille.claim import claim
from veille.clock import FakeClock, SystemClock
from veille.erase import BOUNDS, erase
from veille.identity import DELETED
from veille.kafka import Producer, read_all
from veille.producers.sweep import Applied, Apply, Keeper, Who
from veille.producers.turn import FIRST_S, NO_POST, TURN_S, Turn
from veille.settings import KafkaSettings, Settings
from veille.sinks import archive_path
from veille.sinks.authors import Swept
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteState
from veille.topics import AUTHORS, DAY_MS, DEAD, MENTIONS, ORDERS, POSTS, Topic, headers

DEADLINE_S = 120.0
"""Kafka's cleaner looks at one partition a time."""

QUICK = {"segment_ms": 500, "max_compaction_lag_ms": 500, "delete_retention_ms": 0, "file_delete_delay_ms": 0}
ERASED = "words of the one who is erased"
LEFT = "words of somebody else"
TEXTS = {"own": ERASED, "quote": f"as if: {ERASED}", "other": LEFT}


def quicken(service: Broker, kafka: KafkaSettings, *topics: Topic) -> None:
    for topic in topics:
        service.configure(topic.full_name(kafka.prefix), compression_type="uncompressed", **QUICK)


def until_gone(
    service: Broker, kafka: KafkaSettings, topics: Sequence[Topic], text: bytes, say: Callable[[], object]
) -> None:
    """Wait until no file of the topics holds a text, nor any record; `say` is called again and again meanwhile."""
    limit = time.monotonic() + DEADLINE_S
    names = [topic.full_name(kafka.prefix) for topic in topics]

    def held() -> bool:
        """A file that is renamed while it is looked for is in no list of files: the broker has its records."""
        files = any(text in service.segments(name) for name in names)
        return files or any(text in (each.value or b"") for name in names for each in read_all(kafka, name))

    while held():
        assert time.monotonic() < limit, "it is still there"
        say()
        time.sleep(0.5)  # each look makes records, which the cleaner must look through


class HandedOn:
    """Stands in for enrichment: what is new on posts is put on mentions, in the same partitions."""

    def __init__(self, kafka: KafkaSettings, producer: Producer) -> None:
        self._kafka, self._producer, self._done = kafka, producer, set[tuple[int, int]]()

    def step(self) -> None:
        for found in read_all(self._kafka, POSTS.full_name(self._kafka.prefix)):
            if (place := (found.partition, found.offset)) not in self._done:
                self._done.add(place)
                mentions = MENTIONS.full_name(self._kafka.prefix)
                self._producer.send(
                    mentions, key=found.key, value=found.value, headers=found.headers, partition=found.partition
                )
        self._producer.flush()


def doing(swept: Swept) -> Apply:
    """Stands in for an archive."""

    def apply(_source: str, _author: str, _state: AuthorState, first: Callable[[Applied], None]) -> Swept:
        first(swept)
        return swept

    return apply


def test_topics_without_traffic_lose_the_words_of_an_erased_author_and_keep_those_of_others(
    kafka_service: Broker, kafka: KafkaSettings, producer: Producer
) -> None:
    quicken(kafka_service, kafka, POSTS, MENTIONS)
    clock = FakeClock()
    turn, handed_on = Turn(kafka, producer, clock), HandedOn(kafka, producer)
    whole = {name: record(f"x:{name}", at(1), text, source="x") for name, text in TEXTS.items()}
    bared = record("x:quote", at(1), "as if", source="x")
    keeper = Keeper(
        kafka, producer, doing(Swept([Record("x:own", at(1, DELETED), None, "x")], changed=[bared], bared=[bared]))
    )
    keeper.load()
    for each in whole.values():
        said = headers(each.version, "create", "x")
        producer.send(POSTS.full_name(kafka.prefix), key=each.doc_id.encode(), value=each.value, headers=said)
    producer.flush()
    handed_on.step()
    keeper.fold([Order(source="x", author="7", kind="erase", at=clock.now())])
    assert keeper.sweep(Who("x", "7")) == 2
    handed_on.step()

    def six_hours() -> None:
        clock.advance(TURN_S)
        assert turn.step()
        handed_on.step()

    until_gone(kafka_service, kafka, (POSTS, MENTIONS), ERASED.encode(), six_hours)
    for topic in (POSTS, MENTIONS):
        left = {found.key: found.value for found in read_all(kafka, topic.full_name(kafka.prefix))}
        assert LEFT.encode() in (left[b"x:other"] or b"")
        assert b"as if" in (left[b"x:quote"] or b"")


def test_without_its_secret_a_state_is_of_nobody_and_the_secret_is_in_no_file(
    kafka_service: Broker, kafka: KafkaSettings, producer: Producer
) -> None:
    quicken(kafka_service, kafka, AUTHORS)
    keeper = Keeper(kafka, producer, doing(Swept([], [], [])))
    keeper.load()
    keeper.fold([Order(source="x", author="7", kind="erase", at=SystemClock().now())])
    secret, clock = keeper.book.secret, FakeClock()
    assert secret in kafka_service.segments(AUTHORS.full_name(kafka.prefix))
    anonymise(Settings(kafka=kafka))
    turn = Turn(kafka, producer, clock)

    def six_hours() -> None:
        clock.advance(TURN_S)
        assert turn.step()

    until_gone(kafka_service, kafka, [AUTHORS], secret, six_hours)
    again = Keeper(kafka, producer, doing(Swept([], [], [])))
    again.load()
    assert again.book.secret not in {b"", secret}
    assert again.book.of("x", "7") is None
    states = [found.key for found in read_all(kafka, AUTHORS.full_name(kafka.prefix)) if found.value is not None]
    assert keeper.book.key("x", "7") in states  # it is still there, and of nobody


def test_segments_are_turned_at_the_start_and_every_six_hours(kafka: KafkaSettings, producer: Producer) -> None:
    clock = FakeClock()
    turn = Turn(kafka, producer, clock)
    steps = []
    for seconds in (0.0, FIRST_S, 60.0, TURN_S):
        clock.advance(seconds)
        steps.append(turn.step())
    assert steps == [False, True, False, True]
    nulls = list(read_all(kafka, POSTS.full_name(kafka.prefix)))
    assert sorted(null.partition for null in nulls) == [0, 0, 1, 1]
    assert {(null.key, null.value) for null in nulls} == {(NO_POST.encode(), None)}


def test_the_bounds_that_a_receipt_names_follow_from_the_settings_of_the_topics() -> None:
    def days(topic: Topic, *names: str) -> float:
        return sum(int(topic.config[name]) for name in names) / DAY_MS

    for name, topic in (("dead_letters", DEAD), ("orders", ORDERS)):
        assert BOUNDS[name].startswith(f"{days(topic, 'retention.ms', 'segment.ms'):g} days")
    for topic in (POSTS, MENTIONS, AUTHORS):
        closed = days(topic, "segment.ms") + TURN_S * 1000 / DAY_MS
        assert max(closed, days(topic, "max.compaction.lag.ms")) <= 0.5
    assert BOUNDS["topics"].startswith("24 hours")


def test_in_a_data_folder_the_secret_goes_at_once(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    erase(settings, "x", "7", SystemClock())
    state = SqliteState(archive_path(settings))
    secret = state.authors()[SECRET_KEY]
    state.close()
    assert json.loads(here("anonymise", "--yes", "--json", "--data", str(tmp_path)).out) == {"anonymous": True}
    assert not any(secret in file.read_bytes() for file in tmp_path.glob("veille.db*"))
    state = SqliteState(archive_path(settings))
    assert SECRET_KEY not in state.authors()
    assert len(state.authors()) == 1
    state.close()
    with claim(tmp_path):
        assert here("anonymise", "--yes", "--data", str(tmp_path)).code == 2
