"""The least rights that a production set-up must give veille: Kafka ACLs by stage, Elasticsearch roles for API keys.

Printed by `veille doctor --grants`. Describe is not listed where Read or Write is: Kafka implies it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, Literal

from veille.settings import ElasticsearchSettings, KafkaSettings, Settings
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

Role = Literal["producer", "processor", "windows", "sink", "sweep", "notify", "page", "admin"]

ROLES: tuple[Role, ...] = ("producer", "processor", "windows", "sink", "sweep", "notify", "page", "admin")
SINK_GROUPS = ("elasticsearch", "sqlite")
FINDINGS = (WINDOWS, ALERTS, STORIES, ACTIONS, VISITS)
"""Topics that sinks read beside the mentions, each in a group of its own."""
FINDINGS_GROUPS = tuple(f"{sink}.{topic.name.partition('.')[0]}" for sink in SINK_GROUPS for topic in FINDINGS)
TOLD_GROUPS = tuple(group for group in FINDINGS_GROUPS if group.endswith((".windows", ".alerts")))
"""What windows ask before they begin: whether the archive has what was told."""


@dataclass(frozen=True)
class Right:
    """One operation on one resource; `resource` as `kafka-acls` names it."""

    resource: Literal["topic", "group"]
    name: str
    operation: str


ON_TOPICS: dict[Role, dict[str, tuple[Topic, ...]]] = {
    "producer": {"Write": (POSTS, DEAD, GAPS, CURSORS, ORDERS), "Read": (CURSORS, AUTHORS)},
    "processor": {"Read": (POSTS,), "Write": (MENTIONS, DEAD)},
    "windows": {
        "Read": (MENTIONS, AUTHORS, ACTIONS, GAPS, POSTS),  # the last: how far it goes
        "Write": (WINDOWS, STORIES, ALERTS, DEAD),
    },
    "sink": {"Read": (MENTIONS, AUTHORS, *FINDINGS), "Write": (POSTS, ACTIONS, DEAD)},
    "sweep": {"Read": (ORDERS, AUTHORS, CURSORS, MENTIONS), "Write": (AUTHORS, POSTS, CURSORS)},
    "notify": {"Read": (ALERTS, ACTIONS, DELIVERIES, GAPS), "Write": (DELIVERIES, DEAD)},
    "page": {
        "Read": (CURSORS, GAPS, DELIVERIES, ACTIONS, DEAD, POSTS, MENTIONS, ORDERS),  # the last three: how far they go
        "Write": (ACTIONS, VISITS),
    },
    "admin": {
        "Create": TOPICS,
        "DescribeConfigs": TOPICS,
        "Describe": (WINDOWS, STORIES, ALERTS, ACTIONS, VISITS),
        "Read": (POSTS, DEAD, GAPS, CURSORS, AUTHORS, MENTIONS, DELIVERIES),
        "Write": (POSTS, MENTIONS, CURSORS, ORDERS, AUTHORS),
    },
}
"""What a role does with topics. `admin` makes and checks them, replays, enriches again, erases, sees gaps."""

ON_GROUPS: dict[Role, dict[str, tuple[str, ...]]] = {
    "processor": {"Read": ("enrich",)},
    "windows": {"Read": ("windows",), "Describe": ("enrich", *SINK_GROUPS, *TOLD_GROUPS)},
    "sink": {"Read": (*SINK_GROUPS, *FINDINGS_GROUPS)},
    "sweep": {"Describe": SINK_GROUPS},
    "notify": {"Read": ("notify",)},
    "page": {"Describe": ("enrich", "windows", *SINK_GROUPS)},
    "admin": {"Describe": ("enrich", *SINK_GROUPS)},
}
"""What a role does with groups, by stage."""


def kafka_rights(role: Role, prefix: str = "veille") -> list[Right]:
    """What a role must be allowed."""
    on_topics, on_groups = ON_TOPICS[role], ON_GROUPS.get(role, {})
    return [
        *(Right("topic", topic.full_name(prefix), may) for may, topics in on_topics.items() for topic in topics),
        *(Right("group", f"{prefix}.{stage}", may) for may, stages in on_groups.items() for stage in stages),
    ]


def kafka_grants(settings: Settings) -> list[str]:
    """`kafka-acls` commands that give each role its rights, one for each role and operation.

    All of them to `kafka.username` where it is set, else to a user for each role, named after it.
    """
    kafka = settings.kafka or KafkaSettings(servers=("KAFKA:9093",))
    return [
        command for role in ROLES for command in acl_commands(kafka, role, kafka.username or f"{kafka.prefix}-{role}")
    ]


def acl_commands(settings: KafkaSettings, role: Role, user: str) -> list[str]:
    """The commands for one role and user; `admin.properties` holds the sign-in of whoever may give rights."""
    common = [
        *("kafka-acls", "--bootstrap-server", ",".join(settings.servers), "--command-config", "admin.properties"),
        *("--add", "--allow-principal", f"User:{user}"),
    ]
    names: dict[tuple[str, str], list[str]] = {}
    for right in kafka_rights(role, settings.prefix):
        names.setdefault((right.operation, right.resource), []).append(right.name)
    return [
        shlex.join([*common, "--operation", operation, *(part for name in some for part in (f"--{resource}", name))])
        for (operation, resource), some in names.items()
    ]


def kibana_grants(settings: Settings) -> dict[str, Any]:
    """Role descriptors: `kibana_reader` of those who look at dashboards, `kibana_install` of the key for installing.

    Mentions are read through their alias alone, whose filter leaves out what is deleted or hidden.
    """
    prefix = (settings.elasticsearch or ElasticsearchSettings()).prefix

    def in_kibana(privilege: str) -> list[dict[str, Any]]:
        space = f"space:{settings.kibana.space or 'default'}"
        return [{"application": "kibana-.kibana", "privileges": [privilege], "resources": [space]}]

    names = [f"{prefix}-{name}" for name in ("mentions", "windows", "alerts")]
    return {
        "kibana_reader": {
            "indices": [{"names": names, "privileges": ["read", "view_index_metadata"]}],
            "applications": in_kibana("space_read"),
        },
        "kibana_install": {"applications": in_kibana("feature_savedObjectsManagement.all")},
    }


def elasticsearch_grants(settings: Settings) -> dict[str, Any]:
    """Role descriptors for two API keys, as `POST /_security/api_key` takes them under `role_descriptors`.

    `sink` for the process that writes the archive, `reader` for the web page, the API and `veille search`.
    """
    names = [f"{(settings.elasticsearch or ElasticsearchSettings()).prefix}-*"]
    reading = ["read", "view_index_metadata"]
    return {
        "sink": {
            "cluster": ["monitor", "manage_index_templates"],
            "indices": [{"names": names, "privileges": [*reading, "index", "create_index", "delete"]}],
        },
        "reader": {
            "cluster": ["monitor"],
            "indices": [{"names": names, "privileges": reading}],
        },
    }
