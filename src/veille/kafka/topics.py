"""Topics on a broker: created where they are missing, listed, and held against what they must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType

from veille.errors import Misused
from veille.kafka.connections import Forbidden, admin
from veille.settings import KafkaSettings
from veille.topics import TOPICS, Topic


@dataclass(frozen=True)
class TopicState:
    """A topic as it is on the broker; `config` holds every value, defaults included."""

    name: str
    partitions: int
    replication: int
    config: dict[str, str]


def create_topics(settings: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Create those that do not exist, as `veille.topics` has them; returns the full names of what was created.

    Topics that exist already are left as they are: `drift` says what is wrong with them.
    """
    wanted = {topic.full_name(settings.prefix): _wanted(settings, topic) for topic in topics}
    with admin(settings, "Create and Describe on its topics") as client:
        # One request for all: each by itself takes more than twice as long [measured].
        answers = {each["name"]: each for each in client.create_topics(wanted, raise_errors=False)["topics"]}
        created = [name for name in wanted if _is_new(settings, answers[name])]
        client.wait_for_topics(created)
    return created


def _wanted(settings: KafkaSettings, topic: Topic) -> dict[str, Any]:
    """How kafka-python is told of a topic."""
    return {
        "num_partitions": settings.partitions if topic.by_doc_id else 1,
        "replication_factor": settings.replication,
        "configs": topic.config,
    }


def _is_new(settings: KafkaSettings, answer: dict[str, Any]) -> bool:
    """Whether a topic was created; False where it existed. Raises what else the broker says."""
    error = kafka_errors.for_code(answer["error_code"])
    if error is kafka_errors.InvalidReplicationFactorError:
        raise Misused(
            f"kafka.replication is {settings.replication}, more than there are brokers to hold copies of "
            f"{answer['name']}"
        )
    if error not in (kafka_errors.NoError, kafka_errors.TopicAlreadyExistsError):
        raise error(f"{answer['name']}: {answer.get('error_message')}")
    return error is kafka_errors.NoError


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
    with admin(settings, "Describe on its topics") as client:
        return sorted(name for name in client.list_topics() if name.startswith(f"{settings.prefix}."))


def describe_topics(settings: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> dict[str, TopicState]:
    """Those of the topics that exist, by full name."""
    names = [topic.full_name(settings.prefix) for topic in topics]
    with admin(settings, "Describe and DescribeConfigs on its topics") as client:
        found = {topic["name"]: topic["partitions"] for topic in described(client, names)}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in found]
        configs = client.describe_configs(resources, config_filter="all")["topic"] if resources else {}
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
            told.append(f"{name} does not show its settings: the user needs DescribeConfigs on it")
        told += [
            f"{name} has {key}={state.config[key]}, expected {value}"
            for key, value in topic.config.items()
            if key in state.config and _canonical(state.config[key]) != _canonical(value)
        ]
    return told


def _canonical(value: str) -> str:
    """A list valued setting keeps no order: `delete,compact` is `compact,delete`."""
    return ",".join(sorted(value.replace(" ", "").split(",")))


def described(client: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """Those of these topics that exist. Raises kafka-python's error for one that must not be seen."""
    found: list[dict[str, Any]] = client.describe_topics(list(names))
    for topic in found:
        error = kafka_errors.for_code(topic["error_code"])
        if issubclass(error, kafka_errors.AuthorizationError):
            raise error(topic["name"])
    return [topic for topic in found if topic["error_code"] == 0]
