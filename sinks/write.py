"""The loop of every sink: read mentions, write them, bury what is refused, commit.

    veille.mentions.v1 --> records --> Sink.write --> verdicts --> dead letters, tombstones again --> commit
                              ^-- what is known of authors, what people did (authors.py, people.py)

A system that is away or full is waited for, with backoff and without losing its place in the group.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from veille.action_book import FollowedActions
from veille.author_book import FollowedBook
from veille.batches import CLUSTER, Batch, Incoming, Pace, Row
from veille.batches.reading import BatchReader
from veille.clock import Clock
from veille.dead import dead_row
from veille.errors import Invalid, Unavailable
from veille.identity import DELETED, at_revision, public_id
from veille.mention import as_published
from veille.metrics import StageCounts
from veille.post import encode
from veille.sinks.authors import applied, bared
from veille.sinks.loop import Loop
from veille.sinks.people import Bringing, nulls, under_actions
from veille.sinks.sink import Outcome, Record, Sink, Verdict
from veille.topics import ACTIONS, DEAD, MENTIONS, POSTS, parse_headers
from veille.topics import headers as record_headers

TEND_EVERY_S = 60.0
TICK_S = 1.0

log = logging.getLogger(__name__)


class SinkLoop(Loop[Sink]):
    """Brings `veille.mentions.v1` into one sink, as a member of the group named after it."""

    def __init__(
        self,
        sink: Sink,
        options: Mapping[str, Any],
        *,
        prefix: str,
        clock: Clock,
        pace: Pace = CLUSTER,
        book: FollowedBook | None = None,
        actions: FollowedActions | None = None,
    ) -> None:
        """`book` says what is known of authors, `actions` what people did: applied to each record; None: nothing is."""
        group = f"{prefix}.{sink.name}"
        super().__init__(sink, options, topic=MENTIONS, group=group, prefix=prefix, clock=clock, pace=pace)
        self._book, self._actions = book, actions
        self._bringing = Bringing(sink, actions, clock) if actions is not None else None
        self._said_late = False

    async def _opened(self) -> None:
        for followed in (self._book, self._actions):
            if followed is not None:
                await self._patient.patiently(followed.start)

    async def _closed(self) -> None:
        for followed in (self._book, self._actions):
            if followed is not None:
                await asyncio.to_thread(followed.close)

    async def _read(self, reader: BatchReader) -> None:
        tending = asyncio.create_task(self._tend())
        try:
            await super()._read(reader)
        finally:
            tending.cancel()
            (failure,) = await asyncio.gather(tending, return_exceptions=True)
            if isinstance(failure, Exception):
                raise failure

    async def work(self, batch: Batch) -> dict[int, StageCounts]:
        """Write a batch, bury what is refused, publish tombstones again."""
        counts = {partition: StageCounts(read=len(some)) for partition, some in batch.items()}
        aside = Aside(self._sink.name, self._prefix, self._clock)
        readable: list[tuple[Incoming, Record]] = []
        for incoming in (incoming for some in batch.values() for incoming in some):
            try:
                readable.append((incoming, as_record(incoming)))
            except Invalid as error:
                aside.bury(incoming, error, counts[incoming.partition])
        wanted, verdicts = await self._patient.patiently(lambda: self._write([record for _, record in readable]))
        for (incoming, record), written, verdict in zip(readable, wanted, verdicts, strict=True):
            aside.settle(incoming, record, gone(record, written, verdict), counts[incoming.partition])
            if verdict.outcome in {Outcome.APPLIED, Outcome.REPEATED} and bared(record, written):
                aside.publish_bared(incoming, written)
        await self._producer.write(aside.rows())
        await self._forget(
            record.doc_id
            for record, verdict in zip(wanted, verdicts, strict=True)
            if record.value is None and verdict.outcome is not Outcome.STALE
        )
        return counts

    def _write(self, records: list[Record]) -> tuple[list[Record], list[Verdict]]:
        """Write the records as what is known of their authors, and what people did, wants them by then; both."""
        if self._book is not None:
            self._book.trust()
            states = self._book.of
            records = [applied(record, states) for record in records]
        if self._actions is not None:
            self._actions.trust()
            book = self._actions.book
            records = [under_actions(record, book) for record in records] if book else records
        return records, self._sink.write(records)

    async def _forget(self, deleted: Iterable[str]) -> None:
        """Of mentions that are gone nothing is kept that people did about them."""
        if self._actions is not None and self._actions.book:
            book = self._actions.book
            await self._let_go([key for doc_id in deleted for key in book.keys(public_id(doc_id))])

    async def _let_go(self, keys: list[str]) -> None:
        if keys:
            await self._producer.write({ACTIONS.full_name(self._prefix): {0: nulls(keys)}})

    async def _tend(self) -> None:
        """What people do is brought onto mentions each second, housekeeping is about once a minute.

        A failure stops the loop.
        """
        last, more = self._clock.monotonic(), False
        try:
            while True:
                await asyncio.sleep(TICK_S)
                await self._bring()
                if more or self._clock.monotonic() - last >= TEND_EVERY_S:
                    last = self._clock.monotonic()
                    more = await self._tend_once()
        except Exception:
            self._stop.set()
            raise

    async def _bring(self) -> None:
        if self._bringing is None:
            return
        try:
            while self._bringing.due():
                await self._let_go(await self._patient.alone(self._bringing.step))
            self._said_late = False
        except Unavailable as error:
            if not self._said_late:
                log.warning("what people did is brought onto the mentions of %s later: %s", self._sink.name, error)
            self._said_late = True

    async def _tend_once(self) -> bool:
        """Returns whether there is more to do at once."""
        try:
            return await self._patient.alone(self._sink.tend)
        except Unavailable as error:
            log.warning("%s is tended later: %s", self._sink.name, error)
            return False


class Aside:
    """What one batch leaves besides its writes: dead letters, and tombstones that must be published again."""

    def __init__(self, stage: str, prefix: str, clock: Clock) -> None:
        self._stage, self._clock = stage, clock
        self._dead: list[Row] = []
        self._again: dict[int, list[Row]] = {}
        self._dead_topic, self._posts_topic = DEAD.full_name(prefix), POSTS.full_name(prefix)

    def bury(self, incoming: Incoming, error: Invalid, counts: StageCounts) -> None:
        """Make a dead letter of a record."""
        counts.die(error.reason)
        self._dead.append(dead_row(self._stage, incoming, error, self._clock.now()))

    def settle(self, incoming: Incoming, record: Record, verdict: Verdict, counts: StageCounts) -> None:
        """Count what became of a record, and note what it asks for."""
        match verdict.outcome:
            case Outcome.APPLIED:
                counts.out += 1
            case Outcome.REPEATED:
                counts.out += 1
                counts.repeated += 1
            case Outcome.STALE:
                counts.drop("superseded")
            case Outcome.BURIED:
                counts.drop("superseded")
                self._publish_again(incoming, record, verdict.marker)
            case Outcome.REFUSED:
                self.bury(incoming, Invalid(verdict.reason, verdict.detail), counts)

    def rows(self) -> dict[str, dict[int, list[Row]]]:
        """All of it, ready to produce."""
        rows: dict[str, dict[int, list[Row]]] = {}
        if self._dead:
            rows[self._dead_topic] = {0: self._dead}
        if self._again:
            rows[self._posts_topic] = self._again
        return rows

    def publish_bared(self, incoming: Incoming, written: Record) -> None:
        """A post that lost a text or a place here has it on the topics still: published anew, compaction drops it."""
        post = as_published(written.value or b"")
        said = record_headers(int(post.version), post.op, written.source)
        self._again.setdefault(incoming.partition, []).append((incoming.key, encode(post), said, None))

    def _publish_again(self, incoming: Incoming, record: Record, marker: int) -> None:
        """Compaction keeps what came last, a late create included: the null must come after it, on both topics.

        Published on the posts topic, from where enrichment hands it on.
        """
        headers = record_headers(at_revision(marker, DELETED), "delete", record.source)
        self._again.setdefault(incoming.partition, []).append((incoming.key, None, headers, None))


def gone(record: Record, written: Record, verdict: Verdict) -> Verdict:
    """The verdict on a record in whose place a delete was written: the null must be published, to come after it."""
    if record.value is None or written.value is not None or verdict.outcome is Outcome.STALE:
        return verdict
    return Verdict(Outcome.BURIED, marker=written.version)


def as_record(incoming: Incoming) -> Record:
    """A record of the mentions topic for a sink. Raises Invalid where key or version cannot be used."""
    headers = parse_headers(incoming.headers)
    if incoming.key is None or headers is None:
        raise Invalid("no_version", "no key, or no version header")
    try:
        doc_id = incoming.key.decode()
    except UnicodeDecodeError as error:
        raise Invalid("bad_text", "the key is not UTF-8") from error
    return Record(doc_id, headers.version, incoming.value, headers.source)
