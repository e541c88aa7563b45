"""Turns in Elasticsearch: the latest that match, and what answers them, with no more of each than a turn holds."""

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
from veille.turn import Turn

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

    def turns(self, query: Node, *, since: datetime, until: datetime, limit: int) -> list[Turn]:
        """The latest that match, as at the last refresh."""
        body: dict[str, Any] = {
            "query": self._clause(query, since, until),
            "sort": [{"at": "desc"}, {"doc_id": "desc"}],
            "track_total_hits": False,
            "_source": FIELDS,
        }
        found: list[Turn] = []
        while len(found) < limit:
            hits = self._search(self._names.alias, body | {"size": min(PAGE, limit - len(found))})["hits"]
            if not hits:
                break
            found += [_read(hit["_source"], Turn) for hit in hits]
            body["search_after"] = hits[-1]["sort"]
        return found

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


def _read(source: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(source, kind)
    except msgspec.ValidationError as error:
        raise Corrupt(f"a mention in the archive cannot be read: {error}") from error
