"""What one receiver is still to be told, in order, and when it is tried. It knows no alert and no network.

add --> waiting --ready--> under way, a few at a time --taken--> gone
                   ^                   |
                   `---- a pause ------+--failed, untried         too often, or for a day --> given up

A message that fails alone has pauses of its own, and the others go on. When two fail in a row it is the receiver that
is away: then the oldest is tried after each pause, another one if that fails, and all follow once one is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from veille.delivery import Delivery

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=2)
ATTEMPTS = 60
"""After so many a message is given up, one to two hours after the first."""

LONGEST_WAIT = timedelta(days=1)
"""What has waited for so long is given up when it fails."""

BURST = 20
"""Messages that are handed over together: what waits behind them is worded when it is its turn."""

IN_A_ROW = 2
"""So many that fail one after the other: the receiver is away."""


@dataclass(eq=False)
class Waiting:
    """One alert that is to be told, or the brief."""

    alert: str
    why: str
    """Why it was kept back until now, one of KEPT; empty where it is to be told by itself."""
    number: int
    """Its place."""
    since: datetime
    attempts: int = 0
    due: datetime | None = None
    """Not before then; None: at once."""
    changed: bool = False
    """Whether there was news of it while it was under way."""


class Outbox:
    """Of one receiver."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._waiting: dict[str, Waiting] = {}
        self._numbers = count()
        self._away: set[str] = set()
        """What has failed since something was taken: the first alert of each message."""
        self._failures = 0
        self._rests_until: datetime | None = None
        self.under_way: dict[str, Delivery] = {}
        """By alert: what is so once it is taken."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, alert: str) -> bool:
        return alert in self._waiting

    @property
    def room(self) -> int:
        """How many messages may be handed over together."""
        return IN_A_ROW if self.is_away else BURST

    @property
    def is_away(self) -> bool:
        """Whether it took nothing lately."""
        return len(self._away) >= IN_A_ROW

    def add(self, alert: str, why: str, now: datetime) -> None:
        """It is to be told; what waits already keeps its place, and is told by itself if either asks for that."""
        before = self._waiting.setdefault(alert, Waiting(alert, why, next(self._numbers), now))
        before.why = before.why and why

    def changes(self, alert: str) -> None:
        """There is news of what is under way."""
        self._waiting[alert].changed = True

    def drop(self, alert: str) -> None:
        """It need not be told any more."""
        self._waiting.pop(alert, None)

    def ready(self, now: datetime) -> list[Waiting]:
        """What may be tried now, in the order in which to try it; nothing while something is under way."""
        if self.under_way or not self._waiting:
            return []
        if not self.is_away:
            due = (each for each in self._waiting.values() if each.due is None or each.due <= now)
            return sorted(due, key=lambda each: each.number)
        if self._rests_until is not None and now < self._rests_until:
            return []
        oldest, *others = sorted(self._waiting.values(), key=lambda each: each.number)
        return [oldest, *sorted(others, key=lambda each: (each.attempts, each.number))]

    def hand_over(self, after: Iterable[Delivery]) -> int:
        """These are tried now, in one message; which attempt it is."""
        alerts = {each.alert: each for each in after}
        self.under_way |= alerts
        return 1 + max(self._waiting[alert].attempts for alert in alerts)

    def taken(self, alerts: Iterable[str]) -> list[str]:
        """They were told; those of which there is news since."""
        self._away.clear()
        self._failures, self._rests_until = 0, None
        return self._end(alerts)

    def failed(self, alerts: Iterable[str], now: datetime) -> tuple[list[str], list[str]]:
        """They were not taken: those that are given up, and those of them of which there is news since."""
        alerts = list(alerts)
        self._away.add(alerts[0])
        self._failures += 1
        self._rests_until = now + self._pause(self._failures // IN_A_ROW)
        given_up = []
        for entry in (self._waiting[alert] for alert in alerts):
            entry.attempts += 1
            entry.due = now + self._pause(entry.attempts)
            if entry.attempts >= ATTEMPTS or now - entry.since >= LONGEST_WAIT:
                given_up.append(entry.alert)
        self.untried(alert for alert in alerts if alert not in given_up)
        return given_up, self._end(given_up)

    def untried(self, alerts: Iterable[str]) -> None:
        """They wait again, in their place."""
        for alert in alerts:
            del self.under_way[alert]
            self._waiting[alert].changed = False  # it is told as it is then anyway

    def _end(self, alerts: Iterable[str]) -> list[str]:
        changed = []
        for alert in alerts:
            del self.under_way[alert]
            if self._waiting.pop(alert).changed:
                changed.append(alert)
        return changed

    def _pause(self, failures: int) -> timedelta:
        """Growing, and less by up to half of it by chance, so that many who wait do not come back together."""
        longest = min(FIRST_PAUSE * (1 << min(max(failures - 1, 0), 10)), LONGEST_PAUSE)
        return longest * self._random.uniform(0.5, 1.0)
