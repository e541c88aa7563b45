"""The search page: query, head, timeline, facets, stories page by page or a map, and the search as a watch.

    address --span, query--> archive --hits and bars | facets beside, with a deadline--> HTML, whole without JavaScript

The address is the view: who opens it sees the same, and pages are those of the moment of the first as long as they can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from veille.archive import Archive, Bucket, Page
from veille.clock import Clock
from veille.coverage import parts_of
from veille.errors import Misused, VeilleError
from veille.gap import GapsNow
from veille.highlight import Highlighter
from veille.mention import Mention
from veille.query import Query, QueryError
from veille.query.best import wanted
from veille.settings import Settings
from veille.showing import hidden
from veille.web import gap_rows
from veille.web.asking import asked, interval_for
from veille.web.card import Card, card, story_named
from veille.web.chart import draw_counts, draw_line
from veille.web.days import timeline
from veille.web.faults import fault_of
from veille.web.listing import BY_TIME, ORDERS, Listing, listing
from veille.web.narrowing import FACETS, PUT_RIGHT, SEEKABLE, Asked, Panel, begin, sought_in
from veille.web.packing import shorter, unpacked
from veille.web.panels import Look, Panels
from veille.web.positions import dated, place
from veille.web.render import Renderer, reader_of
from veille.web.saving import Saved, as_watch
from veille.web.scope import GROUPS, Bar, changed, under, watch_in
from veille.web.settling import Settling
from veille.web.shapes import Chart
from veille.web.span import Span, span_of
from veille.web.story_cards import StoryCards
from veille.web.taking import Rows, rows_of, taken
from veille.web.typed import Typed, tell
from veille.web.world import begin as begin_map

PAGE = 50

MOST_SOURCES = 100
"""Networks that an export is of."""

ALONE = 8
"""Terms of a query that nothing matches, of which each is counted alone."""

EXAMPLES = ("bouilloire", '"electric kettle" -is:retweet', "sentiment:negative since:7d", "question:yes", "has:links")


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
        watch: str = "",
        order: str = "newest",
        after: str = "",
        group: str = "",
        day: str = "",
        view: str = "",
        facet: str = "",
        find: str = "",
    ) -> Response:
        """Search the archive; `z` is a long query, packed. A `watch` becomes part of the query."""
        if watch:
            return RedirectResponse(found.address(request, watch, q, z), status_code=303)
        if short := shorter(request, q):
            return RedirectResponse(short, status_code=303)
        shown = listing(order, group=group, after=after, day=day, view=view, sought=sought_in(facet, find))
        shared: dict[str, Any] = {"orders": ORDERS, "listing": shown, "examples": EXAMPLES}
        shared |= {"kept": dict(request.query_params), "seekable": SEEKABLE}
        now, language = clock.now(), reader_of(request).language
        shared["typed"] = Typed()
        try:
            q, at = q or (unpacked(z) if z else ""), place(after, now)
            shown, now = replace(shown, after=at.after), at.now
            shared |= {"query": q, "typed": tell(q, now, language), "listing": shown}
            span = span_of(last, since, until, now, found.zone)
            shared["span"] = span
            values = found.page(q, span, shown, now) | {"saved": found.as_watch(q, language)}
            shared["bar"] = found.bar(request, q, span, shown, values["understood"])
        except Misused as error:
            shared.setdefault("span", span_of("", "", "", now, found.zone))
            shared["bar"] = Bar(shared["span"], watch=None)
            fault = fault_of(error, language)
            return renderer.render(request, "search.html", code=400, fresh=False, fault=fault, **shared)
        return renderer.render(request, "search.html", fault=None, **shared, **values)

    return routes


@dataclass(frozen=True)
class Result:
    """One card; `copies` more of what was found are of its story, and are found by the query `rest`."""

    card: Card
    copies: int
    rest: str


class Searches:
    """What the page shows of one search."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> None:
        self._archive, self._settings, self._clock, self._gaps_now = archive, settings, clock, gaps_now
        self.zone, self._parts = ZoneInfo(settings.web.zone), parts_of(settings)
        self._settling = Settling(archive, clock)
        self._stories, self._panels = StoryCards(archive, self._hides), Panels(clock, "search")
        self._counted = Panels(clock, "facets", FACETS)

    def address(self, request: Request, watch: str, q: str, z: str) -> str:
        """Of the same search kept to a watch. Raises Misused for a packed query that is none."""
        q = q or (unpacked(z) if z else "")
        try:
            read = asked(q, self._clock.now())
        except QueryError:
            read = None  # the page says what is wrong with it
        return "/search" + changed(request.query_params, q=under(watch, q, read), z="", watch="")

    def bar(self, request: Request, q: str, span: Span, listing: Listing, query: Query | None) -> Bar:
        """The scope of a search that was read; its watch stands in the query."""
        named, usual = watch_in(query), replace(listing, order="newest", group="").folded(query)
        to = {
            name: changed(request.query_params, q=under(name, q, query), z="", after="", day="")
            for name in ["", *(watch.id for watch in self._settings.watches)]
        }
        return Bar(
            span,
            watch=named.value if named else "",
            watches=to,
            group="story" if listing.folded(query) else "mention",
            groups=GROUPS if usual else {"story": "story", "mention": ""},
            order=listing.order,
        )

    def page(self, q: str, span: Span, listing: Listing, now: datetime) -> dict[str, Any]:
        """Everything of it. Raises Misused for a query, a day or a position that is no use."""
        what = self.asked(q, span, now)
        # before the results, and so before what stands beside them
        world = begin_map(self._counted, self._archive, what) if listing.on_map else None
        counting = begin(self._counted, self._archive, what, listing.sought)
        try:
            page = self._panels.find("results", lambda: self._results(what, listing))
            found_at = self._clock.monotonic()
            beside = self._beside(what, span, page, now)
        except VeilleError:
            for each in (counting, *((world,) if world else ())):
                each.begun.leave()
            raise
        panels, put_right = counting.told(page.total, self._panels.left(found_at))
        return {
            **beside,
            "understood": what.query,
            "folded": listing.folded(what.query),
            "cards": self._cards(page, what, beside["copies"]),
            "page": dated(page, now),
            "not_read_rows": self._not_read(page, what, span, listing, now),
            "panels": panels,
            "put_right": put_right if page.total else 0,
            "to_put_right": what.with_term(f"({PUT_RIGHT})"),
            "stories": page.stories if page.stories is not None else _stories(panels),
            "layers": world.layers(page.total, self._panels.left(found_at)) if world else None,
            "narrowed": what.with_term,
        }

    def _results(self, what: Asked, listing: Listing) -> Page:
        return self._archive.search(
            what.tree,
            since=what.since,
            until=what.until,
            limit=0 if listing.on_map else PAGE,
            after=listing.after,
            order=listing.order,
            hold=not listing.on_map,
            fold=listing.folded(what.query),
            begin=listing.begin(self.zone),
        )

    def _beside(self, what: Asked, span: Span, page: Page, now: datetime) -> dict[str, Any]:
        """What is counted of the same beside its results, each by itself; of what cannot be told, why not."""
        looks: dict[str, Look] = {"timeline": lambda: {"chart": self._chart(what, span, now)}}
        shown = [story_named(hit) for hit in page.hits if not self._hides(hit)]
        if shown and not page.sizes:
            looks["copies"] = lambda: {"copies": self._stories.copies(shown, now)}
        if not page.total:
            looks["alone"] = lambda: {"alone": self._alone(what)}
        found = {"copies": {}, "alone": {}} | self._panels.look(looks, beside=True, of=_named(what, span))
        return found if "chart" in found else found | {"chart": self._uncounted(span, now)}

    def as_watch(self, q: str, language: str) -> Saved | None:
        """The same as a watch; None of an empty one."""
        return as_watch(q, self._settings, language) if q.strip() else None

    @staticmethod
    def asked(q: str, span: Span, now: datetime) -> Asked:
        """The question. Raises Misused."""
        return Asked(q, asked(q, now), span.since, None if span.open_end else span.until)

    def taking(self, q: str, span: Span, now: datetime) -> dict[str, Any]:
        """What an export of it would hold. Raises Misused."""
        what = self.asked(q, span, now)
        looks: dict[str, Look] = {"rows": lambda: {"rows": self._rows(what)}}
        counted = {"rows": None} | self._panels.look(looks, beside=True, of=_named(what, span))
        chart = self._uncounted(span, now)
        return counted | {"taken": taken(what, self.zone), "chart": chart, "understood": what.query}

    def rows(self, what: Asked) -> Rows:
        """How many an export of it would have, within a time. Raises Unavailable."""
        return self._panels.find("rows", lambda: self._rows(what))

    def _rows(self, what: Asked) -> Rows:
        return rows_of(what.facet(self._archive, "source", limit=MOST_SOURCES))

    def _cards(self, page: Page, what: Asked, copies: Mapping[str, int]) -> list[Result]:
        """With the places of what was found, and how many copies each has among what was found, or of all."""
        highlighter, sizes = Highlighter(what.tree), page.sizes or [0] * len(page.hits)
        shown = [(hit, size) for hit, size in zip(page.hits, sizes, strict=True) if not self._hides(hit)]
        cards = [replace(card(hit, highlighter.spans(hit)), copies=copies.get(story_named(hit), 0)) for hit, _ in shown]
        rests = [(what.with_term(f"story:{hit.story}") if size > 1 else None) or "" for hit, size in shown]
        return [Result(*each) for each in zip(cards, (size - 1 for _, size in shown), rests, strict=True)]

    def _hides(self, mention: Mention) -> bool:
        return hidden(mention, signed_in=bool(self._settings.web.token))

    def _chart(self, what: Asked, span: Span, now: datetime) -> Chart:
        width = interval_for(span.since, span.until)
        end = span.until + timedelta(seconds=width) if span.open_end else span.until

        def count(since: datetime, until: datetime, interval: int) -> list[Bucket]:
            return self._archive.histogram(what.tree, since=since, until=until, interval=interval)

        line = timeline(count, span.since, end, width, self.zone)
        drawn = draw_line(line, now, self.zone, self._gaps_now(), within=(span.since, end), parts=self._parts)
        return self._settling.outlined(drawn, now)

    def _uncounted(self, span: Span, now: datetime) -> Chart:
        """What is known of its time without the archive: what was not read of it."""
        return draw_counts((), span.since, min(span.until, now), self.zone, self._gaps_now(), parts=self._parts)

    def _not_read(self, page: Page, what: Asked, span: Span, listing: Listing, now: datetime) -> gap_rows.Rows:
        """What was not read among the hits, where they are in an order of time."""
        if listing.order not in BY_TIME:
            return gap_rows.Rows()
        ahead = page.before or listing.day
        old, new = (ahead, page.after) if listing.order == "oldest" else (page.after, ahead)
        return gap_rows.among(
            [hit.created_at for hit in page.hits if not self._hides(hit)],
            gap_rows.of_query(self._gaps_now(), what.tree),
            now,
            since=None if old else span.since,
            until=None if new else span.until,
            oldest_first=listing.order == "oldest",
        )

    def _alone(self, what: Asked) -> dict[str, int]:
        """How many each word of a query finds by itself, where all of it finds nothing."""
        terms = wanted(what.tree)[:ALONE]
        if len(terms) < 2:
            return {}
        return {term.raw: self._archive.count(term, since=what.since, until=what.until) for term in terms}


def _named(what: Asked, span: Span) -> str:
    """A search apart from others, whenever it is looked at."""
    return f"{span.name or span.fields} {what.text}"


def _stories(panels: list[Panel]) -> int | None:
    found = next((panel.found for panel in panels if panel.field == "story" and panel.found and not panel.sought), None)
    return None if found is None else len(found.values) + found.others + found.without
