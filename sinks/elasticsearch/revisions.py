"""What the Elasticsearch archive holds, by version and by enrichment: for a replay through a newer one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from veille.errors import Corrupt, Invalid
from veille.identity import period
from veille.mention import as_published
from veille.post import Post
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch.client import Client
from veille.sinks.elasticsearch.scan import scan
from veille.sinks.elasticsearch.template import APPENDED, Names

AT_ONCE = 5_000
"""Look-ups in one request."""


class ElasticsearchRevisions:
    """See `veille.revisions.Revisions`."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._names = Names(settings.prefix)
        self._client = Client(settings)

    def in_effect(self, doc_ids: Iterable[str]) -> dict[str, int]:
        """By doc id, the version in effect; does not wait for a refresh."""
        wanted = [(self._names.index(period(doc_id)), doc_id) for doc_id in doc_ids if doc_id]
        held: dict[str, int] = {}
        for start in range(0, len(wanted), AT_ONCE):
            found = self._client.get_many(wanted[start : start + AT_ONCE])
            held.update((each["_id"], each["_version"]) for each in found if each.get("found"))
        return held

    def older(self, revision: int) -> Iterator[Post]:
        """From one view, as at the last refresh."""
        for hit in scan(self._client, self._names.pattern, _before(revision), {"excludes": list(APPENDED)}):
            try:
                yield as_published(msgspec.json.encode(hit["_source"]))
            except Invalid as error:
                raise Corrupt(f"a mention in the archive cannot be read: {error.detail}") from error

    def counts(self, revision: int) -> tuple[int, int]:
        """Older ones, and others, as at the last refresh."""
        older = self._count(_before(revision))
        return older, self._count({"term": {"deleted": False}}) - older

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _count(self, query: dict[str, Any]) -> int:
        body = {"query": query, "size": 0, "track_total_hits": True}
        return int(self._client.search(self._names.pattern, body)["hits"]["total"]["value"])


def _before(revision: int) -> dict[str, Any]:
    made_since = {"range": {"enriched.revision": {"gte": revision}}}
    return {"bool": {"filter": [{"term": {"deleted": False}}], "must_not": [made_since]}}
