"""The states of authors as they stand on `veille.authors.v1`: loaded wholly at the start, and followed from then on.

    start: all of it --> Book        a thread: what is new, once a second        too long ago --> whoever asks waits

A producer or sink that asks before it writes knows every state that is older than `TRUSTED_S`.
"""

from __future__ import annotations

import logging
import threading

from veille.author import AuthorState, Book
from veille.clock import Clock
from veille.errors import Corrupt, Misused, Unavailable
from veille.kafka import Tail
from veille.settings import KafkaSettings
from veille.topics import AUTHORS

LOOK_S = 1.0
TRUSTED_S = 5.0
"""How old the last look at the topic may be when something is written."""

log = logging.getLogger(__name__)


class FollowedBook:
    """A book that is kept up to date, from `start` to `close`."""

    def __init__(self, kafka: KafkaSettings, clock: Clock) -> None:
        self._kafka, self._clock = kafka, clock
        self._book = Book()
        self._tail: Tail | None = None
        self._looked_at = 0.0
        self._one_look = threading.Lock()
        self._fault: Corrupt | Misused | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="authors", daemon=True)

    def start(self) -> None:
        """Load all of it. Raises Unavailable, Misused, Corrupt."""
        self._tail = self._tail or Tail(self._kafka, [AUTHORS.full_name(self._kafka.prefix)])
        self.look()
        self._thread.start()

    def look(self) -> None:
        """Take in what is new. Raises Unavailable, Misused, Corrupt."""
        with self._one_look:
            assert self._tail is not None
            now = self._clock.monotonic()
            for record in self._tail.read():
                self._book.take(record.key, record.value)
            self._looked_at = now

    def trust(self) -> None:
        """Look now if the last look is too long ago. Raises Unavailable, Misused, Corrupt."""
        if self._fault is not None:
            raise self._fault
        if self._clock.monotonic() - self._looked_at > TRUSTED_S:
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

    def of(self, source: str, author: str) -> AuthorState | None:
        """The state of an author; None: nothing is known."""
        return self._book.of(source, author)

    @property
    def secret(self) -> bytes:
        """The secret of all keys; empty where none was made."""
        return self._book.secret

    def state(self, key: bytes) -> AuthorState | None:
        """The state that stands under a key."""
        return self._book.state(key)

    def news(self) -> set[bytes]:
        """Keys of the states that came or went since the last call."""
        with self._one_look:
            return self._book.news()

    def close(self) -> None:
        """Follow no more; safe to call twice."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._tail is not None:
            self._tail.close()
            self._tail = None

    def _follow(self) -> None:
        away = False
        while not self._ended.wait(LOOK_S):
            try:
                self.look()
                away = False
            except Unavailable as error:
                if not away:
                    log.warning("the states of authors cannot be followed: %s", error)
                away = True
            except (Corrupt, Misused) as error:
                self._fault = error
