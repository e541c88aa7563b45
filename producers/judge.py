"""What becomes of each event of a source: a record, a dead letter, a gap, or nothing; and the count of it.

events --> Judge.rows --> rows to publish, in order          counts and cursor stand behind them all
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from veille.author import Order
from veille.clock import Clock
from veille.dead import dead_record
from veille.errors import Invalid
from veille.gap import Gap
from veille.identity import DELETED, at_revision
from veille.mention import Mention
from veille.post import Post, Tombstone, encode
from veille.producers.authors import Authors, Known, States, admit, nobody, none_of
from veille.producers.buffer import Overflow
from veille.producers.conversations import Recall
from veille.producers.cursors import CursorRecord
from veille.producers.deletes import Deletes
from veille.producers.gaps import OVERFLOW, Gaps
from veille.producers.matching import LONGEST_TEXT, Matching, too_long
from veille.producers.outlet import Row
from veille.producers.reposts import Reposts, RepostsOf, Stored, none, nothing
from veille.producers.source import (
    Broken,
    Deleted,
    Event,
    GapClosed,
    GapOpened,
    Ordered,
    Received,
    Reposted,
    Skipped,
    Told,
)
from veille.reading import Reading
from veille.settings import KafkaSettings, Watch
from veille.topics import DEAD, DEAD_WHOLE, GAPS, ORDERS, POSTS, headers

LARGEST = DEAD_WHOLE
"""Bytes of a post's record: a mention of it must still fit into what topics take."""

BROKEN_RUN = 1_000
"""So many dead letters in a row mean that the source is not what we take it for."""


