"""The loop of every source against the real broker: only the network is a script here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from services.kafka import KafkaService
from veille import kafka
from veille.clock import SystemClock
from veille.errors import Corrupt, Misused, Unavailable
from veille.identity import DELETED, at_revision
from veille.kafka import Record, read_all
from veille.post import Post, Tombstone, WatchMatch, decode
from veille.producers.cursors import CursorRecord
from veille.producers.gaps import Gap, decode_gap
from veille.producers.publish import Publisher
from veille.producers.source import (
    Broken,
    Deleted,
    Event,
    GapClosed,
    GapOpened,
    Received,
    Skipped,
)
from veille.settings import KafkaSettings, Watch, watches_hash
from veille.topics import CURSORS, DEAD, GAPS, POSTS, Topic, parse_headers

RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)
ACME = (Watch("acme", "brand", "acme"),)
DEADLINE_S = 60.0


class Script:
    """A source that yields what it was given; what `cursor` names is where it goes on."""

    def __init__(self, *events: Event | Callable[[], None], name: str = "files", can_wait: bool = True) -> None:
        self.name, self.can_wait = name, can_wait
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


def placed(event: Received | Deleted | Broken | Skipped, cursor: str) -> Event:
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


@pytest.fixture
def settings(kafka_servers: list[str], prefix: str) -> KafkaSettings:
    settings = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=3, replication=1)
    kafka.create_topics(settings)
    return settings


def publisher(
    source: Script,
    settings: KafkaSettings,
    *,
    watches: tuple[Watch, ...] = ACME,
    known: Callable[[Iterable[str]], set[str]] = nothing_held,
) -> Publisher:
    return Publisher(source, settings, watches=watches, clock=SystemClock(), known=known)


def publish(
    settings: KafkaSettings,
    *events: Event,
    watches: tuple[Watch, ...] = ACME,
    known: Callable[[Iterable[str]], set[str]] = nothing_held,
) -> CursorRecord:
    publisher(Script(*events), settings, watches=watches, known=known).run(threading.Event())
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
    return [decode_gap(record.value or b"") for record in on(settings, GAPS)]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        threading.Event().wait(0.05)


# --- posts ----------------------------------------------------------------------------------------------------------


def test_what_a_watch_matches_is_published_and_the_rest_is_not(settings: KafkaSettings) -> None:
    record = publish(settings, received(1, "I like Acme"), received(2, "nothing to see"))
    (only,) = posts(settings).values()
    found = decode(only[0].value or b"")
    assert (found.doc_id, found.matched) == ("x:1", [WatchMatch("acme", ["acme"], [(7, 11)])])
    assert found.watches_hash == watches_hash(ACME)
    said = parse_headers(only[0].headers)
    assert said is not None
    assert (said.version, said.op, said.source) == (1024, "create", "x")
    assert (record.cursor, record.counts.read, record.counts.out) == ("2", 2, 1)
    assert record.counts.dropped == {"unmatched": 1}
    assert record.counts.closes()


def test_without_a_watch_everything_matches(settings: KafkaSettings) -> None:
    publish(settings, received(1, "whatever"), watches=())
    ((record,),) = posts(settings).values()
    assert decode(record.value or b"").matched == [WatchMatch("all")]
