"""Kafka connections against the real broker: topics, offsets, records, TLS and SCRAM, and what is refused."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError
from kafka.net.inet import KafkaNetSocket

from services.kafka import Broker, KafkaService
from services.server import free_port
from veille import kafka, kafka_options
from veille.author_book import FollowedBook
from veille.batches.producing import BatchProducer
from veille.clock import FakeClock
from veille.errors import Invalid, Misused, Unavailable
from veille.followed import TRUSTED_S
from veille.settings import KafkaSettings
from veille.topics import AUTHORS, COMPACTED_TEXT, GAPS, MENTIONS, POSTS, TOPICS

USER, PASSWORD = "everything", "only for tests"


@pytest.fixture
def settings(kafka_servers: list[str], prefix: str) -> KafkaSettings:
    return KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=3, replication=1)


@pytest.fixture(scope="session")
def allowed_user(kafka_service: Broker) -> str:
    """A user who may do anything, so that only TLS and the password are in question."""
    kafka_service.add_user(USER, PASSWORD)
    everything = ("--operation", "All", "--topic", "*", "--group", "*")
    kafka_service.acls("--add", "--allow-principal", f"User:{USER}", *everything)
    return USER


@pytest.fixture
def secure(kafka_service: Broker, settings: KafkaSettings, allowed_user: str) -> KafkaSettings:
    return dataclasses.replace(
        settings,
        servers=tuple(kafka_service.secure_servers),
        security="scram",
        ca=kafka_service.ca,
        username=allowed_user,
        password=PASSWORD,
    )


def fill(settings: KafkaSettings, topic: str, count: int) -> None:
    producer = kafka.open_producer(settings)
    for number in range(count):
        producer.send(topic, key=b"%d" % number, value=b"v%d" % number, headers=[("version", b"1")])
    producer.flush()
    producer.close()


def test_topics_are_created_once_and_are_as_they_should_be(settings: KafkaSettings) -> None:
    names = [topic.full_name(settings.prefix) for topic in TOPICS]
    assert kafka.create_topics(settings) == names
    assert kafka.create_topics(settings) == []
    assert kafka.list_topics(settings) == sorted(names)
    posts = kafka.describe_topics(settings)[POSTS.full_name(settings.prefix)]
    assert (posts.partitions, posts.replication) == (3, 1)
    assert {key: posts.config[key] for key in COMPACTED_TEXT} == COMPACTED_TEXT
    assert kafka.drift(settings) == []


def test_drift_says_what_is_not_as_it_must_be(settings: KafkaSettings) -> None:
    odd = dataclasses.replace(POSTS, config=POSTS.config | {"retention.ms": "1000"})
    kafka.create_topics(dataclasses.replace(settings, partitions=2), [odd])
    posts, mentions = POSTS.full_name(settings.prefix), MENTIONS.full_name(settings.prefix)
    partitions, retention, missing = kafka.drift(settings, [POSTS, MENTIONS])
    assert partitions.startswith(f"{posts} has 2 partitions, expected 3")
    assert retention == f"{posts} has retention.ms=1000, expected {COMPACTED_TEXT['retention.ms']}"
    assert missing == f"{mentions} does not exist: run `veille topics create`"


def test_more_copies_than_brokers_is_said_plainly(settings: KafkaSettings) -> None:
    with pytest.raises(Misused, match=r"kafka\.replication is 2, more than there are brokers"):
        kafka.create_topics(dataclasses.replace(settings, replication=2))


def test_what_is_produced_is_read_back_whole_and_in_order(settings: KafkaSettings) -> None:
    kafka.create_topics(settings)
    topic = POSTS.full_name(settings.prefix)
    producer = kafka.open_producer(settings)
    for number in range(5_000):
        producer.send(topic, key=b"%d" % (number % 7), value=b"%d" % number, headers=[("version", b"%d" % number)])
    producer.send(topic, key=b"0", value=None, headers=[("op", b"delete")], timestamp=1_700_000_000_000)
    producer.flush()
    producer.close()
    records = list(kafka.read_all(settings, topic))
    assert len(records) == 5_001
    assert sum(kafka.end_offsets(settings, topic).values()) == 5_001
    by_key: dict[bytes | None, list[bytes | None]] = {}
    for record in records:
        by_key.setdefault(record.key, []).append(record.value)
    assert by_key.pop(b"0") == [*(b"%d" % number for number in range(0, 5_000, 7)), None]
    assert by_key == {
        b"%d" % key: [b"%d" % number for number in range(key, 5_000, 7)] for key in range(1, 7)
    }  # fmt: skip
    tombstone = next(record for record in records if record.value is None)
    assert (tombstone.timestamp, tombstone.headers) == (1_700_000_000_000, (("op", b"delete"),))


def test_reading_what_does_not_exist_yields_nothing(settings: KafkaSettings) -> None:
    topic = POSTS.full_name(settings.prefix)
    assert list(kafka.read_all(settings, topic)) == []
    assert kafka.end_offsets(settings, topic) == {}
    assert kafka.committed_offsets(settings, f"{settings.prefix}.enrich") == {}


def test_a_record_of_eight_mebibytes_passes_and_one_of_ten_is_invalid(settings: KafkaSettings) -> None:
    kafka.create_topics(settings)
    topic = POSTS.full_name(settings.prefix)
    producer = kafka.open_producer(settings)
    producer.send(topic, key=b"k", value=b"x" * (8 << 20))
    producer.flush()
    with pytest.raises(Invalid, match="too_large"):
        producer.send(topic, key=b"k", value=b"x" * (10 << 20))
    producer.close()
    assert [len(record.value or b"") for record in kafka.read_all(settings, topic)] == [8 << 20]


def test_a_broker_that_restarts_loses_nothing_of_what_flush_confirmed(own_kafka: KafkaService, prefix: str) -> None:
    settings = KafkaSettings(servers=tuple(own_kafka.broker.servers), prefix=prefix, partitions=3, replication=1)
    kafka.create_topics(settings)
    topic = POSTS.full_name(settings.prefix)
    producer = kafka.open_producer(settings)
    producer.send(topic, key=b"before", value=b"1")
    producer.flush()
    own_kafka.kill()
    producer.send(topic, key=b"meanwhile", value=b"2")
    own_kafka.restart()
    producer.flush()
    producer.close()
    assert {record.key for record in kafka.read_all(settings, topic)} == {b"before", b"meanwhile"}


def test_what_was_read_before_a_fault_comes_with_the_next_look(
    settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka.create_topics(settings, [GAPS])
    topic = GAPS.full_name(settings.prefix)
    fill(settings, topic, 3)
    tail = kafka.Tail(settings, [topic])
    poll = tail._consumer.poll

    def away(**_: object) -> None:
        monkeypatch.setattr(tail._consumer, "poll", poll)
        raise KafkaConnectionError("the broker went away")

    def last_answer(**options: int) -> object:
        if found := poll(**options):
            monkeypatch.setattr(tail._consumer, "poll", away)
        return found

    monkeypatch.setattr(tail._consumer, "poll", last_answer)
    with pytest.raises(Unavailable, match="the broker went away"):
        tail.read()
    assert [record.key for record in tail.read()] == [b"0", b"1", b"2"]
    assert tail.read() == []
    tail.close()


def silent(**_: object) -> dict[object, object]:
    """As the consumer's poll is where the broker does not answer."""
    return {}


