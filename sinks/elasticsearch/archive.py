"""Reading the Elasticsearch archive.

    query --compile_elasticsearch--> {prefix}-mentions (alias, without markers) --> mentions

What was written is found after Elasticsearch's next refresh, within a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from veille.archive import Bucket, Matches, Page, Status
from veille.document import repeating
from veille.errors import Misused
from veille.identity import EPOCH, microseconds, period, public_id
from veille.mention import Mention
from veille.post import ORIGINAL_HIDDEN
from veille.query.elasticsearch import compile_elasticsearch
from veille.query.terms import matched
from veille.query.tree import Node, Operator
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import changes
from veille.sinks.elasticsearch.client import Client, Refused
from veille.sinks.elasticsearch.findings import FindingNames, FindingsReader
from veille.sinks.elasticsearch.scan import ScanReader, read_mention, scan
from veille.sinks.elasticsearch.template import DISPLAYED, Names
from veille.sinks.elasticsearch.turns import TurnsReader
from veille.sinks.paging import buckets, page_position, read_page_position, starts

AT_ONCE = 5_000
"""Look-ups in one request."""


class ElasticsearchArchive(FindingsReader, TurnsReader, ScanReader):
    """One Elasticsearch, for reading; may be used by several threads."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._names, self._findings = Names(settings.prefix), FindingNames(settings.prefix)
        self._client = Client(settings)

    def search(
        self,
        query: Node | None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: str | None = None,
        order: Literal["newest", "oldest"] = "newest",
    ) -> Page:
        """Mentions by event time; see `veille.archive.Archive.search`. The total is always exact."""
        way = "desc" if order == "newest" else "asc"
        body: dict[str, Any] = {
            "query": self._clause(query, since, until),
            "sort": [{"at": way}, {"doc_id": way}],
            "size": limit + 1,
            "track_total_hits": True,
            "_source": DISPLAYED,
        }
        if after is not None:
            body["search_after"] = list(read_page_position(after))
        found = self._search(self._names.alias, body)
        hits = found["hits"][:limit]
        more = len(found["hits"]) > limit > 0
        return Page([read_mention(hit) for hit in hits], found["total"]["value"], after=_position(hits) if more else None)

    def count(self, query: Node | None, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many match, exactly."""
        body = {"query": self._clause(query, since, until), "size": 0, "track_total_hits": True}
        return int(self._search(self._names.alias, body)["total"]["value"])

    def histogram(self, query: Node | None, *, since: datetime, until: datetime, interval: int) -> list[Bucket]:
        """Counts per interval (seconds) and sentiment."""
        starts(since, until, interval)
        body = {
            "query": self._clause(query, since, until),
            "size": 0,
            "aggs": {
                "times": {
                    "date_histogram": {"field": "created_at", "fixed_interval": f"{interval}s", "min_doc_count": 1},
                    "aggs": {"labels": {"terms": {"field": "sentiment.label", "missing": "unsure"}}},
                }
            },
        }
        counts = {
            time["key"] // 1000: {label["key"]: label["doc_count"] for label in time["labels"]["buckets"]}
            for time in self._aggregate(self._names.alias, body, "times")
        }
        return buckets(counts, since, until, interval)

    def stories(self, query: Node | None, *, since: datetime, until: datetime, limit: int) -> list[tuple[str, int]]:
        """The stories with the most mentions that match, as at the last refresh; counts of large ones may be low."""
        by_size = [{"_count": "desc"}, {"_key": "asc"}]
        largest = {"terms": {"field": "story", "size": limit, "shard_size": 10 * limit + 100, "order": by_size}}
        body = {"query": self._clause(query, since, until), "size": 0, "aggs": {"stories": largest}}
        return [(each["key"], each["doc_count"]) for each in self._aggregate(self._names.alias, body, "stories")]

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

    def arrivals(self, after: str | None, limit: int = 50) -> tuple[list[Mention], list[str], str]:
        """What changed since a position; see `veille.sinks.elasticsearch.changes`."""
        if after is None:
            return [], [], changes.pack(changes.position_of_now(self._latest()))
        positions = changes.unpack(after)
        body = {
            "query": {"bool": {"should": changes.unseen(positions), "minimum_should_match": 1}},
            "sort": [{"_seq_no": "asc"}],
            "size": limit,
            "seq_no_primary_term": True,
            "_source": DISPLAYED,
        }
        hits = self._search(self._names.pattern, body)["hits"]
        positions = changes.note(positions, ((hit["_index"], hit["_seq_no"]) for hit in hits))
        gone = [public_id(hit["_id"]) for hit in hits if not _shown(hit)]
        return [read_mention(hit) for hit in hits if _shown(hit)], gone, changes.pack(positions)

    def mention(self, public_id: str) -> Mention | Literal["deleted"] | None:
        """One mention by its public id."""
        body = {"query": {"term": {"page_id": public_id}}, "size": 1, "_source": DISPLAYED}
        for hit in self._search(self._names.pattern, body)["hits"]:
            return "deleted" if hit["_source"].get("deleted") else read_mention(hit)
        return None

    def holds(self, doc_ids: Iterable[str]) -> set[str]:
        """Which of these doc ids are there and not deleted; does not wait for a refresh."""
        wanted = [(self._names.index(period(doc_id)), doc_id) for doc_id in doc_ids if doc_id]
        held: set[str] = set()
        for start in range(0, len(wanted), AT_ONCE):
            found = self._client.get_many(wanted[start : start + AT_ONCE])
            held.update(each["_id"] for each in found if each.get("found") and not each["_source"].get("deleted"))
        return held

    def holds_authors(self, authors: Iterable[str]) -> set[str]:
        """Of which of these authors mentions are there, as at the last refresh."""
        wanted = sorted(set(authors))
        held: set[str] = set()
        for start in range(0, len(wanted), AT_ONCE):
            ids = sorted({author.partition(":")[2] for author in wanted[start : start + AT_ONCE]})
            body = {
                "size": 0,
                "query": {"bool": {"filter": [{"term": {"deleted": False}}, {"terms": {"author.id": ids}}]}},
                "aggs": {
                    "ids": {
                        "terms": {"field": "author.id", "size": len(ids)},
                        "aggs": {"sources": {"terms": {"field": "source"}}},
                    }
                },
            }
            for found in self._aggregate(self._names.pattern, body, "ids"):
                held.update(f"{source['key']}:{found['key']}" for source in found["sources"]["buckets"])
        return held.intersection(wanted)

    def reposts_of(self, source: str, native_id: str) -> set[str]:
        """Doc ids of the reposts of a post that are there, as at the last refresh."""
        wanted = {"deleted": False, "source": source, "ref.repost_of": native_id, "terms": repeating(native_id)}
        query = {"bool": {"filter": [{"term": {name: value}} for name, value in wanted.items()]}}
        return {hit["_id"] for hit in scan(self._client, self._names.pattern, query, ["doc_id"])}

    def expired(self, source: str, before: datetime, limit: int) -> list[str]:
        """Doc ids of mentions of a source from before then, the oldest first, as at the last refresh."""
        filters = [
            {"term": {"deleted": False}},
            {"term": {"source": source}},
            {"range": {"at": {"lt": microseconds(before)}}},
        ]
        body = {"query": {"bool": {"filter": filters}}, "sort": [{"at": "asc"}], "size": limit, "_source": False}
        return [hit["_id"] for hit in self._search(self._names.pattern, body)["hits"]]

    def versions(self) -> Iterator[tuple[str, int, bool]]:
        """Every (doc id, version, deleted), markers included, as at the last refresh."""
        for hit in scan(self._client, self._names.pattern, {"match_all": {}}, ["deleted"]):
            yield hit["_id"], hit["_version"], bool(hit["_source"].get("deleted"))

    def status(self) -> Status:
        """Counts of now."""
        body = {"size": 0, "track_total_hits": True, "aggs": {"newest": {"max": {"field": "at"}}}}
        answer = self._call(self._names.alias, body)
        newest = answer.get("aggregations", {}).get("newest", {}).get("value")
        marker = {"query": {"term": {"deleted": True}}, "size": 0, "track_total_hits": True}
        deleted = self._search(self._names.pattern, marker)["total"]["value"]
        mentions = answer["hits"]["total"]["value"]
        return Status(mentions, deleted, None if newest is None else EPOCH + timedelta(microseconds=int(newest)))

    def close(self) -> None:
        """Let go of the connections; safe to call twice."""
        self._client.close()

    def _latest(self) -> dict[str, list[int]]:
        """The highest numbers of changes in sight, by index."""
        latest = {
            "size": changes.LOOK_BACK,
            "sort": [{"_seq_no": "desc"}],
            "seq_no_primary_term": True,
            "_source": False,
        }
        indices = {"terms": {"field": "_index", "size": 10_000}, "aggs": {"latest": {"top_hits": latest}}}
        found = self._aggregate(self._names.pattern, {"size": 0, "aggs": {"indices": indices}}, "indices")
        return {index["key"]: [hit["_seq_no"] for hit in index["latest"]["hits"]["hits"]] for index in found}

    def _clause(self, query: Node | None, since: datetime | None, until: datetime | None) -> dict[str, Any]:
        filters = [compile_elasticsearch(query)]
        for sign, moment in (("gte", since), ("lt", until)):
            if moment is not None:
                filters.append({"range": {"at": {sign: microseconds(moment)}}})
        return {"bool": {"filter": filters}}

    def _aggregate(self, target: str, body: dict[str, Any], name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call(target, body).get("aggregations", {}).get(name, {}).get("buckets", [])
        return found

    def _search(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._call(target, body)["hits"]
        return found

    def _call(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """Search; an alias that nothing stands behind yet finds nothing."""
        try:
            return self._client.call("POST", f"/{target}/_search", body, ignore_unavailable="true")
        except Refused as error:
            raise Misused(f"Elasticsearch does not take this search ({error.kind}): ask for less at a time") from error


def _shown(hit: dict[str, Any]) -> bool:
    found = hit["_source"]
    if found.get("deleted") or found.get("visibility") == "hidden":
        return False
    return ORIGINAL_HIDDEN not in found.get("flags", ())


def _position(hits: list[dict[str, Any]]) -> str:
    created_at, doc_id = hits[-1]["sort"]
    return page_position(created_at, doc_id)
