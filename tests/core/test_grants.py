"""The rights that are printed are enough for each stage on the real broker, and none of them is one too many."""

from __future__ import annotations

import asyncio
import dataclasses
import shlex
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

from services.kafka import KafkaService
from veille import kafka
from veille.batches import Batch, BatchProducer, BatchReader, Watchdog
from veille.clock import FakeClock
from veille.errors import Misused, Unavailable
from veille.grants import (
    ROLES,
    SINK_GROUPS,
    Right,
    Role,
    acl_commands,
    elasticsearch_grants,
    kafka_grants,
    kafka_rights,
)
from veille.metrics import StageCounts
from veille.settings import ElasticsearchSettings, KafkaSettings, Settings
from veille.topics import CURSORS, DEAD, GAPS, MENTIONS, POSTS, Topic

PASSWORD = "only for tests"
PREFIX = f"grants{uuid.uuid4().hex[:8]}"
ATTEMPT_S = 8


@pytest.fixture(scope="module")
def plain(kafka_service: KafkaService) -> KafkaSettings:
    """The topics, made by somebody who may do anything, with a record in each that is read."""
    kafka_service.start()
    settings = KafkaSettings(servers=tuple(kafka_service.servers), prefix=PREFIX, partitions=2, replication=1)
    kafka.create_topics(settings)
    produce(settings, POSTS, MENTIONS, CURSORS, DEAD)
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
        options, group=group, topic=source.full_name(settings.prefix), watchdog=Watchdog(FakeClock()), session_ms=6_000
    )
    await producer.start()
    try:
        await asyncio.wait_for(reader.run(work, stop), ATTEMPT_S)
    finally:
        await producer.stop()


def work_of(role: Role, settings: KafkaSettings, plain: KafkaSettings) -> None:
    """Everything that a role does with Kafka, through the code that does it."""
    groups = [f"{settings.prefix}.{stage}" for stage in ("enrich", *SINK_GROUPS)]
    match role:
        case "producer":
            assert list(kafka.read_all(settings, CURSORS.full_name(settings.prefix)))
            produce(settings, POSTS, DEAD, GAPS, CURSORS)
        case "processor":
            produce(plain, POSTS)
            asyncio.run(pass_on(settings, groups[0], POSTS, MENTIONS, DEAD))
        case "sink":
            for group in groups[1:]:
                produce(plain, MENTIONS)
                asyncio.run(pass_on(settings, group, MENTIONS, POSTS, DEAD))
        case "admin":
            kafka.create_topics(settings)
            if drifted := kafka.drift(settings):
                raise Misused("; ".join(drifted))
            for group in groups:
                kafka.committed_offsets(settings, group)
            assert list(kafka.read_all(settings, DEAD.full_name(settings.prefix)))
            produce(settings, POSTS, MENTIONS)


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


def test_each_role_has_a_user_of_its_own_unless_one_signs_in_for_all() -> None:
    own = Settings(kafka=KafkaSettings(servers=("k:9093",), prefix="acme"))
    users = {word for line in kafka_grants(own) for word in shlex.split(line) if word.startswith("User:")}
    assert users == {f"User:acme-{role}" for role in ROLES}
    one = Settings(kafka=KafkaSettings(servers=("k:9093",), username="watcher"))
    assert {word for line in kafka_grants(one) for word in shlex.split(line) if word.startswith("User:")} == {
        "User:watcher"
    }


def test_elasticsearch_roles_reach_no_further_than_the_prefix_and_readers_cannot_write() -> None:
    roles = elasticsearch_grants(Settings(elasticsearch=ElasticsearchSettings(prefix="acme")))
    assert {name for role in roles.values() for index in role["indices"] for name in index["names"]} == {"acme-*"}
    assert {right for index in roles["reader"]["indices"] for right in index["privileges"]} == {
        "read",
        "view_index_metadata",
    }
