"""Questions among the mentions, and the answers to them that were seen.

mentions that ask --> those of a watch, or our own --> posts that answer them, or stand in their thread --> Question

An answer that matches no watch and is not followed never comes here: none seen is not the same as none given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from veille.archive import Archive
from veille.mention import Mention
from veille.own import OwnAccounts
from veille.post import Author
from veille.query.tree import And, Node, Not, Operator, Or

TWENTIETH = 20
"""A question that our own accounts ask is answered well when so many have answered."""

TOGETHER = 50
"""Questions whose answers are looked for at once."""

PAGE = 500
MOST_ANSWERS = 20_000
"""Read for one list; beyond that the counts of it are lower bounds."""


@dataclass(eq=False)
class Question:
    """A mention that asks something; answers are by others than who asked, earliest first."""

    mention: Mention
    ours: bool
    """Asked by one of our own accounts."""
    answers: int = 0
    first_at: datetime | None = None
    """When the first answer was published."""
    twentieth_at: datetime | None = None
    by_us_at: datetime | None = None
    """When one of our own accounts first answered."""
    answerers: list[Author] = field(default_factory=list)
    """Who answered, each once, at most `TWENTIETH` of them."""

    def wait(self, now: datetime) -> timedelta:
        """From the question to its first answer, or until now."""
        return (self.first_at or now) - self.mention.created_at

    def take(self, answer: Mention, *, ours: bool) -> None:
        """Count an answer; they come earliest first."""
        self.answers += 1
        self.first_at = self.first_at or answer.created_at
        if self.answers == TWENTIETH:
            self.twentieth_at = answer.created_at
        if ours:
            self.by_us_at = self.by_us_at or answer.created_at
        if len(self.answerers) < TWENTIETH and answer.author.id not in {known.id for known in self.answerers}:
            self.answerers.append(answer.author)


@dataclass(frozen=True)
class Answered:
    """What was asked in a stretch of time, in sum."""

    asked: int
    answered: int
    half_within: timedelta | None
    """Half of all that were asked have had an answer within this time; None: fewer than half have one."""


def questions(
    archive: Archive, own: OwnAccounts, *, watch: str | None, since: datetime, until: datetime, limit: int
) -> list[Question]:
    """The latest questions of a watch (None: of all) in `[since, until)`, newest first, with what answers were seen.

    Raises Unavailable.
    """
    terms: list[Node] = [Operator("has", "question", 0), Not(Operator("is", "retweet", 0))]
    if watch is not None:
        terms.append(Operator("watch", watch, 0))
    hits = archive.search(And(tuple(terms)), since=since, until=until, limit=limit).hits
    found = [Question(hit, own(hit.source, hit.author)) for hit in hits]
    for first in range(0, len(found), TOGETHER):
        _answer(archive, own, found[first : first + TOGETHER])
    return found


def in_sum(found: Sequence[Question]) -> Answered:
    """How many were asked and answered, and how soon."""
    waits = sorted(question.first_at - question.mention.created_at for question in found if question.first_at)
    half = waits[(len(found) - 1) // 2] if waits and len(waits) * 2 >= len(found) else None
    return Answered(len(found), len(waits), half)


def waiting_first(found: Iterable[Question], now: datetime, fold: timedelta) -> list[Question]:
    """Unanswered ones younger than `fold` first, longest waiting first; then those that wait longer; then the rest."""

    def place(question: Question) -> tuple[int, timedelta]:
        asked = now - question.mention.created_at
        if question.answers:
            return 2, asked
        return (0, -asked) if asked <= fold else (1, asked)

    return sorted(found, key=place)


def _answer(archive: Archive, own: OwnAccounts, asked: Sequence[Question]) -> None:
    """Give each of them its answers."""
    by_name = {(one.mention.source, name): one for one in asked for name in _names(one.mention)}
    for answer in _replies(archive, asked):
        named = (answer.ref.reply_to, answer.ref.conversation)
        meant = [by_name.get((answer.source, name.casefold())) for name in dict.fromkeys(named) if name]
        for question in dict.fromkeys(one for one in meant if one is not None):
            if answer.author.id != question.mention.author.id and answer.created_at >= question.mention.created_at:
                question.take(answer, ours=own(answer.source, answer.author))


def _names(mention: Mention) -> Iterator[str]:
    """The names by which answers know a post: its network's id, or its global address."""
    yield mention.native_id.casefold()
    if mention.uri is not None:
        yield mention.uri.casefold()


def _replies(archive: Archive, asked: Sequence[Question]) -> Iterator[Mention]:
    names = [name for question in asked for name in _names(question.mention)]
    about = tuple(Operator(kind, name, 0) for name in names for kind in ("in_reply_to_tweet_id", "conversation_id"))
    query = And((Or(about), Operator("is", "reply", 0)))
    since = min(question.mention.created_at for question in asked)
    after, read = None, 0
    while read < MOST_ANSWERS:
        page = archive.search(query, since=since, limit=PAGE, after=after, order="oldest")
        yield from page.hits
        read += len(page.hits)
        if (after := page.after) is None:
            return
