"""Turns in Elasticsearch: the latest that match, and what answers them, with no more of each than a turn holds.

search --index and number of each one's last change--> those not known --their fields--> turns
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from veille.errors import Corrupt
from veille.identity import microseconds, public_id
from veille.mention import Mention
from veille.query.tree import Node
from veille.sinks.elasticsearch.client import Client
from veille.sinks.elasticsearch.scan import scan
from veille.sinks.elasticsearch.template import DISPLAYED, Names
from veille.sinks.lately import Lately
from veille.turn import Turn

Change = tuple[str, str, int, int]
"""A document, its index, and which change made it what it is."""

PAGE = 5_000
"""Turns in one answer."""

NAMES = 10_000
"""Names in one request; a query of terms takes 65,536 unless told otherwise."""

FIELDS = [
    *("doc_id", "source", "native_id", "created_at", "uri", "author.id", "author.handle", "author.name"),
    *("ref.reply_to", "ref.conversation", "tags.watches.id"),
]


class TurnsReader:
    """Reads them; see `veille.turn.Turns`."""

    _client: Client
    _names: Names
    _lately: Lately[Change]

    def turns(self, query: Node, *, since: datetime, until: datetime, limit: int) -> list[Turn]:
        """The latest that match, as at the last refresh."""
        clause = self._clause(query, since, until)
        body: dict[str, Any] = {
            "query": clause,
            "sort": [{"at": "desc"}, {"doc_id": "desc"}],
            "track_total_hits": False,
            "seq_no_primary_term": True,
            "_source": False,
        }
        found: dict[Change, Turn] = {}
        asked = 0
        while asked < limit:
            size = min(PAGE, limit - asked)
            hits = self._search(self._names.alias, body | {"size": size})["hits"]
            found |= self._of_hits(hits, clause)
            asked += len(hits)
            if len(hits) < size:
                break
            body["search_after"] = hits[-1]["sort"]
        self._lately.keep(found)
        return list(found.values())

    def _of_hits(self, hits: list[dict[str, Any]], clause: dict[str, Any]) -> dict[Change, Turn]:
        """The turns of hits, in their order; those that are not known are read, as far as they still match."""
        known = self._lately.known()
        changes = {hit["_id"]: _change(hit) for hit in hits}
        unknown = [doc_id for doc_id, change in changes.items() if change not in known]
        read: dict[str, tuple[Change, Turn]] = {}
        if unknown:
            body = {
                "query": {"bool": {"filter": [clause, {"ids": {"values": unknown}}]}},
                "size": len(unknown),
                "seq_no_primary_term": True,
                "_source": FIELDS,
            }
            for hit in self._search(self._names.alias, body)["hits"]:
                read[hit["_id"]] = _change(hit), _read(hit["_source"], Turn)
        both = (read.get(doc_id) or (change, known.get(change)) for doc_id, change in changes.items())
        return {change: turn for change, turn in both if turn is not None}

    def replies(self, names: Sequence[str], *, since: datetime) -> Iterator[Turn]:
        """What answers posts of these names, or stands in a thread of theirs, as at the last refresh."""
        known: set[str] = set()
        for start in range(0, len(names), NAMES):
            some = list(names[start : start + NAMES])
            meant = [{"terms": {field: some}} for field in ("ref.reply_to", "ref.conversation")]
            filters = [{"exists": {"field": "ref.reply_to"}}, {"range": {"at": {"gte": microseconds(since)}}}]
            query = {"bool": {"filter": filters, "should": meant, "minimum_should_match": 1}}
            for hit in scan(self._client, self._names.alias, query, FIELDS):
                if hit["_id"] not in known:
                    known.add(hit["_id"])
                    yield _read(hit["_source"], Turn)

    def mentions(self, public_ids: Sequence[str]) -> dict[str, Mention]:
        """Mentions by their public ids, as at the last refresh."""
        body = {"query": {"terms": {"page_id": list(public_ids)}}, "size": len(public_ids), "_source": DISPLAYED}
        hits = self._search(self._names.alias, body)["hits"] if public_ids else []
        return {public_id(hit["_id"]): _read(hit["_source"], Mention) for hit in hits}

    @abstractmethod
    def _clause(self, query: Node | None, since: datetime | None, until: datetime | None) -> dict[str, Any]:
        """The clause of a query."""

    @abstractmethod
    def _search(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """The hits of a search."""


def _change(hit: dict[str, Any]) -> Change:
    return hit["_id"], hit["_index"], hit["_primary_term"], hit["_seq_no"]


def _read(source: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(source, kind)
    except msgspec.ValidationError as error:
        raise Corrupt(f"a mention in the archive cannot be read: {error}") from error
