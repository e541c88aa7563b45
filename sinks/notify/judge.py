"""What is to be done about one alert for one receiver: tell it, keep it back, or nothing. Pure functions.

alert, what the receiver knows, what people did --> TELL | one of KEPT | NOTHING
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from veille.action import Actions
from veille.alert import Alert
from veille.delivery import Delivery
from veille.routes import Route

LONG_AGO = datetime.min.replace(tzinfo=UTC)

RISE = 2
"""Steps of severity above what was told that make an update worth telling."""

Verdict = Literal["tell", "nothing", "lesser", "hours", "muted", "cooldown"]
"""`lesser` and those that follow: keep it back, and why (`veille.delivery.KEPT`)."""


class Circumstances(NamedTuple):
    """What else it depends on."""

    actions: Actions
    now: datetime
    zone: ZoneInfo
    cool_until: datetime | None
    """Until when the receiver is left alone, since it was told of the same a short while ago."""

    @property
    def local(self) -> datetime:
        """Now, by the clocks there."""
        return self.now.astimezone(self.zone)

    def in_hours(self, route: Route) -> bool:
        """Whether a route is for this hour."""
        return route.hours is None or route.hours.hold(self.local)


def wanted(alert: Alert, actions: Actions, *, told: bool) -> bool:
    """Whether anybody is still to hear of it: once it is taken care of, only its end is told to whom it was told."""
    if actions.done("alert", alert.id, "false_alarm"):
        return False
    return not actions.done("alert", alert.id, "acknowledged") or (told and not alert.open)


def news(alert: Alert, known: Delivery, routes: Sequence[Route]) -> bool:
    """Whether it says more than what was told: the first word, the end, more by `RISE`, or urgent only now."""
    if not known.told or known.kept or not alert.open:
        return True
    became_urgent = not known.urgent and any(route.urgent(alert) for route in routes)
    return became_urgent or alert.severity >= known.severity + RISE


def judge(
    alert: Alert, known: Delivery, routes: Sequence[Route], at: Circumstances, *, was_urgent: bool = False
) -> Verdict:
    """What to do. `was_urgent`: it was to be told at once when it came, whatever it is now."""
    routes = [route for route in routes if route.concerns(alert)]
    if not routes or not wanted(alert, at.actions, told=bool(known.told)) or not news(alert, known, routes):
        return "nothing"
    urgent = _urgent(alert, routes, always=known.urgent or was_urgent)
    if not urgent and not any(route.digest for route in routes):
        return "nothing"
    if at.actions.muted(alert, at.now):
        return "muted"
    if not urgent:
        return "lesser"
    if not any(at.in_hours(route) for route in urgent):
        return "hours"
    return "cooldown" if at.cool_until and alert.open else "tell"


def _urgent(alert: Alert, routes: Sequence[Route], *, always: bool) -> list[Route]:
    """The routes that tell it at once; all of them where none does and it is told at once nevertheless."""
    urgent = [route for route in routes if route.urgent(alert)]
    return urgent or (list(routes) if always else [])


def over(alert: Alert, known: Delivery, routes: Sequence[Route], at: Circumstances) -> bool:
    """Whether the reason to keep it back is over."""
    until = kept_until(alert, known, routes, at)
    return until is not None and until <= at.now


def kept_until(alert: Alert, known: Delivery, routes: Sequence[Route], at: Circumstances) -> datetime | None:
    """When the reason to keep it back is over, as far as time alone ends it; None: no time does."""
    routes = [route for route in routes if route.concerns(alert)]
    mute = at.actions.mute(alert, at.now)
    if mute is not None:
        return mute.until
    if known.kept == "cooldown":
        return at.cool_until if at.cool_until and alert.open else at.now
    digests = [route for route in routes if route.digest]
    urgent = _urgent(alert, routes, always=known.urgent or known.kept == "hours" or not digests)
    if urgent and known.kept != "lesser":
        return min(_hours_begin(route, at) for route in urgent)
    kept_at = max(known.kept_at or at.now, at.actions.mute_ended(alert) or LONG_AGO)
    return min((next_digest(route, kept_at, at.zone) for route in digests), default=None)


def _hours_begin(route: Route, at: Circumstances) -> datetime:
    if route.hours is None or at.in_hours(route):
        return at.now
    return _next(route.hours.since, at.local)


def next_digest(route: Route, after: datetime, zone: ZoneInfo) -> datetime:
    """The first digest of a route after a moment."""
    assert route.digest is not None
    return _next(route.digest, after.astimezone(zone))


def _next(at: time, after: datetime) -> datetime:
    """When it is so late by the clocks of its zone, the first time after a local moment.

    Moments are compared in UTC: an hour that the clocks skip or pass twice comes once.
    """
    today = after.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0, fold=0)
    comes = today.astimezone(UTC)
    return comes if comes > after.astimezone(UTC) else (today + timedelta(days=1)).astimezone(UTC)
