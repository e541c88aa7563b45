"""The search page: query, head, timeline, facets, hits page by page, and the search as a watch.

    address --span, query--> archive --hits and bars | facets beside, with a deadline--> HTML, whole without JavaScript

The address is the view: who opens it sees the same, and pages are those of the moment of the first as long as they can.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from veille.archive import Archive, Order, Page
from veille.clock import Clock
from veille.errors import Misused
from veille.gap import GapsNow
from veille.highlight import Highlighter
from veille.mention import Mention
from veille.query import QueryError
from veille.query.best import wanted
from veille.query.tree import Node
from veille.settings import Settings
from veille.showing import hidden
from veille.web.asking import RANGES, asked, interval_for
from veille.web.card import Card, card, story_named
from veille.web.chart import Chart, draw
from veille.web.narrowing import Asked, begin
from veille.web.packing import LONGEST_ADDRESS, packed, unpacked
from veille.web.render import Renderer
from veille.web.saving import as_watch
from veille.web.span import Span, span_of
from veille.web.story_cards import StoryCards

PAGE = 50
ORDERS: tuple[Order, ...] = get_args(Order)

ALONE = 8
"""Terms of a query that nothing matches, of which each is counted alone."""

EXAMPLES = ("bouilloire", '"electric kettle" -is:retweet', "sentiment:negative since:7d", "question:yes", "has:links")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a query; `at` counts characters from 0, None where no place is to blame."""

    message: str
    hint: str = ""
    at: int | None = None


def router(archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, renderer: Renderer) -> APIRouter:
    """The page."""
    found = Searches(archive, settings, clock, gaps_now)
    routes = APIRouter(include_in_schema=False)

    @routes.get("/search")
    def search(  # noqa: PLR0917 -- what stands in the address
        request: Request,
        q: str = "",
        z: str = "",
        last: str = "",
        since: str = "",
        until: str = "",
        dated: str = "",
        order: str = "newest",
        after: str = "",
    ) -> Response:
        """Search the archive; `z` is a long query, packed."""
        if len(str(request.url)) > LONGEST_ADDRESS and q:
            shorter = request.url.remove_query_params("q").include_query_params(z=packed(q))
            return RedirectResponse(f"{shorter.path}?{shorter.query}", status_code=303)
        kind: Order = next((known for known in ORDERS if known == order), "newest")
        shared: dict[str, Any] = {"ranges": RANGES, "orders": ORDERS, "ordered": kind, "examples": EXAMPLES}
        now = clock.now()
        try:
            q = q or (unpacked(z) if z else "")
            shared["query"] = q
            # A form that had dates and now has a name was given another range; one that had none was given dates.
            ends = ("", "") if dated and last in RANGES else (since, until)
            span = span_of(last, *ends, now, found.zone)
            shared["span"] = span
            values = found.page(q, span, kind, after or None, now)
        except Misused as error:
            shared.setdefault("span", span_of("", "", "", now, found.zone))
            return renderer.render(request, "search.html", code=400, fresh=False, fault=_fault(error), **shared)
        return renderer.render(request, "search.html", fault=None, **shared, **values)

    return routes


class Searches:
    """What the page shows of one search."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> None:
        self._archive, self._settings, self._clock, self._gaps_now = archive, settings, clock, gaps_now
        self.zone = ZoneInfo(settings.web.zone)
        self._stories = StoryCards(archive, self._hides)

    def page(self, q: str, span: Span, order: Order, after: str | None, now: datetime) -> dict[str, Any]:
        """Everything of it. Raises Misused for a query or a position that is no use."""
        query = asked(q, now)
        what = Asked(q, query, span.since, None if span.open_end else span.until)
        counting = begin(self._archive, what)
        page = self._archive.search(
            what.tree, since=what.since, until=what.until, limit=PAGE, after=after, order=order, hold=True
        )
        chart = self._chart(what, span, now)
        panels = counting.panels(page.total)
        stories = next((panel.found for panel in panels if panel.field == "story" and panel.found), None)
        return {
            "understood": query,
            "cards": self._cards(page, what.tree, now),
            "page": page,
            "chart": chart,
            "panels": panels,
            "stories": stories and len(stories.values) + stories.others + stories.without,
            "alone": self._alone(what) if not page.total else {},
            "saved": as_watch(q, self._settings) if query else None,
        }

    def _cards(self, page: Page, tree: Node | None, now: datetime) -> list[Card]:
        """With the places of what was found, and how many copies each has."""
        highlighter, shown = Highlighter(tree), [hit for hit in page.hits if not self._hides(hit)]
        copies = self._stories.copies(map(story_named, shown), now)
        return [replace(card(hit, highlighter.spans(hit)), copies=copies.get(story_named(hit), 0)) for hit in shown]

    def _hides(self, mention: Mention) -> bool:
        return hidden(mention, signed_in=bool(self._settings.web.token))

    def _chart(self, what: Asked, span: Span, now: datetime) -> Chart:
        width = interval_for(span.since, span.until)
        end = span.until + timedelta(seconds=width) if span.open_end else span.until
        buckets = self._archive.histogram(what.tree, since=span.since, until=end, interval=width)
        return draw(buckets, width, now, self.zone, self._gaps_now())

    def _alone(self, what: Asked) -> dict[str, int]:
        """How many each word of a query finds by itself, where all of it finds nothing."""
        terms = wanted(what.tree)[:ALONE]
        if len(terms) < 2:
            return {}
        return {term.raw: self._archive.count(term, since=what.since, until=what.until) for term in terms}


def _fault(error: Misused) -> Fault:
    if isinstance(error, QueryError):
        return Fault(error.message, error.hint, error.at)
    return Fault(str(error))
