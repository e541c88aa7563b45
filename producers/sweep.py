"""The sweep: folds the orders about authors into their states, and brings what the archive holds into line.

    veille.orders.v1 --fold--> veille.authors.v1 (applied to new posts) --> tombstones, then the archive is swept
                                                 |
                     once the sink has passed what was under way at that moment, swept again --> cursor

Besides, tombstones for what is past the time that its source's mentions are kept.
Exactly one runs. Doing an order twice changes nothing, so it begins behind the last order that was swept twice.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol

import msgspec

from veille.author import SECRET_BYTES, SECRET_KEY, AuthorState, Book, Order, fold
from veille.clock import Clock
from veille.errors import Corrupt, Invalid, Unavailable
from veille.followed import TRUSTED_S
from veille.identity import DELETED, version
from veille.kafka import Producer, Progress, Record, Tail, read_all
from veille.mention import as_published
from veille.post import encode
from veille.producers.cursors import CursorRecord
from veille.producers.turn import Turn
from veille.settings import KafkaSettings
from veille.topics import AUTHORS, CURSORS, MENTIONS, ORDERS, POSTS, headers

NAME = "sweep"
LOOK_S = 0.5
SETTLED_S = TRUSTED_S + 2.0
"""From then on every source and sink applies a state, and what was written before can be found."""

log = logging.getLogger(__name__)


class Written(Protocol):
    """What took the place of a mention."""

    @property
    def doc_id(self) -> str:
        """Whose."""

    @property
    def version(self) -> int:
        """Its version; a delete's where the mention is gone."""

    @property
    def value(self) -> bytes | None:
        """The mention's JSON as it is now; None: deleted."""


class Applied(Protocol):
    """What applying a state to an archive does."""

    @property
    def deleted(self) -> Sequence[Written]:
        """Mentions that go."""

    @property
    def changed(self) -> Sequence[Written]:
        """Mentions that become otherwise than before."""

    @property
    def bared(self) -> Sequence[Written]:
        """Of those, the ones that lose a text or a place, which must go from the topics as well."""


Apply = Callable[[str, str, AuthorState, Callable[[Applied], None]], Applied]
"""Brings all that the archive holds of an author (source, id) into a state. Raises Unavailable.

The last argument is told what that does before any of it is done, and may raise Unavailable: then none of it is.
"""


Expired = Callable[[str, datetime, int], list[str]]
"""Doc ids of mentions of a source (a post's `source`) that were published before then, at most so many."""

RETENTION_S = 3600.0
AGAIN_S = 60.0
PAGE = 5_000


class Who(NamedTuple):
    """An author."""

    source: str
    author: str


class Keeper:
    """Keeps the states of authors, and the archive in line with them. Methods raise Unavailable: call them again."""

    def __init__(self, kafka: KafkaSettings, producer: Producer, apply: Apply) -> None:
        self._kafka, self._producer, self._apply = kafka, producer, apply
        self._authors, self._posts = AUTHORS.full_name(kafka.prefix), POSTS.full_name(kafka.prefix)
        self.book = Book()

    def load(self) -> None:
        """Read all states; makes the secret of their keys where there is none. Raises Corrupt for what is no state."""
        self._read()
        if not self.book.secret:
            self._say(SECRET_KEY, secrets.token_hex(SECRET_BYTES).encode())
            self._read()

    def fold(self, orders: Iterable[Order]) -> dict[Who, AuthorState]:
        """Fold orders into states, and publish those: every source and sink applies them within `TRUSTED_S`."""
        states: dict[Who, AuthorState] = {}
        for order in orders:
            who = Who(order.source, order.author)
            before = states.get(who) or self.book.of(*who) or AuthorState()
            try:
                states[who] = fold(before, order)
            except Invalid as error:
                log.warning("an order of %s that cannot be followed is left out: %s", order.source, error.detail)
        for who, state in states.items():
            value = msgspec.json.encode(state)
            self._producer.send(self._authors, key=self.book.key(*who), value=value)
            self.book.take(self.book.key(*who), value)
        self._producer.flush()
        return states

    def sweep(self, who: Who) -> int:
        """Publish what the author's state makes of what the archive holds, then bring that in; how many it concerned.

        In this order it can end at any moment and be done again: what has gone from the archive is found no more.
        """
        state = self.book.of(*who)
        if state is None:
            return 0
        swept = self._apply(*who, state, partial(self._publish, who.source))
        return len(swept.deleted) + len(swept.changed)

    def _publish(self, source: str, wanted: Applied) -> None:
        """Tombstones, and posts anew without what they quoted: enrichment hands them on, compaction drops the old."""
        for gone in wanted.deleted:
            self._post(gone, None, headers(gone.version, "delete", source))
        for left in wanted.bared:
            post = as_published(left.value or b"")
            self._post(left, encode(post), headers(int(post.version), post.op, source))
        self._producer.flush()

    def _post(self, of: Written, value: bytes | None, said: Sequence[tuple[str, bytes]]) -> None:
        self._producer.send(self._posts, key=of.doc_id.encode(), value=value, headers=said)

    def _read(self) -> None:
        """Where two made a secret at once the first counts, and is made the last, which is what compaction keeps."""
        first = last = b""
        for record in read_all(self._kafka, self._authors):
            if record.key == SECRET_KEY:
                first, last = first or record.value or b"", record.value or b""
                if not last:
                    first = b""  # taken away: all states with it
            else:
                self.book.take(record.key, record.value)
        self.book.take(SECRET_KEY, first)
        if last != first:
            self._say(SECRET_KEY, first)

    def _say(self, key: bytes, value: bytes) -> None:
        self._producer.send(self._authors, key=key, value=value)
        self._producer.flush()


