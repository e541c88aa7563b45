"""The rights that are printed are enough for each stage on the real broker, and none of them is one too many."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import shlex
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
)

from awaited import until
from services.kafka import Broker
from veille import kafka, kafka_options
from veille.batches import Batch, Pace, Watchdog
from veille.batches.producing import BatchProducer
from veille.batches.reading import BatchReader
from veille.clock import FakeClock, SystemClock
from veille.errors import Misused, VeilleError
from veille.grants import (
    FINDINGS,
    ROLES,
    SINK_GROUPS,
    TOLD_GROUPS,
    Right,
    Role,
    acl_commands,
    kafka_grants,
    kafka_rights,
)
from veille.metrics import StageCounts
from veille.producers.cursors import Ownership
from veille.settings import KafkaSettings, Settings
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
    TOPICS,
    VISITS,
    WINDOWS,
    Topic,
)

PASSWORD = "only for tests"
PREFIX = f"grants{uuid.uuid4().hex[:8]}"
ATTEMPT_S = 60
REFUSED = re.compile("Authorization|needs DescribeConfigs")
"""What the broker, or `drift`, says where a right is missing: that something was away, or slow, proves nothing."""


@pytest.fixture(scope="module")
def plain(kafka_service: Broker) -> KafkaSettings:
    """The topics, made by somebody who may do anything, with a record in each that is read."""
    settings = KafkaSettings(servers=tuple(kafka_service.servers), prefix=PREFIX, partitions=2, replication=1)
    kafka.create_topics(settings)
    for topic in (POSTS, MENTIONS, CURSORS, DEAD, GAPS, ORDERS, AUTHORS, ALERTS, ACTIONS, DELIVERIES, VISITS):
        produce(settings, topic)
    return settings


@pytest.fixture(scope="module")
def admin(plain: KafkaSettings) -> Iterator[Any]:
    """Gives rights and takes them away; no Java to start each time, as for Kafka's own tool."""
    client: Any = KafkaAdminClient(bootstrap_servers=list(plain.servers))
    yield client
    client.close()


@pytest.fixture(scope="module")
def signed_in(kafka_service: Broker, plain: KafkaSettings) -> Callable[[Role], KafkaSettings]:
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


class Step(NamedTuple):
    """One thing that a role does with Kafka, and the topics and groups that it does it with, by their full names."""

    uses: frozenset[str]
    do: Callable[[], object]


def produce(settings: KafkaSettings, topic: Topic) -> None:
    producer = kafka.open_producer(settings)
    try:
        producer.send(topic.full_name(settings.prefix), key=b"k", value=b"v", partition=0)
        producer.flush()
    finally:
        producer.close()


def consume(settings: KafkaSettings, topic: Topic) -> None:
    assert list(kafka.read_all(settings, topic.full_name(settings.prefix)))


def follow(settings: KafkaSettings, topic: Topic) -> None:
    tail = kafka.Tail(settings, [topic.full_name(settings.prefix)])
    try:
        assert tail.read()
    finally:
        tail.close()


def ends(settings: KafkaSettings, topic: Topic) -> None:
    progress = kafka.Progress(settings)
    try:
        assert progress.ends(topic.full_name(settings.prefix))
    finally:
        progress.close()


def lead(settings: KafkaSettings, group: str, topic: Topic) -> None:
    leads = kafka.Leadership(settings, group, topic.full_name(settings.prefix))
    try:
        until(leads.begin, "to lead")
        assert leads.confirm()
    finally:
        leads.close()


def check(settings: KafkaSettings) -> None:
    if drifted := kafka.drift(settings):
        raise Misused("; ".join(drifted))


async def pass_on(settings: KafkaSettings, group: str, source: Topic, targets: Sequence[Topic]) -> None:
    """Read a batch of `source` as a member of the group, write to `targets`, commit."""
    options = kafka_options.aiokafka_options(settings)
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


class Acting:
    """What a signed-in user does with Kafka, step by step; `plain` may do anything."""

    def __init__(self, settings: KafkaSettings, plain: KafkaSettings) -> None:
        self._settings, self._plain = settings, plain

    def each(self, act: Callable[[KafkaSettings, Topic], None], *topics: Topic) -> list[Step]:
        return [Step(frozenset([topic.full_name(PREFIX)]), partial(act, self._settings, topic)) for topic in topics]

    def ask(self, *stages: str) -> list[Step]:
        groups = [f"{PREFIX}.{stage}" for stage in stages]
        return [Step(frozenset([each]), partial(kafka.committed_offsets, self._settings, each)) for each in groups]

    def passing(self, stage: str, source: Topic, *targets: Topic) -> Step:
        group = f"{PREFIX}.{stage}"

        def act() -> None:
            produce(self._plain, source)
            asyncio.run(pass_on(self._settings, group, source, targets))

        return Step(frozenset([group, *(topic.full_name(PREFIX) for topic in (source, *targets))]), act)

    def lead(self) -> Step:
        """Be the one who tells people."""
        group = f"{PREFIX}.notify"
        return Step(frozenset([group, DELIVERIES.full_name(PREFIX)]), partial(lead, self._settings, group, DELIVERIES))

    def with_all(self, act: Callable[[KafkaSettings], object]) -> Step:
        return Step(frozenset(topic.full_name(PREFIX) for topic in TOPICS), partial(act, self._settings))