class Judge:
    """Judges the events of one source, batch after batch; picks up where an earlier process left off."""

    def __init__(
        self,
        latest: CursorRecord,
        kafka: KafkaSettings,
        watches: Sequence[Watch],
        clock: Clock,
        known: Callable[[Iterable[str]], set[str]],
        *,
        in_order: bool,
        recent: Callable[[], Iterable[Mention]] = tuple,
        states: States = nobody,
        known_authors: Known = none_of,
        stored: Stored = nothing,
        reposts_of: RepostsOf = none,
    ) -> None:
        self._source, self._clock, self._in_order = latest.source, clock, in_order
        self.cursor = latest.cursor
        self.counts = msgspec.convert(msgspec.to_builtins(latest.counts), type(latest.counts))
        self._matching = Matching(watches)
        self._recall = Recall(recent, clock)
        self._deletes = Deletes(known, clock, earlier=latest.at)
        self._reposts = Reposts(known, stored, reposts_of, clock)
        self._gaps = Gaps(latest.source, latest.gaps)
        self._states = states
        self._authors = Authors(known_authors, states, clock, earlier=latest.at)
        self._posts, self._dead, self._gap_topic, self._orders = (
            topic.full_name(kafka.prefix) for topic in (POSTS, DEAD, GAPS, ORDERS)
        )
        self._broken_run = 0
        self._now = clock.now()
        self._reading = Reading(self._now)
        self._began = latest.began if latest.at else self._now  # an older veille wrote none
        self.exhausted = ""
        """Why the source must be stopped; empty while all is well."""

    def record(self, instance: str) -> CursorRecord:
        """Where the source stands, once all rows so far are acknowledged."""
        return CursorRecord(
            source=self._source,
            cursor=self.cursor,
            counts=self.counts,
            instance=instance,
            gaps=self._gaps.open,
            watches=self._matching.hash,
            reading=self._reading,
            began=self._began,
        )

    def watch(self, watches: Sequence[Watch]) -> None:
        """Match what comes from now on under these watches. Raises QueryError."""
        self._matching = self._matching.under(watches)
        self._reading = Reading(self._clock.now())

    def told(self) -> str:
        """The counts in a line for logs."""
        counts = self.counts
        return f"{counts.read:,} read, {counts.out:,} out, dropped {counts.dropped}, dead {counts.dead}"

    def rows(self, events: Sequence[Event | Overflow]) -> list[Row]:
        """The rows to publish for these events, in order; ends early where the source must be stopped."""
        self._now = self._clock.now()
        self._matching.recall(self._recall.due())
        matched = {id(event): self._settled(event) for event in events if isinstance(event, Received)}
        if self._in_order:
            self._deletes.ask(_candidates(events, matched))
        if repeated := [event.of for event in events if isinstance(event, Reposted)]:
            self._reposts.ask(repeated)
        if orders := [event.order.key.decode() for event in events if isinstance(event, Ordered)]:
            self._authors.ask(orders)
        rows = [row for gone, repeated in self._reposts.overdue() for row in self._without(gone, repeated)]
        for event in events:
            rows += self._judged(event, matched.get(id(event), False))
            if self.exhausted:
                break
        return rows

    def _judged(self, event: Event | Overflow, matched: bool) -> Iterable[Row]:
        if isinstance(event, GapOpened | GapClosed | Overflow):
            return [self._gap_row(gap) for gap in self._gap(event)]
        self.counts.read += 1
        self.cursor = self.cursor if event.cursor is None else event.cursor
        run = self._broken_run
        rows = self._become(event, matched)
        if self._broken_run == run:
            self._broken_run = 0
        return rows

    def _become(self, event: Told, matched: bool) -> Iterable[Row]:
        match event:
            case Received():
                self._reading.take(event.post.matched)
                return [*map(self._gap_row, self._gaps.reading(self._now)), *self._received(event.post, matched)]
            case Reposted():
                return self._reposted(event)
            case Deleted():
                return self._gone(event.tombstone)
            case Ordered():
                return self._ordered(event.order)
            case Broken():
                return [self._bury(event)]
            case Skipped():
                self._skip(event)
                return ()

    # --- posts and deletes ------------------------------------------------------------------------------------------

    def _settled(self, event: Received) -> bool:
        """Whether a watch matches; a text that is too long is buried whatever it says."""
        return too_long(event.post) or self._matching.settle(event)

    def _received(self, post: Post, matched: bool) -> Iterable[Row]:
        if not matched:
            if post.op == "update":
                deleted = at_revision(int(post.version), DELETED)
                return self._deleted(post.doc_id, deleted, post.source, "unmatched")
            self.counts.drop("unmatched")
            return ()
        if not admit(post, self._states):
            self.counts.drop("author_gone")
            return ()
        version = int(post.version)
        try:
            row = self._post_row(post, version)
        except Invalid as error:
            return [self._bury(Broken(_escaped(post), error.reason, error.detail))]
        self._deletes.published(post.doc_id)
        self._reposts.published(post, row.value or b"")
        self._authors.published(post)
        self.counts.out += 1
        return [row]

    def _post_row(self, post: Post, version: int) -> Row:
        if too_long(post):
            raise Invalid("too_large", f"a text of more than {LONGEST_TEXT:,} bytes, which no network shows")
        value = encode(post)
        if len(value) > LARGEST:
            raise Invalid("too_large", f"a post of {len(value):,} bytes, expected at most {LARGEST:,}")
        return self._row(self._posts, post.doc_id, value, headers(version, post.op, post.source))

    def _reposted(self, event: Reposted) -> Iterable[Row]:
        filled = self._reposts.fill(event)
        matched = filled and self._matching.settle(Received(event.post))
        self._reading.take(event.post.matched)
        if not filled:
            self.counts.drop("unknown_repost")
            return ()
        return self._received(event.post, matched)

    def _gone(self, tombstone: Tombstone) -> Iterable[Row]:
        """A tombstone, and one for each repost of what is gone, which no count is of."""
        rows = [*self._deleted(tombstone.doc_id, tombstone.version, tombstone.source, "unpublished_delete")]
        if rows and tombstone.native_id:
            rows += self._without(tombstone, self._reposts.of(tombstone))
        return rows

    def _without(self, gone: Tombstone, repeated: Iterable[str]) -> list[Row]:
        said = headers(gone.version, "delete", gone.source)
        return [self._row(self._posts, doc_id, None, said) for doc_id in sorted(repeated)]

    def _deleted(self, doc_id: str, version: int, source: str, reason: str) -> Iterable[Row]:
        """A tombstone, when there is something to delete; else a drop for this reason."""
        if self._in_order and not self._deletes.worth(doc_id):
            self.counts.drop(reason)
            return ()
        self._deletes.forwarded(doc_id)
        self._reposts.deleted(doc_id)
        self.counts.out += 1
        return [self._row(self._posts, doc_id, None, headers(version, "delete", source))]

    def _ordered(self, order: Order) -> Iterable[Row]:
        if not self._authors.worth(order):
            self.counts.drop("unknown_author")
            return ()
        self.counts.out += 1
        return [Row(self._orders, order.key, msgspec.json.encode(order), [], self._timestamp)]

    # --- everything else --------------------------------------------------------------------------------------------

    def _skip(self, event: Skipped) -> None:
        if event.reason == "unknown_kind":
            self.counts.unknown(event.kind)
        else:
            self.counts.drop(event.reason)

    def _bury(self, broken: Broken) -> Row:
        self.counts.die(broken.reason)
        self._broken_run += 1
        if self._broken_run >= BROKEN_RUN:
            self.exhausted = (
                f"the source {self._source} gave {BROKEN_RUN:,} records in a row that cannot be used (the last one: "
                f"{broken.reason}): it is stopped. `veille dead list` shows them; start it again once it is mended"
            )
        letter = dead_record(
            stage=self._source,
            reason=broken.reason,
            detail=broken.detail,
            key=None,
            value=broken.raw,
            at=self._now,
            source=self._source,
            size=broken.size,
        )
        return Row(self._dead, letter.key, letter.value, letter.headers, self._timestamp)

    def _gap(self, event: GapOpened | GapClosed | Overflow) -> list[Gap]:
        match event:
            case GapOpened():
                return self._gaps.begin(event.since, event.cause, event.part)
            case GapClosed():
                return self._gaps.end(event.until, repaired=event.repaired, part=event.part, lacking=event.lacking)
            case Overflow(until=None):
                return self._gaps.begin(event.since, OVERFLOW)
            case Overflow():
                return self._gaps.end(event.until or self._now, repaired=False, overflow=True, missed=event.missed)

    def _gap_row(self, gap: Gap) -> Row:
        return Row(self._gap_topic, gap.id.encode(), msgspec.json.encode(gap), [], self._timestamp)

    def _row(self, topic: str, key: str, value: bytes | None, said: list[tuple[str, bytes]]) -> Row:
        return Row(topic, key.encode("utf-8", "replace"), value, said, self._timestamp)

    @property
    def _timestamp(self) -> int:
        return int(self._now.timestamp() * 1000)


def _candidates(events: Sequence[Event | Overflow], matched: dict[int, bool]) -> Iterator[str]:
    """Doc ids that a delete, or an edit that no watch matches any more, is about."""
    for event in events:
        if isinstance(event, Deleted):
            yield event.tombstone.doc_id
        elif isinstance(event, Received) and event.post.op == "update" and not matched[id(event)]:
            yield event.post.doc_id


def _escaped(post: Post) -> bytes:
    """A post as JSON in ASCII: it holds what UTF-8 cannot."""
    return json.dumps(msgspec.to_builtins(post)).encode()
