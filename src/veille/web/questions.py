"""Questions: who waits for an answer, and who answered what we asked; the page, and the API beside it.

all that was asked --asked()--> sums of all of it, and the first of each block as cards
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from veille.action import Action
from veille.archive import Archive
from veille.clock import Clock
from veille.doing import Doing
from veille.facets import asking
from veille.gap import Gap, GapsNow, touching
from veille.mention import Mention
from veille.own import OwnAccounts
from veille.query import QueryError, Use, parse
from veille.questions import FOLD, Asked, Question, asked, in_sum, waiting, waiting_first
from veille.settings import Settings
from veille.showing import hidden
from veille.turn import Turn
from veille.web.api import plain
from veille.web.asking import search_between
from veille.web.card import Card, card
from veille.web.gaps import GapInfo, gaps_in
from veille.web.moments import Since, Until
from veille.web.openapi import MentionJson
from veille.web.panels import Look, Panels
from veille.web.render import Renderer
from veille.web.scope import Bar
from veille.web.span import named_span
from veille.web.timely import Timely

DAY, KEPT = timedelta(days=1), timedelta(days=7)
"""The sentence is about a day; no question is older than `KEPT`."""

MOST = 200
"""Questions in one list of the API."""

LISTED = {"waiting": 100, "ours": 20, "waiting_long": 50, "answered": 50, "none": 20}
"""The blocks of the page, and how many cards each shows at most."""

MOST_GAPS = 5


class AnswererInfo(BaseModel):
    """Who answered, as the network names them."""

    id: str
    handle: str | None
    name: str | None


class QuestionInfo(BaseModel):
    """A question and the answers that were seen; an answer that matches no watch and is not followed is not here.

    `answered_elsewhere_at`: when somebody said that it was answered where no reply is read.
    """

    mention: MentionJson
    ours: bool
    waits: bool
    answers: int
    first_answer_at: datetime | None
    twentieth_answer_at: datetime | None
    answered_by_us_at: datetime | None
    answered_elsewhere_at: datetime | None
    answerers: list[AnswererInfo]


class NoQuestionInfo(BaseModel):
    """A mention that was taken for a question, and of which somebody said that it is none."""

    public_id: str
    created_at: datetime
    said_at: datetime
    said_by: str


class QuestionList(BaseModel):
    """Questions, newest first, `limit` of them; the sums are of all that were asked in the range.

    Half of them had an answer within `half_within_seconds`; null: fewer than half have one. `answered`,
    `answered_elsewhere` and the half are of the latest `counted`, which are fewer than `asked` beyond 20,000 alone.
    With `ours`, no more than those are looked at.
    """

    asked: int
    counted: int
    answered: int
    answered_elsewhere: int
    half_within_seconds: float | None
    questions: list[QuestionInfo]
    not_questions: list[NoQuestionInfo]
    gaps: list[GapInfo]


@dataclass(frozen=True)
class Row:
    """One question as the page shows it; `none`: what somebody said of one that is none."""

    turn: Turn
    card: Card
    question: Question | None = None
    none: Action | None = None


@dataclass(frozen=True)
class Block:
    """Some of the questions of one kind, and how many there are."""

    rows: list[Row]
    total: int


class Questions:
    """What the page and the API ask of the archive."""

    def __init__(self, archive: Archive, settings: Settings, doing: Doing | None) -> None:
        self._archive, self._doing, self._own = archive, doing, OwnAccounts(settings.own)
        self._signed_in = bool(settings.web.token)

    def asked(self, watch: str, since: datetime, until: datetime) -> Asked:
        """All that was asked."""
        return asked(self._archive, self._own, watch=watch or None, since=since, until=until, done=self._doing)

    def search(self, watch: str, since: datetime, until: datetime | None) -> str:
        """The address of the search for what others asked, if it can be asked for; `until` None: until it is seen."""
        ours = [
            f"-({asking('author', name)} {asking('source', source)})"
            for source, names in self._own.names.items()
            for name in names
        ]
        about = [asking("watch", watch)] if watch else []
        query = " ".join(["has:question", "-is:retweet", *about, *ours])
        try:
            parse(query, Use.SEARCH)
        except QueryError:
            return ""
        return search_between(query, since, until)

    def read(self, turns: Iterable[Turn]) -> dict[str, Mention]:
        """The mentions that may be shown, by doc id."""
        found = self._archive.mentions([turn.public_id for turn in turns])
        return {each.doc_id: each for each in found.values() if not hidden(each, signed_in=self._signed_in)}

    def blocks(self, found: Asked, now: datetime) -> dict[str, Block]:
        """The blocks of the page that have something in them, in order."""
        ordered = waiting_first(found.questions, now)
        theirs = [one for one in ordered if not one.ours]
        parts: dict[str, Sequence[Question]] = {
            "waiting": waiting(ordered, now),
            "ours": [one for one in found.questions if one.ours],
            "waiting_long": [one for one in theirs if one.waits and now - one.turn.created_at > FOLD],
            "answered": [one for one in theirs if not one.waits],
        }
        none = found.none[: LISTED["none"]]
        first = [one.turn for name, some in parts.items() for one in some[: LISTED[name]]]
        mentions = self.read([*first, *(turn for turn, _ in none)])
        blocks = {name: Block(list(_rows(some[: LISTED[name]], mentions)), len(some)) for name, some in parts.items()}
        refused = [Row(turn, card(mentions[turn.doc_id]), none=said) for turn, said in none if turn.doc_id in mentions]
        blocks["none"] = Block(refused, len(found.none))
        return {name: block for name, block in blocks.items() if block.total}


def router(
    archive: Archive,
    settings: Settings,
    clock: Clock,
    gaps_now: GapsNow,
    renderer: Renderer,
    *,
    doing: Doing | None = None,
) -> APIRouter:
    """The page and the route of the API. With `doing` the page has buttons, and knows at once what they did."""
    routes, zone = APIRouter(tags=["archive"]), ZoneInfo(settings.web.zone)
    asks, panels = Questions(archive, settings, doing), Panels(clock, "questions")
    timely = Timely(clock)

    @routes.get("/questions", include_in_schema=False)
    def page(request: Request, watch: str = "") -> Response:
        """Who waits, the longest first; where no time is asked for, of seven days, and in sum of one."""
        now = clock.now()
        span = named_span(request, now, zone)
        summed, since, until = (span.since, span.since, span.until) if span else (now - DAY, now - KEPT, now)
        found = panels.find("asked", lambda: asks.asked(watch, since, until))
        looks: dict[str, Look] = {
            "questions": lambda: _sums(found, summed) | {"gaps": _gaps(gaps_now, found, now)},
            "list": lambda: {"blocks": asks.blocks(found, now)},
        }
        values = panels.look(looks, of=watch)
        if not watch and span is None and "questions" not in values["lacking"]:
            renderer.beside.questions.is_now(len(waiting(found.questions, now)))
        bar = Bar(span, usual="questions_usual", watch=watch)
        values |= {"acts": doing is not None, "counted": asks.search(watch, summed, span.until if span else None)}
        return renderer.render(request, "questions.html", bar=bar, most_gaps=MOST_GAPS, **values)

    @routes.get("/api/v1/questions")
    @timely
    def api(
        *,
        watch: Annotated[str, Query(max_length=80, description="Only those about one watch.")] = "",
        ours: Annotated[bool | None, Query(description="Only those that our own accounts ask, or only others.")] = None,
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> QuestionList:
        """Questions and the answers seen, newest first; of the last seven days unless asked otherwise."""
        end = until or clock.now()
        found = asks.asked(watch, since or end - KEPT, end)
        some = [one for one in found.questions if ours in (None, one.ours)]
        mentions = asks.read(one.turn for one in some[:limit])
        sums = in_sum(some)
        return QuestionList(
            asked=sums.asked + (found.earlier if ours is None else 0),
            counted=sums.asked,
            answered=sums.answered,
            answered_elsewhere=sums.elsewhere,
            half_within_seconds=sums.half_within.total_seconds() if sums.half_within is not None else None,
            questions=[_info(one, mentions[one.turn.doc_id]) for one in some[:limit] if one.turn.doc_id in mentions],
            not_questions=[_none(turn, said) for turn, said in found.none[:limit]],
            gaps=gaps_in(gaps_now, since or end - KEPT, end),
        )

    return routes


def _sums(found: Asked, since: datetime) -> dict[str, Any]:
    """Others' questions since then, in sum."""
    return {
        "summed": in_sum([one for one in found.questions if not one.ours and one.turn.created_at >= since]),
        "at_least": bool(found.earlier) and found.questions[-1].turn.created_at >= since,
    }


