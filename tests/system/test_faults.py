"""The seeded world on the real Kafka and Elasticsearch while everything that can fail does.

    world (repeats, late, out of order, broken) --> posts --> enrich --> mentions --> Elasticsearch
      kill -9, broker restarted                      kill -9, frozen, shared      kill -9, 429, away for 20 s

Each fault is proved to have fired. In the end the account closes, and the archive equals the model.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from kafka.admin import KafkaAdminClient

from awaited import until
from services.elasticsearch import Node
from services.front import ElasticsearchFront
from services.kafka import KafkaService
from system.compare import differences
from system.model import GONE, Held, expected
from system.stages import Stage, stopping, written
from veille.account import Published, as_published, settle
from veille.archive import Archive
from veille.batches import load_counts
from veille.clock import SystemClock
from veille.errors import VeilleError
from veille.kafka import Record, committed_offsets, end_offsets, read_all
from veille.metrics import StageCounts
from veille.producers.publish import CursorRecord
from veille.producers.simulate.world import WATCHES, Place, WorldSource
from veille.producers.source import Deleted, Event, Received
from veille.query import Use, parse
from veille.settings import ElasticsearchSettings, KafkaSettings, Settings, WorldSettings
from veille.sinks import open_archive
from veille.topics import CURSORS, DEAD, MENTIONS, POSTS, Topic, parse_headers

WORLD = WorldSettings(seed=11, rate=200.0, faults=True, limit=15_000)
AWAY_S = 20.0
STUCK_S = 120.0
"""A stage that commits nothing for so long does not work any more; how long all of it takes is the machine's matter."""

ATTEMPTS = 15
"""So often a stage may be done with what it has just written before the test gives up."""


class System:
    """The stages of one run on the real services, and what can be seen of them from outside."""

    def __init__(self, kafka: KafkaSettings, front: ElasticsearchFront, folder: Path) -> None:
        self.kafka, self.front = kafka, front
        self.elasticsearch = ElasticsearchSettings(url=front.url, prefix=kafka.prefix, replicas=0)
        config = written(
            folder,
            {
                "data": str(folder / "data"),
                "kafka": {
                    "servers": list(kafka.servers),
                    "prefix": kafka.prefix,
                    "partitions": kafka.partitions,
                    "replication": 1,
                },
                "elasticsearch": {"url": front.url, "prefix": kafka.prefix, "replicas": 0},
                "watches": {watch.id: {"role": watch.role, "query": watch.query} for watch in WATCHES},
                "sources": {"world": dataclasses.asdict(WORLD)},
            },
        )
        self.world, self.enrich = Stage("world", config, folder), Stage("enrich", config, folder)
        self.enrich_too = Stage("enrich", config, folder, "enrich-too")
        self.sink = Stage("elasticsearch", config, folder)
        self.started: list[Stage] = []

    def name(self, topic: Topic) -> str:
        """Full name of a topic."""
        return topic.full_name(self.kafka.prefix)

    def start(self, stage: Stage) -> None:
        """Start a stage and keep it from now on."""
        stage.start()
        if stage not in self.started:
            self.started.append(stage)

    def until(
        self, condition: Callable[[], object], what: str, seconds: float = 90.0, *, eager: bool = False
    ) -> object:
        """Wait as `until` does, and start again what has ended as a supervisor would."""

        def kept() -> object:
            for stage in self.started:
                stage.keep()
            return condition()

        return until(kept, what, seconds, eager=eager)

    def archive(self) -> Archive:
        """Elasticsearch itself, past the front."""
        url = self.front.backend.geturl()
        return open_archive(Settings(elasticsearch=dataclasses.replace(self.elasticsearch, url=url)))

    def group(self, stage: str) -> str:
        """Consumer group of a stage."""
        return f"{self.kafka.prefix}.{stage}"

    def passed(self, stage: str, topic: Topic) -> bool:
        """Whether a group has committed everything that its topic holds."""
        committed = committed_offsets(self.kafka, self.group(stage))
        ends = end_offsets(self.kafka, self.name(topic))
        places = ((committed.get((self.name(topic), at)), end) for at, end in ends.items() if end)
        return all(place is not None and place.offset >= end for place, end in places)

    def until_passed(self, stage: str, topic: Topic) -> None:
        """Wait until a group has committed everything; AssertionError when it gets no further for so long."""
        while True:
            before = self.committed(stage)
            if self.passed(stage, topic):
                return
            further = partial(self._further, stage, before)
            self.until(further, f"{stage} gets further than {before:,}", STUCK_S)

    def _further(self, stage: str, than: int) -> bool:
        return self.committed(stage) > than

    def committed(self, stage: str) -> int:
        """How many records a group has committed."""
        return sum(at.offset for at in committed_offsets(self.kafka, self.group(stage)).values())

    def beyond(self, stage: str, topic: Topic) -> Iterator[Record]:
        """Records of a topic that a group has not committed."""
        committed = committed_offsets(self.kafka, self.group(stage))
        for record in read_all(self.kafka, self.name(topic)):
            at = committed.get((record.topic, record.partition))
            if at is None or record.offset >= at.offset:
                yield record

    def posts(self) -> int:
        """Records ever written to the posts topic."""
        return sum(end_offsets(self.kafka, self.name(POSTS)).values())

    def mentions(self) -> int:
        """The same of the mentions topic."""
        return sum(end_offsets(self.kafka, self.name(MENTIONS)).values())

    def cursor(self) -> CursorRecord:
        """The world's last cursor."""
        *_, last = read_all(self.kafka, self.name(CURSORS))
        return msgspec.json.decode(last.value or b"", type=CursorRecord)

    def members(self) -> int:
        """How many workers the enrichment's group has."""
        admin = KafkaAdminClient(bootstrap_servers=list(self.kafka.servers))
        try:
            return len(admin.describe_groups([self.group("enrich")])[self.group("enrich")]["members"])
        finally:
            admin.close()

    # --- proofs that a kill came in the middle of a batch: an effect without its acknowledgement ---

    def published_past_the_cursor(self) -> bool:
        """The posts topic holds more than the cursor knows of."""
        return self.posts() > self.cursor().counts.out

    def enriched_past_the_offsets(self) -> bool:
        """The mentions topic holds posts whose offsets are not committed."""
        pending = {(r.key, as_published(version_of(r))) for r in self.beyond("enrich", POSTS)}
        return any((r.key, as_published(version_of(r))) in pending for r in read_all(self.kafka, self.name(MENTIONS)))

    def indexed_past_the_offsets(self) -> bool:
        """Elasticsearch holds versions whose offsets are not committed."""
        archive = self.archive()
        held = {(doc_id.encode(), version) for doc_id, version, _ in archive.versions()}
        archive.close()
        return any((record.key, version_of(record)) in held for record in self.beyond("elasticsearch", MENTIONS))

    def freeze(self, stage: Stage, grows: Callable[[], int], proof: Callable[[], bool]) -> None:
        """Freeze a stage when it has just written something, again and again until the proof holds."""
        for _ in range(ATTEMPTS):
            before = grows()
            self.until(lambda: grows() > before, f"{stage.name} writes", eager=True)  # noqa: B023  waited for here
            stage.freeze()
            if proof():
                return
            stage.thaw()
        pytest.fail(f"{stage.name} was never caught with work in hand")


