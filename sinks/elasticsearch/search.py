"""Searching Elasticsearch: hits in an order, page by page, counts, bars and facets, as at the last refresh.

query --compile_elasticsearch--> clause --_search, over a view where pages are to hold still--> mentions, buckets
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from veille.archive import Bucket, Facet, Matches, Order, Page, Value
from veille.errors import Misused
from veille.identity import microseconds
from veille.post import ORIGINAL_HIDDEN
from veille.query.best import wanted
from veille.query.elasticsearch import Clause, compile_elasticsearch
from veille.query.terms import matched
from veille.query.tree import Node, Not, Operator
from veille.sinks.elasticsearch.client import Client, Refused
from veille.sinks.elasticsearch.scan import read_mention
from veille.sinks.elasticsearch.template import DISPLAYED, FACETS, Names
from veille.sinks.elasticsearch.views import KEEP_ALIVE, Views
from veille.sinks.paging import buckets, ends, read_page_position, starts

NO_REPOST = Not(Operator("is", "retweet", 0))

EXACT_UP_TO = 40_000
"""Distinct values that Elasticsearch counts nearly exactly; the most that it can be asked for."""

LOOKED_AT = 1_000
"""Values that each shard gives at least, so that the sums over shards are right."""


class SearchReader:
    """Searches it; see `veille.archive.Archive`. Totals are always exact."""

    _client: Client
    _names: Names
    _views: Views

    def search(
        self,
        query: Node | None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: str | None = None,
        order: Order = "newest",
        hold: bool = False,
    ) -> Page:
        """Mentions in an order."""
        at = read_page_position(after, order)
        down = (order != "oldest") is not (at is not None and at.back)
        body = self._asked(query, since, until, order, down=down) | {"size": limit + 1}
        if at is not None:
            scored = [at.score] if order == "best" else []
            body["search_after"] = [*scored, at.created_at, at.doc_id]
        found, view = self._of_view(body, at.view) if at is not None and at.view else self._now(body, hold=hold)
        more = len(found["hits"]) > limit
        hits = found["hits"][:limit][:: -1 if at is not None and at.back else 1]
        name = at.view if at is not None else self._views.keep(view) if view is not None and more and limit else None
        if at is None and view is not None and name is None:
            self._views.close(view)
        places = [_place(hit, order) for hit in hits]
        after, before = ends(places, more=more, order=order, asked=at, view=name)
        shown = self._as_they_are(hits) if at is not None and at.view else hits
        return Page([read_mention(hit) for hit in shown], found["total"]["value"], after=after, before=before)

    def count(self, query: Node | None, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many match, exactly."""
        body = {"query": self._clause(query, since, until), "size": 0, "track_total_hits": True}
        return int(self._search(self._names.alias, body)["total"]["value"])

    def histogram(self, query: Node | None, *, since: datetime, until: datetime, interval: int) -> list[Bucket]:
        """Counts per interval (seconds) and sentiment."""
        starts(since, until, interval)
        times = {
            "date_histogram": {"field": "created_at", "fixed_interval": f"{interval}s", "min_doc_count": 1},
            "aggs": {"labels": {"terms": {"field": "sentiment.label", "missing": "unsure"}}},
        }
        body = {"query": self._clause(query, since, until), "size": 0, "aggs": {"times": times}}
        counts = {
            time["key"] // 1000: {label["key"]: label["doc_count"] for label in time["labels"]["buckets"]}
            for time in self._aggregate(self._names.alias, body, "times")
        }
        return buckets(counts, since, until, interval)

    def facets(
        self,
        query: Node | None,
        fields: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 10,
    ) -> list[Facet]:
        """The most frequent values of each field; of more values than a shard gives, the counts may be too low."""
        body = {"query": self._clause(query, since, until), "size": 0, "aggs": _aggregations(fields, limit)}
        found = self._call(self._names.alias, body).get("aggregations", {})
        return [_facet(field, found, limit) for field in fields]

    def stories(self, query: Node | None, *, since: datetime, until: datetime, limit: int) -> list[tuple[str, int]]:
        """The stories with the most mentions that match; counts of large ones may be low."""
        (found,) = self.facets(query, ["story"], since=since, until=until, limit=limit)
        return [(each.value, each.count) for each in found.values]

    def matches(
        self, watch: str, terms: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> Matches:
        """Which term of a watch's query brings how many of its mentions, as at the last refresh; in one question."""
        filters = {f"term{number}": {"term": {"terms": matched(watch, each)}} for number, each in enumerate(terms)}
        by_term = {"filters": {"filters": filters, "other_bucket_key": "rest"}}
        body = {
            "query": self._clause(Operator("watch", watch, 0), since, until),
            "size": 0,
            "track_total_hits": True,
            **({"aggs": {"matches": by_term}} if terms else {}),
        }
        answer = self._call(self._names.alias, body)
        total = answer["hits"]["total"]["value"]
        found = answer.get("aggregations", {}).get("matches", {}).get("buckets", {})
        counts = {each: found.get(f"term{number}", {}).get("doc_count", 0) for number, each in enumerate(terms)}
        return Matches(total, counts, found["rest"]["doc_count"] if found else total)

    def _asked(
        self, query: Node | None, since: datetime | None, until: datetime | None, order: Order, *, down: bool
    ) -> dict[str, Any]:
        way = "desc" if down else "asc"
        clause, sort = self._clause(query, since, until), [{"at": way}, {"doc_id": way}]
        if order == "best":
            clause["bool"]["should"] = [
                *(_worth(compile_elasticsearch(leaf), 2) for leaf in wanted(query)),
                _worth(compile_elasticsearch(NO_REPOST), 1),
            ]
            sort.insert(0, {"_score": way})
        return {"query": clause, "sort": sort, "track_total_hits": True, "_source": DISPLAYED}

    def _clause(self, query: Node | None, since: datetime | None, until: datetime | None) -> Clause:
        filters = [compile_elasticsearch(query)]
        for sign, moment in (("gte", since), ("lt", until)):
            if moment is not None:
                filters.append({"range": {"at": {sign: microseconds(moment)}}})
        return {"bool": {"filter": filters}}

    def _now(self, body: dict[str, Any], *, hold: bool) -> tuple[dict[str, Any], str | None]:
        """The hits of now; with `hold` through a new view, which is given as well."""
        view = self._views.open() if hold else None
        if view is None:
            return self._search(self._names.alias, body), None
        try:
            return self._through(view, body)
        except Refused as error:
            raise Misused(f"Elasticsearch does not take this search ({error.kind}): ask for less at a time") from error

    def _of_view(self, body: dict[str, Any], name: str) -> tuple[dict[str, Any], str | None]:
        """The hits of the view of this name, or of a new one where it is no longer known."""
        view = self._views.named(name)
        if view is not None:
            try:
                found, view = self._through(view, body)
            except Refused as error:
                if error.status != 404:
                    raise Misused(f"Elasticsearch does not take this search ({error.kind})") from error
            else:
                self._views.keep(view, name)
                return found, view
        found, view = self._now(body, hold=True)
        if view is not None:
            self._views.keep(view, name)
        return found, view

    def _through(self, view: str, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
        answer = self._client.call("POST", "/_search", body | {"pit": {"id": view, "keep_alive": KEEP_ALIVE}})
        return answer["hits"], answer["pit_id"]

    def _as_they_are(self, hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Hits of an older view as they are now: what was deleted or hidden since is left out, edits are in."""
        now = self._client.get_many([(hit["_index"], hit["_id"]) for hit in hits], source=DISPLAYED)
        return [hit for hit in now if hit.get("found") and shown(hit)]

    @abstractmethod
    def _aggregate(self, target: str, body: dict[str, Any], name: str) -> list[dict[str, Any]]:
        """The buckets of an aggregation."""

    @abstractmethod
    def _search(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """The hits of a search."""

    @abstractmethod
    def _call(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a search."""


def shown(hit: dict[str, Any]) -> bool:
    """Whether a document is neither a marker nor hidden for now."""
    found = hit["_source"]
    if found.get("deleted") or found.get("visibility") == "hidden":
        return False
    return ORIGINAL_HIDDEN not in found.get("flags", ())


def _worth(clause: Clause, points: int) -> Clause:
    return {"constant_score": {"filter": clause, "boost": points}}


def _place(hit: dict[str, Any], order: Order) -> tuple[int, int, str]:
    """By what it is sorted; a view adds a number of its own."""
    score, created_at, doc_id = hit["sort"][:3] if order == "best" else (0, *hit["sort"][:2])
    return int(score), created_at, doc_id


def _aggregations(fields: Sequence[str], limit: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        path = FACETS[field]
        order = [{"_count": "desc"}, {"_key": "asc"}]
        size = {"size": max(limit, 1), "shard_size": max(LOOKED_AT, 10 * limit), "order": order}
        found[f"{field}.values"] = {"terms": {"field": path, **size}}
        found[f"{field}.distinct"] = {"cardinality": {"field": path, "precision_threshold": EXACT_UP_TO}}
        found[f"{field}.without"] = {"missing": {"field": path}}
    return found


def _facet(field: str, found: dict[str, Any], limit: int) -> Facet:
    if not found:
        return Facet(field=field, values=[])
    terms, distinct = found[f"{field}.values"], found[f"{field}.distinct"]["value"]
    values = [Value(each["key"], each["doc_count"]) for each in terms["buckets"][:limit]]
    rest = terms["sum_other_doc_count"] + sum(each["doc_count"] for each in terms["buckets"][limit:])
    return Facet(
        field=field,
        values=values,
        others=max(distinct - len(values), 1) if rest else 0,
        rest=rest,
        without=found[f"{field}.without"]["doc_count"],
        exact=terms["doc_count_error_upper_bound"] == 0 and distinct < EXACT_UP_TO,
    )
