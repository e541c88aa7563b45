"""What either archive holds by version and by enrichment, hidden mentions included."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contracts.records import NOON, at, mention_of, record, tombstone
from services.elasticsearch import Node
from veille.identity import PUBLISHED
from veille.mention import Enriched, Enrichment
from veille.post import Post
from veille.revisions import Revisions
from veille.settings import ElasticsearchSettings, Settings
from veille.sinks import open_revisions, open_sink
from veille.sinks.sink import Record


def made(doc_id: str, revision: int, *, instant: int = 1, visibility: str = "public") -> Record:
    """A mention that enrichment `revision` made."""
    found = Enrichment(enriched=Enriched(revision, NOON))
    return record(doc_id, at(instant, revision), found=found, visibility=visibility)


RECORDS = [
    made("x:1", 1),
    made("x:2", 2, instant=3),
    made("x:3", 3),
    made("bluesky:did:plc:ana/3kabc", 1, visibility="hidden"),
    made("x:5", 1),
    tombstone("x:5"),
]


class RevisionsContract:
    """Subclasses give the fixture `archive`, which holds RECORDS."""

    def test_a_version_in_effect_is_found_by_its_doc_id_whether_hidden_deleted_or_not(self, archive: Revisions) -> None:
        asked = {each.doc_id for each in RECORDS} | {"x:404", "mastodon:unknown"}
        latest = {each.doc_id: each.version for each in RECORDS}
        assert archive.in_effect(asked) == latest
        assert archive.in_effect([]) == {}

    def test_what_an_older_enrichment_made_comes_back_as_it_was_published(self, archive: Revisions) -> None:
        wanted = {}
        for each in (RECORDS[0], RECORDS[3]):
            mention = mention_of(each)
            fields = {name: getattr(mention, name) for name in Post.__struct_fields__}
            wanted[each.doc_id] = Post(**fields | {"version": str(at(1, PUBLISHED))})
        assert {post.doc_id: post for post in archive.older(2)} == wanted
        assert {post.doc_id for post in archive.older(3)} == {*wanted, "x:2"}
        assert list(archive.older(1)) == []

    def test_both_kinds_are_counted_and_deletes_are_neither(self, archive: Revisions) -> None:
        assert [archive.counts(revision) for revision in (1, 2, 3, 4)] == [(0, 4), (2, 2), (3, 1), (4, 0)]


class TestSqlite(RevisionsContract):
    @pytest.fixture
    def archive(self, tmp_path: Path) -> Iterator[Revisions]:
        settings = Settings(data=tmp_path)
        fill(settings)
        with closing(open_revisions(settings)) as archive:
            yield archive

    def test_what_is_made_anew_meanwhile_is_not_met_again(self, tmp_path: Path, archive: Revisions) -> None:
        sink = open_sink("sqlite", Settings(data=tmp_path))
        sink.open()
        with closing(sink):
            met = []
            for post in archive.older(3):
                met.append(post.doc_id)
                sink.write([made(post.doc_id, 3, instant=int(post.version) >> 10)])
        assert sorted(met) == ["bluesky:did:plc:ana/3kabc", "x:1", "x:2"]
        assert archive.counts(3) == (0, 4)


@pytest.fixture(scope="module")
def in_elasticsearch(elasticsearch_service: Node) -> Iterator[Revisions]:
    url, prefix = elasticsearch_service.url, f"revisions{uuid.uuid4().hex[:8]}"
    settings = Settings(elasticsearch=ElasticsearchSettings(url=url, prefix=prefix, replicas=0))
    fill(settings)
    elasticsearch_service.request("POST", f"/{prefix}-*/_refresh")
    with closing(open_revisions(settings)) as archive:
        yield archive
    for index in elasticsearch_service.request("GET", f"/{prefix}-*/_alias"):
        elasticsearch_service.request("DELETE", f"/{index}")
    elasticsearch_service.request("DELETE", f"/_index_template/{prefix}-*")


class TestElasticsearch(RevisionsContract):
    @pytest.fixture
    def archive(self, in_elasticsearch: Revisions) -> Revisions:
        return in_elasticsearch


def fill(settings: Settings) -> None:
    sink = open_sink("elasticsearch" if settings.elasticsearch else "sqlite", settings)
    sink.open()
    with closing(sink):
        sink.write(RECORDS)
