"""Connections to Kafka: servers, TLS, SASL, topics, offsets, producing. The only importer of kafka-python.

    KafkaSettings --> client_options --> admin   topics, offsets, drift
                  |                  `-> Producer, read_all
                  `-> aiokafka_options (a plain dictionary for `veille.batches`)

Errors: `Unavailable` when no broker answers, `Misused` when one refuses us, naming the right that is missing.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from veille.errors import Invalid, Misused, Unavailable
from veille.settings import KafkaSettings
from veille.topics import TOPICS, Topic

BOOTSTRAP_MS = 10_000
"""How long the first connection may take before the broker counts as away."""

RECONNECT_MS = 1_000
"""Longest pause between attempts, so that a restarted broker is found within a second (kafka-python: 30 s)."""

DELIVERY_MS = 30_000
"""How long one record is retried before `flush` says that Kafka is away."""

BATCH_BYTES = 1 << 20
REQUEST_BYTES = 9 << 20
"""The largest record that topics take (`max.message.bytes`)."""

LINGER_MS = 20
FETCH_WAIT_MS = 100
"""How long the broker holds a fetch back when it has nothing new."""

IDLE_MS = 200
IDLE_POLLS = 150
"""So many polls in a row without an answer (30 s) mean that the broker is away."""

SCRAM = "SCRAM-SHA-512"
PROTOCOLS = {"plain": "PLAINTEXT", "tls": "SSL", "scram": "SASL_SSL"}


class Record(NamedTuple):
    """One record as it stands on a topic; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Committed(NamedTuple):
    """How far a group is on one partition: the next offset to read, and the text that it left there."""

    offset: int
    metadata: str


@dataclass(frozen=True)
class TopicState:
    """A topic as it is on the broker; `config` holds every value, defaults included."""

    name: str
    partitions: int
    replication: int
    config: dict[str, str]


class Forbidden(Misused):
    """The user is signed in, but lacks a right."""


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """What every kafka-python client is opened with. Raises Misused when `scram` lacks a name or a password."""
    options: dict[str, Any] = {
        "bootstrap_servers": list(settings.servers),
        "bootstrap_timeout_ms": BOOTSTRAP_MS,
        "reconnect_backoff_max_ms": RECONNECT_MS,
        "security_protocol": PROTOCOLS[settings.security],
    }
    if settings.security != "plain":
        options["ssl_context"] = ssl_context(settings)
    return options | _sasl_options(settings)


def aiokafka_options(settings: KafkaSettings) -> dict[str, Any]:
    """The same for aiokafka, whose names differ."""
    options: dict[str, Any] = {
        "bootstrap_servers": list(settings.servers),
        "security_protocol": PROTOCOLS[settings.security],
    }
    if settings.security != "plain":
        options["ssl_context"] = ssl_context(settings)
    return options | _sasl_options(settings)


def ssl_context(settings: KafkaSettings) -> ssl.SSLContext:
    """Trusts `settings.ca`, or the system's authorities without it. Raises Misused when the file is no use."""
    try:
        return ssl.create_default_context(cafile=settings.ca)
    except (OSError, ssl.SSLError) as error:
        raise Misused(f"kafka.ca: {settings.ca} holds no usable PEM certificate ({error})") from error


def _sasl_options(settings: KafkaSettings) -> dict[str, Any]:
    if settings.security != "scram":
        return {}
    if not settings.username or not settings.password:
        raise Misused(
            "kafka.security is scram, which needs kafka.username and a password: set VEILLE_KAFKA_PASSWORD, "
            "or VEILLE_KAFKA_PASSWORD_FILE to a file that holds it"
        )
    return {
        "sasl_mechanism": SCRAM,
        "sasl_plain_username": settings.username,
        "sasl_plain_password": settings.password,
    }


# --- topics -----------------------------------------------------------------------------------------------------


