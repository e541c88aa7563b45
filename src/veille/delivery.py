"""What a receiver was told of an alert, so that nothing is told twice. Value of `veille.deliveries.v1`.

It names nobody: a receiver is a hash of its entry in the settings, shown by scheme and host.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from veille.errors import Corrupt


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One receiver and one alert, as they stand after the latest message. `alert` empty: about the receiver itself."""

    receiver: str
    """A hash of its entry in the settings."""
    alert: str = ""
    """Id of the alert; empty: about the receiver itself."""
    shown: str = ""
    """Scheme and host of the receiver's address."""
    since: datetime | None = None
    """Of a receiver itself: from when on it is told. What changed before is not news to it."""
    revision: int = 0
    """Of the alert: all up to this one is settled."""
    told: int = 0
    """Revision of the alert that was told last; 0 while none was."""
    severity: int = 0
    """The highest that was told."""
    urgent: bool = False
    """Whether it was told by a message of its own, not in a digest: then its end is too."""
    at: datetime | None = None
    """When it was told last."""
    kept: str = ""
    """Why it is kept back: one of KEPT; empty where it is not."""
    kept_at: datetime | None = None
    """Since when."""
    failed: int = 0
    """How many messages about it were given up."""
    failed_at: datetime | None = None
    """When the last of them was."""
    failure: str = ""
    """What the last of them failed of, in a few words."""

    @property
    def key(self) -> str:
        """The record key."""
        return f"{self.receiver}/{self.alert}"

    @property
    def failing(self) -> bool:
        """Whether the last message about it was given up."""
        return self.failed_at is not None and (self.at is None or self.failed_at > self.at)

    @property
    def settled(self) -> tuple[int, datetime]:
        """How much is settled, by revision and, as briefs have none, by time: of two records the later has more."""
        moments = [each for each in (self.at, self.failed_at, self.since) if each is not None]
        return self.revision, max(moments, default=datetime.min.replace(tzinfo=UTC))


DeliveriesNow = Callable[[], list[Delivery]]
"""Says at once what every receiver was told. Raises a VeilleError where that is not known."""

KEPT = ("lesser", "hours", "muted", "cooldown")
"""Not urgent, and waits for the digest; outside of the receiver's hours; muted; told of the same a short while ago."""


def decode(value: bytes) -> Delivery:
    """Read a record's value. Raises Corrupt: only we write them."""
    try:
        return msgspec.json.decode(value, type=Delivery)
    except msgspec.DecodeError as error:
        raise Corrupt(
            f"what was delivered cannot be read: {error}. The record of another version of veille?"
        ) from error
