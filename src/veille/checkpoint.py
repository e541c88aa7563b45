"""Checkpoints of the embedded run: a cursor enters the archive only when all that came before it is in there.

    note cursors, posts' end --> enrichment has passed it --> mentions' end --> sink and windows have passed it
        --> ends of what windows found --> sink has passed them --> save

The embedded broker forgets all when it ends; what is saved here is where every source resumes then.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum

import msgspec
from msgspec import Struct

from veille.action import decode as decode_action
from veille.author import SECRET_BYTES, SECRET_KEY
from veille.clock import Clock
from veille.gap import Gap
from veille.kafka import Progress, Record, Tail, open_producer
from veille.settings import KafkaSettings
from veille.sinks.sqlite import SqliteState
from veille.topics import ACTIONS, AUTHORS, CURSORS, DEAD, DELIVERIES, GAPS, MENTIONS, ORDERS, POSTS, Topic

EXPIRES_EVERY_S = 600.0


class Waiting(Enum):
    """What a round of the checkpoint waits for."""

    NOTHING = "nothing"
    ENRICHMENT = "enrichment"
    SINK = "sink"
    FINDINGS = "findings"


class _Told(Struct):
    """As much of a cursor record as says which gaps were open."""

    gaps: tuple[Gap, ...] = ()


class Checkpoint:
    """Carries what the sources and the sweep must not forget from the broker into the archive.

    In rounds that never block for long.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        state: SqliteState,
        clock: Clock,
        *,
        enrich: str,
        sink: str,
        windows: str | None = None,
        findings: Mapping[Topic, str] | None = None,
    ) -> None:
        """Names of groups; `windows` None: nobody counts. `findings`: who writes what is found, by topic."""
        self._state, self._clock = state, clock
        self._enrich, self._after = enrich, [sink, *([windows] if windows else ())]
        self._findings = {topic.full_name(kafka.prefix): group for topic, group in (findings or {}).items()}
        self._posts, self._mentions = POSTS.full_name(kafka.prefix), MENTIONS.full_name(kafka.prefix)
        self._cursors, self._dead = CURSORS.full_name(kafka.prefix), DEAD.full_name(kafka.prefix)
        self._orders, self._authors = ORDERS.full_name(kafka.prefix), AUTHORS.full_name(kafka.prefix)
        self._actions, self._deliveries = ACTIONS.full_name(kafka.prefix), DELIVERIES.full_name(kafka.prefix)
        state_of_others = [self._orders, self._authors, self._actions, self._deliveries]
        self._tail = Tail(kafka, [self._cursors, self._dead, GAPS.full_name(kafka.prefix), *state_of_others])
        self._progress = Progress(kafka)
        self._waiting = Waiting.NOTHING
        self._noted: dict[str, bytes] = {}
        self._pending: dict[str, bytes] = {}
        self._unsaved: deque[Record] = deque()
        """Read, and not in the archive yet: a file that is locked for now must cost none of them."""
        self._expires_at = clock.monotonic()
        self._ends: dict[int, int] = {}
        self._found: dict[str, dict[int, int]] = {}
        self.rounds = 0
        """How many have been completed."""

    def step(self) -> None:
        """Go on as far as is possible now. Raises Unavailable when the broker is gone, or the archive locked."""
        self._take()  # whatever is waited for: what people did, no source can give again
        if self._waiting is Waiting.NOTHING:
            self._noted = dict(self._pending)
            self._ends = self._progress.ends(self._posts)
            self._waiting = Waiting.ENRICHMENT
        if self._waiting is Waiting.ENRICHMENT and self._progress.passed(self._enrich, self._posts, self._ends):
            self._ends = self._progress.ends(self._mentions)
            self._waiting = Waiting.SINK
        if self._waiting is Waiting.SINK and self._passed_by_all():
            self._found = {topic: self._progress.ends(topic) for topic in self._findings}
            self._waiting = Waiting.FINDINGS
        if self._waiting is Waiting.FINDINGS and self._all_written():
            self._take()
            for source, value in self._noted.items():
                self._state.save_cursor(source, value.decode(), self._clock.now())
            self._expire()
            self._waiting = Waiting.NOTHING
            self.rounds += 1

    def _expire(self) -> None:
        """Each dead letter is read for its time, which lies behind its bytes: not every round."""
        if self._clock.monotonic() >= self._expires_at:
            self._state.expire(self._clock.now())
            self._expires_at = self._clock.monotonic() + EXPIRES_EVERY_S

    def _passed_by_all(self) -> bool:
        return all(self._progress.passed(group, self._mentions, self._ends) for group in self._after)

    def _all_written(self) -> bool:
        return all(self._progress.passed(self._findings[topic], topic, ends) for topic, ends in self._found.items())

    def close(self) -> None:
        """Let go of the connections."""
        self._tail.close()
        self._progress.close()

    def _take(self) -> None:
        """Save what is new. Raises Unavailable; what was saved by then is not saved again."""
        self._unsaved.extend(self._tail.read())
        while self._unsaved:
            self._save(self._unsaved[0])
            self._unsaved.popleft()

    def _save(self, record: Record) -> None:
        if record.topic == self._cursors and record.key and record.value is not None:
            self._pending[record.key.decode()] = record.value
        elif record.topic == self._authors and record.key:
            self._state.save_author(record.key, record.value)
        elif record.topic == self._orders:
            self._state.save_order(record.key or b"", record.value or b"", self._clock.now())
        elif record.topic == self._deliveries and record.key:
            self._state.save_delivery(record.key, record.value, self._clock.now())
        elif record.topic == self._actions and record.key:
            if record.value is None:
                self._state.remove_action(record.key.decode())
            else:
                self._state.save_action(decode_action(record.value))
        elif record.topic == self._dead:
            self._state.add_dead(record.key, record.value or b"", record.headers, self._clock.now())
        elif record.key and record.value is not None:
            self._state.save_gap(record.key.decode(), record.value)


