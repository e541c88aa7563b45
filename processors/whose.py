"""Authors as windows may know them: by keyed hash alone, and whether what they published counts now.

The keys are those of the states of authors, so one that is hidden or erased is found without knowing who it is. Without
a secret there are no states; then keys are of this process alone, and are not told.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Protocol

from veille.author import AuthorState
from veille.errors import Unavailable
from veille.post import Author
from veille.processors.seen import Seen


class States(Protocol):
    """What is known of authors now."""

    @property
    def secret(self) -> bytes:
        """The secret of all keys; empty where none was made."""

    def state(self, key: bytes) -> AuthorState | None:
        """The state that stands under a key."""

    def news(self) -> set[bytes]:
        """Keys of the states that came or went since the last call."""


class Whose:
    """Keys and states, as a book has them."""

    def __init__(self, book: States) -> None:
        """`book` is loaded, and kept up to date by others."""
        self._book = book
        self._begin()

    def _begin(self) -> None:
        self._secret, self._used = self._book.secret, False
        self._own = self._secret or secrets.token_bytes()

    @property
    def named(self) -> bool:
        """Whether the keys mean the same elsewhere."""
        return bool(self._secret)

    def author(self, source: str, author: Author, doc_id: str) -> str:
        """Key of an author; of one without a name on its network, of the post."""
        return self.key(source, author.id or author.handle or doc_id)

    def key(self, source: str, author: str) -> str:
        """Key of an author's id; as `veille.author.Book` makes it."""
        self._used = True
        return hmac.digest(self._own, f"{source}:{author}".encode("utf-8", "replace"), "sha256").hex()

    def shown(self, seen: Seen) -> bool:
        """Whether a mention counts, by what is known of its author and of whom it repeats."""
        return not any(self._gone(key, seen.version) for key in (seen.author, seen.original) if key)

    def _gone(self, key: str, version: int) -> bool:
        state = self._book.state(key.encode())
        return state is not None and (state.visibility == "hidden" or bool(state.marker(version)))

    def news(self) -> set[str]:
        """Of whom something else holds since the last call. Raises Unavailable where all keys are others now."""
        if self._book.secret != self._secret:
            if self._used:
                raise Unavailable("the secret of the author keys is another one now: counting begins anew under it")
            self._begin()
        return {key.decode("ascii", "replace") for key in self._book.news()}
