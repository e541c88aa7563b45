"""The rights that are printed are enough for each stage on the real broker, and none of them is one too many."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import shlex
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
)
from kafka.errors import KafkaError

from services.front import Call, ElasticsearchFront
from services.kafka import KafkaService
from system.stages import until
from veille import kafka
from veille.batches import Batch, BatchProducer, BatchReader, Pace, Watchdog
from veille.clock import FakeClock
from veille.errors import Misused, Unavailable
from veille.grants import (
    FINDINGS,
    ROLES,
    SINK_GROUPS,
    TOLD_GROUPS,
    Right,
    Role,
    acl_commands,
    elasticsearch_grants,
    kafka_grants,
    kafka_rights,
)
from veille.metrics import StageCounts
from veille.settings import ElasticsearchSettings, KafkaSettings, Settings
from veille.sinks import open_archive, open_findings, open_sink
from veille.sinks.sink import Outcome, Record
from veille.topics import (
    ACTIONS,
    ALERTS,
    AUTHORS,
    CURSORS,
    DEAD,
    DELIVERIES,
    GAPS,
    MENTIONS,
    ORDERS,
    POSTS,
    STORIES,
    VISITS,
    WINDOWS,
    Topic,
)
from veille.window import Window

PASSWORD = "only for tests"
PREFIX = f"grants{uuid.uuid4().hex[:8]}"
ATTEMPT_S = 8


@pytest.fixture(scope="module")
def plain(kafka_service: KafkaService) -> KafkaSettings:
    """The topics, made by somebody who may do anything, with a record in each that is read."""
    kafka_service.start()
    settings = KafkaSettings(servers=tuple(kafka_service.servers), prefix=PREFIX, partitions=2, replication=1)
    kafka.create_topics(settings)
    produce(settings, POSTS, MENTIONS, CURSORS, DEAD, GAPS, ORDERS, AUTHORS, ALERTS, ACTIONS, DELIVERIES, VISITS)
    return settings


@pytest.fixture(scope="module")
def signed_in(kafka_service: KafkaService, plain: KafkaSettings) -> Callable[[Role], KafkaSettings]:
    """Settings of a user who was given exactly what is printed for a role, by Kafka's own tool."""
    made: dict[Role, KafkaSettings] = {}

    def of(role: Role) -> KafkaSettings:
        if role not in made:
            user = f"{PREFIX}-{role}"
            kafka_service.add_user(user, PASSWORD)
            for command in acl_commands(plain, role, user):
                program, _, servers, _, _, *arguments = shlex.split(command)
                assert (program, servers) == ("kafka-acls", kafka_service.address)
                kafka_service.acls(*arguments)
            made[role] = dataclasses.replace(
                plain,
                servers=tuple(kafka_service.secure_servers),
                security="scram",
                ca=kafka_service.ca,
                username=user,
                password=PASSWORD,
            )
        return made[role]

    return of


def produce(settings: KafkaSettings, *topics: Topic) -> None:
    producer = kafka.open_producer(settings)
    try:
        for topic in topics:
            producer.send(topic.full_name(settings.prefix), key=b"k", value=b"v", partition=0)
            producer.flush()
    finally:
        producer.close()


def consume(settings: KafkaSettings, *topics: Topic) -> None:
    for topic in topics:
        assert list(kafka.read_all(settings, topic.full_name(settings.prefix)))


def ask(settings: KafkaSettings, *groups: str) -> None:
    for group in groups:
        kafka.committed_offsets(settings, group)


async def pass_on(settings: KafkaSettings, group: str, source: Topic, *targets: Topic) -> None:
    """Read a batch of `source` as a member of the group, write to `targets`, commit."""
    options = kafka.aiokafka_options(settings)
    producer = BatchProducer(options)
    stop = asyncio.Event()

    async def work(batch: Batch) -> dict[int, StageCounts]:
        for target in targets:
            await producer.write({target.full_name(settings.prefix): {0: [(b"k", b"v", [], None)]}})
        stop.set()
        return {partition: StageCounts(read=len(some), out=len(some)) for partition, some in batch.items()}

    reader = BatchReader(
        options,
        group=group,
        topic=source.full_name(settings.prefix),
        watchdog=Watchdog(FakeClock()),
        pace=Pace(session_ms=6_000, records=100),
    )
    await producer.start()
    try:
        await asyncio.wait_for(reader.run(work, stop), ATTEMPT_S)
    finally:
        await producer.stop()