def restore(kafka: KafkaSettings, state: SqliteState) -> None:
    """Publish the saved cursors on a fresh broker, so that every source resumes where the archive stands.

    And what is known of authors, with the orders that it came from: which of them were swept, nobody remembers; what
    receivers were told, and what people did. A first run makes the secret of the author keys, which all stages need.
    """
    if SECRET_KEY not in state.authors():
        state.save_author(SECRET_KEY, secrets.token_hex(SECRET_BYTES).encode())
    producer = open_producer(kafka, idempotent=False)
    try:
        for source, value in state.cursors().items():
            producer.send(CURSORS.full_name(kafka.prefix), key=source.encode(), value=value.encode())
        for key, state_of_author in state.authors().items():
            producer.send(AUTHORS.full_name(kafka.prefix), key=key, value=state_of_author)
        for key, order in state.orders():
            producer.send(ORDERS.full_name(kafka.prefix), key=key, value=order)
        for key, delivery in state.deliveries().items():
            producer.send(DELIVERIES.full_name(kafka.prefix), key=key, value=delivery)
        for action in state.actions():
            producer.send(ACTIONS.full_name(kafka.prefix), key=action.key.encode(), value=msgspec.json.encode(action))
        producer.flush()
    finally:
        producer.close()
    _forget_gaps(state)


def _forget_gaps(state: SqliteState) -> None:
    """Forget gaps that were opened after the saved cursors: each source tells again what it cannot read again.

    A cursor that cannot be read is its source's business to say; then none is forgotten.
    """
    with suppress(msgspec.DecodeError):
        told = {gap.id for cursor in state.cursors().values() for gap in msgspec.json.decode(cursor, type=_Told).gaps}
        for gap_id, value in state.gaps().items():
            if gap_id not in told and msgspec.json.decode(value, type=Gap).until is None:
                state.remove_gap(gap_id)
