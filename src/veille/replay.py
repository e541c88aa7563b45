"""Brings dead letters back after a fix: read again by today's code, and published where they belong.

    of a source    bytes --> its line reader --> Publisher --> posts
    of a stage     record --> checked --> the topic it came from          (on a Kafka of your own)
                                      `-> posts, once more through all    (embedded: its broker has forgotten)

What still cannot be read stays dead. Doing it twice is harmless: identity and version settle it.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from msgspec import Struct

from veille import mention, post
from veille.author_book import FollowedBook
from veille.claim import claim
from veille.clock import Clock
from veille.embedded_run import EmbeddedRun
from veille.errors import Misused
from veille.kafka import open_producer, read_all
from veille.letters import Letter, letter, save
from veille.producers.publish import Publisher
from veille.producers.replay import ReplaySource, events_of
from veille.producers.source import Broken
from veille.settings import KafkaSettings, ReplaySettings, Settings
from veille.sinks import archive_path, open_archive
from veille.sinks.sqlite import SqliteState
from veille.supervisor import Supervisor
from veille.topics import DEAD, MENTIONS, POSTS, headers

PAGE = 1000


class Kept(Struct, frozen=True):
    """A letter that stays dead, and why today."""

    id: str
    reason: str
    detail: str = ""


class ReplayReport(Struct, frozen=True):
    """How many letters were brought back, and which were not."""

    replayed: int
    kept: list[Kept]


# --- reading them ---------------------------------------------------------------------------------------------------


def letters(settings: Settings) -> Iterator[Letter]:
    """All dead letters, oldest first. Raises Unavailable when Kafka does not answer."""
    if settings.kafka is None:
        yield from _embedded_letters(settings)
    else:
        for record in read_all(settings.kafka, DEAD.full_name(settings.kafka.prefix)):
            name = f"{record.partition}:{record.offset}"
            yield letter(name, record.key, record.value or b"", record.headers)


def _embedded_letters(settings: Settings) -> Iterator[Letter]:
    if not archive_path(settings).exists():
        return
    state, after = SqliteState(archive_path(settings)), 0
    try:
        while page := state.dead(PAGE, after):
            yield from (letter(str(each.id), each.key, each.value, each.headers) for each in page)
            after = page[-1].id
    finally:
        state.close()


def chosen(settings: Settings, ids: Sequence[str] | None) -> list[Letter]:
    """The letters of these ids, None: all. Raises Misused for an id that there is not."""
    found = [each for each in letters(settings) if ids is None or each.id in ids]
    if missing := sorted(set(ids or ()) - {each.id for each in found}):
        raise Misused(f"there is no dead letter {', '.join(missing)}: `veille dead list` shows those that there are")
    return found


# --- bringing them back ---------------------------------------------------------------------------------------------


def replay(settings: Settings, ids: Sequence[str] | None, clock: Clock) -> ReplayReport:
    """Bring these letters back (None: all). Raises Misused for an unknown id, Unavailable when a service is away."""
    found = chosen(settings, ids)
    faults = {each.id: fault for each in found if (fault := _fault(each, clock)) is not None}
    usable = [each for each in found if each.id not in faults]
    if usable and settings.kafka is None:
        _through_embedded_run(settings, usable, clock)
    elif usable and settings.kafka is not None:
        _to_kafka(settings, settings.kafka, usable, clock)
    return ReplayReport(len(usable), list(faults.values()))


def _fault(found: Letter, clock: Clock) -> Kept | None:
    """Why a letter is of no use today either. What findings and notifications said is on the page, or told anew."""
    if found.topic and found.topic.partition(".")[2] not in {POSTS.name, MENTIONS.name}:
        return Kept(found.id, found.reason, f"records of {found.topic} are not brought back")
    if not found.whole:
        return Kept(found.id, "too_large", f"only {len(found.value):,} of {found.size:,} bytes were kept")
    broken = next((event for event in events_of(found, clock) if isinstance(event, Broken)), None)
    return None if broken is None else Kept(found.id, broken.reason, broken.detail)


def _through_embedded_run(settings: Settings, usable: Sequence[Letter], clock: Clock) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters"
        save(usable, path)
        with_letters = replace(settings, replay=ReplaySettings(path))
        with claim(settings.data):
            run = EmbeddedRun(with_letters, Supervisor(clock), ("replay", "enrich", "windows", "sqlite"), clock)
            run.run(threading.Event(), drain=True)
    if not run.failed:
        state = SqliteState(archive_path(settings))
        try:
            state.remove_dead(int(each.id) for each in usable)
        finally:
            state.close()


def _to_kafka(settings: Settings, kafka: KafkaSettings, usable: Sequence[Letter], clock: Clock) -> None:
    _republish(kafka, [each for each in usable if each.topic])
    unread = [each for each in usable if not each.topic]
    if unread:
        archive = open_archive(settings)
        try:
            Publisher(
                ReplaySource(unread, clock),
                kafka,
                watches=settings.watches,
                clock=clock,
                known=archive.holds,
                known_authors=archive.holds_authors,
                book=FollowedBook(kafka, clock),
            ).run(threading.Event())
        finally:
            archive.close()


def _republish(kafka: KafkaSettings, usable: Sequence[Letter]) -> None:
    """Onto the topic and partition that each came from, under its own key and version."""
    decoders = {POSTS.full_name(kafka.prefix): post.decode, MENTIONS.full_name(kafka.prefix): mention.decode}
    producer = open_producer(kafka)
    try:
        for each in usable:
            record = decoders[each.topic](each.value)
            producer.send(
                each.topic,
                key=each.key or record.doc_id.encode(),
                value=each.value,
                headers=headers(int(record.version), record.op, record.source),
                partition=each.partition,
            )
        producer.flush()
    finally:
        producer.close()
