"""The loop around every source, with a script for a source, and what it has put on the topics."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from veille.author_book import FollowedBook
from veille.clock import SystemClock
from veille.gap import Gap
from veille.identity import DELETED, at_revision
from veille.kafka import Record, read_all
from veille.post import Post, Tombstone
from veille.producers.cursors import CursorRecord
from veille.producers.publish import Publisher
from veille.producers.source import (
    Deleted,
    Event,
    GapClosed,
    GapOpened,
    Received,
    Source,
    Told,
)
from veille.settings import KafkaSettings, Watch
from veille.settings_followed import FollowedSettings
from veille.topics import CURSORS, GAPS, POSTS, Topic

RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)
ACME = (Watch("acme", "brand", "acme"),)
DEADLINE_S = 60.0


class Script:
    """A source that yields what it was given; what `cursor` names is where it goes on."""

    def __init__(
        self, *events: Event | Callable[[], None], name: str = "files", can_wait: bool = True, in_order: bool = True
    ) -> None:
        self.name, self.can_wait, self.in_order = name, can_wait, in_order
        self._events = events
        self.closed = threading.Event()
        self.resumed_from: str | None = None

    def read(self, cursor: str | None) -> Iterator[Event]:
        self.resumed_from = cursor
        for number, event in enumerate(self._events, 1):
            if cursor is not None and number <= int(cursor):
                continue
            if self.closed.is_set():
                return
            if isinstance(event, Event):
                yield event if isinstance(event, GapOpened | GapClosed) else placed(event, str(number))
            else:
                event()

    def close(self) -> None:
        self.closed.set()


def placed(event: Told, cursor: str) -> Event:
    return msgspec.structs.replace(event, cursor=cursor)


def post(number: int, text: str = "acme", *, version: int = 1, op: str = "create") -> Post:
    return msgspec.convert(
        {
            "doc_id": f"x:{number}", "version": str(version << 10), "source": "x", "native_id": str(number),
            "created_at": RECEIVED, "received_at": RECEIVED, "text": text, "op": op,
        },
        Post,
    )  # fmt: skip


def received(number: int, text: str = "acme", *, version: int = 1, op: str = "create") -> Received:
    return Received(post(number, text, version=version, op=op))


def deleted(number: int, version: int = 9) -> Deleted:
    return Deleted(Tombstone(f"x:{number}", at_revision(version << 10, DELETED), "x"))


def nothing_held(_doc_ids: Iterable[str]) -> set[str]:
    return set()


def publisher(
    source: Source,
    settings: KafkaSettings,
    *,
    watches: tuple[Watch, ...] = ACME,
    known: Callable[[Iterable[str]], set[str]] = nothing_held,
    known_authors: frozenset[str] = frozenset(),
    followed: FollowedSettings | None = None,
) -> Publisher:
    clock = SystemClock()
    return Publisher(
        source,
        settings,
        watches=watches,
        clock=clock,
        known=known,
        known_authors=lambda authors: set(authors) & known_authors,
        book=FollowedBook(settings, clock),
        followed=followed,
    )


def publish(
    settings: KafkaSettings,
    *events: Event,
    watches: tuple[Watch, ...] = ACME,
    known: Callable[[Iterable[str]], set[str]] = nothing_held,
    known_authors: frozenset[str] = frozenset(),
    in_order: bool = True,
) -> CursorRecord:
    source = Script(*events, in_order=in_order)
    publisher(source, settings, watches=watches, known=known, known_authors=known_authors).run(threading.Event())
    return cursors(settings)[-1]


def on(settings: KafkaSettings, topic: Topic) -> list[Record]:
    return list(read_all(settings, topic.full_name(settings.prefix)))


def posts(settings: KafkaSettings) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in on(settings, POSTS):
        found.setdefault((record.key or b"").decode(), []).append(record)
    return found


def cursors(settings: KafkaSettings) -> list[CursorRecord]:
    return [msgspec.json.decode(record.value or b"", type=CursorRecord) for record in on(settings, CURSORS)]


def gaps(settings: KafkaSettings) -> list[Gap]:
    return [msgspec.json.decode(record.value or b"", type=Gap) for record in on(settings, GAPS)]
