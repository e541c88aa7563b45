"""Alerts: what happened, why, is it over; the list, and one page for each from its opening to its close."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from veille.action import Action, about
from veille.alert import Alert, Sample, counted
from veille.archive import Archive, Bucket
from veille.clock import Clock
from veille.coverage import parts_of
from veille.doing import Doing
from veille.formats import Formats
from veille.gap import Gap, GapsNow
from veille.identity import public_id
from veille.settings import Settings
from veille.showing import hidden
from veille.telling import KINDS, ROLES, Telling
from veille.web import alert_list
from veille.web.alert_list import Choice
from veille.web.alert_why import ASKED, Block, Reasons
from veille.web.asking import interval_for, search_between
from veille.web.card import Card, card
from veille.web.chart import draw, marked
from veille.web.panels import Look, Panels
from veille.web.receivers import Receivers
from veille.web.render import Renderer
from veille.web.scope import Bar
from veille.web.shapes import Chart
from veille.web.span import named_span

BEFORE = timedelta(hours=2)
"""What the chart shows of the time before the onset."""

OF_A_MOOD = {"bad_buzz": " sentiment:negative", "good_buzz": " sentiment:positive"}
"""What narrows a search to what a kind counts."""


@dataclass(frozen=True)
class Read:
    """A sample with its card."""

    role: str
    card: Card


def router(
    archive: Archive,
    settings: Settings,
    clock: Clock,
    gaps_now: GapsNow,
    renderer: Renderer,
    *,
    doing: Doing | None = None,
    receivers: Receivers | None = None,
) -> APIRouter:
    """The pages; the API has them from `veille.web.findings`. With `doing` they say what people did, and have buttons.

    Only buttons do something: whoever follows the links of a mail, as scanners do, only reads.
    """
    routes = APIRouter(include_in_schema=False)
    zone, of_list = ZoneInfo(settings.web.zone), Panels(clock, "alerts")
    panels = AlertPanels(archive, settings, clock, gaps_now, receivers)

    @routes.get("/alerts")
    def every(request: Request, watch: str = "", kind: str = "", least: int = 1, state: str = "") -> Response:
        """Open ones first, most severe first; then closed ones by day; of a kind, severity, state, time."""
        now, choice = clock.now(), Choice(kind, least, state)
        span = named_span(request, now, zone)
        ends = {"since": span.since, "until": None if span.open_end else span.until} if span else {}
        found, cut = of_list.find("list", lambda: alert_list.found(archive, {"watch": watch or None, **ends}))
        shown = [each for each in found if choice.holds(each)]
        values: dict[str, Any] = {
            **alert_list.rows(shown, gaps_now(), now, renderer.formats(request)),
            "bar": Bar(span, usual="any_time", watch=watch),
            "choice": choice,
            "did": {each.id: _did(doing, each, now) for each in shown} if doing else {},
            "cut": cut,
            "kinds": sorted({each.kind for each in found} | ({kind} & set(KINDS))),
            "none_yet": not found and not span and not watch,
        }
        if values["none_yet"]:
            short = partial(alert_list.short, archive, settings.watches, now)
            values |= of_list.look({"short": lambda: {"short": short()}}, beside=True)
        return renderer.render(request, "alerts.html", **values)

    @routes.get("/alerts/{alert_id}")
    def one(request: Request, alert_id: str) -> Response:
        """One alert."""
        found = panels.found(alert_id)
        if found is None:
            return renderer.render(request, "gone.html", code=404, message="unknown_alert")
        now, formats = clock.now(), renderer.formats(request)
        values: dict[str, Any] = {
            **_told(found, gaps_now(), now, formats),
            "did": None if doing is None else _did(doing, found, now),
            **panels.look(found, now, formats),
        }
        return renderer.render(request, "alert.html", **values)

    return routes


def _told(alert: Alert, gaps: Sequence[Gap], now: datetime, formats: Formats) -> dict[str, Any]:
    """One alert in the reader's words, with the ways to its mentions."""
    known = {gap.id: gap for gap in gaps}
    return {
        "alert": alert,
        "told": Telling(alert, formats, "", now),
        "held": known.get(alert.held),
        "gaps": [known[each] for each in alert.gaps if each in known],
        "all_of_it": search_between(f"watch:{alert.watch}", alert.since, alert.closed_at) if alert.watch else None,
        "counted": _counted(alert),
        "own_id": public_id(alert.from_own) if alert.from_own else None,
    }