def version_of(record: Record) -> int:
    headers = parse_headers(record.headers)
    assert headers is not None
    return headers.version


@pytest.fixture
def system(
    own_kafka: KafkaService,
    elasticsearch_front: ElasticsearchFront,
    prefix: str,
    tmp_path: Path,
) -> Iterator[System]:
    kafka = KafkaSettings(servers=tuple(own_kafka.broker.servers), prefix=prefix, partitions=4, replication=1)
    system = System(kafka, elasticsearch_front, tmp_path)
    with stopping(system.world, system.enrich, system.enrich_too, system.sink):
        yield system


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_nothing_is_lost_or_doubled_while_everything_fails(
    system: System, own_kafka: KafkaService, elasticsearch_service: Node
) -> None:
    break_the_source_and_the_broker(system, own_kafka)
    break_the_enrichment(system)
    break_the_sink(system)
    system.until(lambda: system.world.code == 0, "the world has ended")
    system.until_passed("enrich", POSTS)
    system.until_passed("elasticsearch", MENTIONS)
    events = told_by_the_world(system.cursor())
    archive = system.archive()
    try:
        model = expected(events, WATCHES)
        elasticsearch_service.request("POST", f"/{system.kafka.prefix}-*/_refresh")
        found = differences(archive, model)
        assert not found, "\n".join([f"{len(found)} differences", *found[:5], *found[-5:]])
        the_account_closes(system, archive, events)
        what_was_deleted_is_found_by_no_query(archive, events, model)
    finally:
        archive.close()