def create_topics(settings: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Create those that do not exist, as `veille.topics` has them; returns the full names of what was created.

    Topics that exist already are left as they are: `drift` says what is wrong with them.
    """
    created = []
    with _admin(settings, "Create and Describe on its topics") as admin:
        for topic in topics:
            name = topic.full_name(settings.prefix)
            wanted = {
                "num_partitions": settings.partitions if topic.by_doc_id else 1,
                "replication_factor": settings.replication,
                "configs": topic.config,
            }
            try:
                admin.create_topics({name: wanted}, wait_for_metadata=True)
            except kafka_errors.TopicAlreadyExistsError:
                continue
            except kafka_errors.InvalidReplicationFactorError as error:
                raise Misused(
                    f"kafka.replication is {settings.replication}, more than there are brokers to hold copies of {name}"
                ) from error
            created.append(name)
    return created


def prepare_topics(settings: KafkaSettings) -> list[str]:
    """Create what is missing and say what is not as it must be.

    A user who may do neither is no fault: a stage of its own has the rights of its work, and no more.
    """
    try:
        create_topics(settings)
        return drift(settings)
    except Forbidden:
        return []


def list_topics(settings: KafkaSettings) -> list[str]:
    """The full names of veille's topics that exist on the broker, whatever their version, sorted."""
    with _admin(settings, "Describe on its topics") as admin:
        return sorted(name for name in admin.list_topics() if name.startswith(f"{settings.prefix}."))


def describe_topics(settings: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> dict[str, TopicState]:
    """Those of the topics that exist, by full name."""
    names = [topic.full_name(settings.prefix) for topic in topics]
    with _admin(settings, "Describe and DescribeConfigs on its topics") as admin:
        found = {topic["name"]: topic["partitions"] for topic in _described(admin, names)}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in found]
        configs = admin.describe_configs(resources, config_filter="all")["topic"] if resources else {}
    return {
        name: TopicState(
            name=name,
            partitions=len(partitions),
            replication=min(len(partition["replica_nodes"]) for partition in partitions),
            config={key: str(entry["value"]) for key, entry in configs.get(name, {}).items()},
        )
        for name, partitions in found.items()
    }


def drift(settings: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """What on the broker is not as it must be, one sentence each; empty when all is well."""
    states = describe_topics(settings, topics)
    told = []
    for topic in topics:
        name = topic.full_name(settings.prefix)
        if (state := states.get(name)) is None:
            told.append(f"{name} does not exist: run `veille topics create`")
            continue
        wanted = settings.partitions if topic.by_doc_id else 1
        if state.partitions != wanted:
            told.append(
                f"{name} has {state.partitions} partitions, expected {wanted}: the number is fixed for a topic's life, "
                "because keys would change their partition"
            )
        if not state.config:
            told.append(f"{name}: its settings cannot be read; the user needs DescribeConfigs on it")
        told += [
            f"{name} has {key}={state.config[key]}, expected {value}"
            for key, value in topic.config.items()
            if key in state.config and _canonical(state.config[key]) != _canonical(value)
        ]
    return told


def _canonical(value: str) -> str:
    """A list valued setting keeps no order: `delete,compact` is `compact,delete`."""
    return ",".join(sorted(value.replace(" ", "").split(",")))


def _described(admin: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    described: list[dict[str, Any]] = admin.describe_topics(list(names))
    for topic in described:
        error = kafka_errors.for_code(topic["error_code"])
        if issubclass(error, kafka_errors.AuthorizationError):
            raise error(topic["name"])
    return [topic for topic in described if topic["error_code"] == 0]


# --- offsets and reading ------------------------------------------------------------------------------------------


def end_offsets(settings: KafkaSettings, topic: str) -> dict[int, int]:
    """By partition, the offset that the next record will have; `topic` is the full name. No such topic: empty."""
    with _reader(settings, topic) as (consumer, partitions):
        return {at.partition: end for at, end in _ends(consumer, partitions).items()}


def _ends(consumer: Any, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """The high watermarks that fetches report.

    Not what ListOffsets answers: the embedded broker answers with the first offset of the last batch there [measured].
    """
    for at, offset in consumer.end_offsets(partitions).items():
        consumer.seek(at, offset)
    deadline = time.monotonic() + IDLE_POLLS * IDLE_MS / 1000  # a topic that grows meanwhile answers polls at once
    while time.monotonic() < deadline:
        if all(consumer.highwater(at) is not None for at in partitions):
            return {at: consumer.highwater(at) for at in partitions}
        consumer.poll(timeout_ms=IDLE_MS, max_records=1)
    raise kafka_errors.KafkaTimeoutError("no fetch was answered")


@contextmanager
def _reader(settings: KafkaSettings, topic: str) -> Iterator[tuple[Any, list[TopicPartition]]]:
    """A consumer of no group, assigned all partitions of the topic; none when there is no such topic."""
    with _admin(settings, f"Describe on topic {topic}") as admin:
        partitions = [
            TopicPartition(topic, partition["partition_index"])
            for described in _described(admin, [topic])
            for partition in described["partitions"]
        ]
    with _told(settings, f"Read on topic {topic}"):
        consumer = _open(
            settings,
            KafkaConsumer,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            max_partition_fetch_bytes=BATCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        try:
            consumer.assign(partitions)
            yield consumer, partitions
        finally:
            consumer.close()


def committed_offsets(settings: KafkaSettings, group: str) -> dict[tuple[str, int], Committed]:
    """By full topic name and partition, what the group committed; empty for a group that never did."""
    with _admin(settings, f"Describe on group {group} and on its topics") as admin:
        found = _group_offsets(admin, group)
    return {
        (at.topic, at.partition): Committed(entry.offset, entry.metadata or "")
        for at, entry in found.items()
        if entry.offset >= 0
    }


_NO_COORDINATOR_YET = (
    kafka_errors.CoordinatorNotAvailableError,
    kafka_errors.CoordinatorLoadInProgressError,
    kafka_errors.NotCoordinatorError,
)


def _group_offsets(admin: Any, group: str) -> dict[Any, Any]:
    """What a group has committed; a cluster's first group waits until the topic that keeps offsets has been made."""
    for _ in range(IDLE_POLLS):
        with suppress(*_NO_COORDINATOR_YET):
            found: dict[Any, Any] = admin.list_group_offsets(group).get(group, {})
            return found
        time.sleep(IDLE_MS / 1000)
    raise kafka_errors.KafkaTimeoutError(f"no coordinator for group {group}")


def read_all(settings: KafkaSettings, topic: str) -> Iterator[Record]:
    """Every record of a topic (full name) from its beginning to the end as it is now, each partition in order.

    Belongs to no group and commits nothing. Records of different partitions are interleaved.
    """
    with _reader(settings, topic) as (consumer, partitions):
        ends = _ends(consumer, partitions)
        for at, begin in consumer.beginning_offsets(partitions).items():
            consumer.seek(at, begin)
        left = set(partitions)
        idle = 0
        # Compaction may have removed the last records: the position tells, not what was read.
        while left := {at for at in left if consumer.position(at) < ends[at]}:
            found = consumer.poll(timeout_ms=IDLE_MS, max_records=5_000)
            idle = 0 if found else idle + 1
            if idle == IDLE_POLLS:
                raise kafka_errors.KafkaTimeoutError(f"no more records, with {len(left)} partitions not at their end")
            for at, records in found.items():
                yield from (_record(record) for record in records if record.offset < ends[at])
            consumer.pause(*(at for at in left if consumer.position(at) >= ends[at]))


class Tail:
    """Follows topics of one partition from their beginning, outside of any group: `read` gives what is new."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[str]) -> None:
        self._settings = settings
        self._places = [TopicPartition(name, 0) for name in topics]
        with _told(settings, "Read on its topics"):
            self._consumer = _open(
                settings,
                KafkaConsumer,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                fetch_max_wait_ms=50,
            )
            self._consumer.assign(self._places)
            self._consumer.seek_to_beginning(*self._places)

    def read(self) -> list[Record]:
        """All records that came since the last call, up to the high watermarks that a fetch reports now."""
        records: list[Record] = []
        with _told(self._settings, "Read on its topics"):
            while True:
                found = [_record(record) for some in self._consumer.poll(timeout_ms=200).values() for record in some]
                records += found
                if not found and all(
                    self._consumer.position(place) >= (self._consumer.highwater(place) or 0) for place in self._places
                ):
                    return records

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()


class Progress:
    """How far topics and groups are, asked again and again over one connection."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        with _told(settings, "Describe on its topics and groups"):
            self._admin = _open(settings, KafkaAdminClient)

    def ends(self, topic: str) -> dict[int, int]:
        """By partition, the offset that the next record will have; full topic name."""
        return end_offsets(self._settings, topic)

    def passed(self, group: str, topic: str, ends: Mapping[int, int]) -> bool:
        """Whether a group has committed at least these offsets of a topic (full name)."""
        with _told(self._settings, f"Describe on group {group}"):
            found = _group_offsets(self._admin, group)
        committed = {at.partition: entry.offset for at, entry in found.items() if at.topic == topic}
        return all(committed.get(partition, 0) >= end for partition, end in ends.items())

    def close(self) -> None:
        """Let go of the connections."""
        self._admin.close()


def _record(record: Any) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        headers=tuple((name, bytes(value or b"")) for name, value in record.headers),
    )


# --- producing ----------------------------------------------------------------------------------------------------


def open_producer(settings: KafkaSettings, *, idempotent: bool = True) -> Producer:
    """A producer that waits for all in-sync copies; `idempotent=False` for a broker that lacks idempotence."""
    with _told(settings, "Describe on its topics"):
        return Producer(
            settings,
            _open(
                settings,
                KafkaProducer,
                acks="all",
                enable_idempotence=idempotent,
                compression_type="lz4",
                linger_ms=LINGER_MS,
                batch_size=BATCH_BYTES,
                max_request_size=REQUEST_BYTES,
                delivery_timeout_ms=DELIVERY_MS,
                request_timeout_ms=DELIVERY_MS // 2,
                max_block_ms=DELIVERY_MS,
                allow_auto_create_topics=False,
            ),
        )


class Producer:
    """Records out; nothing counts as published before `flush` has returned."""

    def __init__(self, settings: KafkaSettings, client: Any) -> None:
        self._settings = settings
        self._client = client
        self._failed: list[Exception] = []

    def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        timestamp: int | None = None,
        partition: int | None = None,
    ) -> None:
        """Hand one record over: full topic name, timestamp in milliseconds (None: now), partition by key unless given.

        Blocks while the client has no room. Raises Invalid for a record over 9 MiB.
        """
        with _told(self._settings, f"Write on topic {topic}"):
            try:
                sent = self._client.send(
                    topic, key=key, value=value, headers=list(headers), timestamp_ms=timestamp, partition=partition
                )
            except kafka_errors.MessageSizeTooLargeError as error:
                raise Invalid("too_large", f"a record over {REQUEST_BYTES} bytes") from error
        sent.add_errback(self._failed.append)

    def flush(self, seconds: float = DELIVERY_MS / 1000) -> None:
        """Wait until all that was sent is acknowledged.

        Raises Unavailable or Misused when any record since the last `flush` was not: the caller sends its batch again,
        and identity makes the repeats harmless.
        """
        with _told(self._settings, "Write on its topics"):
            self._client.flush(timeout=seconds)
            failed, self._failed = self._failed, []
            if failed:
                raise failed[0]

    def close(self, seconds: float = 5) -> None:
        """Let go of the connections; what is not acknowledged after so many seconds is given up."""
        try:
            self._client.close(timeout=seconds)
        except kafka_errors.KafkaTimeoutError:  # kafka-python waits for the rest first, and then closes nothing
            self._client._sender.force_close()
            self._client.close(timeout=1)


# --- connections and their errors -----------------------------------------------------------------------------------


class _Connections(KafkaConnectionManager):  # type: ignore[misc]  # kafka-python ships no types
    """Says soon when a sign-in is refused: kafka-python 3.0.12 tries again until its time is up, for two reasons.

    It forgets the refusal, and it throws away what came together with the end of a connection, the refusal often.
    """

    def __init__(self, net: Any, **configs: Any) -> None:
        super().__init__(net, **configs)
        self._refusal: Exception | None = None

    def get_connection(self, node_id: Any, **options: Any) -> Any:
        if self._refusal is not None:
            raise self._refusal
        connection = super().get_connection(node_id, **options)
        if not connection.connected:
            connection.init_future.add_errback(self._note)
        return connection

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        transport = await super()._build_transport(node, timeout_at=timeout_at)
        receive = transport._sock_recv

        def receive_all() -> tuple[bytes, Exception | None]:
            if transport._sock is None:  # closed while it was waited for, which kafka-python logs as an error
                return b"", kafka_errors.KafkaConnectionError("closed")
            received, error = receive()
            return received, None if received else error  # the end is met again at the next call

        transport._sock_recv = receive_all
        return transport

    def _note(self, error: Exception) -> None:
        if isinstance(error, kafka_errors.SaslAuthenticationFailedError | kafka_errors.UnsupportedSaslMechanismError):
            self._refusal = error


def _open(settings: KafkaSettings, kind: Any, **options: Any) -> Any:
    """A client of that kind; one that cannot connect leaves neither thread nor socket behind, as kafka-python's do."""
    made = []

    def connections(**configs: Any) -> Any:
        net = NetworkSelector(**configs)
        made.append(KafkaNetClient(net, _Connections(net, **configs)))
        return made[-1]

    try:
        return kind(**client_options(settings), **options, kafka_client=connections)
    except kafka_errors.KafkaError:
        for client in made:
            client.close()
        raise


@contextmanager
def _admin(settings: KafkaSettings, right: str) -> Iterator[Any]:
    with _told(settings, right):
        admin = _open(settings, KafkaAdminClient)
        try:
            yield admin
        finally:
            admin.close()


@contextmanager
def _told(settings: KafkaSettings, right: str) -> Iterator[None]:
    """Turn kafka-python's errors into ours; `right` is what the user needs for what is done inside."""
    try:
        yield
    except (kafka_errors.SaslAuthenticationFailedError, kafka_errors.UnsupportedSaslMechanismError) as error:
        raise Misused(
            f"Kafka at {', '.join(settings.servers)} refuses the user {settings.username!r}: name or password wrong, "
            f"or the user has no {SCRAM} credentials there ({type(error).__name__})"
        ) from error
    except kafka_errors.AuthorizationError as error:
        raise Forbidden(
            f"Kafka user {settings.username!r} lacks a right: {right} ({error}); "
            "`veille doctor --grants` prints all that are needed"
        ) from error
    except kafka_errors.KafkaError as error:
        raise _away(settings, error) from error


def _away(settings: KafkaSettings, error: Exception) -> Unavailable | Misused:
    found = [(server, _probe(settings, server)) for server in settings.servers]
    told = "; ".join(f"{server}: {reason}" for server, reason in found)
    if any(reason.startswith("certificate") for _, reason in found):
        return Misused(f"Kafka's certificate is not trusted ({told}): set kafka.ca to the PEM file of its authority")
    return Unavailable(f"Kafka does not do what was asked of it: {type(error).__name__}: {error} ({told})")


def _probe(settings: KafkaSettings, server: str) -> str:
    """What a bare connection to one server meets: the client's own errors do not tell a closed port from a bad CA."""
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=3) as plain:
            if settings.security == "plain":
                return "the port is open"
            with ssl_context(settings).wrap_socket(plain, server_hostname=host.strip("[]")):
                return "TLS works"
    except ssl.SSLCertVerificationError as error:
        return f"certificate: {error.verify_message}"
    except ssl.SSLError as error:
        return f"TLS: {error.reason}"
    except (OSError, ValueError) as error:
        return f"{error}"
