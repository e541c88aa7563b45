"""The page of one author: what they said about the watched subjects, and nothing about who they are.

    /authors/{public id of one of their mentions} --> author --turns--> sums by watch, timeline    --search--> cards

The address names nobody, and ends with the mention that it goes by. No score, no mood, no place, no export: X forbids
to profile its users (docs.x.com/developer-terms/restricted-use-cases), and a rated file of people needs their consent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from veille.action import Actions
from veille.archive import Archive, Page
from veille.clock import Clock
from veille.coverage import parts_of
from veille.doing import Doing
from veille.errors import Unavailable
from veille.gap import Gap, GapsNow
from veille.identity import public_id
from veille.mention import Mention
from veille.producers.elsewhere import Elsewhere, Other
from veille.query.tree import And, Node, Not, Operator
from veille.questions import NO_QUESTION
from veille.settings import Settings
from veille.showing import hidden
from veille.turn import Turn, answered
from veille.web.card import card
from veille.web.chart import draw_counts
from veille.web.gap_rows import Rows, among
from veille.web.moments import FIRST
from veille.web.panels import Look, Once, Panels
from veille.web.positions import dated, place
from veille.web.render import Renderer
from veille.web.scope import Bar
from veille.web.span import Span, asked_span

log = logging.getLogger(__name__)

MOST = 5_000
"""Mentions of one author that are summed, the latest."""

MOST_REPLIES = 200
"""Of their replies, the latest, that are held against what they answer."""

TELLING = {"x", "bluesky"}
"""Networks whose name for what is answered tells which mention it is."""

QUESTION: tuple[Node, ...] = (Operator("has", "question", 0), Not(Operator("is", "retweet", 0)))
PAGE = 30
DEFAULT = "30d"
AHEAD = timedelta(hours=1)
"""A network's clock may be before ours."""


@dataclass(frozen=True)
class Sum:
    """Mentions under one watch."""

    watch: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Answers:
    """How many of their replies answer questions of others that are held; `whole`: all replies were looked at."""

    count: int
    whole: bool


@dataclass(frozen=True)
class Spoken:
    """What an author asked and answered."""

    questions: int
    answers: Answers | None
    """None where the network does not tell what is answered."""


class Authors:
    """What the page asks of the archive; `parts` of all sources."""

    def __init__(
        self,
        archive: Archive,
        doing: Doing | None,
        gaps_now: GapsNow,
        zone: ZoneInfo,
        parts: Mapping[str, int],
        *,
        signed_in: bool,
    ) -> None:
        self._archive, self._doing, self._gaps_now = archive, doing, gaps_now
        self._zone, self._parts, self._signed_in = zone, parts, signed_in

    def turns(self, mention: Mention, until: datetime) -> list[Turn]:
        """All that is held by the author of a mention, newest first, at most `MOST`. Raises Unavailable."""
        return self._turns(_by(mention), mention, until)

    def spoken(self, mention: Mention, turns: Sequence[Turn], until: datetime) -> Spoken:
        """What the author of a mention asked, and answered in all that is held. Raises Unavailable."""
        asked = self._turns(_by(mention, *QUESTION), mention, until)
        actions = self._actions(turns)
        none = sum(_refused(actions, turn) for turn in asked)
        return Spoken(len(asked) - none, self._answers(mention, turns))

    def timeline(self, mention: Mention, turns: Sequence[Turn], watch: str, span: Span) -> dict[str, Any]:
        """The mentions of a range over time, and when the first and last of all were."""
        times = [turn.created_at for turn in turns if not watch or watch in turn.watches]
        parts = {name: number for name, number in self._parts.items() if name in _sources(mention)}
        chart = draw_counts(times, span.since, span.until, self._zone, self._gaps(mention), parts=parts)
        return {"chart": chart, "ends": (turns[-1].created_at, turns[0].created_at) if turns else None}

    def cards(self, mention: Mention, watch: str, span: Span, now: datetime, after: str | None) -> dict[str, Any]:
        """Some mentions of a range. Raises Unavailable, and Misused for a position that is no use."""
        query = _by(mention, *([Operator("watch", watch, 0)] if watch else []))
        until = now + AHEAD if span.open_end else span.until
        found = self._archive.search(query, since=span.since, until=until, limit=PAGE, after=after)
        hits = [hit for hit in found.hits if hit.author.id == mention.author.id]
        shown = [hit for hit in hits if not hidden(hit, signed_in=self._signed_in)]
        pages = dated(found, now)
        return {
            "cards": [card(hit) for hit in shown],
            "older": pages.after,
            "newer": pages.before,
            "not_read_rows": _not_read(found, shown, self._gaps(mention), span, now),
        }

    def _gaps(self, mention: Mention) -> list[Gap]:
        return [gap for gap in self._gaps_now() if gap.source in _sources(mention)]

    def _turns(self, query: Node, mention: Mention, until: datetime) -> list[Turn]:
        found = self._archive.turns(query, since=FIRST, until=until, limit=MOST)
        return [turn for turn in found if turn.author.id == mention.author.id]  # a handle may look like an id

    def _answers(self, mention: Mention, turns: Sequence[Turn]) -> Answers | None:
        if mention.source not in TELLING:
            return None
        replies = [name for turn in turns if (name := answered(turn))]
        names = [public_id(name) for name in replies[:MOST_REPLIES]]
        held = self._archive.mentions(list(dict.fromkeys(names)))
        actions = self._actions(list(held.values()))
        asked = {
            name
            for name, one in held.items()
            if one.author.id != mention.author.id and one.tags.question and not _refused(actions, one)
        }
        whole = len(replies) <= MOST_REPLIES and len(turns) < MOST
        return Answers(sum(name in asked for name in names), whole)

    def _actions(self, turns: Sequence[Turn | Mention]) -> Actions:
        since = min((turn.created_at for turn in turns), default=FIRST)
        knowing = [knows for knows in (self._archive, self._doing) if knows is not None]
        return Actions(each for knows in knowing for each in knows.done_since("mention", since))


