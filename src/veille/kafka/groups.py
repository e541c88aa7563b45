"""How far groups have come."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from kafka import errors as kafka_errors
from kafka.admin import KafkaAdminClient

from veille.kafka.connections import admin, open_client, told
from veille.kafka.reading import IDLE_MS, IDLE_POLLS, end_offsets
from veille.settings import KafkaSettings


class Committed(NamedTuple):
    """How far a group is on one partition: the next offset to read, and the text that it left there."""

    offset: int
    metadata: str


def committed_offsets(settings: KafkaSettings, group: str) -> dict[tuple[str, int], Committed]:
    """By full topic name and partition, what the group committed; empty for a group that never did."""
    with admin(settings, f"Describe on group {group} and on its topics") as client:
        found = group_offsets(client, group)
    return {
        (at.topic, at.partition): Committed(entry.offset, entry.metadata or "")
        for at, entry in found.items()
        if entry.offset >= 0
    }


class Progress:
    """How far topics and groups are, asked again and again over one connection."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        with told(settings, "Describe on its topics and groups"):
            self._admin = open_client(settings, KafkaAdminClient)

    def ends(self, topic: str) -> dict[int, int]:
        """By partition, the offset that the next record will have; full topic name."""
        return end_offsets(self._settings, topic)

    def passed(self, group: str, topic: str, ends: Mapping[int, int]) -> bool:
        """Whether a group has committed at least these offsets of a topic (full name)."""
        committed = self.committed(group, topic)
        return all(committed.get(partition, 0) >= end for partition, end in ends.items())

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """By partition, the offset that a group will read next of a topic (full name), where it has committed one."""
        with told(self._settings, f"Describe on group {group}"):
            found = group_offsets(self._admin, group)
        return {at.partition: entry.offset for at, entry in found.items() if at.topic == topic and entry.offset >= 0}

    def close(self) -> None:
        """Let go of the connections."""
        self._admin.close()


class GroupPlace:
    """How far one group is on one topic; connects when it is first asked. Used by one thread at a time."""

    def __init__(self, settings: KafkaSettings, group: str, topic: str) -> None:
        """`topic`: full name."""
        self._settings, self._group, self._topic = settings, group, topic
        self._progress: Progress | None = None

    def ends(self) -> dict[int, int]:
        """Where the topic ends now, by partition. Raises Unavailable."""
        return self._asked().ends(self._topic)

    def passed(self, ends: Mapping[int, int]) -> bool:
        """Whether the group has committed at least these offsets. Raises Unavailable."""
        return self._asked().passed(self._group, self._topic, ends)

    def committed(self) -> dict[int, int]:
        """By partition, what the group will read next, where it has committed. Raises Unavailable."""
        return self._asked().committed(self._group, self._topic)

    def close(self) -> None:
        """Let go of the connections; safe to call twice."""
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def _asked(self) -> Progress:
        if self._progress is None:
            self._progress = Progress(self._settings)
        return self._progress


_NO_COORDINATOR_YET = (
    kafka_errors.CoordinatorNotAvailableError,
    kafka_errors.CoordinatorLoadInProgressError,
    kafka_errors.NotCoordinatorError,
)


def group_offsets(client: Any, group: str) -> dict[Any, Any]:
    """What a group has committed; a cluster's first group waits until the topic that keeps offsets has been made."""
    for _ in range(IDLE_POLLS):
        with suppress(*_NO_COORDINATOR_YET):
            found: dict[Any, Any] = client.list_group_offsets(group).get(group, {})
            return found
        time.sleep(IDLE_MS / 1000)
    raise kafka_errors.KafkaTimeoutError(f"no coordinator for group {group}")
