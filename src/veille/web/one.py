"""One mention: why it is here, what was found in it, what it answers and who answered, its copies, and its history.

public id --archive--> mention --> card with what matched marked | conversation | story | actions      deleted: 410
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from veille.archive import Archive
from veille.clock import Clock
from veille.coverage import parts_of
from veille.doing import Doing
from veille.formats import Formats
from veille.gap import GapsNow
from veille.identity import public_id
from veille.mention import Mention
from veille.put_right import label_of
from veille.query.codes import COUNTRIES, LANGUAGES
from veille.query.spans import Span
from veille.query.tree import Operator
from veille.settings import Settings
from veille.showing import hidden
from veille.text.folding import fold
from veille.turn import Turn, answered
from veille.web.asking import search_between
from veille.web.card import Card, card
from veille.web.chart import draw_counts
from veille.web.moments import FIRST
from veille.web.names import Names
from veille.web.panels import Look, Panels
from veille.web.people import did
from veille.web.render import Renderer
from veille.web.shapes import Chart
from veille.web.traffic import brought

MOST_ANSWERS = 20
"""Answers that are shown, the earliest."""

MOST_COPIES = 2_000
"""Copies that the timeline counts, the latest."""

AHEAD = timedelta(hours=1)
"""A network's clock may be before ours."""

SHORTEST = timedelta(hours=1)
"""Of a timeline of copies."""


@dataclass(frozen=True)
class Conversation:
    """What is known around a mention; `parent` None although it answers something: that is not held here."""

    answers_something: bool
    parent: Card | None
    answers: list[Card]
    count: int
    """Of all answers seen, also those that are not shown."""


@dataclass(frozen=True)
class Copies:
    """The story of a mention; `count` and `first` are of all of it."""

    count: int
    first: Mention
    chart: Chart
    search: str


@dataclass(frozen=True)
class Gone:
    """A mention that may not be shown, any more or ever; `at`: when it was deleted, where it was."""

    at: datetime | None


Held = Mention | Gone | None
"""What there is to say of an id; None: nothing."""