def break_the_source_and_the_broker(system: System, own_kafka: KafkaService) -> None:
    system.start(system.world)
    system.until(lambda: begun(system), "the first cursor: before it, another start would begin another world")
    # No cursor is acknowledged from here on: of two copies that it needs there is one.
    own_kafka.broker.configure(system.name(CURSORS), min_insync_replicas=2)
    system.until(system.published_past_the_cursor, "posts that the cursor knows nothing of")
    system.world.kill()
    assert system.published_past_the_cursor()
    own_kafka.broker.configure(system.name(CURSORS), min_insync_replicas=1)
    system.start(system.world)
    before = system.posts()
    own_kafka.restart()
    system.until(
        lambda: system.posts() > before or system.world.code == 0, "the world goes on after the broker's restart"
    )
    assert before < system.posts(), "the broker was restarted while the world was at work"


def begun(system: System) -> bool:
    """Whether the world has written where it is."""
    try:
        return system.cursor().cursor is not None
    except (VeilleError, ValueError):  # no topic yet, or no cursor on it
        return False


def break_the_enrichment(system: System) -> None:
    system.start(system.enrich)
    system.freeze(system.enrich, system.mentions, system.enriched_past_the_offsets)
    system.enrich.kill()
    assert system.enriched_past_the_offsets(), "what it had sent when it was frozen was no acknowledgement"
    system.start(system.enrich)
    system.freeze(system.enrich, system.mentions, lambda: any(system.beyond("enrich", POSTS)))
    done = system.committed("enrich")
    system.start(system.enrich_too)
    system.until(lambda: system.committed("enrich") > done, "its partitions went elsewhere")
    system.enrich.thaw()
    system.until(lambda: system.members() == 2, "it is back, and the group was rebalanced")


def break_the_sink(system: System) -> None:
    front = system.front
    front.refuse_documents(7, status=429, times=2)
    front.refuse_documents(7, status=503, times=1)
    front.fail(times=3, status=429, path="_bulk")
    front.cut(times=1, path="_bulk", after=True, away=True)
    system.start(system.sink)
    system.until(
        lambda: front.fired["cut_after"] and front.fired["away"], "Elasticsearch goes away while there is work"
    )
    assert (front.fired["429"], front.fired["documents"]) == (3, 21)
    began = time.monotonic()
    system.until(lambda: time.monotonic() - began >= AWAY_S, "the time for which Elasticsearch is away")
    assert not system.passed("elasticsearch", MENTIONS)
    front.stall(path="_bulk", after=True)
    front.back()
    system.until(lambda: front.fired["stalled_after"], "something is indexed, and not acknowledged")
    system.sink.kill()
    assert system.indexed_past_the_offsets()
    system.start(system.sink)


def told_by_the_world(cursor: CursorRecord) -> list[Event]:
    """All events of the world that the stage told, told again by its cursor."""
    place = msgspec.json.decode((cursor.cursor or "").encode(), type=Place)
    beginning = msgspec.json.encode(msgspec.structs.replace(place, number=-1)).decode()
    return list(WorldSource(WORLD, SystemClock()).read(beginning))


def the_account_closes(system: System, archive: Archive, events: list[Event]) -> None:
    published = Published()
    for record in read_all(system.kafka, system.name(POSTS)):
        place = (record.topic, record.partition, record.offset)
        published.add((record.key or b"").decode(), version_of(record), place)
    letters = list(read_all(system.kafka, system.name(DEAD)))
    archived = {doc_id: version for doc_id, version, _ in archive.versions()}
    source = system.cursor().counts
    account = settle(published, archived, (), {"world": source})
    assert account.closes, account.told()
    assert account.repeated > 0
    assert source.closes()
    assert source.read == len(events) == WORLD.limit
    # A killed source buries the same line again: letters are at least as many as were counted, and of the same bytes.
    assert {record.value for record in letters} == {event.raw for event in events if hasattr(event, "raw")}
    for stage, topic in (("enrich", POSTS), ("elasticsearch", MENTIONS)):
        counts = StageCounts()
        for at in committed_offsets(system.kafka, system.group(stage)).values():
            counts.add(load_counts(at.metadata))
        assert counts.closes(), (stage, counts)
        assert counts.read == sum(end_offsets(system.kafka, system.name(topic)).values()), stage


def what_was_deleted_is_found_by_no_query(archive: Archive, events: list[Event], model: dict[str, Held | str]) -> None:
    deleted = {event.tombstone.doc_id for event in events if isinstance(event, Deleted)}
    texts = {e.post.doc_id: e.post.text for e in events if isinstance(e, Received) and model.get(e.post.doc_id) == GONE}
    assert deleted & texts.keys()
    for doc_id in sorted(deleted & texts.keys())[:50]:
        words = " ".join(word for word in texts[doc_id].split() if word.isalpha() and word not in {"OR", "AND"})
        if words:
            hits = archive.search(parse(words, Use.SEARCH).tree, limit=500).hits
            assert doc_id not in {hit.doc_id for hit in hits}
    assert any(isinstance(held, Held) for held in model.values())
