"""Whom alerts were told: what each receiver took of one, and which of them take nothing now.

what was delivered (veille.deliveries.v1) --Receivers, looked at every few seconds--> of one alert | those that fail

Receivers are shown by scheme and host, as they name themselves on the topic: an address may hold a secret.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from veille.clock import Clock
from veille.delivery import DeliveriesNow, Delivery
from veille.errors import Unavailable, VeilleError

KEPT_S = 10.0
"""How long what was read is shown again: Now asks every few seconds."""

PAST = timedelta(days=7)
"""A failure so long ago may be of a receiver that is none any more."""

log = logging.getLogger(__name__)


class FailingInfo(BaseModel):
    """A receiver whose last message was given up: since when, how many so far, what the last of them failed of."""

    receiver: str
    since: datetime
    count: int
    failure: str


class Receivers:
    """Reads what was delivered."""

    def __init__(self, deliveries_now: DeliveriesNow, clock: Clock) -> None:
        self._deliveries_now, self._clock = deliveries_now, clock
        self._lock = threading.Lock()
        self._read: tuple[float, Sequence[Delivery] | None] | None = None

    def of(self, alert: str) -> list[Delivery]:
        """What receivers were told of one alert, or are to be, by what they are called. Raises Unavailable."""
        found = self._known()
        if found is None:
            raise Unavailable("what was delivered cannot be read")
        return sorted((each for each in found if each.alert == alert), key=_shown)

    def failing(self) -> list[FailingInfo] | None:
        """Those whose last message was given up, the longest so first; None where that cannot be told."""
        found = self._known()
        if found is None:
            return None
        mine: defaultdict[str, list[Delivery]] = defaultdict(list)
        for each in found:
            mine[each.receiver].append(each)
        told = (_failing(some, self._clock.now()) for some in mine.values())
        return sorted((each for each in told if each is not None), key=lambda each: each.since)

    def _known(self) -> Sequence[Delivery] | None:
        with self._lock:
            now = self._clock.monotonic()
            if self._read is None or now - self._read[0] >= KEPT_S:
                self._read = now, self._look()
            return self._read[1]

    def _look(self) -> Sequence[Delivery] | None:
        try:
            return self._deliveries_now()
        except VeilleError as error:
            log.warning("what was delivered cannot be told: %s", error)
            return None


def _failing(some: Sequence[Delivery], now: datetime) -> FailingInfo | None:
    """What is known of one receiver, where nothing was taken since something failed."""
    taken = max((each.at for each in some if each.at is not None), default=None)
    failed = [
        (each.failed_at, each)
        for each in some
        if each.failed_at is not None and now - each.failed_at < PAST and (taken is None or each.failed_at > taken)
    ]
    if not failed:
        return None
    last = max(failed, key=lambda one: one[0])[1]
    since, count = min(at for at, _ in failed), sum(each.failed for _, each in failed)
    return FailingInfo(receiver=last.shown, since=since, count=count, failure=last.failure)


def _shown(delivery: Delivery) -> tuple[str, str]:
    return delivery.shown, delivery.receiver
