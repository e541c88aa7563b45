"""`veille erase` where a month of the archive in Elasticsearch is closed: all or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli.command import here
from contracts.records import record
from services.elasticsearch import Node
from system.stages import written
from veille.identity import period
from veille.post import Author
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink
from veille.stage import EXIT_UNAVAILABLE

ANA = Author(id="7", handle="ana.example")
SNOWFLAKE = "x:1700000000000000000"


@pytest.fixture
def settings(elasticsearch_service: Node, elasticsearch_url: str, prefix: str) -> Iterator[ElasticsearchSettings]:
    """With a mention by Ana in each of two indices, and one by somebody else."""
    made = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    with closing(ElasticsearchSink(made)) as sink:
        sink.open()
        theirs = [record(doc_id, source="x", author=ANA) for doc_id in ("file:1", SNOWFLAKE)]
        sink.write([*theirs, record("file:2")])
    elasticsearch_service.request("POST", f"/{prefix}-*/_refresh")
    yield made
    for index in elasticsearch_service.request("GET", f"/{prefix}-*/_alias?expand_wildcards=all"):
        elasticsearch_service.request("DELETE", f"/{index}")
    elasticsearch_service.request("DELETE", f"/_index_template/{prefix}-*")


def held(settings: ElasticsearchSettings, service: Node) -> dict[str, bool]:
    """What the archive holds, and whether it is a marker."""
    service.request("POST", f"/{settings.prefix}-*/_refresh")
    with closing(ElasticsearchArchive(settings)) as archive:
        return {doc_id: deleted for doc_id, _, deleted in archive.versions()}


@pytest.mark.parametrize("author", ["7", "@ana.example"])
def test_with_a_month_closed_nothing_is_erased_and_once_it_is_open_all_of_it(
    settings: ElasticsearchSettings, elasticsearch_service: Node, tmp_path: Path, author: str
) -> None:
    described = {"url": settings.url, "prefix": settings.prefix, "replicas": 0}
    config = written(tmp_path, {"data": str(tmp_path / "data"), "elasticsearch": described})
    closed = f"{settings.prefix}-mentions-{period(SNOWFLAKE)}"
    elasticsearch_service.request("POST", f"/{closed}/_close")
    first = here("erase", "x", author, "--yes", "--json", "--config", str(config))
    assert (first.code, first.out) == (EXIT_UNAVAILABLE, "")
    told = json.loads(first.err)["error"]
    assert f"{closed} of Elasticsearch" in told
    assert f"`POST /{closed}/_open`" in told
    elasticsearch_service.request("POST", f"/{closed}/_open?wait_for_active_shards=1")
    assert held(settings, elasticsearch_service) == {"file:1": False, SNOWFLAKE: False, "file:2": False}
    second = here("erase", "x", author, "--yes", "--json", "--config", str(config))
    assert (second.code, json.loads(second.out)["mentions"]) == (0, 2)
    assert held(settings, elasticsearch_service) == {"file:1": True, SNOWFLAKE: True, "file:2": False}
