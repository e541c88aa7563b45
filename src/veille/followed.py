"""A topic of state, as whoever works by it knows it: loaded wholly at the start, and followed from then on.

    start: all of it --> take        a thread: what is new, once a second        too long ago --> whoever asks waits

A producer or sink that asks before it writes knows all that is older than `TRUSTED_S`.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence

from veille.clock import Clock
from veille.errors import Unavailable
from veille.kafka import Record, Tail
from veille.settings import KafkaSettings
from veille.topics import Topic

LOOK_S = 1.0
JOIN_S = 1.0
"""How long an end waits for the look that is under way."""

TRUSTED_S = 5.0
"""How old the last look at the topic may be when something is written."""

log = logging.getLogger(__name__)


class Follower(ABC):
    """Looks at a topic once a second, in a thread of its own, until `close`. A subclass takes the records in."""

    def __init__(self, kafka: KafkaSettings, clock: Clock, topic: Topic) -> None:
        self._kafka, self._clock, self.topic = kafka, clock, topic.full_name(kafka.prefix)
        self._tail: Tail | None = None
        self._looked_at = clock.monotonic()
        self._one_look = threading.Lock()
        self._taking = threading.Lock()
        """Apart from the looks: whoever asks for news must not wait for brokers."""
        self._fault: Exception | None = None
        """Why nobody looks any more."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=topic.name, daemon=True)

    @abstractmethod
    def take_all(self, records: Sequence[Record]) -> None:
        """Take in what is new. Raises Corrupt."""

    def look(self) -> None:
        """Take in what was written since the last look. Raises Unavailable, Misused, Corrupt."""
        with self._one_look:
            assert self._tail is not None
            now = self._clock.monotonic()
            found = self._tail.read(surely=True)
            with self._taking:
                self.take_all(found)
            self._looked_at = now

    def close(self) -> None:
        """Follow no more; safe to call twice. A look that brokers do not answer is left behind."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)
        if self._tail is not None and not self._thread.is_alive():
            self._tail.close()
            self._tail = None

    @property
    def _trusted(self) -> bool:
        """Whether the last look is not too long ago. Raises what has ended the looking."""
        if self._fault is not None:
            raise self._fault
        return self._clock.monotonic() - self._looked_at <= TRUSTED_S

    def _follow(self) -> None:
        away = False
        while not self._ended.wait(LOOK_S):
            try:
                self.look()
                away = False
            except Unavailable as error:
                if not away:
                    log.warning("%s cannot be followed: %s", self.topic, error)
                away = True
            except Exception as error:  # whatever it is: what nobody looks after any more is not to be worked by
                self._fault = error
                return


class Followed(Follower):
    """State that is kept up to date, from `start` to `close`."""

    @abstractmethod
    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Take in a record. Raises Corrupt for one that cannot be read."""

    def take_all(self, records: Sequence[Record]) -> None:
        """One after another."""
        for record in records:
            self.take(record.key, record.value)

    def start(self) -> None:
        """Load all of it. Raises Unavailable, Misused, Corrupt."""
        self._tail = self._tail or Tail(self._kafka, [self.topic], self._ended)
        self.look()
        self._thread.start()

    def trust(self) -> None:
        """Look now if the last look is too long ago. Raises Unavailable, Misused, Corrupt."""
        if not self._trusted:
            self.look()

    def await_trust(self, stop: threading.Event) -> None:
        """The same, and wait for a broker that is away.

        Raises Unavailable when `stop` is set meanwhile, Misused, Corrupt.
        """
        while True:
            try:
                self.trust()
                return
            except Unavailable:
                if stop.wait(LOOK_S):
                    raise
