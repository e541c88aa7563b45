"""The Elasticsearch archive keeps the contracts, and its promises about indices and what stands in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from contracts.alike import answers, asked, tree
from contracts.archive import ArchiveContract
from contracts.authors import AuthorsContract
from contracts.corpus import records
from contracts.exports import ExportsContract
from contracts.findings import FindingsContract, Found
from contracts.invented import fill
from contracts.match import MatchContract
from contracts.people import PeopleContract
from contracts.questions import QuestionsContract
from contracts.records import NOON, System, at, record, tombstone
from contracts.search import SearchContract
from contracts.sink import SinkContract
from contracts.stories import StoriesContract
from contracts.visits import VisitsContract
from services.elasticsearch import Node
from veille.clock import FakeClock
from veille.errors import Misused, Unavailable
from veille.identity import DELETED, microseconds, period, public_id
from veille.post import Author, Entities, Link, Place
from veille.query import Use, parse
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink
from veille.sinks.elasticsearch.findings import ElasticsearchFindings
from veille.sinks.elasticsearch.template import EXTRA
from veille.sinks.sink import Outcome, Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink


@pytest.fixture
def system(elasticsearch_service: Node, elasticsearch_url: str, prefix: str) -> Iterator[System]:
    settings = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    sink, archive = ElasticsearchSink(settings), ElasticsearchArchive(settings)
    sink.open()
    yield System(sink, archive, lambda: refresh(elasticsearch_service, prefix))
    archive.close()
    sink.close()
    clear(elasticsearch_service, prefix)


@pytest.fixture
def found(elasticsearch_service: Node, elasticsearch_url: str, prefix: str) -> Iterator[Found]:
    settings = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    sink, archive = ElasticsearchFindings(settings), ElasticsearchArchive(settings)
    sink.open()
    yield Found(sink, archive, lambda: refresh(elasticsearch_service, prefix))
    archive.close()
    sink.close()
    for index in names(elasticsearch_service, prefix):
        elasticsearch_service.request("DELETE", f"/{index}")


@pytest.fixture(scope="module")
def filled(elasticsearch_service: Node) -> Iterator[ElasticsearchArchive]:
    prefix = f"t{uuid.uuid4().hex[:10]}"
    settings = ElasticsearchSettings(url=elasticsearch_service.url, prefix=prefix, replicas=0)
    sink, archive = ElasticsearchSink(settings), ElasticsearchArchive(settings)
    sink.open()
    sink.write(records())
    sink.close()
    refresh(elasticsearch_service, prefix)
    yield archive
    archive.close()
    clear(elasticsearch_service, prefix)


def test_a_change_that_comes_into_sight_after_a_later_one_is_an_arrival_too(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = system.archive
    assert isinstance(archive, ElasticsearchArchive)
    system.sink.write([record("x:before")])
    system.settle()
    start = archive.arrivals(None)[2]
    for doc_id in ("x:late", "x:soon"):
        system.sink.write([record(doc_id)])
    system.settle()
    ask = archive._search

    def before_it_is_in_sight(target: str, body: dict[str, Any]) -> dict[str, Any]:
        found = ask(target, body)
        return found | {"hits": [hit for hit in found["hits"] if hit["_id"] != "x:late"]}

    with monkeypatch.context() as changed:
        changed.setattr(archive, "_search", before_it_is_in_sight)
        mentions, _, position = archive.arrivals(start)
    assert [mention.doc_id for mention in mentions] == ["x:soon"]
    mentions, _, position = archive.arrivals(position)
    assert [mention.doc_id for mention in mentions] == ["x:late"]
    assert archive.arrivals(position) == ([], [], position)


def test_sqlite_answers_questions_by_chance_alike(system: System, tmp_path: Path) -> None:
    path = tmp_path / "veille.db"
    with closing(SqliteSink(path)) as sink, closing(SqliteArchive(path)) as archive:
        sink.open()
        for each in (system, System(sink, archive, lambda: None)):
            fill(each, Random(7), 80)
        assert sorted(system.archive.versions()) == sorted(archive.versions())
        mentions = list(archive.scan(None))
        questions = [asked(Random(seed), mentions) for seed in range(25)]
        assert sum(0 < archive.count(tree(each.rule)) < len(mentions) for each in questions) > 12
        for search in questions:
            assert answers(system.archive, search) == answers(archive, search), search


def refresh(service: Node, prefix: str) -> None:
    service.request("POST", f"/{prefix}-*/_refresh")


def clear(service: Node, prefix: str) -> None:
    """Leave nothing to the tests that come after: a node holds a thousand shards."""
    for index in service.request("GET", f"/{prefix}-*/_alias"):
        service.request("DELETE", f"/{index}")
    service.request("DELETE", f"/_index_template/{prefix}-*")


def names(service: Node, prefix: str) -> set[str]:
    """Its indices."""
    return set(service.request("GET", f"/{prefix}-*/_alias"))


class TestElasticsearchSink(SinkContract):
    """All of it."""


class TestElasticsearchArchive(ArchiveContract):
    """All of it."""


def test_the_index_of_a_mention_follows_from_its_doc_id(
    system: System, elasticsearch_service: Node, prefix: str
) -> None:
    tweet = "x:1856012345678901234"  # made in November 2024
    doc_ids = [tweet, "bluesky:did:plc:ana/3lbzzzzzzzzzz", "x:17", "file:1"]
    system.sink.write([record(doc_id, created_at=NOON) for doc_id in doc_ids])
    system.sink.write([record(tweet, at(2), created_at=NOON + timedelta(days=400)), tombstone("file:2")])
    assert names(elasticsearch_service, prefix) == {f"{prefix}-mentions-{period(doc_id)}" for doc_id in doc_ids}
    assert period(tweet) == "2024.11"
    system.settle()
    assert system.archive.status().mentions == len(doc_ids)


def test_a_marker_has_no_text_no_time_and_no_author(system: System, elasticsearch_service: Node, prefix: str) -> None:
    system.sink.write([record("file:1")])
    system.sink.write([tombstone("file:1")])
    stored = elasticsearch_service.request("GET", f"/{prefix}-mentions-undated/_doc/file:1")
    marker = {"deleted": True, "version": str(at(2, DELETED)), "page_id": public_id("file:1")}
    assert (stored["_source"], stored["_version"]) == (marker, at(2, DELETED))


def test_the_alias_shows_what_is_there_and_no_markers(system: System, elasticsearch_service: Node, prefix: str) -> None:
    system.sink.write([record("file:1"), tombstone("file:2"), record("x:1856012345678901234")])
    system.settle()
    found = elasticsearch_service.request("GET", f"/{prefix}-mentions/_search")
    assert {hit["_id"] for hit in found["hits"]["hits"]} == {"file:1", "x:1856012345678901234"}


def test_a_document_is_the_record_itself_with_what_is_indexed(
    system: System, elasticsearch_service: Node, prefix: str
) -> None:
    card = [Link("https://Acme.example/É", title="Thé")]
    whole = Author(id="1", handle="ana", name="Ana R.", bio="Tea!", location="Lyon, FR")
    place, linked = Place(id="P7", name="Lyon 2e"), Entities(links=card)
    written = record("file:1", text="Été l'Acme", author=whole, place=place, entities=linked)
    system.sink.write([written])
    stored = elasticsearch_service.request("GET", f"/{prefix}-mentions-undated/_doc/file:1")["_source"]
    appended = {name: stored.pop(name) for name in EXTRA if name in stored}
    assert stored == msgspec.json.decode(written.value or b"")
    assert appended["tokens"] == ["ete l acme", ""]
    assert appended["at"] == microseconds(NOON)
    assert (appended["bio_tokens"], appended["title_tokens"], appended["place_id"]) == (["tea"], ["the"], "p7")
    assert appended["addresses"] == ["https://acme.example/é"]
    assert set(appended) == set(EXTRA) - {"description_tokens"}


def test_a_document_that_it_refuses_is_refused_alone_with_the_reason(system: System) -> None:
    twice = (record("file:1").value or b"")[:-1] + b',"text":"again"}'
    verdicts = system.sink.write([record("file:0"), Record("file:1", at(1), twice), record("file:2")])
    assert [verdict.outcome for verdict in verdicts] == [Outcome.APPLIED, Outcome.REFUSED, Outcome.APPLIED]
    assert (verdicts[1].reason, verdicts[1].detail) == ("refused", "document_parsing_exception")


def test_two_sinks_on_the_same_documents_leave_the_highest_version(
    system: System, elasticsearch_url: str, prefix: str
) -> None:
    other = ElasticsearchSink(ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0))
    other.open()
    rows = [record(f"file:{number}", at(version), f"text{version}") for number in range(50) for version in range(1, 9)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda sink, some: sink.write(some), (system.sink, other), (rows[::2], rows[1::2])))
    other.close()
    system.settle()
    assert {version for _, version, _ in system.archive.versions()} == {at(8)}
    assert system.archive.count(parse("text8", Use.SEARCH).tree) == 50


def test_an_index_that_vanished_is_made_again(system: System, elasticsearch_service: Node, prefix: str) -> None:
    system.sink.write([record("file:1")])
    elasticsearch_service.request("DELETE", f"/{prefix}-mentions-undated")
    assert [verdict.outcome for verdict in system.sink.write([record("file:2")])] == [Outcome.APPLIED]
    mapping = elasticsearch_service.request("GET", f"/{prefix}-mentions-undated/_mapping")
    assert mapping[f"{prefix}-mentions-undated"]["mappings"]["dynamic"] == "false"


@pytest.mark.parametrize("block", ["read_only_allow_delete", "write"])
def test_a_block_on_writing_is_waited_for(
    elasticsearch_service: Node, elasticsearch_url: str, prefix: str, block: str
) -> None:
    sink = ElasticsearchSink(ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0), FakeClock())
    sink.open()
    sink.write([record("file:1")])
    settings = f"/{prefix}-mentions-undated/_settings"
    elasticsearch_service.request("PUT", settings, {f"index.blocks.{block}": True})
    with pytest.raises(Unavailable, match="full"):
        sink.write([record("file:2")])
    elasticsearch_service.request("PUT", settings, {f"index.blocks.{block}": None})
    assert [verdict.outcome for verdict in sink.write([record("file:2")])] == [Outcome.APPLIED]
    sink.close()
    clear(elasticsearch_service, prefix)


def test_a_template_or_index_that_is_not_ours_stops_the_start(
    elasticsearch_service: Node, elasticsearch_url: str, prefix: str
) -> None:
    foreign = {"mappings": {"properties": {"text": {"type": "keyword"}}}}
    elasticsearch_service.request("PUT", f"/{prefix}-mentions-undated", foreign)
    sink = ElasticsearchSink(ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0))
    with pytest.raises(Misused, match=f"index {prefix}-mentions-undated: field `.*` is .*, expected"):
        sink.open()
    elasticsearch_service.request("DELETE", f"/{prefix}-mentions-undated")
    body = {"index_patterns": [f"{prefix}-mentions-*"], "priority": 500, "template": foreign}
    elasticsearch_service.request("PUT", f"/_index_template/{prefix}-mentions", body)
    with pytest.raises(Misused, match=f"index template {prefix}-mentions: field `.*` is .*, expected"):
        sink.open()
    elasticsearch_service.request("DELETE", f"/_index_template/{prefix}-mentions")
    elasticsearch_service.request("PUT", f"/_index_template/{prefix}-mentions-theirs", body)
    with pytest.raises(Misused, match="another template"):
        sink.open()
    sink.close()
    clear(elasticsearch_service, prefix)


def test_more_hits_at_a_time_than_it_gives_are_misused(system: System) -> None:
    system.sink.write([record("file:1")])
    with pytest.raises(Misused, match="ask for less"):
        system.archive.search(None, limit=20_000)


class TestElasticsearchSearch(SearchContract):
    """All of it."""


class TestElasticsearchAuthors(AuthorsContract):
    """All of it."""


class TestElasticsearchQuestions(QuestionsContract):
    """All of it."""


class TestElasticsearchPeople(PeopleContract):
    """All of it."""


class TestElasticsearchVisits(VisitsContract):
    """All of it."""


class TestElasticsearchFindings(FindingsContract):
    """All of it."""


class TestElasticsearchStories(StoriesContract):
    """All of it."""


class TestElasticsearchExports(ExportsContract):
    """All of it."""


class TestElasticsearchMatch(MatchContract):
    """All of it."""
