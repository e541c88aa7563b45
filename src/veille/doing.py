"""What people did, followed from its topic, and what they do now put there: for the page, which shows and writes both.

do --> veille.actions.v1 --a thread, every second--> Actions
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec

from veille.action import Action, Actions, Field, Of, decode
from veille.errors import Corrupt, Misused, Unavailable
from veille.kafka import Producer, Tail, open_producer
from veille.settings import KafkaSettings
from veille.topics import ACTIONS

LOOK_S = 1.0
AWAY_S = 10.0

log = logging.getLogger(__name__)


class Doing:
    """All that was done. Any number of threads may ask and do."""

    def __init__(self, kafka: KafkaSettings, *, idempotent: bool) -> None:
        self._kafka, self._topic, self._idempotent = kafka, ACTIONS.full_name(kafka.prefix), idempotent
        self._actions = Actions()
        self._producer: Producer | None = None
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="actions", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Follow no more."""
        self._stopped.set()
        if self._producer is not None:
            self._producer.close()

    def of(self, of: Of, subject: str) -> list[Action]:
        """What is in effect about one subject, earliest first."""
        with self._lock:
            return self._actions.of(of, subject)

    def known(self, of: Of, subject: str) -> list[Action]:
        """The latest of each key about one subject, what was taken back too, with an empty value; in no order."""
        with self._lock:
            return self._actions.known(of, subject)

    def done(self, of: Of, subject: str, field: Field) -> Action | None:
        """The action that is in effect, None where there is none."""
        with self._lock:
            return self._actions.done(of, subject, field)

    def done_since(self, of: Of, since: datetime) -> list[Action]:
        """The latest of each key about subjects of a kind, where it was done since then; also what was taken back."""
        with self._lock:
            return self._actions.done_since(of, since)

    def after(self, action: Action) -> Action:
        """The action, later than the one of its key that is known (`veille.action.Actions.after`)."""
        with self._lock:
            return self._actions.after(action)

    def do(self, action: Action) -> None:
        """Put it on the topic; whoever asks here sees it at once. Raises Unavailable, Misused: it was not done then."""
        with self._writing:
            self._producer = self._producer or open_producer(self._kafka, idempotent=self._idempotent)
            self._producer.send(self._topic, key=action.key.encode(), value=msgspec.json.encode(action))
            self._producer.flush()
        with self._lock:
            self._actions.take(action)

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                tail = Tail(self._kafka, [self._topic])
                try:
                    while not self._stopped.is_set():
                        self._take(tail)
                        self._stopped.wait(LOOK_S)
                finally:
                    tail.close()
            except (Unavailable, Misused) as error:
                log.warning("what people did cannot be followed, and the page shows what it knows: %s", error)
                self._stopped.wait(AWAY_S)

    def _take(self, tail: Tail) -> None:
        found = tail.read()
        with self._lock:
            for record in found:
                try:
                    if record.value is not None:
                        self._actions.take(decode(record.value))
                    elif record.key is not None:
                        self._actions.forget(record.key.decode("utf-8", "replace"))
                except Corrupt as error:
                    log.error("offset %d of %s: %s", record.offset, self._topic, error)


@contextmanager
def doing(kafka: KafkaSettings, *, idempotent: bool) -> Iterator[Doing]:
    """Followed for as long as the `with` lasts."""
    found = Doing(kafka, idempotent=idempotent)
    found.start()
    try:
        yield found
    finally:
        found.stop()
