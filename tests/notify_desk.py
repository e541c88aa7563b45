"""The desk of the notify stage as its tests see it: alerts and actions in, what each receiver was told out."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from alerts import NOON
from veille.action import Action, Field
from veille.alert import Alert
from veille.delivery import Delivery
from veille.routes import Route
from veille.sinks.notify.desk import Desk
from veille.sinks.notify.message import Message
from veille.sinks.notify.outbox import IN_A_ROW
from veille.sinks.notify.receivers import receivers

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)
ALWAYS = Route("json://always", "json://always", cooldown=timedelta())


def route(**fields: object) -> Route:
    return Route("json://h", "json://h", **fields)  # type: ignore[arg-type]  # fields of a Route


def action(field: Field, *, of: str = "alert", subject: str = "a1", value: str = "yes", **more: object) -> Action:
    return Action(of=of, subject=subject, field=field, value=value, at=NOON, **more)  # type: ignore[arg-type]  # fields of an Action


class Office:
    """A desk, the clock on its wall, and what was written down and delivered."""

    def __init__(self, *routes: Route, now: datetime = NOON - timedelta(hours=1)) -> None:
        self.routes, self.now = routes, now
        self.written: dict[str, Delivery] = {}
        self.alerts: list[Alert] = []
        self.actions: list[Action] = []
        self.delivered: list[tuple[str, ...]] = []
        self.open()

    def open(self) -> None:
        self.desk = Desk(receivers(self.routes), PARIS, Random(1))
        self.desk.remember(self.written.values())
        self.desk.begin(self.now)
        for each in self.actions:
            self.desk.act(each)
        self.desk.take(self.alerts, self.now)
        self.write()

    def write(self) -> None:
        self.written |= {each.key: each for each in self.desk.noted()}

    def come(self, *alerts: Alert) -> None:
        self.alerts += alerts
        self.desk.take(alerts, self.now)
        self.write()

    def act(self, each: Action) -> None:
        self.actions.append(each)
        self.desk.act(each)

    def due(self) -> list[Message]:
        """What is handed over now; all that was noted is written down."""
        messages = self.desk.due(self.now)
        self.write()
        return messages

    def sends(self, message: Message) -> None:
        self.desk.sent(message, self.now)
        self.write()

    def refuses(self, message: Message) -> list[str]:
        given_up = self.desk.failed(message, self.now, "no connection")
        self.write()
        return given_up

    def deliver(self, message: Message) -> None:
        self.delivered.append((message.kind, *(f"{each.id}/{each.state}/{each.severity}" for each in message.alerts)))

    def turns_away(self) -> tuple[list[Message], list[str]]:
        """The receiver takes nothing: what was tried, since who sends gives way after two, and what is given up."""
        messages = self.due()
        tried = messages[:IN_A_ROW]
        given_up = [each for message in tried for each in self.refuses(message)]
        for message in messages[IN_A_ROW:]:
            self.desk.untried(message)
        return tried, given_up

    def work(self, after: timedelta = timedelta()) -> list[tuple[str, ...]]:
        """What is delivered now, everything being taken."""
        self.now += after
        before = len(self.delivered)
        while messages := self.due():
            for message in messages:
                if message.instead:
                    self.desk.untried(message)
                else:
                    self.deliver(message)
                    self.sends(message)
        return self.delivered[before:]


def at_noon(*routes: Route) -> Office:
    office = Office(*routes)
    office.now = NOON
    return office
