"""Visits in Elasticsearch: an index of reports, summed by link."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from veille.visit import Visits, VisitSum

MOST_LINKS = 10_000
"""Links in one question."""

KEYWORD = {"type": "keyword", "ignore_above": 2048}
DATE, LONG = {"type": "date"}, {"type": "long"}
FIELDS: dict[str, Any] = {
    "link": KEYWORD,
    "since": DATE,
    "until": DATE,
    "reported_at": DATE,
    "visits": LONG,
    "conversions": LONG,
    "value": {"type": "double"},
}
"""Fields of a report; a test keeps them true to the record."""

SUMS = {
    **{name: {"sum": {"field": name}} for name in ("visits", "conversions", "value")},
    "since": {"min": {"field": "since"}},
    "until": {"max": {"field": "until"}},
}


def document_id(each: Visits) -> str:
    """Which document: ids are 512 bytes at most, and addresses may be longer."""
    return hashlib.sha256(each.key.encode("utf-8", "surrogatepass")).hexdigest()[:40]


class VisitsReader:
    """Reads them; see `veille.findings.Findings`."""

    def visits(self, links: Collection[str]) -> dict[str, VisitSum]:
        """All visits of each of these links, as at the last refresh."""
        wanted = sorted(links)
        if not wanted:
            return {}
        by_link = {"terms": {"field": "link", "size": len(wanted)}, "aggs": SUMS}
        body = {"size": 0, "query": {"terms": {"link": wanted}}, "aggs": {"links": by_link}}
        return {found.link: found for found in self._visit_sums(body)}

    def most_visited(self, *, since: datetime, until: datetime, limit: int) -> list[VisitSum]:
        """The links with the most visits in stretches that begin in the range, as at the last refresh."""
        order = [{"visits": "desc"}, {"_key": "asc"}]
        by_link = {"terms": {"field": "link", "size": limit, "order": order}, "aggs": SUMS}
        within = {"range": {"since": {"gte": since.isoformat(), "lt": until.isoformat()}}}
        return self._visit_sums({"size": 0, "query": within, "aggs": {"links": by_link}})

    def _visit_sums(self, body: dict[str, Any]) -> list[VisitSum]:
        found = self._visits_call(body).get("aggregations", {}).get("links", {}).get("buckets", [])
        return [*map(_sum, found)]

    @abstractmethod
    def _visits_call(self, body: dict[str, Any]) -> dict[str, Any]:
        """Search the index of visits."""


def _sum(bucket: dict[str, Any]) -> VisitSum:
    begin, end = (datetime.fromtimestamp(bucket[name]["value"] / 1000, UTC) for name in ("since", "until"))
    visits, conversions = (int(bucket[name]["value"]) for name in ("visits", "conversions"))
    value = float(bucket["value"]["value"])
    return VisitSum(link=bucket["key"], visits=visits, conversions=conversions, value=value, since=begin, until=end)
