"""What the desk remembers: alerts as they are, and what each receiver knows of them. What is over is forgotten in time.

The topics keep 400 days; here stays what is open, what is kept back, and what closed within `MEMORY`: a record that
comes again after that is no news, since it is older than what is news at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from veille.alert import Alert
from veille.delivery import Delivery
from veille.sinks.notify.message import BRIEF
from veille.sinks.notify.receivers import Receiver

MEMORY = timedelta(days=2)
"""Longer than the longest cool-down, and than what is over is news."""

KEPT_BACK = timedelta(days=7)
"""What is kept back and has been over for so long is told no more."""

LATER = timedelta(hours=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Remembered:
    """Alerts and deliveries of the receivers that there are."""

    def __init__(self, receivers: Collection[Receiver]) -> None:
        self._shown = {each.id: each.shown for each in receivers}
        self._alerts: dict[str, Alert] = {}
        self._alike: dict[tuple[str, str, str], set[str]] = {}
        """Ids by watch, source and kind."""
        self._known: dict[tuple[str, str], Delivery] = {}
        """By receiver and alert, as it was written down."""
        self._ends: list[tuple[datetime, str]] = []
        """When to look whether an alert may be forgotten, the earliest first."""

    def __len__(self) -> int:
        return len(self._alerts) + len(self._known)

    def alert(self, alert_id: str) -> Alert | None:
        """As it is now, as far as is known."""
        return self._alerts.get(alert_id)

    def known(self, receiver: Receiver, alert_id: str) -> Delivery:
        """What a receiver knows of an alert; an empty one if nothing."""
        found = self._known.get((receiver.id, alert_id))
        return found or Delivery(receiver=receiver.id, alert=alert_id, shown=receiver.shown)

    def knows(self, delivery: Delivery) -> bool:
        """Whether there is one of its receiver and alert."""
        return (delivery.receiver, delivery.alert) in self._known

    def note(self, delivery: Delivery) -> None:
        """This is how it stands."""
        if delivery.receiver in self._shown:
            self._known[delivery.receiver, delivery.alert] = delivery

    def remember(self, deliveries: Iterable[Delivery]) -> None:
        """What earlier runs wrote down; what is about alerts that nobody knows any more goes again."""
        for delivery in deliveries:
            self.note(delivery)
            moments = (delivery.at or LONG_AGO, delivery.kept_at or LONG_AGO, delivery.failed_at or LONG_AGO)
            if delivery.alert not in ("", BRIEF):
                heappush(self._ends, (max(moments) + MEMORY, delivery.alert))

    def take(self, alerts: Iterable[Alert]) -> None:
        """Alerts in the order of their topic."""
        for alert in alerts:
            before = self._alerts.get(alert.id)
            if before is not None and alert.revision < before.revision:
                continue
            self._alerts[alert.id] = alert
            self._alike.setdefault(_like(alert), set()).add(alert.id)
            if not alert.open:
                heappush(self._ends, (alert.updated_at + MEMORY, alert.id))

    def alike(self, alert: Alert) -> Iterable[str]:
        """Ids of alerts of the same watch, source and kind, itself too."""
        return self._alike.get(_like(alert), ())

    def kept(self) -> Iterator[tuple[str, str]]:
        """Receiver and alert of all that is kept back."""
        return iter([key for key, known in self._known.items() if known.kept])

    def forget(self, now: datetime, is_needed: Callable[[str], bool]) -> None:
        """Forget what has been over for long. `is_needed`: whether an alert is still to be told to somebody."""
        while self._ends and self._ends[0][0] <= now:
            _, alert_id = heappop(self._ends)
            alert = self._alerts.get(alert_id)
            if alert is not None and (alert.open or now < alert.updated_at + MEMORY):
                continue  # it comes again when it closes
            if is_needed(alert_id) or self._is_kept(alert_id, alert, now):
                heappush(self._ends, (now + LATER, alert_id))
            else:
                self._drop(alert_id, alert)

    def _is_kept(self, alert_id: str, alert: Alert | None, now: datetime) -> bool:
        found = (self._known.get((receiver, alert_id)) for receiver in self._shown)
        return alert is not None and now < alert.updated_at + KEPT_BACK and any(each and each.kept for each in found)

    def _drop(self, alert_id: str, alert: Alert | None) -> None:
        for receiver in self._shown:
            self._known.pop((receiver, alert_id), None)
        if alert is not None:
            del self._alerts[alert_id]
            self._alike[_like(alert)].discard(alert_id)
            if not self._alike[_like(alert)]:
                del self._alike[_like(alert)]


def _like(alert: Alert) -> tuple[str, str, str]:
    return alert.watch, alert.source, alert.kind
