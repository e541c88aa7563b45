"""Searching Elasticsearch: hits in an order, page by page, counts, bars and facets, as at the last refresh.

query --compile_elasticsearch--> clause --_search, over a view where pages are to hold still--> mentions, buckets
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from veille.archive import Bucket, Facet, Matches, Page, Searches, Value, Wanted, Within
from veille.identity import microseconds
from veille.post import ORIGINAL_HIDDEN
from veille.query.best import wanted as best_of
from veille.query.elasticsearch import Clause, compile_elasticsearch
from veille.query.terms import matched
from veille.query.tree import Node, Not, Operator
from veille.sinks.elasticsearch.client import Client
from veille.sinks.elasticsearch.folding import Ask, Body, Folding, Key, Top, key_of, sorted_by
from veille.sinks.elasticsearch.scan import read_mention
from veille.sinks.elasticsearch.template import DISPLAYED, FACETS, Names
from veille.sinks.elasticsearch.views import Look, Views
from veille.sinks.paging import Position, buckets, ends, position_of, starts

NO_REPOST = Not(Operator("is", "retweet", 0))

EXACT_UP_TO = 40_000
"""Distinct values that Elasticsearch counts nearly exactly; the most that it can be asked for."""

LOOKED_AT = 1_000
"""Values that each shard gives at least, so that the sums over shards are right."""


class _Found(NamedTuple):
    """A page and one hit more, where there is one, in the direction that was asked for."""

    tops: list[Top]
    total: int
    stories: int | None
    hits: dict[str, Body]
    """Those that were read along, by doc id."""


class SearchReader(Searches):
    """Searches it; see `veille.archive.Archive`. Totals are always exact."""

    _client: Client
    _names: Names
    _views: Views

    def _page(self, wanted: Wanted) -> Page:
        """One view where pages are to hold still, or several questions must agree."""
        limit, at = wanted.limit, position_of(wanted)
        name, back = (at.view, at.back) if at is not None else (None, False)
        look = Look(self._views, self._client, name) if name or wanted.hold or wanted.fold else None
        ask = look.ask if look else partial(self._call, self._names.alias)
        found = (self._folded if wanted.fold else self._plain)(ask, wanted, at)
        more, tops = len(found.tops) > limit, found.tops[:limit][:: -1 if back else 1]
        read_now = wanted.fold or (at is not None and at.view)
        hits = self._as_they_are(tops) if read_now else found.hits
        if wanted.fold:
            hits |= self._instead(ask, wanted, [top for top in tops if top.story and top.key[2] not in hits])
        if look and (name or (wanted.hold and (more or at is not None) and limit)):
            name = look.keep()
        elif look:
            look.close()
        after, before = ends([top.key for top in tops], more=more, order=wanted.order, asked=at, view=name)
        tops = [top for top in tops if top.key[2] in hits]
        return Page(
            [read_mention(hits[top.key[2]]) for top in tops],
            found.total,
            after=after,
            before=before,
            stories=found.stories,
            sizes=[top.size for top in tops] if wanted.fold else [],
        )

    def _plain(self, ask: Ask, wanted: Wanted, at: Position | None) -> _Found:
        down = (wanted.order != "oldest") is not (at is not None and at.back)
        body = self._asked(wanted, down, []) | {"size": wanted.limit + 1, "track_total_hits": True}
        body["_source"] = DISPLAYED
        if at is not None:
            body["search_after"] = sorted_by(_key(at), wanted.order)
        found = ask(body)["hits"]
        tops = [Top(key_of(hit, wanted.order), hit["_index"], 1) for hit in found["hits"]]
        return _Found(tops, found["total"]["value"], None, {hit["_id"]: hit for hit in found["hits"]})

    def _folded(self, ask: Ask, wanted: Wanted, at: Position | None) -> _Found:
        stories = {"cardinality": {"field": "story", "precision_threshold": EXACT_UP_TO}}
        body = {"query": self._clause(*wanted.within), "size": 0, "track_total_hits": True}
        counted = ask(body | {"aggs": {"stories": stories, "alone": {"missing": {"field": "story"}}}})
        aggregated = counted.get("aggregations", {"stories": {"value": 0}, "alone": {"doc_count": 0}})
        folding = self._folding(ask, wanted, back=at is not None and at.back)
        tops = folding.page(wanted.limit + 1, None if at is None else _key(at))
        total = counted["hits"]["total"]["value"]
        return _Found(tops, total, aggregated["stories"]["value"] + aggregated["alone"]["doc_count"], {})

    def _count(self, within: Within) -> int:
        body = {"query": self._clause(*within), "size": 0, "track_total_hits": True}
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

    def _facets(self, within: Within, fields: Sequence[str], limit: int, holding: str) -> list[Facet]:
        """Of more values than a shard gives, the counts may be too low."""
        body = {"query": self._clause(*within), "size": 0, "aggs": _aggregations(fields, limit, holding)}
        found = self._call(self._names.alias, body).get("aggregations", {})
        facets = [_facet(field, found, limit) for field in fields]
        return [Facet(field=each.field, values=each.values) for each in facets] if holding else facets

    def _matches(self, within: Within, watch: str, terms: Sequence[str]) -> Matches:
        """In one question."""
        filters = {f"term{number}": {"term": {"terms": matched(watch, each)}} for number, each in enumerate(terms)}
        by_term = {"filters": {"filters": filters, "other_bucket_key": "rest"}}
        body = {
            "query": self._clause(*within),
            "size": 0,
            "track_total_hits": True,
            **({"aggs": {"matches": by_term}} if terms else {}),
        }
        answer = self._call(self._names.alias, body)
        total = answer["hits"]["total"]["value"]
        found = answer.get("aggregations", {}).get("matches", {}).get("buckets", {})
        counts = {each: found.get(f"term{number}", {}).get("doc_count", 0) for number, each in enumerate(terms)}
        return Matches(total, counts, found["rest"]["doc_count"] if found else total)

    def _folding(self, ask: Ask, wanted: Wanted, *, back: bool) -> Folding:
        return Folding(ask, partial(self._asked, wanted), wanted.order, back=back)

    def _asked(self, wanted: Wanted, down: bool, barred: list[str]) -> Body:
        """Hits in an order, from the last up where not `down`, without those of stories that are `barred`."""
        way, order = "desc" if down else "asc", wanted.order
        clause, sort = self._clause(*wanted.within), [{"at": way}, {"doc_id": way}]
        if order == "best":
            clause["bool"]["should"] = [
                *(_worth(compile_elasticsearch(leaf), 2) for leaf in best_of(wanted.within.query)),
                _worth(compile_elasticsearch(NO_REPOST), 1),
            ]
            sort.insert(0, {"_score": way})
        if barred:
            clause["bool"]["must_not"] = [{"terms": {"story": barred}}]
        return {
            "query": clause,
            "sort": sort,
            "track_total_hits": False,
            "_source": False,
            "docvalue_fields": ["story"],
        }

    def _clause(self, query: Node | None, since: datetime | None, until: datetime | None) -> Clause:
        filters = [compile_elasticsearch(query)]
        for sign, moment in (("gte", since), ("lt", until)):
            if moment is not None:
                filters.append({"range": {"at": {sign: microseconds(moment)}}})
        return {"bool": {"filter": filters}}

    def _as_they_are(self, tops: list[Top]) -> dict[str, Body]:
        """Documents of an older view as they are now: what was deleted or hidden since is left out, edits are in."""
        now = self._client.get_many([(top.held_in, top.key[2]) for top in tops], source=DISPLAYED)
        return {hit["_id"]: hit for hit in now if hit.get("found") and shown(hit)}

    def _instead(self, ask: Ask, wanted: Wanted, gone: list[Top]) -> dict[str, Body]:
        """Of stories whose first hit is gone since, the next that is still there, by the first one's doc id."""
        folding = self._folding(ask, wanted, back=False)
        left = {top.key[2]: self._as_they_are(folding.of_story(top.story)) for top in gone}
        return {doc_id: next(iter(some.values())) for doc_id, some in left.items() if some}

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


def _key(at: Position) -> Key:
    return at.score, at.created_at, at.doc_id


def _aggregations(fields: Sequence[str], limit: int, holding: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    included = {"include": _holding(holding)} if holding else {}
    for field in fields:
        path = FACETS[field]
        order = [{"_count": "desc"}, {"_key": "asc"}]
        size = {"size": max(limit, 1), "shard_size": max(LOOKED_AT, 10 * limit), "order": order}
        found[f"{field}.values"] = {"terms": {"field": path, **size, **included}}
        found[f"{field}.distinct"] = {"cardinality": {"field": path, "precision_threshold": EXACT_UP_TO}}
        found[f"{field}.without"] = {"missing": {"field": path}}
    return found


def _holding(text: str) -> str:
    """What Lucene finds by whatever holds a text in either case; signs that may mean something to it are quoted."""

    def either(sign: str) -> str:
        cases = {sign, sign.upper()} if len(sign.upper()) == 1 else {sign}
        return "".join(sorted(cases)) if sign.isalnum() else f"\\{sign}"

    return f".*{''.join(f'[{either(sign)}]' for sign in text)}.*"


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
