"""What is known of authors, as a source needs it: whose posts are let through, and which orders are worth a record.

    post  --> state of its author --> dropped, or hidden and without its place
    order --> published or ordered lately, held by the archive, or of a state already? --no--> dropped

Networks report every account, of which hardly any was ever in here. An archive that does not answer lets all through,
and so does a memory that is not complete (just started), but for what takes no order back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from veille.author import AuthorState, Order
from veille.clock import Clock
from veille.errors import Unavailable
from veille.post import ORIGINAL_HIDDEN, QUOTE_REMOVED, Post
from veille.producers.deletes import recent_after

States = Callable[[str, str], AuthorState | None]
"""The state of an author by source and id."""

Known = Callable[[Iterable[str]], set[str]]
"""Of which of these authors (`source:id`) the archive holds mentions."""

log = logging.getLogger(__name__)


def nobody(_source: str, _author: str) -> None:
    """States where nothing is known of anybody."""


def none_of(_authors: Iterable[str]) -> set[str]:
    """An archive that holds nothing of anybody."""
    return set()


def admit(post: Post, states: States) -> bool:
    """Whether a post may be published; what the states of its authors change about it is changed.

    Those are its own author, that of what it repeats, and that of what it quotes.
    """
    whose = (post.author.id, post.ref.repost_author_id, post.quoted.author.id if post.quoted else "")
    own, original, quoted = (states(post.source, each) if each else None for each in whose)
    version = int(post.version)
    if any(state is not None and state.marker(version) for state in (own, original)):
        return False
    if own is not None:
        post.visibility = own.visibility or post.visibility
        if own.scrubs(post.native_id):
            post.place = None
    if original is not None and original.visibility == "hidden":
        post.flags = [*post.flags, ORIGINAL_HIDDEN]
    post.withheld = sorted({*post.withheld, *_withheld(own), *_withheld(original)})
    if quoted is not None and (quoted.marker(version) or quoted.visibility == "hidden"):
        post.quoted, post.flags = None, [*post.flags, QUOTE_REMOVED]
    return True


def _withheld(state: AuthorState | None) -> tuple[str, ...]:
    return () if state is None else state.withheld


class Authors:
    """Decides about orders, a batch at a time: `ask` about all of them, then `worth` for each in order."""

    def __init__(self, known: Known, states: States, clock: Clock, *, earlier: datetime | None) -> None:
        """`known` asks the archive; `earlier`: until when an earlier process of this source published."""
        self._known, self._states = known, states
        self._lately = recent_after(earlier, clock)
        self._held: set[str] | None = set()

    def published(self, post: Post) -> None:
        """Note that a post of an author was published."""
        self._lately.add(f"{post.source}:{post.author.id}")

    def ask(self, authors: Iterable[str]) -> None:
        """Look these up in the archive at once, those that are not remembered."""
        unknown = [author for author in authors if author not in self._lately]
        try:
            self._held = self._known(unknown) if unknown else set()
        except Unavailable as error:
            log.warning("the archive cannot be asked whom it knows, all orders are forwarded: %s", error)
            self._held = None

    def worth(self, order: Order) -> bool:
        """Whether there may be something that the order is about; then it counts as forwarded."""
        author = order.key.decode()
        unsure = order.kind != "restored" and not self._lately.complete
        worth = unsure or self._held is None or author in self._held or author in self._lately or self._ordered(order)
        if worth:
            self._lately.add(author)
        return worth

    def _ordered(self, order: Order) -> bool:
        """Whether an order before this one still holds for posts to come, though the archive may hold none by now."""
        return self._states(order.source, order.author) is not None
