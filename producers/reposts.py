"""Reposts of which the network tells no more than which post they repeat; they get its text from us.

    Reposted --> published by this process lately? --no--> held by the archive? --no--> dropped, as `unknown_repost`
    delete of a post --> deletes of its reposts, which have nothing but its text; later where the archive is away

Nothing is fetched: the posts that a watch matches are here already, and of all others nobody wants the reposts.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from veille.clock import Clock
from veille.errors import Unavailable
from veille.post import Post, Reference, Tombstone, decode, hidden
from veille.producers.source import Reposted

ASK_AGAIN_S = 10.0
"""How long an archive that did not answer is left alone."""

REMEMBERED = 10_000
"""Posts kept with their text, about 12 MB; older ones are in the archive by then."""

Stored = Callable[[str], Post | None]
"""What the archive holds under a doc id. May raise Unavailable."""

RepostsOf = Callable[[str, str], Iterable[str]]
"""Doc ids of the reposts that the archive holds of a post, by source and native id. May raise Unavailable."""

Key = TypeVar("Key")

log = logging.getLogger(__name__)


def nothing(_doc_id: str) -> None:
    """An archive that holds nothing."""
    return


def none(_source: str, _native_id: str) -> tuple[str, ...]:
    """An archive that holds no reposts."""
    return ()


class Reposts:
    """The posts that may be repeated. `ask` about a batch first, then `fill` each of it."""

    def __init__(
        self, known: Callable[[Iterable[str]], set[str]], stored: Stored, reposts_of: RepostsOf, clock: Clock
    ) -> None:
        """`known`: which of these doc ids the archive holds."""
        self._known, self._stored, self._reposts_of, self._clock = known, stored, reposts_of, clock
        self._owed: OrderedDict[tuple[str, str], Tombstone] = OrderedDict()
        """Deletes whose reposts the archive has yet to name, by source and native id."""
        self._owed_due = 0.0
        self._posts: OrderedDict[str, bytes] = OrderedDict()
        self._reposts: OrderedDict[tuple[str, str], set[str]] = OrderedDict()
        self._held: set[str] = set()

    def published(self, post: Post, value: bytes) -> None:
        """Remember what was published; `value` is its record's."""
        if post.kind == "repost":
            original = post.source, post.ref.repost_of or ""
            self._reposts.setdefault(original, set()).add(post.doc_id)
            _keep_latest(self._reposts, original)
        else:
            self._posts[post.doc_id] = value
            _keep_latest(self._posts, post.doc_id)

    def deleted(self, doc_id: str) -> None:
        """Forget what is gone."""
        self._posts.pop(doc_id, None)

    def ask(self, doc_ids: Iterable[str]) -> None:
        """Look these up in the archive at once, those that are not remembered."""
        unknown = {doc_id for doc_id in doc_ids if doc_id not in self._posts}
        try:
            self._held = self._known(unknown) if unknown else set()
        except Unavailable as error:
            log.warning("the archive cannot be asked what it holds, reposts of older posts are left out: %s", error)
            self._held = set()

    def fill(self, event: Reposted) -> bool:
        """Give the repost what it repeats; False where that is not known, or hidden for now."""
        original = self._original(event.of)
        if original is None or hidden(original):
            return False
        post, author = event.post, original.author
        post.text, post.langs, post.entities, post.media = (
            original.text, original.langs, original.entities, original.media,
        )  # fmt: skip
        post.quoted, post.url, post.warning, post.labels = (
            original.quoted, original.url, original.warning, original.labels,
        )  # fmt: skip
        post.sensitive = original.sensitive
        post.ref = Reference(
            repost_of=original.native_id,
            repost_author=author.handle or author.id,
            repost_author_id=author.id,
            quote_of=original.ref.quote_of,
        )
        return True

    def of(self, gone: Tombstone) -> set[str]:
        """Doc ids of what is known to repeat a post; what the archive cannot say now is said by `overdue`."""
        original = gone.source, gone.native_id
        found = self._reposts.pop(original, set())
        try:
            return {*found, *self._reposts_of(*original)}
        except Unavailable as error:
            log.warning("the archive cannot be asked for the reposts of a deleted post, yet: %s", error)
            self._owed[original] = gone
            _keep_latest(self._owed, original)
            self._owed_due = self._clock.monotonic() + ASK_AGAIN_S
            return found

    def overdue(self) -> Iterator[tuple[Tombstone, set[str]]]:
        """The deletes of which the archive can name the reposts by now, and those."""
        while self._owed and self._clock.monotonic() >= self._owed_due:
            gone = next(iter(self._owed.values()))
            found = self.of(gone)
            if self._clock.monotonic() >= self._owed_due:
                del self._owed[gone.source, gone.native_id]
                yield gone, found

    def _original(self, doc_id: str) -> Post | None:
        if (value := self._posts.get(doc_id)) is not None:
            return decode(value)
        if doc_id not in self._held:
            return None
        try:
            return self._stored(doc_id)
        except Unavailable:
            return None


def _keep_latest(remembered: OrderedDict[Key, Any], latest: Key) -> None:
    remembered.move_to_end(latest)
    if len(remembered) > REMEMBERED:
        remembered.popitem(last=False)
