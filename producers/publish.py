"""The loop of every source: read, keep what a watch matches, publish, wait for the acknowledgement, move the cursor.

    reader thread: Source.read(cursor) --> Buffer --> match, encode --> Kafka --acknowledged--> cursor and counts
                                                          |-> veille.posts.v1    posts and tombstones, by doc id
                                                          |-> veille.dead.v1     what cannot be used
                                                          |-> veille.gaps.v1     when posts may have been missed
                                                          `-> veille.orders.v1   what happened to whole accounts

At least once: after a crash the source resumes from its last cursor, and what was published past it is published
again, the same records. Counts close at every cursor: read = out + dropped + dead.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

import msgspec

from veille.author_book import FollowedBook
from veille.clock import Clock
from veille.errors import Misused, Unavailable
from veille.mention import Mention
from veille.producers.authors import Known
from veille.producers.buffer import Buffer
from veille.producers.cursors import CursorRecord, Ownership
from veille.producers.judge import Judge
from veille.producers.outlet import Outlet, Row
from veille.producers.reader import Reader
from veille.producers.reposts import RepostsOf, Stored, none, nothing
from veille.producers.source import Asking, Source
from veille.reading import HEARTBEAT_S
from veille.settings import KafkaSettings, Watch
from veille.settings_followed import FollowedSettings

__all__ = ["CursorRecord", "Publisher"]

BATCH = 1_000
"""Events at most before the brokers are waited for."""

WAKE_S = 0.1
CURSOR_S = 1.0
"""How often the cursor moves on, at most: what a crash may repeat."""

LAST_WORDS_S = 1.5
"""How long what is in the queue may still be published after `stop`."""

log = logging.getLogger(__name__)


class Publisher:
    """Publishes one source; `run` once. See `cursors.py` for what two instances of a source do to each other."""

    def __init__(
        self,
        source: Source,
        kafka: KafkaSettings,
        *,
        watches: tuple[Watch, ...],
        clock: Clock,
        known: Callable[[Iterable[str]], set[str]],
        known_authors: Known,
        book: FollowedBook,
        recent: Callable[[], Iterable[Mention]] = tuple,
        stored: Stored = nothing,
        reposts_of: RepostsOf = none,
        idempotent: bool = True,
        followed: FollowedSettings | None = None,
    ) -> None:
        """`known` says which doc ids the archive holds, `known_authors` of which authors (`source:id`) it does.

        Of the archive `recent` gives the latest mentions, whose replies are followed, `stored` one by its doc id, and
        `reposts_of` the doc ids of a post's reposts. `book` is started and closed with the run. Without watches every
        post matches, as watch `all`. `followed` says which watches there are by now.
        """
        self._source, self._kafka, self._clock = source, kafka, clock
        self._watches, self._known, self._idempotent = watches, known, idempotent
        self._known_authors, self._book, self._recent = known_authors, book, recent
        self._stored, self._reposts_of, self._followed = stored, reposts_of, followed
        self._buffer = Buffer(can_wait=source.can_wait, clock=clock)
        self._written = b""
        self._written_at = self._told_at = clock.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Until the source has ended or `stop` is set; the cursor stands behind all that was published then.

        Raises Corrupt when another instance has moved the cursor, Misused when the source needs a person's help or
        yields nothing but broken records, Unavailable when Kafka is away at the start.
        """
        self._owner = Ownership(self._source.name, self._kafka, self._clock)
        self._outlet = Outlet(self._kafka, idempotent=self._idempotent)
        try:
            self._book.start()
            self._run(self._owner.start(), stop)
        except Unavailable as error:
            if not stop.is_set():
                raise
            log.warning("%s: stopped before everything was acknowledged: %s", self._source.name, error)
        finally:
            self._book.close()
            self._owner.close()
            self._outlet.close()

    def _run(self, latest: CursorRecord, stop: threading.Event) -> None:
        self._judge = Judge(
            latest,
            self._kafka,
            self._watches,
            self._clock,
            self._known,
            in_order=self._source.in_order,
            recent=self._recent,
            states=self._book.of,
            known_authors=self._known_authors,
            stored=self._stored,
            reposts_of=self._reposts_of,
        )
        self._write_cursor(stop)
        reader = Reader(self._source, self._buffer, self._judge.cursor, self._clock)
        reader.start()
        try:
            while not stop.is_set() and not self._buffer.drained:
                self._step(stop)
        finally:
            reader.stop()
        self._finish(stop)
        reader.raise_fault()

    def _step(self, stop: threading.Event) -> None:
        """Publish what there is; then the cursor, when it is time."""
        self._follow()
        events = self._buffer.take(BATCH, WAKE_S)
        self._book.await_trust(stop)
        self._outlet.publish(self._judge.rows(events), stop)
        if self._judge.exhausted:
            self._finish(stop)
            raise Misused(self._judge.exhausted)
        if self._clock.monotonic() - self._written_at >= CURSOR_S and self._owner.may_write():
            self._write_cursor(stop)

    def _follow(self) -> None:
        """Take up other watches, between two events: each is matched under the old or under the new ones."""
        if self._followed is None or (settings := self._followed.look()) is None:
            return
        try:
            if isinstance(self._source, Asking):
                self._source.watch(settings.watches)
            self._judge.watch(settings.watches)
        except Misused as error:
            log.error("%s: the watches of before stay: %s", self._source.name, error)

    def _finish(self, stop: threading.Event) -> None:
        """What is left in the queue, as far as time allows, and the last cursor."""
        deadline = self._clock.monotonic() + LAST_WORDS_S
        while not self._judge.exhausted and self._clock.monotonic() < deadline:
            if not (events := self._buffer.take(BATCH, 0)):
                break
            self._book.await_trust(stop)
            self._outlet.publish(self._judge.rows(events), stop)
        self._owner.look()
        self._owner.may_write()
        self._write_cursor(stop)
        log.info("%s: %s", self._source.name, self._judge.told())

    def _write_cursor(self, stop: threading.Event) -> None:
        """Everything that the judge has seen is acknowledged: say so, if there is anything new, or it is time."""
        self._written_at = self._clock.monotonic()
        record = self._judge.record(self._owner.instance)
        value, told_s = msgspec.json.encode(record), self._written_at - self._told_at
        if value == self._written and told_s < HEARTBEAT_S:
            return
        stamped = msgspec.json.encode(msgspec.structs.replace(record, at=self._clock.now()))
        timestamp = int(self._clock.now().timestamp() * 1000)
        self._outlet.publish([Row(self._owner.topic, record.source.encode(), stamped, [], timestamp)], stop)
        self._written, self._told_at = value, self._written_at
