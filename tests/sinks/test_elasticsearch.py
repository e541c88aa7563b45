"""The Elasticsearch archive keeps the contracts, and its promises about indices, faults and credentials."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from contracts.archive import ArchiveContract
from contracts.corpus import records
from contracts.records import System
from contracts.sink import SinkContract
from services.elasticsearch import ElasticsearchService
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink


@pytest.fixture
def system(elasticsearch_service: ElasticsearchService, elasticsearch_url: str, prefix: str) -> Iterator[System]:
    settings = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    sink, archive = ElasticsearchSink(settings), ElasticsearchArchive(settings)
    sink.open()
    yield System(sink, archive, lambda: refresh(elasticsearch_service, prefix))
    archive.close()
    sink.close()
    clear(elasticsearch_service, prefix)


@pytest.fixture(scope="module")
def filled(elasticsearch_service: ElasticsearchService) -> Iterator[ElasticsearchArchive]:
    prefix = f"t{uuid.uuid4().hex[:10]}"
    settings = ElasticsearchSettings(url=elasticsearch_service.start().url, prefix=prefix, replicas=0)
    sink, archive = ElasticsearchSink(settings), ElasticsearchArchive(settings)
    sink.open()
    sink.write(records())
    sink.close()
    refresh(elasticsearch_service, prefix)
    yield archive
    archive.close()
    clear(elasticsearch_service, prefix)


def refresh(service: ElasticsearchService, prefix: str) -> None:
    service.request("POST", f"/{prefix}-*/_refresh")


def clear(service: ElasticsearchService, prefix: str) -> None:
    """Leave nothing to the tests that come after: a node holds a thousand shards."""
    for index in service.request("GET", f"/{prefix}-*/_alias"):
        service.request("DELETE", f"/{index}")
    service.request("DELETE", f"/_index_template/{prefix}-*")


class TestElasticsearchSink(SinkContract):
    """All of it."""


class TestElasticsearchArchive(ArchiveContract):
    """All of it."""
