"""Keeps what each receiver knows and is still to be told: alerts and actions in, messages out. No broker, no network.

    take(alerts) --judge--> a message in its chain | kept back until a digest, an hour, a mute's end | nothing
    due() --> messages to send --> sent(message) | failed(message) --> deliveries, to be written down

A chain holds what one receiver is still to be told of one alert, in order; another alert does not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from veille.action import Action, Actions
from veille.alert import Alert
from veille.delivery import Delivery
from veille.sinks.notify.judge import Circumstances, judge, over, wanted
from veille.sinks.notify.receivers import Receiver

LATE = timedelta(days=1)
"""What is over for so long, and was never told, is no news."""

BRIEF = "brief"
"""Stands for the alert in what is written down of briefs."""

BRIEF_LATE = timedelta(hours=4)

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=10)
ATTEMPTS = 20
"""After so many a message is given up, an hour to two after the first."""


@dataclass(eq=False)
class Message:
    """One thing to tell one receiver."""

    receiver: Receiver
    kind: Literal["alert", "digest", "brief"]
    alerts: tuple[Alert, ...]
    """One, or all of a digest, each as it is; none of a brief."""
    after: tuple[Delivery, ...]
    """What is so once it is told, one an alert."""
    kept: tuple[str, ...] = ()
    """Why each alert of a digest was kept back."""
    attempts: int = 0
    due: datetime | None = None
    """Not before then; None: at once."""
    sending: bool = False

    @property
    def id(self) -> str:
        """The same for each attempt, so that whoever receives it can know a repetition."""
        if self.kind == "brief":
            return f"brief/{self.after[0].at:%Y-%m-%d}"
        first = self.alerts[0]
        return f"{first.id}/{first.revision}{'/digest' if self.kind == 'digest' else ''}"


@dataclass
class Desk:
    """All receivers, what they know, and what they are still to be told."""

    receivers: Sequence[Receiver]
    zone: ZoneInfo
    random: Random = field(default_factory=Random)
    actions: Actions = field(default_factory=Actions)

    def __post_init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._known: dict[str, Delivery] = {}
        """As it was written down."""
        self._planned: dict[str, Delivery] = {}
        """As it will be once all chains are told; new alerts are judged by it."""
        self._chains: dict[str, list[Message]] = {}

    def remember(self, deliveries: Iterable[Delivery]) -> None:
        """Take back what earlier runs wrote down; before anything else."""
        for delivery in deliveries:
            self._known[delivery.key] = self._planned[delivery.key] = delivery

    def begin(self, now: datetime) -> list[Delivery]:
        """Note receivers that are new, after `remember`; what comes back is to be written down."""
        new = [Delivery(receiver=each.id, shown=each.shown, since=now) for each in self.receivers]
        new = [each for each in new if each.key not in self._known]
        self.remember(new)
        return new

    def act(self, action: Action) -> None:
        """Take in what somebody did."""
        self.actions.take(action)

    def take(self, alerts: Sequence[Alert], now: datetime) -> list[Delivery]:
        """Take in alerts in the order of their topic; what comes back is to be written down."""
        for alert in alerts:
            before = self._alerts.get(alert.id)
            if before is None or alert.revision >= before.revision:
                self._alerts[alert.id] = alert
        pairs = [(receiver, alert) for alert in alerts for receiver in self.receivers]
        noted = (self._judge(receiver, alert, now) for receiver, alert in pairs)
        return [each for each in noted if each is not None]

    def due(self, now: datetime) -> list[Message]:
        """What can be sent now; each is under way until `sent` or `failed` says what became of it."""
        for receiver in self.receivers:
            self._release(receiver, now)
            self._brief(receiver, now)
        self._drop_pointless()
        heads = [chain[0] for chain in self._chains.values()]
        ready = [head for head in heads if not head.sending and (head.due is None or head.due <= now)]
        for message in ready:
            message.sending = True
            message.attempts += 1
        return ready

    def sent(self, message: Message, now: datetime) -> list[Delivery]:
        """It was taken; what comes back is to be written down."""
        return self._settle(message, [replace(after, at=now) for after in message.after])

    def failed(self, message: Message, now: datetime, why: str) -> list[Delivery]:
        """It was not taken; empty while it will be tried again, else it is given up, and this is to be written down."""
        if message.attempts < ATTEMPTS:
            pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), LONGEST_PAUSE)
            message.due = now + pause * self.random.uniform(0.5, 1.0)
            message.sending = False
            return []
        return self._settle(message, [self._given_up(after, now, why) for after in message.after])

    @property
    def waiting(self) -> int:
        """Messages that are still to be sent."""
        return sum(map(len, self._chains.values()))

    # --- alerts in --------------------------------------------------------------------------------------------------

    def _judge(self, receiver: Receiver, alert: Alert, now: datetime) -> Delivery | None:
        planned = self._plan(receiver, alert)
        if alert.revision <= planned.revision or self._stale(receiver, alert, planned, now):
            return None
        verdict = judge(alert, planned, receiver.routes, self._circumstances(receiver, alert, now))
        if verdict == "tell":
            self._tell(receiver, alert, now)
        elif verdict != "nothing":
            return self._keep(alert, planned, verdict, now)
        return None

    def _plan(self, receiver: Receiver, alert: Alert) -> Delivery:
        fresh = Delivery(receiver=receiver.id, alert=alert.id, shown=receiver.shown)
        return self._planned.get(fresh.key, fresh)

    def _stale(self, receiver: Receiver, alert: Alert, planned: Delivery, now: datetime) -> bool:
        """Whether it was over before the receiver came to be, or long ago."""
        goes_on = alert.open and self._alerts[alert.id].revision == alert.revision
        if planned.told or planned.kept or goes_on:
            return False
        since = self._known[f"{receiver.id}/"].since
        return now - alert.updated_at > LATE or (since is not None and alert.updated_at < since)

    def _circumstances(self, receiver: Receiver, alert: Alert, now: datetime) -> Circumstances:
        return Circumstances(self.actions, now, self.zone, self._cool(receiver, alert, now))

    def _cool(self, receiver: Receiver, alert: Alert, now: datetime) -> bool:
        """Whether it was told a short while ago of as severe an alert of the same watch and kind."""
        cooldown = min((route.cooldown for route in receiver.routes if route.concerns(alert)), default=timedelta())
        return any(
            known.at is not None and known.severity >= alert.severity and now < known.at + cooldown
            for known in self._planned.values()
            if known.receiver == receiver.id and self._alike(known.alert, alert)
        )

    def _alike(self, other_id: str, alert: Alert) -> bool:
        other = self._alerts.get(other_id)
        return other is not None and (other.watch, other.source, other.kind) == (alert.watch, alert.source, alert.kind)

    def _keep(self, alert: Alert, planned: Delivery, why: str, now: datetime) -> Delivery | None:
        """Keep it back, counted from when it was first kept back; only that it is kept is written down."""
        kept = replace(planned, kept=why, kept_at=planned.kept_at or now, revision=alert.revision)
        self._planned[kept.key] = kept
        if planned.kept == why:
            return None
        known = self._known.get(kept.key, replace(kept, revision=0))
        self._known[kept.key] = replace(known, kept=why, kept_at=kept.kept_at)
        return self._known[kept.key]

    def _tell(self, receiver: Receiver, alert: Alert, now: datetime) -> None:
        after = _told(self._plan(receiver, alert), alert, now, urgent=True)
        chain = self._chains.setdefault(after.key, [])
        if chain and not chain[-1].attempts and chain[-1].alerts[0].state == "updated":
            chain.pop()  # this one says all that it would have said
        chain.append(Message(receiver, "alert", (alert,), (after,)))
        self._planned[after.key] = after

    # --- messages out -----------------------------------------------------------------------------------------------

    def _release(self, receiver: Receiver, now: datetime) -> None:
        """Tell what was kept back for long enough: in one digest, or by itself once the receiver had its rest."""
        digest = []
        for planned in [each for each in self._planned.values() if each.receiver == receiver.id and each.kept]:
            alert = self._alerts.get(planned.alert)
            if alert is None:
                continue  # its topic has forgotten it
            if not over(alert, planned, receiver.routes, self._circumstances(receiver, alert, now)):
                continue
            if not wanted(alert, self.actions, told=bool(planned.told)):
                self._planned[planned.key] = replace(planned, kept="", kept_at=None)
            elif planned.kept == "cooldown":
                self._tell(receiver, alert, now)
            else:
                digest.append((alert, _told(planned, alert, now, urgent=planned.urgent), planned.kept))
        if digest:
            alerts, after, kept = zip(*digest, strict=True)
            self._planned |= {each.key: each for each in after}
            self._chains.setdefault(f"{receiver.id}/", []).append(Message(receiver, "digest", alerts, after, kept))

    def _brief(self, receiver: Receiver, now: datetime) -> None:
        """Plan the brief whose time has come; one that is hours late is no news, and a new receiver waits a day."""
        times = {route.brief for route in receiver.routes if route.brief is not None}
        if not times:
            return
        came = max(_last(each, now, self.zone) for each in times)
        fresh = Delivery(receiver=receiver.id, alert=BRIEF, shown=receiver.shown)
        known, since = self._planned.get(fresh.key, fresh), self._known[f"{receiver.id}/"].since
        settled = [moment for moment in (known.at, known.failed_at, since) if moment is not None]
        if now - came > BRIEF_LATE or any(moment >= came for moment in settled):
            return
        self._planned[fresh.key] = after = replace(known, at=now)
        self._chains[fresh.key] = [Message(receiver, "brief", (), (after,))]

    def _drop_pointless(self) -> None:
        """What somebody has taken care of meanwhile need not be told."""
        for key, chain in list(self._chains.items()):
            while chain and not chain[0].sending and self._pointless(chain[0]):
                dropped = chain.pop(0).after[0]
                known = self._known.get(key, replace(dropped, told=0, severity=0, urgent=False, at=None))
                if not chain:
                    self._planned[key] = replace(known, revision=self._planned[key].revision)
            if not chain:
                del self._chains[key]

    def _pointless(self, message: Message) -> bool:
        known = self._known.get(message.after[0].key)
        told = known is not None and bool(known.told)
        return message.kind == "alert" and not wanted(message.alerts[0], self.actions, told=told)

    def _given_up(self, after: Delivery, now: datetime, why: str) -> Delivery:
        """What is known stays as it was; the alert's state is settled all the same."""
        known = self._known.get(after.key, replace(after, told=0, severity=0, urgent=False, at=None))
        revision = max(known.revision, after.revision)
        return replace(
            known, revision=revision, kept="", kept_at=None, failed=known.failed + 1, failed_at=now, failure=why
        )

    def _settle(self, message: Message, after: Sequence[Delivery]) -> list[Delivery]:
        """What is newer than what is known: a digest may end after a message about one of its alerts."""
        self._chains = {key: [each for each in chain if each is not message] for key, chain in self._chains.items()}
        self._chains = {key: chain for key, chain in self._chains.items() if chain}
        noted = [
            each for each in after if each.key not in self._known or each.revision >= self._known[each.key].revision
        ]
        self._known |= {each.key: each for each in noted}
        for each in noted:
            if each.key not in self._chains and each.revision >= self._planned[each.key].revision:
                self._planned[each.key] = each
        return noted


def _told(planned: Delivery, alert: Alert, now: datetime, *, urgent: bool) -> Delivery:
    return replace(
        planned,
        revision=alert.revision,
        told=alert.revision,
        severity=max(planned.severity, alert.severity),
        urgent=urgent or planned.urgent,
        at=now,
        kept="",
        kept_at=None,
    )


def _last(at: time, now: datetime, zone: ZoneInfo) -> datetime:
    """When it was so late by the clocks of a zone, the last time."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), at, zone)
    return today if today <= local else datetime.combine(local.date() - timedelta(days=1), at, zone)
