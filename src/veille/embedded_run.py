"""A whole run on the embedded broker: start, watch over it, restart what falls, and end with everything saved.

When the broker falls or has grown past its limit, all stages stop, and everything starts again from the last
checkpoint: identity makes what is read twice harmless.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from veille.account import Account, Place, Published, as_published, settle
from veille.checkpoint import Checkpoint, restore
from veille.clock import Clock
from veille.embedded import EmbeddedBroker
from veille.errors import Unavailable
from veille.kafka import read_all
from veille.metrics import StageCounts
from veille.settings import KafkaSettings, Settings
from veille.sinks import archive_path, open_archive
from veille.sinks.sqlite import SqliteState
from veille.stage import EXIT_MISUSED, FINDINGS, SINKS, SOURCES, Order, findings_group, group
from veille.supervisor import STOP_S, Supervisor
from veille.topics import DEAD, EMBEDDED_PARTITIONS, MENTIONS, POSTS, parse_headers

BROKER_LIMIT = 1 << 30
"""Bytes of memory past which the embedded broker is restarted: it never forgets on its own."""

PASSED = ("enrich", "windows", *SINKS)
"""What every record passes: where one of them is not to be started again, nothing comes to its end any more."""

BESIDE = ("notify", "web")
"""They write down what was told and what people did, which must be in the last checkpoint."""

POLL_S = 0.2
LAST_CHECKPOINT_S = 20.0
BROKEN_STOP_S = 1.0
"""How long stages may take to end when there is no broker left that they could finish their work with."""

log = logging.getLogger(__name__)


class EmbeddedRun:
    """Broker, stages and checkpoints of one `veille run`, in a data folder that the caller has claimed."""

    def __init__(self, settings: Settings, supervisor: Supervisor, stages: tuple[str, ...], clock: Clock) -> None:
        """`supervisor` may have prepared some of the stages already."""
        self._settings, self._stages, self._clock = settings, stages, clock
        self._state = SqliteState(archive_path(settings))
        self._broker = EmbeddedBroker(clock, settings.data / "broker.log")
        self._supervisor = supervisor
        self._sources = tuple(name for name in stages if name in SOURCES)
        self._others = tuple(name for name in stages if name not in SOURCES)
        self._books = Books(self._state.cursors())
        self.failed = False

    @property
    def refused(self) -> int:
        """`EXIT_MISUSED` when a stage could not do what was asked of it, else 0."""
        codes = {child.code for child in self._supervisor.children.values()}
        return EXIT_MISUSED if EXIT_MISUSED in codes else 0

    def run(self, stop: threading.Event, *, drain: bool) -> Account | None:
        """Until `stop`; with `drain` until every source has ended, and then the account is returned."""
        address_file(self._settings.data).unlink(missing_ok=True)  # of a run that was killed
        # Groups first: the embedded broker takes a while to let them in, and sources are quick.
        self._start((*self._others, *self._sources))
        try:
            while not stop.wait(POLL_S):
                self._supervisor.poll(self._order)
                self._checkpoint_step()
                if self._supervisor.failed() or self._blocked() or (drain and self._sources_ended()):
                    break
                if not self._broker.alive() or self._broker.memory() > BROKER_LIMIT:
                    self._start_over(stop, count=drain)
            self.failed = self._supervisor.failed() is not None
            self._finish(stop, count=drain)
        finally:
            self._supervisor.stop(*self._stages)
            self._checkpoint.close()
            address_file(self._settings.data).unlink(missing_ok=True)
            self._broker.stop()
        return self._books.close(self._settings, self._state.cursors()) if drain else None

    def _start(self, stages: tuple[str, ...]) -> None:
        for name in stages:
            if name not in self._supervisor.children or not self._supervisor.children[name].running:
                self._supervisor.prepare(name)
        kafka = self._broker.start()
        restore(kafka, self._state)
        address_file(self._settings.data).write_text(kafka.servers[0])
        self._order = Order(self._settings, kafka, embedded=True)
        for name in stages:
            self._supervisor.start(name, self._order)
        sink = next(name for name in self._stages if name in SINKS)
        counted = "windows" in self._stages
        self._checkpoint = Checkpoint(
            kafka,
            self._state,
            self._clock,
            enrich=group(self._order, "enrich"),
            sink=group(self._order, sink),
            windows=group(self._order, "windows") if counted else None,
            findings={topic: findings_group(self._order, sink, topic) for topic in FINDINGS if counted},
        )

    def _checkpoint_step(self) -> None:
        try:
            self._checkpoint.step()
        except Unavailable as error:
            log.warning("no checkpoint: %s", error)

    def _sources_ended(self) -> bool:
        return all(self._supervisor.children[name].code is not None for name in self._sources)

    def _blocked(self) -> bool:
        """Whether a stage that all must pass has ended for good."""
        children = self._supervisor.children
        return any(name in children and children[name].code is not None for name in PASSED)

    def _start_over(self, stop: threading.Event, *, count: bool) -> None:
        log.warning("starting over from the last checkpoint: the embedded broker is gone, or has grown too large")
        # A source that has ended runs again: what it published last may be in no archive yet, and its cursor knows.
        going = tuple(name for name, child in self._supervisor.children.items() if child.code in {None, 0})
        if self._broker.alive():
            self._finish(stop, count=count)
        self._supervisor.stop(*self._stages, patience=STOP_S if self._broker.alive() else BROKEN_STOP_S)
        self._checkpoint.close()
        self._broker.stop()
        self._start(going)

    def _finish(self, stop: threading.Event, *, count: bool) -> None:
        """Stop what is published by itself, let everything pass, save; who asks for an end waits no longer than so."""
        self._supervisor.stop(*self._sources, *BESIDE)
        deadline = self._clock.monotonic() + LAST_CHECKPOINT_S
        wanted = self._checkpoint.rounds + 2  # the round under way began before the sources had stopped
        while self._checkpoint.rounds < wanted and self._broker.alive() and not self._blocked():
            if (stop.is_set() or not count) and self._clock.monotonic() > deadline:
                log.warning("stopped before everything had passed: the next run reads the rest again")
                break
            self._supervisor.poll(self._order)
            self._checkpoint_step()
            self._clock.wait(POLL_S / 4)
        if count and self._broker.alive():
            self._books.read(self._order.kafka)


def address_file(data: Path) -> Path:
    """Where a run under way says at what address its broker listens."""
    return data / "broker.address"


def broker_of(data: Path) -> KafkaSettings:
    """The broker of the run that has claimed this data folder. Raises Unavailable while it starts."""
    address = ""
    with suppress(OSError):
        address = address_file(data).read_text()
    if not address:  # the file is not there, or being written
        raise Unavailable(f"the run in {data} is starting or ending: try again in a moment")
    return KafkaSettings(servers=(address,), partitions=EMBEDDED_PARTITIONS, replication=1)


class Books:
    """What a run must account for, gathered from the topics before the broker forgets them."""

    def __init__(self, cursors: dict[str, str]) -> None:
        self._before = {source: counts_of(cursor) for source, cursor in cursors.items()}
        self._published = Published()
        self._dead: set[Place] = set()
        self._generation = 0

    def read(self, kafka: KafkaSettings) -> None:
        """Take everything that this broker holds into account; offsets of different brokers are kept apart."""
        self._generation += 1
        at = f"{self._generation}:"
        by_version: dict[tuple[str, int], list[Place]] = {}
        for record in read_all(kafka, POSTS.full_name(kafka.prefix)):
            headers = parse_headers(record.headers)
            if record.key is not None and headers is not None:
                place = (at + record.topic, record.partition, record.offset)
                doc_id = record.key.decode("utf-8", "replace")
                self._published.add(doc_id, headers.version, place)
                by_version.setdefault((doc_id, headers.version), []).append(place)
        self._dead.update(self._dead_places(kafka, at, by_version))

    def _dead_places(
        self, kafka: KafkaSettings, at: str, by_version: dict[tuple[str, int], list[Place]]
    ) -> Iterable[Place]:
        refused = set()
        for record in read_all(kafka, DEAD.full_name(kafka.prefix)):
            named = dict(record.headers)
            topic = named.get("topic", b"").decode()
            place = (at + topic, int(named.get("partition", b"-1")), int(named.get("offset", b"-1")))
            if topic == POSTS.full_name(kafka.prefix):
                yield place
            elif topic == MENTIONS.full_name(kafka.prefix):
                refused.add(place)
        if refused:
            for record in read_all(kafka, MENTIONS.full_name(kafka.prefix)):
                headers = parse_headers(record.headers)
                if (at + record.topic, record.partition, record.offset) in refused and record.key and headers:
                    yield from by_version.get((record.key.decode(), as_published(headers.version)), ())

    def close(self, settings: Settings, cursors: dict[str, str]) -> Account:
        """The account, from all brokers of the run and from the archive as it is now."""
        archive = open_archive(settings)
        try:
            archived = {doc_id: version for doc_id, version, _ in archive.versions()}
        finally:
            archive.close()
        sources = {
            source: counts_of(cursor).since(self._before.get(source, StageCounts()))
            for source, cursor in cursors.items()
        }
        return settle(self._published, archived, self._dead, sources)


def counts_of(cursor: str) -> StageCounts:
    """What a source had counted when it wrote this cursor record."""
    import msgspec

    from veille.producers.publish import CursorRecord

    return msgspec.json.decode(cursor.encode(), type=CursorRecord).counts