class InFlight:
    """Whether a sink has passed all that was on its way when every source and sink had come to know something."""

    def __init__(self, progress: Progress, kafka: KafkaSettings, group: str, clock: Clock) -> None:
        self._progress, self._group, self._clock = progress, group, clock
        self._mentions = MENTIONS.full_name(kafka.prefix)
        self._from = clock.monotonic() + SETTLED_S
        self._ends: dict[int, int] | None = None

    def passed(self) -> bool:
        """Ask again until it says so. Raises Unavailable."""
        if self._clock.monotonic() < self._from:
            return False
        if self._ends is None:
            self._ends = self._progress.ends(self._mentions)
        return self._progress.passed(self._group, self._mentions, self._ends)


class Retention:
    """Publishes tombstones for what is past its time: a page an hour, and a page a minute while there is more."""

    def __init__(
        self, kafka: KafkaSettings, producer: Producer, expired: Expired, days: Mapping[str, int], clock: Clock
    ) -> None:
        """`days`: by a post's `source`."""
        self._producer, self._expired, self._days, self._clock = producer, expired, days, clock
        self._posts = POSTS.full_name(kafka.prefix)
        self._due = clock.monotonic()

    def step(self) -> int:
        """Look if it is time; returns how many tombstones were published. Raises Unavailable."""
        if not self._days or self._clock.monotonic() < self._due:
            return 0
        self._due = self._clock.monotonic() + AGAIN_S  # where it cannot be looked up, too
        counts = [self._end(source, days) for source, days in self._days.items()]
        if max(counts) < PAGE:
            self._due = self._clock.monotonic() + RETENTION_S
        return sum(counts)

    def _end(self, source: str, days: int) -> int:
        """A delete of now, which is newer than any edit so far."""
        now = self._clock.now()
        doc_ids = self._expired(source, now - timedelta(days=days), PAGE)
        said = headers(version(None, now, DELETED), "delete", source)
        for doc_id in doc_ids:
            self._producer.send(self._posts, key=doc_id.encode(), value=None, headers=said)
        self._producer.flush()
        return len(doc_ids)


class Round(NamedTuple):
    """Orders that were swept once; `position` is the offset behind the last of them."""

    authors: frozenset[Who]
    position: int
    in_flight: InFlight


class Sweep:
    """The stage. `group` is the sink's, `keeps_place`: whether the broker's offsets outlive the run."""

    def __init__(
        self,
        kafka: KafkaSettings,
        producer: Producer,
        apply: Apply,
        *,
        retention: Retention,
        group: str,
        clock: Clock,
        keeps_place: bool,
    ) -> None:
        self._retention = retention
        self._kafka, self._producer, self._clock, self._group = kafka, producer, clock, group
        self._keeps_place = keeps_place
        self._cursors = CURSORS.full_name(kafka.prefix)
        self._keeper = Keeper(kafka, producer, apply)
        self._turn = Turn(kafka, producer, clock)
        self._unfolded: list[Record] = []
        self._rounds: list[Round] = []
        self._unswept: dict[Who, None] = {}
        self._position = 0

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Raises Corrupt for an order that cannot be read."""
        self._keeper.load()
        done = self._place()
        tail = Tail(self._kafka, [ORDERS.full_name(self._kafka.prefix)])
        progress = Progress(self._kafka)
        try:
            while True:
                try:
                    if self._keeps_place:
                        self._turn.step()  # before all that waits for the archive
                    self._step([record for record in tail.read() if record.offset >= done], progress)
                    self._retention.step()
                except Unavailable as error:
                    log.warning("the sweep waits: %s", error)
                if stop.wait(LOOK_S):
                    return
        finally:
            progress.close()
            tail.close()

    def _step(self, records: list[Record], progress: Progress) -> None:
        self._unfolded += records
        if self._unfolded:
            self._unswept |= dict.fromkeys(self._keeper.fold(map(decoded, self._unfolded)))
            self._position = self._unfolded[-1].offset + 1
            self._unfolded.clear()
        if self._unswept:
            for who in list(self._unswept):
                self._keeper.sweep(who)
            in_flight = InFlight(progress, self._kafka, self._group, self._clock)
            self._rounds.append(Round(frozenset(self._unswept), self._position, in_flight))
            self._unswept.clear()
        while self._rounds and self._rounds[0].in_flight.passed():
            for who in self._rounds[0].authors:
                self._keeper.sweep(who)
            self._note(self._rounds.pop(0).position)

    def _place(self) -> int:
        """The offset of the first order that was not swept twice."""
        place = 0
        for record in read_all(self._kafka, self._cursors):
            if record.key == NAME.encode() and record.value is not None and self._keeps_place:
                place = int(msgspec.json.decode(record.value, type=CursorRecord).cursor or 0)
        return place

    def _note(self, position: int) -> None:
        if self._keeps_place:
            record = CursorRecord(source=NAME, cursor=str(position), at=self._clock.now())
            self._producer.send(self._cursors, key=NAME.encode(), value=msgspec.json.encode(record))
            self._producer.flush()


def decoded(record: Record) -> Order:
    """The order of a record. Raises Corrupt: only we write them."""
    try:
        return msgspec.json.decode(record.value or b"", type=Order)
    except msgspec.DecodeError as error:
        raise Corrupt(f"an order cannot be read ({record.topic}, offset {record.offset}): {error}") from error