def test_whoever_must_be_sure_takes_no_old_answer_for_the_end(
    settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka.create_topics(settings, [GAPS])
    topic = GAPS.full_name(settings.prefix)
    tail = kafka.Tail(settings, [topic])
    assert tail.read(surely=True) == []
    with monkeypatch.context() as away:
        away.setattr(tail._consumer, "poll", silent)
        assert tail.read() == []
        for _ in range(2):
            with pytest.raises(Unavailable, match="no fetch was answered"):
                tail.read(surely=True)
    fill(settings, topic, 3)
    assert [record.key for record in tail.read(surely=True)] == [b"0", b"1", b"2"]
    tail.close()


def test_what_is_followed_is_not_trusted_while_the_broker_does_not_answer(
    settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka.create_topics(settings, [AUTHORS])
    monkeypatch.setattr("veille.followed.LOOK_S", 600)
    clock = FakeClock()
    book = FollowedBook(settings, clock)
    book.start()
    assert book._tail is not None
    monkeypatch.setattr(book._tail._consumer, "poll", silent)
    book.trust()
    clock.advance(TRUSTED_S + 1)
    with pytest.raises(Unavailable, match="no fetch was answered"):
        book.trust()
    book.close()


def test_no_broker_is_unavailable_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_options, "BOOTSTRAP_MS", 500)
    port = free_port()
    with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{port}: .*Connection refused"):
        kafka.list_topics(KafkaSettings(servers=(f"127.0.0.1:{port}",)))


@pytest.mark.parametrize("listens", [True, False])
def test_a_client_that_cannot_connect_leaves_no_socket(monkeypatch: pytest.MonkeyPatch, listens: bool) -> None:
    """Neither where nobody listens nor where nobody lets it in: then it is given up while it waits."""
    monkeypatch.setattr(kafka_options, "BOOTSTRAP_MS", 500)
    made, make = list[socket.socket](), KafkaNetSocket.socket

    def noted(*given: Any) -> socket.socket:
        made.append(make(*given))
        return made[-1]

    monkeypatch.setattr(KafkaNetSocket, "socket", noted)
    with ExitStack() as stack:
        full, *others = (stack.enter_context(socket.socket()) for _ in range(4))
        full.bind(("127.0.0.1", 0))
        if listens:
            full.listen(0)
        for other in others:
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        with pytest.raises(Unavailable):
            kafka.list_topics(KafkaSettings(servers=(f"127.0.0.1:{full.getsockname()[1]}",)))
    assert made
    assert {each.fileno() for each in made} == {-1}


def test_over_tls_and_scram_topics_are_created_filled_and_read(secure: KafkaSettings) -> None:
    kafka.create_topics(secure)
    topic = POSTS.full_name(secure.prefix)
    fill(secure, topic, 100)
    assert len(list(kafka.read_all(secure, topic))) == 100
    assert kafka.drift(secure) == []


def test_aiokafka_signs_in_with_the_same_settings(secure: KafkaSettings) -> None:
    kafka.create_topics(secure)
    topic = POSTS.full_name(secure.prefix)

    async def produce() -> None:
        producer = BatchProducer(kafka_options.aiokafka_options(secure))
        await producer.start()
        await producer.write({topic: {0: [(b"k", b"v", [], None)]}})
        await producer.stop()

    asyncio.run(produce())
    assert [record.value for record in kafka.read_all(secure, topic)] == [b"v"]


@pytest.mark.parametrize(("name", "password"), [(USER, "mistyped"), ("nobody", PASSWORD)])
def test_a_wrong_name_or_password_is_said(secure: KafkaSettings, name: str, password: str) -> None:
    wrong = dataclasses.replace(secure, username=name, password=password)
    with pytest.raises(Misused, match=f"refuses the user '{name}'") as refused:
        kafka.list_topics(wrong)
    assert password not in str(refused.value)
    with pytest.raises(Misused, match=f"refuses the user '{name}'"):
        kafka.open_producer(wrong)


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # kafka-python: a failed handshake
def test_a_certificate_of_an_unknown_authority_is_said(
    secure: KafkaSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(kafka_options, "BOOTSTRAP_MS", 1_000)
    caplog.set_level(logging.CRITICAL, "kafka")  # a record would keep the socket
    with pytest.raises(Misused, match=r"certificate is not trusted.*set kafka\.ca"):
        kafka.list_topics(dataclasses.replace(secure, ca=None))
    gc.collect()  # here, where the warning is expected


def test_a_ca_file_that_is_none_is_said(tmp_path: Path) -> None:
    rubbish = tmp_path / "ca.pem"
    rubbish.write_text("rubbish")
    for ca in (rubbish, tmp_path / "missing.pem"):
        with pytest.raises(Misused, match=r"kafka\.ca: .* holds no usable PEM certificate"):
            kafka_options.client_options(KafkaSettings(servers=("127.0.0.1:9092",), security="tls", ca=ca))


def test_scram_without_a_password_says_where_to_put_it() -> None:
    with pytest.raises(Misused, match="VEILLE_KAFKA_PASSWORD"):
        kafka_options.client_options(KafkaSettings(servers=("127.0.0.1:9092",), security="scram", username="veille"))
