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
from veille.errors import Unavailable
from veille.formats import Formats
from veille.gap import Gap, GapsNow
from veille.identity import public_id
from veille.settings import Settings
from veille.showing import hidden
from veille.telling import KINDS, ROLES, Telling
from veille.web.asking import interval_for, search_between
from veille.web.card import Card, card
from veille.web.chart import Chart, draw
from veille.web.moments import Since, Until
from veille.web.places import name
from veille.web.quoting import stories
from veille.web.render import Renderer

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
    def every(
        *,
        request: Request,
        watch: str = "",
        kind: str = "",
        least: int = 1,
        since: Since = None,
        until: Until = None,
    ) -> Response:
        """Open ones first, most severe first; then closed ones, latest first; of a kind, a severity, a time."""
        asked: dict[str, Any] = {"watch": watch or None, "since": since, "until": until, "limit": MOST}
        found = archive.alerts(only_open=True, **asked)
        known = {each.id for each in found}
        found += [each for each in archive.alerts(**asked) if each.id not in known]
        kinds = sorted({each.kind for each in found} | ({kind} & set(KINDS)))
        found = [each for each in found if kind in ("", each.kind) and each.highest >= least]
        formats = renderer.formats(request)
        rows = [Row(each, Telling(each, formats, ""), [term.value for term in each.why.terms[:3]]) for each in found]
        going = sorted((row for row in rows if row.alert.open), key=lambda row: (-row.alert.severity, row.alert.since))
        over = [row for row in rows if not row.alert.open]
        choices: dict[str, Any] = {"chosen": watch, "kind": kind, "kinds": kinds, "least": least, "urgent": URGENT}
        choices |= {"since": since, "until": until}
        return renderer.render(request, "alerts.html", going=going, over=over, **choices)

    @routes.get("/alerts/{alert_id}")
    def one(request: Request, alert_id: str) -> Response:
        """One alert."""
        found = archive.alert(alert_id)
        if found is None:
            return renderer.render(request, "gone.html", code=404, message="unknown_alert")
        now, gaps = clock.now(), gaps_now()
        formats = renderer.formats(request)
        known = {gap.id: gap for gap in gaps}
        values: dict[str, Any] = {
            "alert": found,
            "told": Telling(found, formats, ""),
            "chart": _chart(archive, found, now, zone, gaps),
            "why": {block: list(_reasons(found, block, _labels(archive, found, block, formats))) for block in BLOCKS},
            "reads": list(_reads(archive, found.samples, signed_in=bool(settings.web.token))),
            "gaps": [known[each] for each in found.gaps if each in known],
            "all_of_it": search_between(f"watch:{found.watch}", found.since, found.closed_at) if found.watch else None,
            "counted": _counted(found),
            "own_id": public_id(found.from_own) if found.from_own else None,
            "did": None if doing is None else _did(doing, found, now),
        }
        return renderer.render(request, "alert.html", **values)

    return routes


def still_open(archive: Archive) -> int:
    """How many alerts are open; 0 while the archive does not answer."""
    try:
        return len(archive.alerts(only_open=True))
    except Unavailable:
        return 0


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
