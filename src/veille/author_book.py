"""The states of authors as they stand on `veille.authors.v1`, followed by whoever writes what authors said."""

from __future__ import annotations

from veille.author import AuthorState, Book
from veille.clock import Clock
from veille.followed import Followed
from veille.settings import KafkaSettings
from veille.topics import AUTHORS


class FollowedBook(Followed):
    """A book that is kept up to date."""

    def __init__(self, kafka: KafkaSettings, clock: Clock) -> None:
        super().__init__(kafka, clock, AUTHORS)
        self._book = Book()

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Take in a state, or the secret."""
        self._book.take(key, value)

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
        with self._taking:
            return self._book.news()
