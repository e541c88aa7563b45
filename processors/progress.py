"""Up to when all that came has been read: what closes minutes, by the brokers' times where reading is behind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime


class Progress:
    """Never goes back. Times of records are times of receipt."""

    def __init__(self, begins: datetime) -> None:
        self.until = begins
        self._last: dict[int, datetime] = {}

    def read(self, partition: int, timestamp: int) -> None:
        """A record was read; `timestamp` in milliseconds since 1970."""
        self._last[partition] = datetime.fromtimestamp(timestamp / 1000, UTC)

    def advance(self, behind: Collection[int], now: datetime) -> None:
        """`behind`: the partitions of which there is more to read."""
        if not behind:
            self.until = max(self.until, now)
        elif all(partition in self._last for partition in behind):
            self.until = max(self.until, min(now, *(self._last[partition] for partition in behind)))
