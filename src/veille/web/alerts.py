"""Alerts: what happened, why, is it over; the list, and one page for each from its opening to its close."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from veille.action import Action, about
from veille.alert import URGENT, Alert, Driver, Sample
from veille.archive import Archive, Bucket
from veille.clock import Clock
from veille.doing import Doing
from veille.formats import Formats
from veille.gap import Gap, GapsNow
from veille.identity import public_id
from veille.settings import Settings
from veille.showing import hidden
from veille.telling import KINDS, ROLES, Telling
from veille.web.asking import interval_for, search_between
from veille.web.card import Card, card
from veille.web.chart import Chart, draw
from veille.web.places import name
from veille.web.quoting import stories
from veille.web.render import Renderer
from veille.web.scope import Bar
from veille.web.span import named_span

MOST = 200
BEFORE = timedelta(hours=2)
"""What the chart shows of the time before the onset."""

BLOCKS = ("terms", "stories", "authors", "links", "places")
OF_A_MOOD = {"bad_buzz": " sentiment:negative", "good_buzz": " sentiment:positive"}
"""What narrows a search to what a kind counts."""

NAMED = frozenset({"terms", "links"})
"""Blocks whose values mean something to people."""


@dataclass(frozen=True)
class Row:
    """One alert of the list."""

    alert: Alert
    told: Telling
    terms: list[str]


@dataclass(frozen=True)
class Reason:
    """A driver, and the address of the search that shows its mentions; None where there is none."""

    driver: Driver
    label: str
    search: str | None


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
) -> APIRouter:
    """The pages; the API has them from `veille.web.findings`. With `doing` they say what people did, and have buttons.

    Only buttons do something: whoever follows the links of a mail, as scanners do, only reads.
    """
    routes = APIRouter(include_in_schema=False)
    zone = ZoneInfo(settings.web.zone)

    @routes.get("/alerts")
    def every(request: Request, watch: str = "", kind: str = "", least: int = 1) -> Response:
        """Open ones first, most severe first; then closed ones, latest first; of a kind, a severity, a time."""
        span = named_span(request, clock.now(), zone)
        ends = {"since": span.since, "until": None if span.open_end else span.until} if span else {}
        found = _found(archive, {"watch": watch or None, "limit": MOST, **ends})
        shown = [each for each in found if kind in ("", each.kind) and each.highest >= least]
        bar = Bar(span, usual="any_time", watch=watch)
        choices: dict[str, Any] = {"bar": bar, "kind": kind, "least": least}
        choices |= {"kinds": sorted({each.kind for each in found} | ({kind} & set(KINDS))), "urgent": URGENT}
        return renderer.render(request, "alerts.html", **_rows(shown, renderer.formats(request)), **choices)

    @routes.get("/alerts/{alert_id}")
    def one(request: Request, alert_id: str) -> Response:
        """One alert."""
        found = archive.alert(alert_id)
        if found is None:
            return renderer.render(request, "gone.html", code=404, message="unknown_alert")
        now, gaps = clock.now(), gaps_now()
        values: dict[str, Any] = {
            **_told(archive, found, gaps, renderer.formats(request)),
            "chart": _chart(archive, found, now, zone, gaps),
            "reads": list(_reads(archive, found.samples, signed_in=bool(settings.web.token))),
            "did": None if doing is None else _did(doing, found, now),
        }
        return renderer.render(request, "alert.html", **values)

    return routes


def _found(archive: Archive, asked: Mapping[str, Any]) -> list[Alert]:
    """All that are open, then the latest of the others."""
    found = archive.alerts(only_open=True, **asked)
    known = {each.id for each in found}
    return found + [each for each in archive.alerts(**asked) if each.id not in known]


def _rows(shown: Sequence[Alert], formats: Formats) -> dict[str, Any]:
    """Those that go on, most severe first, and those that are over."""
    rows = [Row(each, Telling(each, formats, ""), [term.value for term in each.why.terms[:3]]) for each in shown]
    going = sorted((row for row in rows if row.alert.open), key=lambda row: (-row.alert.severity, row.alert.since))
    return {"going": going, "over": [row for row in rows if not row.alert.open]}


def _told(archive: Archive, alert: Alert, gaps: Sequence[Gap], formats: Formats) -> dict[str, Any]:
    """One alert in the reader's words, with the ways to its mentions."""
    known = {gap.id: gap for gap in gaps}
    return {
        "alert": alert,
        "told": Telling(alert, formats, ""),
        "why": {block: list(_reasons(alert, block, _labels(archive, alert, block, formats))) for block in BLOCKS},
        "gaps": [known[each] for each in alert.gaps if each in known],
        "all_of_it": search_between(f"watch:{alert.watch}", alert.since, alert.closed_at) if alert.watch else None,
        "counted": _counted(alert),
        "own_id": public_id(alert.from_own) if alert.from_own else None,
    }


