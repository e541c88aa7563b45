"""What is to be done about one alert for one receiver: tell it, keep it back, or nothing. Pure functions.

alert, what the receiver knows, what people did --> TELL | one of KEPT | NOTHING
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from veille.action import Actions
from veille.alert import Alert
from veille.delivery import Delivery
from veille.routes import Route

RISE = 2
"""Steps of severity above what was told that make an update worth telling."""

Verdict = Literal["tell", "nothing", "lesser", "hours", "muted", "cooldown"]
"""`lesser` and those that follow: keep it back, and why (`veille.delivery.KEPT`)."""


class Circumstances(NamedTuple):
    """What else it depends on."""

    actions: Actions
    now: datetime
    zone: ZoneInfo
    cool: bool
    """Whether the receiver was told of the same a short while ago."""

    def in_hours(self, route: Route) -> bool:
        """Whether a route is for this hour."""
        return route.hours is None or route.hours.hold(self.now.astimezone(self.zone))


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


def judge(alert: Alert, known: Delivery, routes: Sequence[Route], at: Circumstances) -> Verdict:
    """What to do."""
    routes = [route for route in routes if route.concerns(alert)]
    if not routes or not wanted(alert, at.actions, told=bool(known.told)) or not news(alert, known, routes):
        return "nothing"
    urgent = routes if known.urgent else [route for route in routes if route.urgent(alert)]
    if not urgent and not any(route.digest for route in routes):
        return "nothing"
    if at.actions.muted(alert, at.now):
        return "muted"
    if not urgent:
        return "lesser"
    if not any(at.in_hours(route) for route in urgent):
        return "hours"
    return "cooldown" if at.cool and alert.open else "tell"


def over(alert: Alert, known: Delivery, routes: Sequence[Route], at: Circumstances) -> bool:
    """Whether the reason to keep it back is over."""
    routes = [route for route in routes if route.concerns(alert)]
    if at.actions.muted(alert, at.now):
        return False
    match known.kept:
        case "hours" | "muted":
            urgent = [route for route in routes if known.urgent or route.urgent(alert)] or routes
            return any(at.in_hours(route) for route in urgent)
        case "lesser":
            kept_at = known.kept_at or at.now
            return any(at.now >= next_digest(route, kept_at, at.zone) for route in routes if route.digest)
        case _:
            return not (at.cool and alert.open)


def next_digest(route: Route, after: datetime, zone: ZoneInfo) -> datetime:
    """The first digest of a route after a moment."""
    assert route.digest is not None
    local = after.astimezone(zone)
    at = local.replace(hour=route.digest.hour, minute=route.digest.minute, second=0, microsecond=0)
    return at if at > local else at + timedelta(days=1)
