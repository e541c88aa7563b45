"""Keeps what each receiver knows and is still to be told: alerts and actions in, messages out. No broker, no network.

    take(alerts) --judge--> its receiver's outbox | kept back until a digest, an hour, a mute's end | nothing
    due() --> messages to send --> sent | failed | untried          noted() --> deliveries, to be written down

What waits is judged again when it is its turn, so each message tells an alert as it is by then, or is not needed any
more; what has closed while its receiver took nothing is told together. A look costs nothing while nothing is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from heapq import heappop, heappush
from random import Random
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from veille.action import Action, Actions
from veille.alert import Alert
from veille.delivery import Delivery
from veille.sinks.notify.judge import Circumstances, judge, kept_until, over, wanted
from veille.sinks.notify.message import BRIEF, OVER, Message
from veille.sinks.notify.outbox import Outbox, Waiting
from veille.sinks.notify.receivers import Receiver
from veille.sinks.notify.remembered import KEPT_BACK, Remembered

LATE = timedelta(days=1)
"""What is over for so long, and was never told, is no news."""

BRIEF_LATE = timedelta(hours=4)

TOGETHER = timedelta(minutes=1)
"""What has waited for longer and is over by then is told in one message with the others of which that is so."""


@dataclass
class Desk:
    """All receivers, what they know, and what they are still to be told."""

    receivers: Sequence[Receiver]
    zone: ZoneInfo
    random: Random = field(default_factory=Random)
    actions: Actions = field(default_factory=Actions)

    def __post_init__(self) -> None:
        self._remembered = Remembered(self.receivers)
        self._boxes = {each.id: Outbox(self.random) for each in self.receivers}
        self._by_id = {each.id: each for each in self.receivers}
        self._looks: list[tuple[datetime, str, str]] = []
        """When to look at what is kept back, by receiver and alert, the earliest first."""
        self._next_look: dict[tuple[str, str], datetime] = {}
        self._acted = False
        self._noted: list[Delivery] = []

    def remember(self, deliveries: Iterable[Delivery]) -> None:
        """Take back what earlier runs wrote down; before anything else."""
        self._remembered.remember(deliveries)
        self._acted = True  # looks at all that is kept back

    def begin(self, now: datetime) -> None:
        """Note receivers that are new, after `remember`."""
        new = [Delivery(receiver=each.id, shown=each.shown, since=now) for each in self.receivers]
        self._note(each for each in new if not self._remembered.knows(each))

    def act(self, action: Action) -> None:
        """Take in what somebody did."""
        self._acted |= self.actions.take(action)

    def take(self, alerts: Sequence[Alert], now: datetime) -> None:
        """Take in alerts in the order of their topic."""
        self._remembered.take(alerts)
        for alert in alerts:
            for receiver in self.receivers:
                self._judge(receiver, alert, now)

    def due(self, now: datetime) -> list[Message]:
        """What can be sent now; each is under way until `sent`, `failed` or `untried` says what became of it."""
        self._look_at_kept(now)
        messages: list[Message] = []
        for receiver in self.receivers:
            self._plan_brief(receiver, now)
            messages += self._hand_over(receiver, now)
        self._remembered.forget(now, lambda alert: any(alert in box for box in self._boxes.values()))
        return messages

    def sent(self, message: Message, now: datetime) -> None:
        """It was taken."""
        self._note(replace(after, at=now) for after in message.after)
        changed = self._box(message.receiver).taken(after.alert for after in message.after)
        self._judge_again(message.receiver, changed, now)

    def failed(self, message: Message, now: datetime, why: str) -> list[str]:
        """It was not taken; the alerts that are given up by that."""
        alerts = [after.alert for after in message.after]
        given_up, changed = self._box(message.receiver).failed(alerts, now)
        self._note(self._given_up(after, now, why) for after in message.after if after.alert in given_up)
        self._judge_again(message.receiver, changed, now)
        return given_up

    def untried(self, message: Message) -> None:
        """It was not sent after all, and waits again."""
        self._box(message.receiver).untried(after.alert for after in message.after)

    def noted(self) -> list[Delivery]:
        """What is to be written down since this was last asked, in order."""
        noted, self._noted = self._noted, []
        return noted

    @property
    def waiting(self) -> int:
        """What is still to be told."""
        return sum(map(len, self._boxes.values()))

    @property
    def size(self) -> int:
        """Alerts, and what receivers know of them, that are kept in mind."""
        return len(self._remembered)

    # --- alerts in --------------------------------------------------------------------------------------------------

    def _judge(self, receiver: Receiver, alert: Alert, now: datetime) -> None:
        box = self._box(receiver)
        planned = box.under_way.get(alert.id) or self._remembered.known(receiver, alert.id)
        if alert.revision <= planned.revision or self._stale(receiver, alert, planned, now):
            return
        verdict = judge(alert, planned, receiver.routes, self._circumstances(receiver, alert, now))
        if verdict == "nothing":
            return
        if alert.id in box.under_way:
            box.changes(alert.id)
        elif verdict == "tell":
            box.add(alert.id, "", now)
        elif alert.id not in box:
            self._keep(receiver, alert, verdict, now)

    def _judge_again(self, receiver: Receiver, changed: Iterable[str], now: datetime) -> None:
        for alert in map(self._remembered.alert, changed):
            if alert is not None:
                self._judge(receiver, alert, now)

    def _stale(self, receiver: Receiver, alert: Alert, planned: Delivery, now: datetime) -> bool:
        """Whether it was over before the receiver came to be, or long ago."""
        latest = self._remembered.alert(alert.id)
        goes_on = alert.open and latest is not None and latest.revision == alert.revision
        if planned.told or planned.kept or goes_on or alert.id in self._box(receiver):
            return False
        since = self._remembered.known(receiver, "").since
        return now - alert.updated_at > LATE or (since is not None and alert.updated_at < since)

    def _circumstances(self, receiver: Receiver, alert: Alert, now: datetime) -> Circumstances:
        return Circumstances(self.actions, now, self.zone, self._cool_until(receiver, alert, now))

    def _cool_until(self, receiver: Receiver, alert: Alert, now: datetime) -> datetime | None:
        """Until when it waits since the receiver was told of as severe an alert of the same watch and kind."""
        cooldown = min((route.cooldown for route in receiver.routes if route.concerns(alert)), default=timedelta())
        if not cooldown:
            return None
        under_way = self._box(receiver).under_way
        known = (
            under_way.get(each) or self._remembered.known(receiver, each) for each in self._remembered.alike(alert)
        )
        ends = [each.at + cooldown for each in known if each.at is not None and each.severity >= alert.severity]
        return max((end for end in ends if now < end), default=None)

    def _keep(self, receiver: Receiver, alert: Alert, why: str, now: datetime) -> None:
        """Keep it back, counted from when it was first kept back; only that it is kept is written down."""
        before = self._remembered.known(receiver, alert.id)
        kept = replace(before, kept=why, kept_at=before.kept_at or now)
        if before.kept != why:
            self._note([kept])
        self._look_later(receiver, alert, kept, now)

    # --- what is kept back ------------------------------------------------------------------------------------------

    def _look_later(self, receiver: Receiver, alert: Alert, kept: Delivery, now: datetime) -> None:
        until = kept_until(alert, kept, receiver.routes, self._circumstances(receiver, alert, now))
        key = (receiver.id, alert.id)
        if until is not None and self._next_look.get(key) != until:
            self._next_look[key] = until
            heappush(self._looks, (until, *key))

    def _look_at_kept(self, now: datetime) -> None:
        """At that of which the time has come; at all of it once somebody did something."""
        keys = list(self._remembered.kept()) if self._acted else []
        self._acted = False
        while self._looks and self._looks[0][0] <= now:
            moment, *key = heappop(self._looks)
            if self._next_look.get((key[0], key[1])) == moment:
                keys.append((key[0], key[1]))
        for receiver, alert_id in keys:
            self._next_look.pop((receiver, alert_id), None)
            self._look(self._by_id[receiver], alert_id, now)

    def _look(self, receiver: Receiver, alert_id: str, now: datetime) -> None:
        """Have it told if what kept it back is over: in one digest, or by itself once the receiver had its rest."""
        alert, known = self._remembered.alert(alert_id), self._remembered.known(receiver, alert_id)
        if alert is None or not known.kept or alert_id in self._box(receiver):
            return
        is_old = not alert.open and now - alert.updated_at > KEPT_BACK
        if is_old or not wanted(alert, self.actions, told=bool(known.told)):
            self._note([replace(known, kept="", kept_at=None)])
        elif over(alert, known, receiver.routes, self._circumstances(receiver, alert, now)):
            self._box(receiver).add(alert_id, "" if known.kept == "cooldown" else known.kept, now)
        else:
            self._look_later(receiver, alert, known, now)

    def _plan_brief(self, receiver: Receiver, now: datetime) -> None:
        """Plan the brief whose time has come; one that is hours late is no news, and a new receiver waits a day."""
        times = {route.brief for route in receiver.routes if route.brief is not None}
        if not times or BRIEF in self._box(receiver):
            return
        came = max(_last(each, now, self.zone) for each in times)
        known, since = self._remembered.known(receiver, BRIEF), self._remembered.known(receiver, "").since
        settled = [moment for moment in (known.at, known.failed_at, since) if moment is not None]
        if now - came <= BRIEF_LATE and all(moment < came for moment in settled):
            self._box(receiver).add(BRIEF, "", now)

    # --- messages out -----------------------------------------------------------------------------------------------

    def _hand_over(self, receiver: Receiver, now: datetime) -> list[Message]:
        """What one receiver is told now, each alert judged once more."""
        box = self._box(receiver)
        messages: list[Message] = []
        for entries in self._grouped(box.ready(now), now):
            if len(messages) == box.room:
                break
            message = self._message(receiver, entries, now)
            if message is not None:
                message.attempt, message.instead = box.hand_over(message.after), box.is_away and bool(messages)
                messages.append(message)
        return messages

    def _grouped(self, ready: Sequence[Waiting], now: datetime) -> list[list[Waiting]]:
        """What is told in one message: each by itself, and what was kept back or is over by now together."""
        together = [each for each in ready if each.why or self._is_over(each, now)]
        if not together or (len(together) == 1 and not together[0].why):
            return [[each] for each in ready]
        alerts = {each.alert for each in together}
        groups = [[each] for each in ready if each.alert not in alerts]
        groups.insert(ready.index(together[0]), sorted(together, key=lambda each: each.number))
        return groups

    def _is_over(self, entry: Waiting, now: datetime) -> bool:
        alert = self._remembered.alert(entry.alert)
        return alert is not None and not alert.open and now - entry.since > TOGETHER

    def _message(self, receiver: Receiver, entries: Sequence[Waiting], now: datetime) -> Message | None:
        """One message; None where nothing of it is to be told now after all."""
        if entries[0].alert == BRIEF:
            known = self._remembered.known(receiver, BRIEF)
            return Message(receiver, "brief", (), (replace(known, at=entries[0].since),))
        found = []
        for entry in entries:
            alert = self._remembered.alert(entry.alert)
            if alert is not None and self._is_told_now(receiver, alert, entry, now):
                found.append((alert, self._told(receiver, alert, entry, now), entry.why or OVER))
            else:
                self._box(receiver).drop(entry.alert)
        if not found:
            return None
        alerts, after, kept = zip(*found, strict=True)
        if len(entries) > 1 or entries[0].why:
            return Message(receiver, "digest", alerts, after, kept)
        first = not self._remembered.known(receiver, entries[0].alert).told
        return Message(receiver, "alert", alerts, after, first=first)

    def _is_told_now(self, receiver: Receiver, alert: Alert, entry: Waiting, now: datetime) -> bool:
        """Whether it is; otherwise it is kept back after all, or no news any more."""
        known, at = self._remembered.known(receiver, alert.id), self._circumstances(receiver, alert, now)
        if alert.revision <= known.revision:
            return False
        if entry.why and not self.actions.muted(alert, now):
            return wanted(alert, self.actions, told=bool(known.told))
        verdict = "muted" if entry.why else judge(alert, known, receiver.routes, at, was_urgent=True)
        if verdict not in ("tell", "nothing"):
            self._keep(receiver, alert, verdict, now)
        return verdict == "tell"

    def _told(self, receiver: Receiver, alert: Alert, entry: Waiting, now: datetime) -> Delivery:
        """What is so once it is told."""
        known = self._remembered.known(receiver, alert.id)
        return replace(
            known,
            revision=alert.revision,
            told=alert.revision,
            severity=max(known.severity, alert.severity),
            urgent=known.urgent or not entry.why,
            at=now,
            kept="",
            kept_at=None,
        )

    def _given_up(self, after: Delivery, now: datetime, why: str) -> Delivery:
        """What is known stays as it was; the alert's state is settled all the same."""
        known = self._remembered.known(self._by_id[after.receiver], after.alert)
        return replace(
            known,
            revision=max(known.revision, after.revision),
            kept="",
            kept_at=None,
            failed=known.failed + 1,
            failed_at=now,
            failure=why,
        )

    def _box(self, receiver: Receiver) -> Outbox:
        return self._boxes[receiver.id]

    def _note(self, deliveries: Iterable[Delivery]) -> None:
        for each in deliveries:
            self._remembered.note(each)
            self._noted.append(each)


def _last(at: time, now: datetime, zone: ZoneInfo) -> datetime:
    """When it was so late by the clocks of a zone, the last time; an hour that they skip or pass twice comes once."""
    today = now.astimezone(zone).date()
    came = datetime.combine(today, at, zone).astimezone(UTC)
    return came if came <= now else datetime.combine(today - timedelta(days=1), at, zone).astimezone(UTC)
