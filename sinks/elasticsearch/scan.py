"""Every document that a query finds, from one view of the indices, whatever is written meanwhile.

query --_pit, search_after--> hits with `_id`, `_version` and as much of `_source` as is asked for
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from veille.sinks.elasticsearch.client import Client, Refused

AT_ONCE = 5_000
"""Documents in one answer."""

KEEP_ALIVE = "1m"
"""How long the view stays open between two answers."""


def scan(client: Client, target: str, query: dict[str, Any], source: Any) -> Iterator[dict[str, Any]]:
    """The hits, in no order, as at the last refresh; none where there is no such index. `source` as `_source` takes it.

    Raises Unavailable, Misused.
    """
    try:
        view = client.call("POST", f"/{target}/_pit", keep_alive=KEEP_ALIVE)["id"]
    except Refused as error:
        if error.status == 404:
            return
        raise
    body: dict[str, Any] = {
        "pit": {"id": view, "keep_alive": KEEP_ALIVE},
        "query": query,
        "sort": ["_shard_doc"],
        "size": AT_ONCE,
        "version": True,
        "_source": source,
        "track_total_hits": False,
    }
    try:
        while hits := (answer := client.call("POST", "/_search", body))["hits"]["hits"]:
            body["pit"]["id"] = answer["pit_id"]
            yield from hits
            body["search_after"] = hits[-1]["sort"]
    finally:
        client.call("DELETE", "/_pit", {"id": body["pit"]["id"]})
