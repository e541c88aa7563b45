"""Every document that a query finds, from one view of the indices, whatever is written meanwhile.

query --_pit, search_after--> hits with `_id`, `_version` and as much of `_source` as is asked for
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from veille.errors import Corrupt, Misused, Unavailable
from veille.mention import Mention
from veille.query.tree import Node
from veille.sinks.elasticsearch.client import CLOSED_TOO, SEARCH, Client, Refused
from veille.sinks.elasticsearch.template import DISPLAYED, Names

AT_ONCE = 5_000
"""Documents in one answer."""

KEEP_ALIVE = "5m"
"""How long the view stays open between two answers: whoever takes rows over a slow line may need it."""


def scan(client: Client, target: str, query: dict[str, Any], source: Any) -> Iterator[dict[str, Any]]:
    """The hits, in no order, as at the last refresh; none where there is no such index. `source` as `_source` takes it.

    Raises Unavailable, of a closed index too: passed over, what it holds would be taken for erased. Raises Misused.
    """
    try:
        view = client.call("POST", f"/{target}/_pit", keep_alive=KEEP_ALIVE, expand_wildcards=CLOSED_TOO)["id"]
    except Refused as error:
        if error.status == 404:
            return
        raise _refusal(error) from error
    body: dict[str, Any] = {
        "pit": {"id": view, "keep_alive": KEEP_ALIVE},
        "query": query,
        "sort": ["_shard_doc"],
        "size": AT_ONCE,
        "version": True,
        "_source": source,
        "track_total_hits": False,
    }
    answers = True
    try:
        while hits := (answer := client.call("POST", SEARCH, body))["hits"]["hits"]:
            body["pit"]["id"] = answer["pit_id"]
            yield from hits
            if len(hits) < AT_ONCE:
                break
            body["search_after"] = hits[-1]["sort"]
    except Unavailable:
        answers = False
        raise
    except Refused as error:
        raise _refusal(error) from error
    finally:
        if answers:
            with suppress(Refused, Unavailable):  # all is read; it ends by itself, and may have done so
                client.call("DELETE", "/_pit", {"id": body["pit"]["id"]})


def _refusal(error: Refused) -> Exception:
    """A view that has ended cannot be gone on from: another one has the rest in another order."""
    if error.status == 404:
        return Unavailable(
            f"Elasticsearch let go of what was being read, as it does where nobody reads on for {KEEP_ALIVE}: begin "
            "anew, and into a file where the reader is slow"
        )
    return Misused(f"Elasticsearch does not take this search ({error.kind}): ask for less at a time")


class ScanReader:
    """Reads whole mentions so; see `veille.archive.Archive.scan`."""

    _client: Client
    _names: Names

    def scan(
        self, query: Node | None, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Mention]:
        """Every mention that matches, as at the last refresh."""
        for hit in scan(self._client, self._names.alias, self._clause(query, since, until), DISPLAYED):
            yield read_mention(hit)

    def among(
        self,
        query: Node | None,
        doc_ids: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> set[str]:
        """Which of these doc ids match, as at the last refresh."""
        clause = {"bool": {"filter": [self._clause(query, since, until), {"ids": {"values": list(doc_ids)}}]}}
        return {hit["_id"] for hit in scan(self._client, self._names.alias, clause, False)}

    @abstractmethod
    def _clause(self, query: Node | None, since: datetime | None, until: datetime | None) -> dict[str, Any]: ...


def read_mention(hit: dict[str, Any]) -> Mention:
    """The mention of a hit. Raises Corrupt."""
    try:
        return msgspec.convert(hit["_source"], Mention)
    except msgspec.ValidationError as error:
        raise Corrupt(f"a mention in the archive cannot be read: {error}") from error