def router(
    archive: Archive,
    settings: Settings,
    clock: Clock,
    gaps_now: GapsNow,
    renderer: Renderer,
    *,
    doing: Doing | None = None,
) -> APIRouter:
    """The page."""
    signed_in, elsewhere, zone = bool(settings.web.token), Elsewhere(settings, clock), ZoneInfo(settings.web.zone)
    routes, panels = APIRouter(include_in_schema=False), Panels(clock, "author")
    authors = Authors(archive, doing, gaps_now, zone, parts_of(settings), signed_in=signed_in)

    @routes.get("/authors/{key}")
    def author(request: Request, key: str, watch: str = "", after: str = "") -> Response:
        """What one author said about the watched subjects."""
        mention = panels.find("mention", lambda: archive.mention(key))
        if mention == "deleted" or (mention is not None and hidden(mention, signed_in=signed_in)):
            return renderer.render(request, "gone.html", code=410, message="author_gone")
        if mention is None or not mention.author.id:
            return renderer.render(request, "gone.html", code=404, message="author_unknown_page")
        at = place(after, clock.now())
        now = at.now
        span = asked_span(request, now, zone, DEFAULT)
        turns = Once(lambda: authors.turns(mention, now + AHEAD))
        looks: dict[str, Look] = {
            "author": lambda: {"total": len(turns()), "first": turns()[-1].created_at if turns() else None},
            "spoken": lambda: {"spoken": authors.spoken(mention, turns(), now + AHEAD)},
            "by-watch": lambda: {"sums": by_watch(turns())},
            "timeline": lambda: authors.timeline(mention, turns(), watch, span),
            "cards": lambda: authors.cards(mention, watch, span, now, at.after),
        }
        of = f"{mention.source} {mention.author.id}"
        values = panels.look(looks, beside=True, of=of) | {"who": card(mention), "elsewhere": elsewhere.can(mention)}
        return renderer.render(request, "author.html", bar=Bar(span, watch=watch), most=MOST, **values)

    @routes.get("/authors/{key}/elsewhere")
    def others(request: Request, key: str) -> Response:
        """Their latest public posts, read from their network now and kept nowhere."""
        mention = panels.find("mention", lambda: archive.mention(key))
        if not isinstance(mention, Mention) or hidden(mention, signed_in=signed_in) or not elsewhere.can(mention):
            return renderer.render(request, "gone.html", code=404, message="author_unknown_page")
        found: Sequence[Other] | None = []
        state = "ok"
        try:
            found = elsewhere.latest(mention)
        except Unavailable as error:
            log.info("an author's other posts cannot be read: %s", error)
            state = "away"
        state = "hidden" if found is None else state
        return renderer.render(request, "elsewhere.html", who=card(mention), others=found or [], state=state)

    return routes


def by_watch(turns: Iterable[Turn]) -> list[Sum]:
    """The most frequent first."""
    times: dict[str, list[datetime]] = {}
    for turn in turns:
        for watch in turn.watches:
            times.setdefault(watch, []).append(turn.created_at)
    sums = [Sum(watch, len(some), min(some), max(some)) for watch, some in times.items()]
    return sorted(sums, key=lambda one: (-one.count, one.watch))


def _sources(mention: Mention) -> set[str]:
    """Names of those that may bring mentions by its author."""
    return {"world", "feeds" if mention.source == "feed" else mention.source}


def _by(mention: Mention, *more: Node) -> Node:
    """What finds the mentions by its author on its network."""
    author = Operator("from", mention.author.id.casefold(), 0)
    return And((author, Operator("source", mention.source, 0), *more))


def _not_read(page: Page, shown: Sequence[Mention], gaps: Sequence[Gap], span: Span, now: datetime) -> Rows:
    """What was not read among the mentions of a page."""
    since, until = None if page.after else span.since, None if page.before else span.until
    return among([hit.created_at for hit in shown], gaps, now, since=since, until=until)


def _refused(actions: Actions, asked: Turn | Mention) -> bool:
    """Whether people say that it asks nothing."""
    said = actions.done("mention", asked.public_id, "question")
    return said is not None and said.value == NO_QUESTION
