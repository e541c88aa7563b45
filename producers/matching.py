"""Which watches a post matches, and the post made ready for its record.

Received --> Matcher --> Conversations --> matched, watches_hash
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from veille.mention import Mention
from veille.post import Post, WatchMatch
from veille.producers.conversations import Conversations
from veille.producers.source import Received
from veille.query import parse
from veille.query.match import Matcher
from veille.settings import Watch, watches_hash

EVERYTHING = "all"
"""Id of the watch that matches every post where no watch is set."""

LONGEST_TEXT = 1 << 18
"""Bytes of a text in UTF-8: no network allows a quarter of that, and no index is made for it."""


class Matching:
    """The watches, ready to settle what a post matches."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        """Raises QueryError for a watch whose query cannot be read."""
        queries = {watch.id: parse(watch.query) for watch in watches}
        self._matcher = Matcher(queries) if queries else Matcher.everything(EVERYTHING)
        self._everything = not queries
        self._trees = {name: query.tree for name, query in queries.items()}
        self._conversations = Conversations(self._trees)
        self.hash = watches_hash(watches)

    def under(self, watches: Sequence[Watch]) -> Matching:
        """The same under other watches; what replies are followed of is known further on. Raises QueryError."""
        other = Matching(watches)
        other._conversations = self._conversations
        other._conversations.exclude(other._trees)
        return other

    def recall(self, mentions: Iterable[Mention]) -> None:
        """Follow the replies to what an earlier process published."""
        self._conversations.recall(mentions)

    def settle(self, received: Received) -> bool:
        """Fill `matched` and `watches_hash`; False when no watch matches, neither the post nor what it answers."""
        post = received.post
        found = self._matcher.match(post)
        settled = received.trusted and (post.matched or not self._everything)
        post.matched = self._trusted(post.matched, found) if settled else found
        if not self._everything:
            self._conversations.take(post)
        post.watches_hash = self.hash
        return bool(post.matched)

    def _trusted(self, said: Sequence[WatchMatch], found: Sequence[WatchMatch]) -> list[WatchMatch]:
        """The network's word on which watches match, with the terms and places that our own matching found for those.

        Where it names one of before the watches changed, our own matching counts beside it.
        """
        ours = {match.id: match for match in found}
        known = [match for match in said if self._everything or match.id in self._trees]
        for match in known:
            if own := ours.pop(match.id, None):
                match.terms, match.spans = own.terms, own.spans
        return known if len(known) == len(said) else [*known, *ours.values()]


def too_long(post: Post) -> bool:
    """Whether its own or its quoted text has more than `LONGEST_TEXT` bytes."""
    texts = (post.text, post.quoted.text if post.quoted else "")
    most = max(map(len, texts))
    return most > LONGEST_TEXT // 4 and max(len(text.encode("utf-8", "replace")) for text in texts) > LONGEST_TEXT