def work_of(role: Role, settings: KafkaSettings, plain: KafkaSettings) -> list[Step]:
    """Everything that a role does with Kafka, through the code that does it."""
    acting = Acting(settings, plain)
    each, ask, passing, with_all = acting.each, acting.ask, acting.passing, acting.with_all
    work: dict[Role, list[Step]] = {
        "producer": [*each(consume, CURSORS, AUTHORS), *each(produce, POSTS, DEAD, GAPS, CURSORS, ORDERS)],
        "processor": [passing("enrich", POSTS, MENTIONS, DEAD)],
        "windows": [
            passing("windows", MENTIONS, WINDOWS, STORIES, ALERTS, DEAD),
            *each(consume, AUTHORS, ACTIONS),
            *each(follow, GAPS),
            *each(ends, POSTS),
            *ask("enrich", *SINK_GROUPS, *TOLD_GROUPS),
        ],
        "sink": [
            *(passing(sink, MENTIONS, POSTS, ACTIONS, DEAD) for sink in SINK_GROUPS),
            *(passing(f"{sink}.{topic.name.partition('.')[0]}", topic) for sink in SINK_GROUPS for topic in FINDINGS),
            *each(consume, AUTHORS),
        ],
        "sweep": [
            *each(consume, ORDERS, AUTHORS, CURSORS, MENTIONS),
            *each(produce, AUTHORS, POSTS, CURSORS),
            *ask(*SINK_GROUPS),
        ],
        "page": [
            *each(follow, CURSORS, GAPS, DELIVERIES, ACTIONS),
            *each(consume, DEAD),
            *each(ends, POSTS, MENTIONS, ORDERS),
            *each(produce, ACTIONS, VISITS),
            *ask("enrich", "windows", *SINK_GROUPS),
        ],
        "notify": [acting.lead(), *each(follow, ALERTS, ACTIONS, DELIVERIES, GAPS), *each(produce, DELIVERIES, DEAD)],
        "admin": [
            *(with_all(act) for act in (kafka.create_topics, check)),
            *each(consume, POSTS, DEAD, GAPS, CURSORS, AUTHORS, MENTIONS, DELIVERIES),
            *each(produce, POSTS, MENTIONS, CURSORS, ORDERS, AUTHORS),
            *ask("enrich", *SINK_GROUPS),
        ],
    }
    return work[role]


def refused(steps: Sequence[Step], name: str) -> bool:
    """Whether the broker refuses any of the steps, those that have to do with this topic or group tried first."""
    try:
        for step in sorted(steps, key=lambda step: name not in step.uses):
            step.do()
    except VeilleError as error:
        if not REFUSED.search(str(error)):
            raise
        return True
    return False


@contextmanager
def without(admin: Any, user: str, right: Right) -> Iterator[None]:
    """Take one right away, and give it back; each is told by the controller first, and known to the broker later."""
    operations = {"DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS}
    acl = ACL(
        f"User:{user}",
        "*",
        operations.get(right.operation) or ACLOperation[right.operation.upper()],
        ACLPermissionType.ALLOW,
        ResourcePattern(ResourceType[right.resource.upper()], right.name),
    )

    def known() -> bool:
        return bool(admin.describe_acls(acl)[0])

    ((_, taken, _),) = admin.delete_acls([acl])
    assert len(taken) == 1
    try:
        until(lambda: not known(), "the broker knows that the right is gone")
        yield
    finally:
        assert admin.create_acls([acl])["succeeded"] == [acl]
        until(known, "the broker knows of the right again")


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_with_the_rights_that_are_printed_the_work_is_done_and_without_one_it_is_not(
    role: Role, plain: KafkaSettings, admin: Any, signed_in: Callable[[Role], KafkaSettings]
) -> None:
    settings = signed_in(role)
    assert settings.username is not None
    steps = work_of(role, settings, plain)
    for step in steps:
        step.do()
    needless = []
    for right in kafka_rights(role, PREFIX):
        with without(admin, settings.username, right):
            if not refused(steps, right.name):
                needless.append(right)
    assert needless == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_a_stage_starts_whether_or_not_its_user_may_make_topics(
    role: Role, signed_in: Callable[[Role], KafkaSettings]
) -> None:
    assert kafka.prepare_topics(signed_in(role)) == []


@pytest.mark.slow
def test_a_source_whose_cursors_must_not_be_read_any_more_is_told_so(
    admin: Any, signed_in: Callable[[Role], KafkaSettings]
) -> None:
    settings = signed_in("producer")
    assert settings.username is not None
    owner = Ownership("x", settings, SystemClock())
    owner.start()

    cursors = CURSORS.full_name(PREFIX)

    def told() -> bool:
        try:
            owner.may_write()
        except Misused as error:
            return "lacks a right: Read" in str(error) and cursors in str(error)
        return False

    try:
        with without(admin, settings.username, Right("topic", cursors, "Read")):
            until(told, "the source is told which right it lacks")
    finally:
        owner.close()


def test_each_role_has_a_user_of_its_own_unless_one_signs_in_for_all() -> None:
    own = Settings(kafka=KafkaSettings(servers=("k:9093",), prefix="acme"))
    users = {word for line in kafka_grants(own) for word in shlex.split(line) if word.startswith("User:")}
    assert users == {f"User:acme-{role}" for role in ROLES}
    one = Settings(kafka=KafkaSettings(servers=("k:9093",), username="watcher"))
    assert {word for line in kafka_grants(one) for word in shlex.split(line) if word.startswith("User:")} == {
        "User:watcher"
    }