def _rows(some: Iterable[Question], mentions: dict[str, Mention]) -> Iterator[Row]:
    for one in some:
        if one.turn.doc_id in mentions:
            yield Row(one.turn, card(mentions[one.turn.doc_id]), one)


def _gaps(gaps_now: GapsNow, found: Asked, now: datetime) -> list[Gap]:
    """Those in which answers to what is shown may have been missed, latest first; of a day at least."""
    first = min((one.turn.created_at for one in found.questions), default=now)
    return touching(gaps_now(), min(first, now - DAY), now)[::-1]


def _info(question: Question, mention: Mention) -> QuestionInfo:
    return QuestionInfo(
        mention=plain(mention),
        ours=question.ours,
        waits=question.waits,
        answers=question.answers,
        first_answer_at=question.first_at,
        twentieth_answer_at=question.twentieth_at,
        answered_by_us_at=question.by_us_at,
        answered_elsewhere_at=question.elsewhere.at if question.elsewhere else None,
        answerers=[AnswererInfo(id=who.id, handle=who.handle, name=who.name) for who in question.answerers],
    )


def _none(turn: Turn, said: Action) -> NoQuestionInfo:
    return NoQuestionInfo(public_id=turn.public_id, created_at=turn.created_at, said_at=said.at, said_by=said.by)
