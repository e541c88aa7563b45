"""Reading the Elasticsearch archive.

search.py: hits, counts, facets     findings.py, turns.py: what else is read     here: single mentions, and what changed

What was written is found after Elasticsearch's next refresh, within a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal

from veille.archive import Status
from veille.document import repeating
from veille.errors import Misused, Unavailable
from veille.identity import EPOCH, instant, microseconds, period, public_id
from veille.mention import Mention
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import changes
from veille.sinks.elasticsearch.client import Client, Refused
from veille.sinks.elasticsearch.findings import FindingNames, FindingsReader
from veille.sinks.elasticsearch.scan import ScanReader, read_mention, scan
from veille.sinks.elasticsearch.search import SearchReader, shown
from veille.sinks.elasticsearch.template import DISPLAYED, Names
from veille.sinks.elasticsearch.turns import Change, TurnsReader
from veille.sinks.elasticsearch.views import Views
from veille.sinks.lately import Lately

AT_ONCE = 5_000
"""Look-ups in one request."""


class ElasticsearchArchive(SearchReader, FindingsReader, TurnsReader, ScanReader):
    """One Elasticsearch, for reading; may be used by several threads."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._names, self._findings = Names(settings.prefix), FindingNames(settings.prefix)
        self._client = Client(settings)
        self._views = Views(self._client, self._names.alias)
        self._lately = Lately[Change]()

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
        gone = [public_id(hit["_id"]) for hit in hits if not shown(hit)]
        return [read_mention(hit) for hit in hits if shown(hit)], gone, changes.pack(positions)

    def mention(self, public_id: str) -> Mention | Literal["deleted"] | None:
        """One mention by its public id."""
        body = {"query": {"term": {"page_id": public_id}}, "size": 1, "_source": DISPLAYED}
        for hit in self._search(self._names.pattern, body)["hits"]:
            return "deleted" if hit["_source"].get("deleted") else read_mention(hit)
        return None

    def deleted_at(self, public_id: str) -> datetime | None:
        """When its marker says that it was deleted, as at the last refresh."""
        marker = [{"term": {"page_id": public_id}}, {"term": {"deleted": True}}]
        body = {"query": {"bool": {"filter": marker}}, "size": 1, "version": True, "_source": False}
        return next((instant(hit["_version"]) for hit in self._search(self._names.pattern, body)["hits"]), None)

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
        """Let go of views and connections; safe to call twice."""
        with suppress(Unavailable, Misused):  # they end by themselves
            self._views.close_all()
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

    def _aggregate(self, target: str, body: dict[str, Any], name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call(target, body).get("aggregations", {}).get(name, {}).get("buckets", [])
        return found

    def _search(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._call(target, body)["hits"]
        return found

    def _call(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """Search."""
        try:
            return self._client.search(target, body)
        except Refused as error:
            raise Misused(f"Elasticsearch does not take this search ({error.kind}): ask for less at a time") from error
