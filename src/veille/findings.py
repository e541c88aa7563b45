"""Reading what was found, and what people did: windows, their sums, alerts, actions. Part of every archive.

Counts over long times come from windows, a minute each, and so need no mention to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from veille.action import Action, Of
from veille.alert import Alert
from veille.visit import VisitSum
from veille.window import Window


class WindowSum(Struct, frozen=True, kw_only=True):
    """The windows of one watch in `[start, start + interval)` together; what cannot be added up is not here."""

    start: datetime
    minutes: int = 0
    """Of how many minutes there is a window."""
    mentions: int = 0
    begun: int = 0
    """Stories that began."""
    own: int = 0
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unsure: int = 0
    questions: int = 0
    coverage: float = 1.0
    """Mean over those minutes; 1 where there are none."""


SUMMED = tuple(name for name in WindowSum.__struct_fields__ if name not in ("start", "minutes", "coverage"))
"""Counts of a window that can be added up."""


class Findings(Protocol):
    """Windows and alerts of one archive. Methods raise Unavailable when it does not answer."""

    def windows(self, watch: str | None, *, since: datetime, until: datetime) -> list[Window]:
        """Windows whose minute begins in `[since, until)`, earliest first, then by watch; None: of all watches."""

    def window_sums(self, watch: str, *, since: datetime, until: datetime, interval: int) -> list[WindowSum]:
        """Sums per `interval` seconds, empty ones included, aligned to multiples of the interval since 1970.

        Raises Misused for an interval that is no whole number of minutes, or gives too many.
        """

    def alerts(
        self,
        *,
        watch: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        only_open: bool = False,
        limit: int = 100,
    ) -> list[Alert]:
        """Alerts with any time in `[since, until)`, those that began last first; `watch` None: of all, and of none."""

    def alert(self, alert_id: str) -> Alert | None:
        """One alert, as it is now."""

    def actions(self, of: Of, subject: str) -> list[Action]:
        """What people did about one subject that is in effect, earliest first."""

    def done_since(self, of: Of, since: datetime) -> list[Action]:
        """The latest action of each key about subjects of a kind, where it was done since then; in no order.

        Also what was taken back, with an empty value.
        """

    def visits(self, links: Collection[str]) -> dict[str, VisitSum]:
        """All visits of each of these links, by their keys; a link of which none is known is left out."""

    def most_visited(self, *, since: datetime, until: datetime, limit: int) -> list[VisitSum]:
        """The links with the most visits in stretches that begin in `[since, until)`; of as many, by key."""
