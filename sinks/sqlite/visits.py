"""Visits in the SQLite archive: what each link brought, by its key."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from veille.visit import Visits, VisitSum

PUT = """
INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (link, since, until) DO UPDATE SET version = excluded.version, visits = excluded.visits,
    conversions = excluded.conversions, value = excluded.value
WHERE excluded.version > visits.version
"""
EXPIRE = "DELETE FROM visits WHERE until < ?"
SUMS = "SELECT link, sum(visits), sum(conversions), sum(value), min(since), max(until) FROM visits"
OF_LINKS = f"{SUMS} WHERE link IN (SELECT value FROM json_each(?)) GROUP BY link"  # noqa: S608  # ours
MOST = f"{SUMS} WHERE since >= ? AND since < ? GROUP BY link ORDER BY 2 DESC, link LIMIT ?"


def row(each: Visits) -> tuple[object, ...]:
    """The row of one report."""
    since, until = int(each.since.timestamp()), int(each.until.timestamp())
    return each.link, since, until, each.version, each.visits, each.conversions, each.value


class VisitsReader:
    """Reads them; see `veille.findings.Findings`."""

    def visits(self, links: Collection[str]) -> dict[str, VisitSum]:
        """All visits of each of these links."""
        listed = msgspec.json.encode(sorted(links)).decode()
        rows = self._rows(OF_LINKS, [listed])
        return {found.link: found for found in map(_sum, rows)}

    def most_visited(self, *, since: datetime, until: datetime, limit: int) -> list[VisitSum]:
        """The links with the most visits in stretches that begin in the range."""
        rows = self._rows(MOST, [since.timestamp(), until.timestamp(), limit])
        return [*map(_sum, rows)]

    @abstractmethod
    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of a statement."""


def _sum(row: Sequence[Any]) -> VisitSum:
    link, visits, conversions, value, since, until = row
    begin, end = (datetime.fromtimestamp(moment, UTC) for moment in (since, until))
    return VisitSum(link=link, visits=visits, conversions=conversions, value=value, since=begin, until=end)