def follow(settings: KafkaSettings, *topics: Topic) -> None:
    for topic in topics:
        tail = kafka.Tail(settings, [topic.full_name(settings.prefix)])
        try:
            assert tail.read()
        finally:
            tail.close()


def work_of(role: Role, settings: KafkaSettings, plain: KafkaSettings) -> None:
    """Everything that a role does with Kafka, through the code that does it."""
    groups = [f"{settings.prefix}.{stage}" for stage in ("enrich", *SINK_GROUPS)]
    match role:
        case "producer":
            consume(settings, CURSORS, AUTHORS)
            produce(settings, POSTS, DEAD, GAPS, CURSORS, ORDERS)
        case "processor":
            produce(plain, POSTS)
            asyncio.run(pass_on(settings, groups[0], POSTS, MENTIONS, DEAD))
        case "windows":
            produce(plain, MENTIONS)
            asyncio.run(pass_on(settings, f"{settings.prefix}.windows", MENTIONS, WINDOWS, STORIES, ALERTS, DEAD))
            consume(settings, AUTHORS)
            follow(settings, GAPS)
            ask(settings, *groups[1:], *(f"{settings.prefix}.{group}" for group in TOLD_GROUPS))
        case "sink":
            for group in groups[1:]:
                produce(plain, MENTIONS, *FINDINGS)
                asyncio.run(pass_on(settings, group, MENTIONS, POSTS, DEAD))
                for topic in FINDINGS:
                    asyncio.run(pass_on(settings, f"{group}.{topic.name.partition('.')[0]}", topic))
            consume(settings, AUTHORS)
        case "sweep":
            consume(settings, ORDERS, AUTHORS, CURSORS, MENTIONS)
            produce(settings, AUTHORS, POSTS, CURSORS)
            ask(settings, *groups[1:])
        case "page":
            follow(settings, CURSORS, GAPS, ACTIONS)
            produce(settings, ACTIONS, VISITS)
        case "notify":
            follow(settings, ALERTS, ACTIONS, DELIVERIES, GAPS)
            produce(settings, DELIVERIES, DEAD)
        case "admin":
            kafka.create_topics(settings)
            if drifted := kafka.drift(settings):
                raise Misused("; ".join(drifted))
            ask(settings, *groups)
            consume(settings, POSTS, DEAD, GAPS, CURSORS, AUTHORS, MENTIONS, DELIVERIES)
            produce(settings, POSTS, MENTIONS, CURSORS, ORDERS, AUTHORS)


