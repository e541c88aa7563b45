"""Keeps compaction going where nothing is said, so that a deleted text does not stay beneath its tombstone for good.

every 6 hours --> a null of no post on each partition of posts (enrichment hands it on to mentions), and of no author

Kafka never compacts the segment that it writes to, and begins a new one only when something is appended.
"""

from __future__ import annotations

from veille.clock import Clock
from veille.identity import DELETED, version
from veille.kafka import Producer
from veille.settings import KafkaSettings
from veille.topics import AUTHORS, POSTS, headers

TURN_S = 6 * 3600.0
"""As long as a segment is written to at most: so it is closed 12 hours after its first record, and compacted then."""

FIRST_S = 600.0
"""After a start."""

NO_POST = "veille:turn"
"""Doc id of the null; the archive keeps one marker of it."""


class Turn:
    """Closes segments in good time."""

    def __init__(self, kafka: KafkaSettings, producer: Producer, clock: Clock) -> None:
        self._kafka, self._producer, self._clock = kafka, producer, clock
        self._due = clock.monotonic() + FIRST_S

    def step(self) -> bool:
        """Publish the nulls if it is time; whether it was. Raises Unavailable."""
        if self._clock.monotonic() < self._due:
            return False
        posts, authors = (topic.full_name(self._kafka.prefix) for topic in (POSTS, AUTHORS))
        said = headers(version(None, self._clock.now(), DELETED), "delete", "veille")
        for partition in range(self._kafka.partitions):
            self._producer.send(posts, key=NO_POST.encode(), value=None, headers=said, partition=partition)
        self._producer.send(authors, key=NO_POST.encode(), value=None)
        self._producer.flush()
        self._due = self._clock.monotonic() + TURN_S
        return True