def _counted(alert: Alert) -> str | None:
    """The address of the search for what it counts; None for an alert about a source, or where that is not known."""
    span = counted(alert)
    if not alert.watch or span is None:
        return None
    return search_between(f"watch:{alert.watch}{OF_A_MOOD.get(alert.kind, '')}", *span)


def _did(doing: Doing, alert: Alert, now: datetime) -> dict[str, Action | None]:
    """What people did about it, by field, and a mute of its watch or source that goes on."""
    did: dict[str, Action | None] = dict.fromkeys(("acknowledged", "false_alarm", "note", "muted"))
    did |= {each.field: each for each in doing.of("alert", alert.id)}
    mute = doing.done(*about(alert), "muted")
    goes_on = mute is not None and (mute.until is None or now < mute.until)
    return did | {"muted": mute if goes_on else None}


class AlertPanels:
    """What stands beside an alert, each by itself."""

    def __init__(
        self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow, receivers: Receivers | None
    ) -> None:
        self._archive, self._gaps_now, self._receivers = archive, gaps_now, receivers
        self._zone, self._parts = ZoneInfo(settings.web.zone), parts_of(settings)
        self._signed_in, self._panels = bool(settings.web.token), Panels(clock, "alert")

    def found(self, alert_id: str) -> Alert | None:
        """The alert of this id, within a time. Raises Unavailable."""
        return self._panels.find("alert", lambda: self._archive.alert(alert_id))

    def look(self, alert: Alert, now: datetime, formats: Formats) -> dict[str, Any]:
        """Why it is, its chart, what to read first and who was told; of what cannot be told, why not."""
        reasons = Reasons(self._archive, alert, now, signed_in=self._signed_in)
        asked = [name for name in reasons.names() if name in ASKED]
        looks: dict[str, Look] = {f"why-{name}": partial(_block, reasons, name, formats) for name in asked}
        if alert.watch:
            looks["chart"] = lambda: {"chart": self._chart(alert, now)}
        if alert.samples:
            looks["samples"] = lambda: {"reads": list(self._reads(alert.samples))}
        if (receivers := self._receivers) is not None:
            looks["told"] = lambda: {"deliveries": receivers.of(alert.id)}
        found = {"chart": None, "reads": [], "deliveries": None} | self._panels.look(looks, beside=True, of=alert.id)
        own = {name: reasons.block(name, formats) for name in reasons.names() if name not in ASKED}
        return found | {"why": {name: own.get(name) or found.get(f"why-{name}") for name in reasons.names()}}

    def _chart(self, alert: Alert, now: datetime) -> Chart:
        """The counts of its watch around it, with its onset and the minutes that it counts."""
        since, until = alert.since - BEFORE, min((alert.closed_at or now) + timedelta(minutes=1), now)
        width = interval_for(since, until)
        sums = self._archive.window_sums(alert.watch, since=since, until=until, interval=width)
        buckets = [Bucket(each.start, each.negative, each.neutral, each.positive, each.unsure) for each in sums]
        each = width / 60 / alert.minutes if alert.minutes else 0.0
        stands_on_the_axis = each and alert.kind != "good_buzz"  # the positive ones stand on top of all others
        band = (alert.expected_low * each, alert.expected_high * each) if stands_on_the_axis else None
        drawn = draw(buckets, width, now, self._zone, self._gaps_now(), band=band, parts=self._parts)
        return marked(drawn, alert.since, counted(alert))

    def _reads(self, samples: Sequence[Sample]) -> Iterator[Read]:
        for sample in samples:
            found = self._archive.mention(public_id(sample.doc_id))
            if found is not None and found != "deleted" and not hidden(found, signed_in=self._signed_in):
                yield Read(ROLES[sample.role], card(found))


def _block(reasons: Reasons, name: str, formats: Formats) -> dict[str, Block]:
    """Under a name of its own."""
    return {f"why-{name}": reasons.block(name, formats)}
