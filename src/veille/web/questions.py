"""Questions: who waits for an answer; the page, and the API beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from veille.archive import Archive
from veille.clock import Clock
from veille.gap import GapsNow, touching
from veille.own import OwnAccounts
from veille.questions import Answered, Question, in_sum, questions, waiting_first
from veille.settings import Settings
from veille.web.api import plain
from veille.web.card import Card, card, hidden
from veille.web.gaps import GapInfo, gaps_in
from veille.web.moments import Since, Until
from veille.web.render import Renderer

DAY, FOLD, KEPT = timedelta(days=1), timedelta(hours=48), timedelta(days=7)
"""The sentence is about a day; questions younger than `FOLD` are open to the reader, older ones folded; none older."""

MOST = 200
"""Questions in one list."""


class AnswererInfo(BaseModel):
    """Who answered, as the network names them."""

    id: str
    handle: str | None
    name: str | None


class QuestionInfo(BaseModel):
    """A question and the answers that were seen; an answer that matches no watch and is not followed is not here."""

    mention: dict[str, Any]
    ours: bool
    answers: int
    first_answer_at: datetime | None
    twentieth_answer_at: datetime | None
    answered_by_us_at: datetime | None
    answerers: list[AnswererInfo]


class QuestionList(BaseModel):
    """Questions, newest first; the sums are of those in the list, which `limit` bounds.

    Half of them had an answer within `half_within_seconds`; null: fewer than half have one.
    """

    asked: int
    answered: int
    half_within_seconds: float | None
    questions: list[QuestionInfo]
    gaps: list[GapInfo]


@dataclass(frozen=True)
class Row:
    """One question as the page shows it."""

    question: Question
    card: Card
    wait: timedelta


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, renderer: Renderer) -> APIRouter:
    """The page and the route of the API."""
    routes = APIRouter(tags=["archive"])
    own = OwnAccounts(settings.own)

    def found(watch: str | None, since: datetime, until: datetime, limit: int) -> list[Question]:
        all_ = questions(archive, own, watch=watch or None, since=since, until=until, limit=limit)
        return [each for each in all_ if not hidden(each.mention, signed_in=bool(settings.web.token))]

    @routes.get("/questions", include_in_schema=False)
    def page(request: Request, watch: str = "") -> Response:
        """Who waits, the longest first."""
        now = clock.now()
        asked = found(watch, now - KEPT, now, MOST)
        rows = [Row(each, card(each.mention), each.wait(now)) for each in waiting_first(asked, now, FOLD)]
        today = in_sum([each for each in asked if each.mention.created_at >= now - DAY])
        young = [row for row in rows if not row.question.answers and row.wait <= FOLD]
        blocks = {
            "waiting": young,
            "waiting_long": [row for row in rows if not row.question.answers and row.wait > FOLD],
            "answered": [row for row in rows if row.question.answers],
        }
        gaps = touching(gaps_now(), now - DAY, now)
        return renderer.render(request, "questions.html", today=today, blocks=blocks, gaps=gaps, chosen=watch)

    @routes.get("/api/v1/questions")
    def api(
        *,
        watch: Annotated[str | None, Query(max_length=80, description="Only those about one watch.")] = None,
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> QuestionList:
        """Questions and the answers seen, newest first; of the last seven days unless asked otherwise."""
        end = until or clock.now()
        asked = found(watch, since or end - KEPT, end, limit)
        return told(asked, in_sum(asked), gaps_in(gaps_now, since or end - KEPT, end))

    return routes


def told(asked: list[Question], sums: Answered, gaps: list[GapInfo]) -> QuestionList:
    """The list as JSON holds it."""
    return QuestionList(
        asked=sums.asked,
        answered=sums.answered,
        half_within_seconds=sums.half_within.total_seconds() if sums.half_within is not None else None,
        questions=[_info(each) for each in asked],
        gaps=gaps,
    )


def _info(question: Question) -> QuestionInfo:
    return QuestionInfo(
        mention=plain(question.mention),
        ours=question.ours,
        answers=question.answers,
        first_answer_at=question.first_at,
        twentieth_answer_at=question.twentieth_at,
        answered_by_us_at=question.by_us_at,
        answerers=[AnswererInfo(id=who.id, handle=who.handle, name=who.name) for who in question.answerers],
    )
