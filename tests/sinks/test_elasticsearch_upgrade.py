"""Indices of an older mapping are brought up to date whole, whenever the work was broken off."""

from __future__ import annotations

import dataclasses
import gzip
import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.command import here
from services.front import ElasticsearchFront
from system.stages import written
from veille.clock import FakeClock
from veille.errors import Misused, Unavailable
from veille.query import Use, parse
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink
from veille.sinks.elasticsearch import upgrade as upgrading
from veille.sinks.elasticsearch.client import Client, Refused
from veille.sinks.elasticsearch.template import SCHEMA
from veille.sinks.elasticsearch.upgrade import upgrade
from veille.stage import EXIT_UNAVAILABLE

FROZEN: dict[str, Any] = msgspec.json.decode(
    gzip.decompress((Path(__file__).parents[1] / "fixtures/archive/elasticsearch-4.json.gz").read_bytes())
)


@pytest.fixture
def settings(elasticsearch_url: str, prefix: str) -> Iterator[ElasticsearchSettings]:
    """An Elasticsearch as an older veille left it."""
    made = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    with closing(Client(made)) as client:
        older = msgspec.json.decode(msgspec.json.encode(FROZEN["template"]).replace(b"old-mentions", alias(made)))
        client.call("PUT", f"/_index_template/{prefix}-mentions", older)
        for name, index in FROZEN["indices"].items():
            target = name.replace("old-", f"{prefix}-", 1)
            client.call("PUT", f"/{target}")
            lines = [
                msgspec.json.encode(
                    {"index": {"_index": target, "_id": doc_id, "version": version, "version_type": "external"}}
                )
                + b"\n"
                + msgspec.json.encode(source)
                + b"\n"
                for doc_id, version, source in index["documents"]
            ]
            assert {each["status"] for each in client.bulk(b"".join(lines))} == {201}
            client.call("POST", f"/{target}/_refresh")
        yield made
        for index in client.call("GET", f"/{prefix}-*/_mapping"):
            client.call("DELETE", f"/{index}")
        client.call("DELETE", f"/_index_template/{prefix}-mentions")


def alias(settings: ElasticsearchSettings) -> bytes:
    return f"{settings.prefix}-mentions".encode()


def versions(settings: ElasticsearchSettings) -> dict[str, tuple[int, bool]]:
    with closing(ElasticsearchArchive(settings)) as archive:
        return {doc_id: (version, deleted) for doc_id, version, deleted in archive.versions()}


EXPECTED = {
    doc_id: (version, bool(source.get("deleted")))
    for index in FROZEN["indices"].values()
    for doc_id, version, source in index["documents"]
}


def whole(settings: ElasticsearchSettings) -> None:
    """The archive is this version's, holds all of it, and finds it."""
    assert versions(settings) == EXPECTED
    with closing(ElasticsearchSink(settings)) as sink:
        sink.open()
    with closing(ElasticsearchArchive(settings)) as archive:
        shown = sum(not deleted for _, deleted in EXPECTED.values())
        assert archive.count(None) == shown == archive.status().mentions
        found = archive.search(parse("bouillance", Use.SEARCH).tree, limit=500)
        assert found.total == len(found.hits) > 50
    with closing(Client(settings)) as client:
        assert client.call("GET", f"/{settings.prefix}-upgrading-*/_mapping") == {}


def test_every_document_is_there_under_its_version_and_can_be_found(settings: ElasticsearchSettings) -> None:
    with pytest.raises(Misused, match="veille upgrade"), closing(ElasticsearchSink(settings)) as sink:
        sink.open()
    shares: list[float] = []
    done = upgrade(settings, shares.append)
    assert (done.after, done.records, len(done.indices)) == (SCHEMA, len(EXPECTED), 2)
    assert shares[-1] == 1.0
    whole(settings)
    assert upgrade(settings).indices == []


def test_documents_that_are_too_large_for_one_request_go_in_several(
    settings: ElasticsearchSettings, elasticsearch_front: ElasticsearchFront
) -> None:
    elasticsearch_front.fail(2, status=413, path="/_bulk")  # all of the first index, then the first half of it
    done = upgrade(dataclasses.replace(settings, url=elasticsearch_front.url))
    assert elasticsearch_front.fired == {"413": 2}
    bulks = [call.status for call in elasticsearch_front.calls if "/_bulk" in call.path]
    assert bulks == [413, 413, 200, 200, 200, 200]
    assert done.records == len(EXPECTED)
    whole(settings)


BREAKS: dict[str, Callable[[str, str], bool]] = {
    "while an index is filled": lambda method, path: method == "BULK",
    "before it says that it is complete": lambda method, path: method == "PUT" and path.endswith("_mapping"),
    "before it is closed to writes": lambda method, path: path.endswith("/_settings"),
    "before the older one goes": lambda method, path: method == "DELETE" and "-mentions-" in path,
    "when only the new one is there": lambda method, path: "/_clone/" in path,
    "before what stood beside goes": lambda method, path: method == "DELETE" and "-upgrading-" in path,
}