class One:
    """What the page asks of the archive."""

    def __init__(
        self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, doing: Doing | None
    ) -> None:
        self._archive, self._clock, self._gaps_now, self._doing = archive, clock, gaps_now, doing
        self._zone, self._signed_in = ZoneInfo(settings.web.zone), bool(settings.web.token)
        self._parts, self._panels = parts_of(settings), Panels(clock, "mention")

    def hidden(self, mention: Mention) -> bool:
        """Whether this page may not show it."""
        return hidden(mention, signed_in=self._signed_in)

    def held(self, public_id: str) -> Held:
        """What is held under this id, within a time. Raises Unavailable."""
        return self._panels.find("mention", lambda: self._held(public_id))

    def _held(self, public_id: str) -> Held:
        found = self._archive.mention(public_id)
        if found == "deleted" or (found is not None and self.hidden(found)):
            return Gone(self._archive.deleted_at(public_id))
        return found

    def beside(self, mention: Mention) -> dict[str, Any]:
        """What the page shows beside its card, each by itself; of what cannot be told, why not."""
        looks: dict[str, Look] = {
            "correct": lambda: {"did": did(self._archive, self._doing, mention.public_id)},
            "conversation": lambda: {"conversation": self.conversation(mention)},
        }
        if mention.story:
            looks["story"] = lambda: {"story": self.copies(mention)}
        if mention.tags.links:
            looks["brought"] = lambda: {"brought": brought(self._archive, mention)}
        none: dict[str, Any] = {"did": [], "story": None, "brought": []}
        return none | self._panels.look(looks, beside=True, of=mention.public_id)

    def conversation(self, mention: Mention) -> Conversation:
        """What it answers, and what answers it."""
        names = [name for name in (mention.native_id, mention.uri) if name]
        found = self._archive.replies(names, since=mention.created_at) if mention.kind != "repost" else ()
        turns = sorted(self._answers(mention, found), key=lambda turn: (turn.created_at, turn.doc_id))
        held = self._archive.mentions([turn.public_id for turn in turns[:MOST_ANSWERS]])
        shown = [held[turn.public_id] for turn in turns[:MOST_ANSWERS] if turn.public_id in held]
        answers = [card(each) for each in shown if not self.hidden(each)]
        return Conversation(bool(mention.ref.reply_to), self._parent(mention), answers, len(turns))

    def copies(self, mention: Mention) -> Copies | None:
        """Its story; None where it is alone."""
        if not mention.story:
            return None
        query, now = Operator("story", mention.story, 0), self._clock.now()
        count = self._archive.count(query)
        hits = self._archive.search(query, limit=1, order="oldest").hits
        if count <= 1 or not hits:
            return None
        turns = self._archive.turns(query, since=FIRST, until=now + AHEAD, limit=MOST_COPIES)
        times = [turn.created_at for turn in turns]
        begin = min([*times, now - SHORTEST])
        chart = draw_counts(times, begin, now, self._zone, self._gaps_now(), parts=self._parts)
        search = search_between(f"story:{mention.story}", hits[0].created_at - AHEAD, None)
        return Copies(count, hits[0], chart, search)

    def _parent(self, mention: Mention) -> Card | None:
        doc_id = answered(mention)
        found = self._archive.mentions([public_id(doc_id)]) if doc_id else {}
        return next((card(each) for each in found.values() if not self.hidden(each)), None)

    @staticmethod
    def _answers(mention: Mention, found: Iterable[Turn]) -> Iterable[Turn]:
        names = {mention.native_id, mention.uri}
        return (
            turn
            for turn in found
            if turn.source == mention.source
            and turn.author.id != mention.author.id
            and turn.created_at >= mention.created_at
            and names & {turn.ref.reply_to, turn.ref.conversation}
        )


def router(
    archive: Archive,
    settings: Settings,
    clock: Clock,
    gaps_now: GapsNow,
    renderer: Renderer,
    *,
    doing: Doing | None = None,
) -> APIRouter:
    """The page; with `doing` it has buttons."""
    one, routes = One(archive, settings, clock, gaps_now, doing), APIRouter(include_in_schema=False)
    names = Names(settings.web)

    @routes.get("/m/{public_id}")
    def mention(request: Request, public_id: str) -> Response:
        """One mention: why it is here and what we made of it."""
        found = one.held(public_id)
        if found is None:
            return renderer.render(request, "gone.html", code=404, message="unknown")
        if isinstance(found, Gone):
            return renderer.render(request, "gone.html", code=410, message="gone", at=found.at)
        values: dict[str, Any] = {
            "card": card(found, matched(found), painted=True),
            "label_of": label_of,
            "name": names.of(request),
            **one.beside(found),
            **choices(renderer.formats(request)),
        }
        return renderer.render(request, "mention.html", **values)

    @routes.get("/m/{public_id}/card")
    def alone(request: Request, public_id: str) -> Response:
        """Its card, as it stands in lists."""
        found = one.held(public_id)
        if not isinstance(found, Mention):
            return renderer.render(request, "gone.html", code=404 if found is None else 410, message="gone")
        return renderer.render(request, "card_alone.html", card=card(found))

    return routes


def choices(formats: Formats) -> dict[str, list[tuple[str, str]]]:
    """Codes and names of languages and countries, in the order of the reader's language."""
    return {
        "tongues": _by_name((code, formats.tongue(code)) for code in LANGUAGES),
        "countries": _by_name((code, formats.country(code)) for code in COUNTRIES),
    }


def _by_name(named: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(named, key=lambda each: fold(each[1]))


def matched(mention: Mention) -> list[Span]:
    """Where in the text the watches matched, in order, none across another."""
    spans: list[Span] = []
    for start, end in sorted({span for match in mention.tags.watches for span in match.spans}):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
