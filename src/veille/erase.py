"""Removes an author: out of the archive, out of the topics, and kept out of everything that is read from then on.

    a Kafka, or a run under way    order --> its topic --> state --> tombstones, archive swept, and both again
    a data folder                  order and state into the archive's file; one at rest is swept there

What one command cannot reach has a bound, in which it is gone by itself; the receipt names each.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec
from msgspec import Struct

from veille.archive import Archive
from veille.author import SECRET_BYTES, SECRET_KEY, AuthorState, Book, Order, fold
from veille.claim import claim
from veille.clock import Clock
from veille.embedded_run import broker_of
from veille.errors import Misused
from veille.kafka import Progress, open_producer
from veille.producers.sweep import InFlight, Keeper, Who
from veille.query import Use, parse
from veille.settings import KafkaSettings, Settings
from veille.sinks import archive_path, archive_sink, open_archive, open_sink
from veille.sinks.authors import Swept, sweep, wanted
from veille.sinks.sink import Sink
from veille.sinks.sqlite import SqliteState
from veille.topics import ORDERS

SOURCES = ("x", "bluesky", "mastodon", "feed", "file")
"""What a post's `source` may be."""

IN_FLIGHT_S = 30.0
"""How long what was under way is waited for; the sweep sees to it afterwards."""

POLL_S = 0.2

BOUNDS = {
    "archive": "now: found by no search",
    "archive_files": "15 minutes in the SQLite file and its log; in Elasticsearch when it merges its segments",
    "topics": "24 hours: posts and mentions are compacted under the tombstones; embedded: when the run ends",
    "dead_letters": "8 days: 7, and the day for which a segment is written to",
    "orders": "31 days: the order itself names the author",
    "exports": "yours to delete: veille does not know where exports, snapshots and backups are",
}
"""By copy, when nothing of the author is left in it."""


class Receipt(Struct, frozen=True):
    """What was done, without the author's name."""

    source: str
    ordered_at: datetime
    mentions: int
    """Removed from the archive: all that was there when it was ordered, and what came later as far as it was met."""
    seconds: float
    """From the order to its end."""
    in_flight: bool
    """Whether something may have been on its way that the running sweep has yet to see to."""
    bounds: dict[str, str] = msgspec.field(default_factory=BOUNDS.copy)
    """By copy, when nothing of the author is left in it."""


def find(settings: Settings, source: str, author: str) -> str:
    """The network's own id of an author by id or handle. Raises Misused where it is neither known nor an id."""
    if source not in SOURCES:
        raise Misused(f"no source {source!r}: expected one of {', '.join(SOURCES)}")
    handle = author.removeprefix("@")
    with _reading(settings) as archive:
        if archive is not None:
            if archive.holds_authors([f"{source}:{author}"]):
                return author
            found = _by_handle(archive, source, handle)
            if len(found) > 1:
                raise Misused(f"{len(found)} accounts of {source} had the handle {handle}: name one by its id")
            if found:
                return found.pop()
    if not _is_id(source, author):
        raise Misused(f"nothing by {handle} of {source} is in the archive: name the account by its id to keep it out")
    return author


def erase(settings: Settings, source: str, author: str, clock: Clock) -> Receipt:
    """Erase an author by the network's own id. Raises Unavailable, Misused; doing it again is harmless."""
    order = Order(source=source, author=author, kind="erase", at=clock.now())
    began = clock.monotonic()
    if settings.kafka is not None:
        mentions, settled = _through(settings, settings.kafka, order, clock, idempotent=True)
        return Receipt(source, order.at, mentions, round(clock.monotonic() - began, 3), not settled)
    try:
        at_rest = claim(settings.data)
    except Misused:
        kafka = broker_of(settings.data)
        _keep(settings, order)  # first: this broker forgets, and may be gone before the next checkpoint
        mentions, settled = _through(settings, kafka, order, clock, idempotent=False)
    else:
        with at_rest:
            mentions, settled = _in_file(settings, order), True
    return Receipt(source, order.at, mentions, round(clock.monotonic() - began, 3), not settled)


