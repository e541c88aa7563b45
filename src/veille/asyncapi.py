"""The AsyncAPI document of all topics: what a program that reads them from Kafka must know, in one file.

topics.py, schemas.py --document--> docs/asyncapi.json (AsyncAPI 3.0)      a test holds live records to it
"""

from __future__ import annotations

from typing import Any

from veille import __version__
from veille.topics import TOPICS, Topic

_KAFKA = "0.5.0"
_LISTS = {"cleanup.policy"}
_KNOWN = {"cleanup.policy", "retention.ms", "delete.retention.ms", "max.message.bytes"}
"""What AsyncAPI's binding has room for; `veille topics describe` says the rest."""

_DESCRIPTION = """\
What veille publishes on Kafka. Values are UTF-8 JSON, one object a record; fields that hold their default are left out.
At least once: a record may come again, and of two records of one key the one with the higher `version` (or `revision`)
holds, whatever the order. A null value deletes what its key names. New optional fields, and new values where one of
several is named, may be added at any time: readers ignore what they do not know. Anything else is a new topic (`.v2`).
"""

_HEADERS = {
    "version": ("Version of the record, decimal digits: the higher one holds", "^[0-9]{1,19}$"),
    "op": ("What happened at the source", "^(create|update|delete)$"),
    "source": ("The network", "^[a-z]+$"),
    "schema": ("Version of the value's schema", "^1$"),
}

_DEAD_HEADERS = {
    "stage": "Which stage could not use the record",
    "reason": "Why, one of docs/metrics.md",
    "detail": "More of it, in words",
    "topic": "Where the record came from",
    "partition": "Its partition",
    "offset": "Its offset",
    "source": "Of which source it is",
    "at": "When it became a dead letter",
    "size": "Its whole length in bytes",
    "sha256": "Hash of what is kept of it",
    "truncated": "`1` where only the first MiB is kept",
}


def document() -> dict[str, Any]:
    """The document, ready to be written as JSON."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "veille",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{server}",
                "protocol": "kafka-secure",
                "description": "Your Kafka, as `kafka.servers` of veille.yaml names it.",
                "variables": {"server": {"default": "kafka-1:9093"}},
            }
        },
        "channels": {_name(topic): _channel(topic) for topic in TOPICS},
        "operations": {f"read_{_name(topic)}": _operation(topic) for topic in TOPICS},
        "components": {"messages": {_name(topic): _message(topic) for topic in TOPICS}},
    }


def _name(topic: Topic) -> str:
    return topic.name.partition(".")[0]


def _channel(topic: Topic) -> dict[str, Any]:
    configured = {
        name: value.split(",") if name in _LISTS else int(value)
        for name, value in topic.config.items()
        if name in _KNOWN
    }
    return {
        "address": f"{{prefix}}.{topic.name}",
        "description": f"Key: {topic.key}. Value: {topic.value}.",
        "parameters": {"prefix": {"default": "veille", "description": "`kafka.prefix` of veille.yaml"}},
        "messages": {_name(topic): {"$ref": f"#/components/messages/{_name(topic)}"}},
        "bindings": {"kafka": {"topicConfiguration": configured, "bindingVersion": _KAFKA}},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {"action": "receive", "channel": {"$ref": f"#/channels/{_name(topic)}"}}


def _message(topic: Topic) -> dict[str, Any]:
    if not topic.schema:
        value: dict[str, Any] = {
            "contentType": "application/octet-stream",
            "payload": {"type": "string", "description": "The bytes as they came"},
            "headers": _object({name: {"description": told} for name, told in _DEAD_HEADERS.items()}),
        }
    else:
        described = {"$ref": f"schemas/{topic.schema}.json"}
        null = {"type": "null", "description": "What the key names is gone"}
        several = {"oneOf": [described, null]} if topic.deleted_by_null else described
        value = {"payload": {"schemaFormat": "application/schema+json;version=2020-12", "schema": several}}
        if topic.by_doc_id:
            fields = {name: {"description": told, "pattern": form} for name, (told, form) in _HEADERS.items()}
            value["headers"] = _object(fields, required=list(_HEADERS))
    key = {"type": "string", "description": topic.key}
    return {
        "name": _name(topic),
        "summary": topic.value,
        **value,
        "bindings": {"kafka": {"key": key, "bindingVersion": _KAFKA}},
    }


def _object(fields: dict[str, dict[str, Any]], required: list[str] | None = None) -> dict[str, Any]:
    properties = {name: {"type": "string", **field} for name, field in fields.items()}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}
