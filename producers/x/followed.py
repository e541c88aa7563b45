"""Conversations on X whose replies are asked for, a rule each: within a number, a time and the budget.

    post of ours, mention that asks something --take--> the latest `most` of a watch, each for KEPT and REPLIES_AT_MOST
                                                            |--rules--> the stream    `--searches--> a gap's repair
    most of the budget spent --> none, and a gap of their own

One rule each, so that none is taken away while others come and go. What comes by it names no watch: `conversations.py`
gives it those of what it answers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from veille.post import Post
from veille.producers.source import GapClosed, GapOpened
from veille.producers.x.asked import SEARCH_LIMIT, Search
from veille.producers.x.tweet import TAG_PREFIX
from veille.producers.x.wire import Rule

KEPT = timedelta(days=2)
"""How long a conversation is followed: later hardly anybody answers."""

REPLIES_AT_MOST = 100
"""So much of one is read: it may have begun far from the brand, and X charges for all of it."""

RULES_AT_MOST = 1_000
"""Of an app on X's common plans (docs.x.com, filtered stream)."""

ASKING = frozenset("?？؟")
"""Signs of a question: Latin and others, full width, Arabic."""

NO_WATCH = "*"
"""In a rule's tag, where a watch's id stands otherwise."""

OF_CONVERSATIONS = TAG_PREFIX + NO_WATCH
"""Tag of their rules."""

PART = "conversations"
"""Of the gap in which they are not followed."""

OR = " OR "

log = logging.getLogger(__name__)


class Thread(Struct, array_like=True):
    """A conversation that is followed."""

    since: int
    """In seconds since 1970."""
    watches: list[str]
    """Those that matched the mention for which it is followed."""
    replies: int = 0
    """How many were read."""


class Followed:
    """The conversations of now; used by one thread."""

    def __init__(
        self,
        most: int,
        ours: Iterable[str],
        watches: Iterable[str],
        begun: Mapping[str, Thread],
        *,
        paused: bool,
        room: int = RULES_AT_MOST,
    ) -> None:
        """`begun` and `paused`: as an earlier process left them.

        `most` of each of the `watches`, which take replies, and `room` for all are followed at a time; `ours`: our
        handles.
        """
        self._most, self._room, self._watches = most, room, frozenset(watches)
        self._ours = frozenset(handle.lower() for handle in ours)
        kept = {each: thread for each, thread in begun.items() if most and not self._watches.isdisjoint(thread.watches)}
        self.begun = dict(sorted(kept.items(), key=lambda item: item[1].since))
        """By id, the oldest first."""
        self.paused = paused
        """Whether none is followed for now; then a gap is open."""
        self._bound(self._watches)

    def watch(self, watches: Iterable[str], room: int) -> None:
        """Follow for these watches from now on, and for no other."""
        self._watches, self._room = frozenset(watches), room
        for each in [each for each, thread in self.begun.items() if self._watches.isdisjoint(thread.watches)]:
            del self.begun[each]
        self._bound(self._watches)

    def take(self, post: Post, now: datetime) -> None:
        """Count a reply, and follow what a mention begins or belongs to if it is chosen; the oldest make room."""
        conversation = post.ref.conversation or post.native_id
        if (thread := self.begun.get(conversation)) is not None and post.native_id != conversation:
            thread.replies += 1
        watches = self._watches.intersection(match.id for match in post.matched)
        if self._most and watches and self._chosen(post) and conversation.isascii() and conversation.isdigit():
            thread = self.begun.setdefault(conversation, Thread(int(now.timestamp()), []))
            thread.watches = sorted(watches.union(thread.watches))
            self._bound(watches)

    def forget(self) -> None:
        """Let all of them go."""
        self.begun.clear()

    def rules(self, now: datetime) -> list[Rule]:
        """What X is to be asked for them; the oldest conversations are over."""
        oldest = (now - KEPT).timestamp()
        while self.begun and self.begun[first := next(iter(self.begun))].since <= oldest:
            del self.begun[first]
        if self.paused:
            return []
        wanted = [each for each, thread in self.begun.items() if thread.replies < REPLIES_AT_MOST]
        return [Rule(value=f"conversation_id:{each}", tag=OF_CONVERSATIONS) for each in wanted]

    def searches(self, now: datetime) -> list[Search]:
        """What brings back the replies that a gap has cost."""
        return [Search(query, NO_WATCH, sure=False) for query in _packed([rule.value for rule in self.rules(now)])]

    def heed(self, *, short: bool, now: datetime) -> Iterator[GapOpened | GapClosed]:
        """Pause while the budget is `short`: of all that is read, replies can be missed first."""
        paused = short and bool(self.begun)
        if paused == self.paused:
            return
        self.paused = paused
        if paused:
            log.warning("x: %d conversations are followed no more: most of the budget is spent", len(self.begun))
            yield GapOpened(now, "budget", PART)
        else:
            log.info("x: conversations are followed again")
            yield GapClosed(now, repaired=False, part=PART)

    def _chosen(self, post: Post) -> bool:
        """Of mentions: ours, and those that ask something."""
        ours = (post.author.handle or "").lower() in self._ours
        return post.kind != "repost" and (ours or not ASKING.isdisjoint(post.text))

    def _bound(self, watches: Iterable[str]) -> None:
        """Let the oldest go, over the number of one of these watches or over that of all."""
        for watch in watches:
            of_watch = [each for each, thread in self.begun.items() if watch in thread.watches]
            self._let_go(of_watch, self._most)
        self._let_go(list(self.begun), self._room)

    def _let_go(self, some: Sequence[str], most: int) -> None:
        for each in some[: max(0, len(some) - most)]:
            del self.begun[each]


def _packed(values: Sequence[str]) -> Iterator[str]:
    """As few queries as hold them all."""
    query = ""
    for value in values:
        longer = query + OR + value if query else value
        if len(longer) > SEARCH_LIMIT:
            yield query
            longer = value
        query = longer
    if query:
        yield query
