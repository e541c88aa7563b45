"""What the stand-in for X would charge: every resource that it hands over, once a UTC day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from veille.clock import Clock


class Bill:
    """The resources that were charged, by day, kind and id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._charged: set[tuple[str, str, str]] = set()

    def charge(self, message: Mapping[str, Any], kind: str = "post") -> None:
        """For a line or a page, as it is sent: its posts, and the accounts and posts that come along."""
        data = message.get("data") or []
        posts = data if isinstance(data, list) else [data]
        includes = message.get("includes", {})
        along = (("post", includes.get("tweets", [])), ("user", includes.get("users", [])))
        for name, some in ((kind, posts), *along):
            self._charged |= {(self._day(), name, each["id"]) for each in some}

    def charge_users(self, ids: list[str]) -> None:
        """For accounts that were asked for."""
        self._charged |= {(self._day(), "user", each) for each in ids}

    def charge_request(self) -> None:
        """For a request that costs by itself, whatever it finds."""
        self._charged.add((self._day(), "request", str(len(self._charged))))

    def numbers(self, month: str) -> dict[str, int]:
        """By kind, how many were charged in a month, `2026-11`."""
        return dict(Counter(kind for day, kind, _ in self._charged if day.startswith(month)))

    def _day(self) -> str:
        return f"{self._clock.now():%Y-%m-%d}"