def _through(
    settings: Settings, kafka: KafkaSettings, order: Order, clock: Clock, *, idempotent: bool
) -> tuple[int, bool]:
    """By the topics; returns how many mentions went, and whether what was under way has passed."""
    who = Who(order.source, order.author)
    with _writing(archive_sink(settings)) as sink:
        producer = open_producer(kafka, idempotent=idempotent)
        progress = Progress(kafka)
        try:
            removed = Removed(sink, order)
            producer.send(ORDERS.full_name(kafka.prefix), key=order.key, value=msgspec.json.encode(order))
            producer.flush()
            keeper = Keeper(kafka, producer, removed.apply)
            keeper.load()
            keeper.fold([order])
            keeper.sweep(who)
            in_flight = InFlight(progress, kafka, f"{kafka.prefix}.{sink.name}", clock)
            settled = _await(in_flight, clock)
            keeper.sweep(who)
        finally:
            progress.close()
            producer.close()
        return len(removed.doc_ids), settled


def _await(in_flight: InFlight, clock: Clock) -> bool:
    deadline = clock.monotonic() + IN_FLIGHT_S
    while clock.monotonic() < deadline:
        if in_flight.passed():
            return True
        clock.wait(POLL_S)
    return False


class Removed:
    """Applies states to a sink, and notes what an order takes out of it.

    Made before the order is given: then a stage that hears it may be the first to take something out.
    """

    def __init__(self, sink: Sink, order: Order) -> None:
        """Raises Unavailable."""
        self._sink = sink
        found = wanted(sink, order.source, order.author, fold(AuthorState(), order))
        self.doc_ids = {record.doc_id for _, record in found if record.value is None}

    def apply(
        self, source: str, author: str, state: AuthorState, first: Callable[[Swept], object] | None = None
    ) -> Swept:
        """See `sweep`."""
        swept = sweep(self._sink, source, author, state, first)
        self.doc_ids |= {record.doc_id for record in swept.deleted}
        return swept


def _in_file(settings: Settings, order: Order) -> int:
    """In a data folder that is ours for now. How many mentions went."""
    now = _keep(settings, order)
    with _writing(open_sink("sqlite", settings) if settings.elasticsearch is None else archive_sink(settings)) as sink:
        return len(sweep(sink, order.source, order.author, now).deleted)


def _keep(settings: Settings, order: Order) -> AuthorState:
    """Order and state into the archive's file, from where each embedded broker that begins has them; the state."""
    state = SqliteState(archive_path(settings))
    try:
        book = Book()
        for key, value in state.authors().items():
            book.take(key, value)
        if not book.secret:
            book.take(SECRET_KEY, secrets.token_hex(SECRET_BYTES).encode())
            state.save_author(SECRET_KEY, book.secret)
        now = fold(book.of(order.source, order.author) or AuthorState(), order)
        state.save_order(order.key, msgspec.json.encode(order), order.at)  # first: from it the next run does the rest
        state.save_author(book.key(order.source, order.author), msgspec.json.encode(now))
    finally:
        state.close()
    return now


@contextmanager
def _writing(sink: Sink) -> Iterator[Sink]:
    sink.open()
    try:
        yield sink
    finally:
        sink.close()


@contextmanager
def _reading(settings: Settings) -> Iterator[Archive | None]:
    """The archive; None where there is none yet."""
    if settings.elasticsearch is None and not archive_path(settings).exists():
        yield None
        return
    archive = open_archive(settings)
    try:
        yield archive
    finally:
        archive.close()


def _by_handle(archive: Archive, source: str, handle: str) -> set[str]:
    if not re.fullmatch(r"[\w.@-]{1,200}", handle):
        return set()
    hits = archive.search(parse(f"from:{handle} source:{source}", Use.SEARCH).tree, limit=500).hits
    return {hit.author.id for hit in hits if (hit.author.handle or "").lower() == handle.lower()}


def _is_id(source: str, author: str) -> bool:
    """Whether it has the form of the network's own ids."""
    forms = {"x": r"[0-9]{1,19}", "bluesky": r"did:[a-z]+:\S+", "mastodon": r"https?://\S+"}
    return re.fullmatch(forms.get(source, r"\S+"), author) is not None
