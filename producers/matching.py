"""Which watches a post matches, and the post made ready for its record.

Received --> text cut to what downstream takes --> Matcher --> matched, watches_hash
"""

from __future__ import annotations

from collections.abc import Sequence

from veille.post import Post, WatchMatch
from veille.producers.source import Received
from veille.query import parse
from veille.query.match import Matcher
from veille.settings import Watch, watches_hash

EVERYTHING = "all"
"""Id of the watch that matches every post where no watch is set."""

LONGEST_TEXT = 1 << 20
"""Bytes of a text in UTF-8: no network allows so much, and no index is made for it."""


class Matching:
    """The watches, ready to settle what a post matches."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        """Raises QueryError for a watch whose query cannot be read."""
        queries = {watch.id: parse(watch.query) for watch in watches}
        self._matcher = Matcher(queries) if queries else Matcher.everything(EVERYTHING)
        self._everything = not queries
        self._hash = watches_hash(watches)

    def settle(self, received: Received) -> bool:
        """Fill `matched` and `watches_hash`, cut what is too long; False when no watch matches."""
        post = received.post
        cut_text(post)
        found = self._matcher.match(post)
        settled = received.trusted and (post.matched or not self._everything)
        post.matched = _trusted(post.matched, found) if settled else found
        post.watches_hash = self._hash
        return bool(post.matched)


def _trusted(said: Sequence[WatchMatch], found: Sequence[WatchMatch]) -> list[WatchMatch]:
    """The network's word on which watches match, with the terms and places that our own matching found for those."""
    ours = {match.id: match for match in found}
    for match in said:
        if own := ours.get(match.id):
            match.terms, match.spans = own.terms, own.spans
    return list(said)


def cut_text(post: Post) -> None:
    """Cut texts that are too long at a character, and say so."""
    for holder in (post, post.quoted):
        if holder is not None and len(holder.text) > LONGEST_TEXT // 4:
            raw = holder.text.encode("utf-8", "surrogatepass")
            if len(raw) > LONGEST_TEXT:
                holder.text = raw[:LONGEST_TEXT].decode("utf-8", "ignore")
                post.flags = [*post.flags, *({"text_cut"} - set(post.flags))]