@pytest.mark.parametrize("moment", BREAKS)
def test_an_upgrade_that_was_broken_off_goes_on(
    settings: ElasticsearchSettings, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    call, bulk = Client.call, Client.bulk

    def breaking(self: Client, method: str, path: str, body: Any = None, **more: Any) -> Any:
        if BREAKS[moment](method, path):
            raise Unavailable("the line was cut")
        return call(self, method, path, body, **more)

    def breaking_bulk(self: Client, lines: bytes) -> Any:
        if BREAKS[moment]("BULK", ""):
            raise Unavailable("the line was cut")
        return bulk(self, lines)

    with monkeypatch.context() as broken:
        broken.setattr(Client, "call", breaking)
        broken.setattr(Client, "bulk", breaking_bulk)
        with pytest.raises(Unavailable):
            upgrade(settings, clock=FakeClock())
    upgrade(settings)
    whole(settings)


@pytest.mark.parametrize("status", [429, 503])
def test_an_elasticsearch_that_is_full_for_a_moment_is_sat_out(
    settings: ElasticsearchSettings, elasticsearch_front: ElasticsearchFront, status: int
) -> None:
    elasticsearch_front.fail(2, status=status, path="/_bulk")
    elasticsearch_front.refuse_documents(3, status=status, times=2)
    elasticsearch_front.fail(2, status=status, path="/_search")
    clock = FakeClock()
    done = upgrade(dataclasses.replace(settings, url=elasticsearch_front.url), clock=clock)
    assert elasticsearch_front.fired == {str(status): 4, "documents": 6}
    assert (len(clock.waits), done.records) == (6, len(EXPECTED))
    whole(settings)


FULL = [*itertools.product(["documents", "/_bulk", "/_search"], [429, 503]), ("/_pit", 429), ("/_clone", 503)]


@pytest.mark.parametrize("full", FULL, ids=lambda full: f"{full[1]} on {full[0]}")
def test_while_it_stays_full_an_upgrade_says_so_and_goes_on_when_it_is_given_again(
    settings: ElasticsearchSettings,
    elasticsearch_front: ElasticsearchFront,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    full: tuple[str, int],
) -> None:
    path, status = full
    if path == "documents":
        elasticsearch_front.refuse_documents(2, status=status, times=1000)
    else:
        elasticsearch_front.fail(1000, status=status, path=path)
    monkeypatch.setattr(upgrading, "PATIENCE_S", 0.5)
    described = {"url": elasticsearch_front.url, "prefix": settings.prefix, "replicas": 0}
    config = written(tmp_path, {"data": str(tmp_path), "elasticsearch": described})
    ended = here("upgrade", "--config", str(config))
    assert (ended.code, "Elasticsearch" in ended.err) == (EXIT_UNAVAILABLE, True)
    assert elasticsearch_front.fired
    if path != "/_clone":  # by then the new one has all of it
        assert versions(settings) == EXPECTED
    upgrade(settings)
    whole(settings)


def test_an_older_index_that_is_closed_is_told_before_anything_is_changed(settings: ElasticsearchSettings) -> None:
    with closing(Client(settings)) as client:
        *_, last = client.call("GET", f"/{settings.prefix}-mentions-*/_mapping")
        client.call("POST", f"/{last}/_close")
        with pytest.raises(Unavailable, match=f"{last} .* is closed.*`POST /{last}/_open`"):
            upgrade(settings)
        client.call("POST", f"/{last}/_open")
        assert len(client.call("GET", f"/{settings.prefix}-*/_mapping")) == len(FROZEN["indices"])
    assert len(upgrade(settings).indices) == len(FROZEN["indices"])
    whole(settings)


def test_a_newer_archive_is_left_alone(settings: ElasticsearchSettings) -> None:
    with closing(Client(settings)) as client:
        (first, *_) = client.call("GET", f"/{settings.prefix}-mentions-*/_mapping")
        client.call("PUT", f"/{first}/_mapping", {"_meta": {"schema": 99}})
    with pytest.raises(Misused, match="install the newer veille"):
        upgrade(settings)


def test_a_sink_that_writes_meanwhile_is_noticed(
    settings: ElasticsearchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Client.call

    def racing(self: Client, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = call(self, method, path, body, **more)
        if method == "DELETE" and f"{settings.prefix}-mentions-" in path:
            call(self, "PUT", path)  # what a sink does that misses its index
        return answer

    with monkeypatch.context() as racy:
        racy.setattr(Client, "call", racing)
        with pytest.raises((Misused, Refused), match="end all sinks"):
            upgrade(settings)
