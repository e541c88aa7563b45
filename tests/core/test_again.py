"""A replay through a newer enrichment whose archive is away."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing

from veille.again.through_topics import NAME, Replay
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.kafka import create_topics, open_producer
from veille.post import Post
from veille.producers.cursors import Ownership
from veille.settings import KafkaSettings, Settings
from veille.topics import CURSORS, POSTS


class Away:
    """An archive that does not answer, and whoever asks is told to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def in_effect(self, doc_ids: Iterable[str]) -> dict[str, int]:
        assert not self._stop.is_set(), "asked again after the end"
        self._stop.set()
        raise Unavailable("the archive went away")

    def older(self, revision: int) -> Iterator[Post]:
        raise NotImplementedError

    def counts(self, revision: int) -> tuple[int, int]:
        raise NotImplementedError

    def close(self) -> None:
        pass


def test_a_replay_that_waits_for_the_archive_ends_when_it_is_told_to(kafka_servers: list[str], prefix: str) -> None:
    kafka = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=1, replication=1)
    create_topics(kafka, [POSTS, CURSORS])
    stop, clock = threading.Event(), FakeClock()
    with closing(open_producer(kafka)) as producer, closing(Ownership(NAME, kafka, clock)) as owner:
        producer.send(POSTS.full_name(prefix), key=b"x:1", value=b"a post")
        producer.flush()
        replay = Replay(Settings(), kafka, Away(stop), producer, owner=owner, clock=clock)
        replay.start()
        replay.run(stop, rate=1_000.0, told=lambda share: None)
    assert (replay.place.at, replay.place.renewal.complete) == ({}, False)