@contextmanager
def without(plain: KafkaSettings, user: str, right: Right) -> Iterator[None]:
    """Take one right away, and give it back."""
    operations = {"DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS}
    acl = ACL(
        f"User:{user}",
        "*",
        operations.get(right.operation) or ACLOperation[right.operation.upper()],
        ACLPermissionType.ALLOW,
        ResourcePattern(ResourceType[right.resource.upper()], right.name),
    )
    admin: Any = KafkaAdminClient(bootstrap_servers=list(plain.servers))
    try:
        admin.delete_acls([acl])
        yield
        admin.create_acls([acl])
    finally:
        admin.close()


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_with_the_rights_that_are_printed_the_work_is_done_and_without_one_it_is_not(
    role: Role, plain: KafkaSettings, signed_in: Callable[[Role], KafkaSettings]
) -> None:
    settings = signed_in(role)
    assert settings.username is not None
    work_of(role, settings, plain)
    needless = []
    for right in kafka_rights(role, PREFIX):
        with without(plain, settings.username, right):
            try:
                work_of(role, settings, plain)
                needless.append(right)
            except (Misused, Unavailable, KafkaError, TimeoutError):
                pass
    assert needless == []
    work_of(role, settings, plain)


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_a_stage_starts_whether_or_not_its_user_may_make_topics(
    role: Role, signed_in: Callable[[Role], KafkaSettings]
) -> None:
    assert kafka.prepare_topics(signed_in(role)) == []


def test_each_role_has_a_user_of_its_own_unless_one_signs_in_for_all() -> None:
    own = Settings(kafka=KafkaSettings(servers=("k:9093",), prefix="acme"))
    users = {word for line in kafka_grants(own) for word in shlex.split(line) if word.startswith("User:")}
    assert users == {f"User:acme-{role}" for role in ROLES}
    one = Settings(kafka=KafkaSettings(servers=("k:9093",), username="watcher"))
    assert {word for line in kafka_grants(one) for word in shlex.split(line) if word.startswith("User:")} == {
        "User:watcher"
    }


NEEDED = (
    ("GET|PUT", r"/_index_template/.*", "manage_index_templates"),
    ("GET", r"/[^_][^/]*/_mapping", "view_index_metadata"),
    ("PUT", r"/[^_][^/]*", "create_index"),
    ("PUT|POST", r"/_bulk", "index"),
    ("GET|POST", r"(/[^_][^/]*)?/(_search|_mget|_pit)", "read"),
    ("DELETE", r"/_pit", "read"),
    ("DELETE", r"/[^_][^/]*/_doc/.+", "delete"),
)
"""What Elasticsearch wants for a request, from its list of security privileges."""


def privileges(calls: list[Call]) -> set[str]:
    """The privileges that requests need; a request that is not in the table fails the test."""
    needed = set()
    for call in calls:
        path = call.path.partition("?")[0]
        (privilege,) = {
            privilege
            for methods, pattern, privilege in NEEDED
            if call.method in methods.split("|") and re.fullmatch(pattern, path)
        } or {f"unknown: {call.method} {path}"}
        needed.add(privilege)
    return needed


@contextmanager
def behind_tls(url: str, prefix: str) -> Iterator[tuple[ElasticsearchFront, Settings]]:
    with ElasticsearchFront(url, tls=True, api_key="a2V5") as front:
        yield (
            front,
            Settings(
                elasticsearch=ElasticsearchSettings(
                    url=front.url, api_key="a2V5", ca=front.ca, prefix=prefix, replicas=0
                )
            ),
        )


def test_the_sink_and_the_archive_use_what_their_keys_are_given_and_no_more(
    elasticsearch_url: str, prefix: str
) -> None:
    gone = Record("bluesky:did:plc:someone/3kabc", 1_800_000_000_000_000 * 1024, None)
    with behind_tls(elasticsearch_url, prefix) as (front, settings):
        granted = elasticsearch_grants(settings)
        sink = open_sink("elasticsearch", settings)
        sink.open()
        assert [verdict.outcome for verdict in sink.write([gone])] == [Outcome.APPLIED]
        assert [verdict.outcome for verdict in sink.write([gone])] == [Outcome.REPEATED]
        sink.close()
        sink.open()
        sink.close()
        findings = open_findings("elasticsearch", settings)
        findings.open()
        findings.write_windows([Window(watch="acme", since=datetime(2020, 1, 1, tzinfo=UTC), revision=1)])

        def expired() -> bool:
            findings.expire(datetime(2026, 11, 1, tzinfo=UTC))
            return any("/_doc/" in call.path for call in front.calls)

        until(expired, "an old window deleted, once it can be found")
        findings.close()
        rights = {*granted["sink"]["cluster"], *granted["sink"]["indices"][0]["privileges"]}
        assert privileges(front.calls) == rights - {"monitor"}  # for the version that `veille doctor` shows
        front.calls.clear()
        archive = open_archive(settings)
        archive.count(None)
        assert archive.holds([gone.doc_id]) == set()
        list(archive.versions())
        archive.status()
        archive.close()
        rights = {*granted["reader"]["cluster"], *granted["reader"]["indices"][0]["privileges"]}
        assert privileges(front.calls) <= rights
        assert front.fired == {}


def test_a_wrong_api_key_and_an_unknown_authority_are_said(elasticsearch_url: str, prefix: str) -> None:
    with behind_tls(elasticsearch_url, prefix) as (front, settings):
        assert settings.elasticsearch is not None
        for change, told in ({"api_key": "b3Ro"}, "API key"), ({"ca": None}, "certificate"):
            changed = dataclasses.replace(settings.elasticsearch, **change)
            sink = open_sink("elasticsearch", dataclasses.replace(settings, elasticsearch=changed))
            with pytest.raises(Misused, match=told):
                sink.open()
            sink.close()
        assert front.fired == {"unauthorized": 1}


def test_elasticsearch_roles_reach_no_further_than_the_prefix() -> None:
    roles = elasticsearch_grants(Settings(elasticsearch=ElasticsearchSettings(prefix="acme")))
    assert {name for role in roles.values() for index in role["indices"] for name in index["names"]} == {"acme-*"}
