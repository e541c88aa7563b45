"""One thing to tell one receiver, and what is so once it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from veille.alert import Alert
from veille.delivery import Delivery
from veille.sinks.notify.receivers import Receiver

BRIEF = "brief"
"""Stands for the alert in what is written down of briefs."""

OVER = "over"
"""Beside `veille.delivery.KEPT`: closed while it waited for a receiver that took nothing."""


@dataclass(eq=False)
class Message:
    """One message, each alert as it is when it is handed over."""

    receiver: Receiver
    kind: Literal["alert", "digest", "brief"]
    alerts: tuple[Alert, ...]
    """One, or all of a digest; none of a brief."""
    after: tuple[Delivery, ...]
    """What is so once it is told, one an alert."""
    kept: tuple[str, ...] = ()
    """Why each alert of a digest was not told before: one of KEPT, or OVER."""
    first: bool = False
    """Whether the receiver has heard nothing of the alert so far."""
    attempt: int = 1
    instead: bool = False
    """Whether it is tried only where the one before it was not taken."""

    @property
    def id(self) -> str:
        """The same for each attempt at the same news, so that whoever receives it can know a repetition."""
        if self.kind == "brief":
            return f"brief/{self.after[0].at:%Y-%m-%d}"
        first = self.alerts[0]
        return f"{first.id}/{first.revision}{'/digest' if self.kind == 'digest' else ''}"