def _counted(alert: Alert) -> str | None:
    """The address of the search that shows what it counts; None for an alert about a source."""
    if not alert.watch:
        return None
    query = f"watch:{alert.watch}{OF_A_MOOD.get(alert.kind, '')}"
    return search_between(query, alert.since, alert.since + timedelta(minutes=alert.minutes))


def _did(doing: Doing, alert: Alert, now: datetime) -> dict[str, Action | None]:
    """What people did about it, by field, and a mute of its watch or source that goes on."""
    did: dict[str, Action | None] = dict.fromkeys(("acknowledged", "false_alarm", "note", "muted"))
    did |= {each.field: each for each in doing.of("alert", alert.id)}
    mute = doing.done(*about(alert), "muted")
    goes_on = mute is not None and (mute.until is None or now < mute.until)
    return did | {"muted": mute if goes_on else None}


def _chart(archive: Archive, alert: Alert, now: datetime, zone: ZoneInfo, gaps: Sequence[Gap]) -> Chart | None:
    """The counts of its watch around it; None for an alert about a source."""
    if not alert.watch:
        return None
    since, until = alert.since - BEFORE, min((alert.closed_at or now) + timedelta(minutes=1), now)
    width = interval_for(since, until)
    sums = archive.window_sums(alert.watch, since=since, until=until, interval=width)
    buckets = [Bucket(each.start, each.negative, each.neutral, each.positive, each.unsure) for each in sums]
    each = width / 60 / alert.minutes if alert.minutes else 0.0
    stands_on_the_axis = each and alert.kind != "good_buzz"  # the positive ones stand on top of all others
    band = (alert.expected_low * each, alert.expected_high * each) if stands_on_the_axis else None
    return draw(buckets, width, now, zone, gaps, band=band)


def _labels(archive: Archive, alert: Alert, block: str, formats: Formats) -> Mapping[str, str]:
    """What to call its values, those that have a name. Authors are known by keys alone."""
    values = [driver.value for driver in getattr(alert.why, block)]
    if block == "stories":
        return stories(archive, values)
    if block == "places":
        lands = [formats.country(code.partition("-")[0]) for code in values]
        return {code: ", ".join(filter(None, (name(code), land))) for code, land in zip(values, lands, strict=True)}
    return {value: value for value in values} if block in NAMED else {}


def _reasons(alert: Alert, block: str, labels: Mapping[str, str]) -> Iterator[Reason]:
    """Authors lead nowhere: how many there are of one says enough."""
    found: list[Driver] = getattr(alert.why, block)
    for driver in found:
        value = driver.value
        asked = {
            "terms": f'"{value}"',
            "stories": f"story:{value}",
            "places": f"{'region' if '-' in value else 'country'}:{value}",
            "links": f'url:"{value}"',
        }.get(block)
        query = f"{asked} watch:{alert.watch}" if alert.watch else asked
        search = search_between(query, alert.since, alert.closed_at) if asked and query else None
        yield Reason(driver, labels.get(value, ""), search)


def _reads(archive: Archive, samples: Sequence[Sample], *, signed_in: bool) -> Iterator[Read]:
    for sample in samples:
        found = archive.mention(public_id(sample.doc_id))
        if found is not None and found != "deleted" and not hidden(found, signed_in=signed_in):
            yield Read(ROLES[sample.role], card(found))
