"""Questions among the mentions, and the answers to them that were seen.

turns that ask --less those that people say are none--> Question <-- turns that answer them, or stand in their thread

An answer that matches no watch and is not followed never comes here: none seen is not the same as none given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol

from msgspec import Struct

from veille.action import Action, Actions, Of
from veille.archive import Archive
from veille.own import OwnAccounts
from veille.query.tree import And, Node, Not, Operator, Or
from veille.turn import Speaker, Turn

TWENTIETH = 20
"""A question that our own accounts ask is answered well when so many have answered."""

FOLD = timedelta(hours=48)
"""Questions that wait longer are folded: whoever reads looks at the younger ones first."""

MOST = 20_000
"""Questions that are looked at for one sum, the latest."""

NO_QUESTION = "no"
"""Value of the action `question`: somebody says that nothing is asked here."""


class Done(Protocol):
    """Who knows what people did: an archive, or whoever follows the topic and so knows it earlier."""

    def done_since(self, of: Of, since: datetime) -> list[Action]:
        """See `veille.findings.Findings`."""


class Question(Struct, eq=False, gc=False):
    """A turn that asks something; answers are by others than who asked, earliest first."""

    turn: Turn
    ours: bool
    """Asked by one of our own accounts."""
    elsewhere: Action | None = None
    """Somebody says that it was answered where veille does not read."""
    answers: int = 0
    first_at: datetime | None = None
    """When the first answer was published."""
    twentieth_at: datetime | None = None
    by_us_at: datetime | None = None
    """When one of our own accounts first answered."""
    answerers: list[Speaker] = []
    """Who answered, each once, at most `TWENTIETH` of them."""

    @property
    def waits(self) -> bool:
        """Whether no answer was seen, and nobody says that there is one."""
        return not self.answers and self.elsewhere is None

    def wait(self, now: datetime) -> timedelta:
        """From the question to its first answer, or until now."""
        return (self.first_at or now) - self.turn.created_at

    def take(self, answer: Turn, *, ours: bool) -> None:
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
class Asked:
    """What was asked in a stretch of time, newest first."""

    questions: list[Question]
    none: list[tuple[Turn, Action]]
    """What enrichment takes for questions, and people do not."""
    earlier: int
    """Asked before all of these, and not looked at: more than `MOST` were asked."""


@dataclass(frozen=True)
class Answered:
    """Questions in sum."""

    asked: int
    answered: int
    """An answer was seen."""
    elsewhere: int
    """None was seen, and somebody says that there is one."""
    half_within: timedelta | None
    """Half of all that were asked have had an answer within this time; None: fewer than half have one."""


def asked(
    archive: Archive,
    own: OwnAccounts,
    *,
    watch: str | None,
    since: datetime,
    until: datetime,
    done: Done | None = None,
    most: int = MOST,
) -> Asked:
    """All that was asked about a watch (None: about any) in `[since, until)`, with what answers were seen.

    What people did comes from the archive, and from `done` where somebody knows more. Raises Unavailable.
    """
    # Those of which people said that they ask nothing are among them, to be told apart.
    asks = Or((Operator("has", "question", 0), Operator("corrected", "question", 0)))
    terms: list[Node] = [asks, Not(Operator("is", "retweet", 0))]
    if watch is not None:
        terms.append(Operator("watch", watch, 0))
    query = And(tuple(terms))
    turns = archive.turns(query, since=since, until=until, limit=most + 1)
    earlier = archive.count(query, since=since, until=turns[most - 1].created_at) if len(turns) > most else 0
    known = [each for knows in (archive, done) if knows is not None for each in knows.done_since("mention", since)]
    actions, touched = Actions(known), {each.subject for each in known}
    questions: list[Question] = []
    none: list[tuple[Turn, Action]] = []
    for turn in turns[:most]:
        question = Question(turn, bool(own.names) and own(turn.source, turn.author))
        if touched and (name := turn.public_id) in touched:
            question.elsewhere = actions.done("mention", name, "answered")
            said = actions.done("mention", name, "question")
            if said is not None and said.value == NO_QUESTION:
                none.append((turn, said))
                continue
        questions.append(question)
    _answer(archive, own, questions)
    return Asked(questions, none, earlier)


def in_sum(questions: Sequence[Question]) -> Answered:
    """How many were asked and answered, and how soon."""
    waits = sorted(one.first_at - one.turn.created_at for one in questions if one.first_at)
    half = waits[(len(questions) - 1) // 2] if waits and len(waits) * 2 >= len(questions) else None
    elsewhere = sum(one.elsewhere is not None and not one.answers for one in questions)
    return Answered(len(questions), len(waits), elsewhere, half)


def waiting(questions: Iterable[Question], now: datetime) -> list[Question]:
    """Those of others that wait, asked within `FOLD`, in the order in which they come."""
    since = now - FOLD
    return [one for one in questions if one.waits and not one.ours and one.turn.created_at >= since]


def longest_waiting(questions: Iterable[Question], now: datetime) -> list[Question]:
    """The same, longest waiting first."""
    return sorted(waiting(questions, now), key=lambda one: one.turn.created_at)


def waiting_first(questions: Iterable[Question], now: datetime) -> list[Question]:
    """Unanswered ones younger than `FOLD` first, longest waiting first; then those that wait longer; then the rest."""

    def place(question: Question) -> tuple[int, timedelta]:
        since = now - question.turn.created_at
        if not question.waits:
            return 2, since
        return (0, -since) if since <= FOLD else (1, since)

    return sorted(questions, key=place)


def _answer(archive: Archive, own: OwnAccounts, questions: Sequence[Question]) -> None:
    """Give each of them its answers."""
    if not questions:
        return
    by_source: dict[str, dict[str, Question]] = defaultdict(dict)
    for one in questions:
        turn = one.turn
        named = by_source[turn.source]
        named[turn.native_id] = one
        if turn.uri:
            named[turn.uri] = one
    since = min(one.turn.created_at for one in questions)
    answers = archive.replies(list(dict.fromkeys(chain.from_iterable(by_source.values()))), since=since)
    for answer in sorted(answers, key=lambda turn: (turn.created_at, turn.doc_id)):
        known = by_source.get(answer.source, {})
        meant = [known.get(name) for name in (answer.ref.reply_to, answer.ref.conversation) if name]
        for question in dict.fromkeys(one for one in meant if one is not None):
            if answer.author.id != question.turn.author.id and answer.created_at >= question.turn.created_at:
                question.take(answer, ours=own(answer.source, answer.author))
