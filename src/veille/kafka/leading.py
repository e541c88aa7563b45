"""One of several processes acts, the others stand by: by membership of a group that reads nothing.

    join --assigned the topic's one partition--> lead --confirm--> sure, for `LEASE_S` --> act
                                                  `--a rebalance, or out of the group--> stand by

Brokers give the partition to another one only when this one has joined a rebalance, which `holds` alone does, or was
silent for `SESSION_MS`. So whoever asks `sure` before each thing it does, and `holds` only between them, acts beside
another leader for no longer than one such thing takes, and only where it was cut off in the middle of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka import errors as kafka_errors
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from veille.kafka.connections import open_client, told
from veille.settings import KafkaSettings

SESSION_MS = 10_000
"""After such a silence another process leads: so long a leader that was killed is missed."""

LEASE_S = 4.0
"""How long a confirmation holds: less than half of the session, so that what was begun last has the other half."""

CONFIRM_S = 1.0
ANSWER_MS = 2_000
"""How long an answer is waited for, and a farewell."""

JOIN_S = 3.0
"""How long one look waits for the group to come to terms: what comes while nobody waits is joined for once more."""

FORGOTTEN_S = 15.0
"""After so long outside of the group it is joined anew: kafka-python 3.0 forgets a join that ends between two polls.

More than a session, for which a member that was killed keeps the others from coming to terms.
"""

STEP_MS = 50
"""How long one poll of it takes: all of its time, since nothing is fetched."""

LOOKS_S = 60.0
"""After so long without a look at the group no one is `sure` any more: others may be waiting to join."""


class Leadership(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """This process as a member of `group`. All but `sure` is for one thread."""

    def __init__(
        self, settings: KafkaSettings, group: str, topic: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """`topic`: full name, of one partition. Raises Unavailable, Misused."""
        self._settings, self._monotonic = settings, monotonic
        self._right = f"Read on group {group} and on topic {topic}"
        self._place = TopicPartition(topic, 0)
        self._leads = self._unbroken = self._joined = False
        self._confirmed_at = self._looked_at = float("-inf")
        self._inside_at = monotonic()
        with told(settings, self._right):
            self._consumer = open_client(
                settings,
                KafkaConsumer,
                group_id=group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                session_timeout_ms=SESSION_MS,
                heartbeat_interval_ms=SESSION_MS // 5,
                partition_assignment_strategy=(StickyPartitionAssignor,),
            )
            self._consumer.subscribe([topic], listener=self)

    def begin(self) -> bool:
        """Whether it leads: then a time of leading begins, which `holds` until it is broken. Raises Unavailable."""
        self._look()
        self._unbroken = self._leads
        return self._unbroken

    def holds(self) -> bool:
        """Whether it has led ever since `begin`. Joins a rebalance if there is one. Raises Unavailable, Misused."""
        self._look()
        return self._unbroken

    def confirm(self) -> bool:
        """Whether the brokers say so now, or did a moment ago; asked again while something goes on. Raises Misused."""
        asked = self._monotonic()
        if self.sure and asked - self._confirmed_at < CONFIRM_S:
            return True
        if self._unbroken and self._is_confirmed():
            self._confirmed_at = asked
        return self.sure

    @property
    def sure(self) -> bool:
        """Whether something may be begun: no other process leads, as far as can be known."""
        now = self._monotonic()
        return self._unbroken and now - self._confirmed_at < LEASE_S and now - self._looked_at < LOOKS_S

    def close(self) -> None:
        """Leave, so that another one leads at once; safe to call twice."""
        self._leads = self._unbroken = False
        self._consumer.close(timeout_ms=ANSWER_MS)

    def _is_confirmed(self) -> bool:
        """By a commit, which brokers take from members alone."""
        with told(self._settings, self._right):
            try:
                self._consumer.commit({self._place: OffsetAndMetadata(0, "", -1)}, timeout_ms=ANSWER_MS)
            except kafka_errors.AuthorizationError:
                raise
            except kafka_errors.KafkaError:
                return False
            return True

    def _look(self) -> None:
        with told(self._settings, self._right):
            until = self._monotonic() + JOIN_S
            self._join_anew_if_forgotten()
            self._consumer.poll(timeout_ms=0)
            while not self._joined and self._monotonic() < until:
                self._consumer.poll(timeout_ms=STEP_MS)
        self._looked_at = self._monotonic()
        if self._joined:
            self._inside_at = self._looked_at

    def _join_anew_if_forgotten(self) -> None:
        if self._joined or self._monotonic() - self._inside_at < FORGOTTEN_S:
            return
        self._consumer.unsubscribe()
        self._consumer.subscribe([self._place.topic], listener=self)
        self._inside_at = self._monotonic()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """It leads, or stands by; reads nothing in either case."""
        self._consumer.pause(*assigned)
        self._leads, self._joined = self._place in assigned, True

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:  # noqa: ARG002  # the only one
        """It does not lead while members come and go, even if it does again afterwards."""
        self._leads = self._unbroken = self._joined = False

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        """Nor where it was silent for too long."""
        self.on_partitions_revoked(lost)
