"""Conversations on X whose replies are asked for, a rule each: within a number, a time and the budget.

    post of ours, mention that asks something --take--> the latest `most`, each for KEPT --rules--> the stream
                                                                                        `-searches--> a gap's repair
    most of the budget spent --> none, and a gap of their own

What comes by such a rule names no watch: `conversations.py` gives it those of what it answers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from veille.post import Post
from veille.producers.source import GapClosed, GapOpened
from veille.producers.x.asked import SEARCH_LIMIT, Search
from veille.producers.x.tweet import TAG_PREFIX
from veille.producers.x.wire import Rule

KEPT = timedelta(days=2)
"""How long a conversation is followed: later hardly anybody answers."""

RULES_AT_MOST = 1_000
"""Of an app on X's common plans (docs.x.com, filtered stream)."""

NO_WATCH = "*"
"""In a rule's tag, where a watch's id stands otherwise."""

PART = "conversations"
"""Of the gap in which they are not followed."""

OR = " OR "


class Followed:
    """The conversations of now; used by one thread."""

    def __init__(self, most: int, ours: Iterable[str], begun: Mapping[str, int], *, paused: bool) -> None:
        """`most`: how many at a time; `ours`: our handles; `begun` and `paused`: as an earlier process left them."""
        self._most = most
        self._ours = frozenset(handle.lower() for handle in ours)
        self._begun = OrderedDict(sorted(begun.items(), key=lambda item: item[1]))
        self.paused = paused
        """Whether none is followed for now; then a gap is open."""

    @property
    def begun(self) -> dict[str, int]:
        """By id of the conversation, since when it is followed, in seconds since 1970."""
        return dict(self._begun)

    def take(self, post: Post, now: datetime) -> None:
        """Follow what this mention begins or belongs to, if it is chosen; over the number, the oldest is let go."""
        if not self._most or post.kind == "repost" or not self._chosen(post):
            return
        conversation = post.ref.conversation or post.native_id
        if not (conversation.isascii() and conversation.isdigit()):
            return
        self._begun.setdefault(conversation, int(now.timestamp()))
        while len(self._begun) > self._most:
            self._begun.popitem(last=False)

    def rules(self, now: datetime) -> list[Rule]:
        """What X is to be asked for them; the oldest conversations are over."""
        oldest = (now - KEPT).timestamp()
        while self._begun and next(iter(self._begun.values())) <= oldest:
            self._begun.popitem(last=False)
        if self.paused:
            return []
        return [Rule(value=f"conversation_id:{each}", tag=TAG_PREFIX + NO_WATCH) for each in self._begun]

    def searches(self, now: datetime) -> list[Search]:
        """What brings back the replies that a gap has cost."""
        return [Search(query, NO_WATCH, sure=False) for query in _packed([rule.value for rule in self.rules(now)])]

    def heed(self, *, short: bool, now: datetime) -> Iterator[GapOpened | GapClosed]:
        """Pause while the budget is `short`: of all that is read, replies can be missed first."""
        paused = short and bool(self._begun)
        if paused != self.paused:
            self.paused = paused
            yield GapOpened(now, "budget", PART) if paused else GapClosed(now, repaired=False, part=PART)

    def _chosen(self, post: Post) -> bool:
        """Of the mentions that rules of watches brought: ours, and those that ask something."""
        ours = (post.author.handle or "").lower() in self._ours
        return bool(post.matched) and (ours or "?" in post.text)


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
