"""The front before Elasticsearch does to a client what it says, and leaves the rest alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from elasticsearch import ApiError, AuthenticationException, Elasticsearch
from elasticsearch import ConnectionError as Lost

from awaited import until
from services.front import ElasticsearchFront


@pytest.fixture
def client(elasticsearch_front: ElasticsearchFront) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_front.url, max_retries=0) as opened:
        yield opened


def numbers(client: Elasticsearch, index: str, count: int) -> Any:
    operations = [
        line for n in range(count) for line in ({"index": {"_index": index, "_id": str(n)}}, {"number": n})
    ]  # fmt: skip
    return client.bulk(operations=operations, refresh=True)


def test_without_a_fault_it_is_elasticsearch(client: Elasticsearch, prefix: str) -> None:
    assert numbers(client, prefix, 3)["errors"] is False
    assert client.count(index=prefix)["count"] == 3


def test_the_next_requests_fail_with_the_status_and_then_no_more(
    elasticsearch_front: ElasticsearchFront, client: Elasticsearch, prefix: str
) -> None:
    elasticsearch_front.fail(2, status=503, path="/_bulk")
    assert client.cluster.health()["cluster_name"] == "veille-test"
    for _ in range(2):
        with pytest.raises(ApiError) as raised:
            numbers(client, prefix, 1)
        assert raised.value.status_code == 503
    assert numbers(client, prefix, 1)["errors"] is False
    assert elasticsearch_front.fired == {"503": 2}


@pytest.mark.parametrize("compressed", [False, True])
def test_some_documents_of_a_bulk_are_refused_and_the_others_arrive(
    elasticsearch_front: ElasticsearchFront, prefix: str, compressed: bool
) -> None:
    elasticsearch_front.refuse_documents(2)
    with Elasticsearch(elasticsearch_front.url, max_retries=0, http_compress=compressed) as client:
        answer = numbers(client, prefix, 5)
        assert [item["index"]["status"] for item in answer["items"]] == [429, 429, 201, 201, 201]
        assert [item["index"]["_id"] for item in answer["items"]] == ["0", "1", "2", "3", "4"]
        assert client.count(index=prefix)["count"] == 3
    assert elasticsearch_front.fired == {"documents": 2}


@pytest.mark.parametrize(("after", "arrived"), [(False, 0), (True, 1)])
def test_a_cut_connection_leaves_the_client_without_an_answer(
    elasticsearch_front: ElasticsearchFront, client: Elasticsearch, prefix: str, after: bool, arrived: int
) -> None:
    client.indices.create(index=prefix)
    elasticsearch_front.cut(path="/_bulk", after=after)
    with pytest.raises(Lost):
        numbers(client, prefix, 1)
    client.indices.refresh(index=prefix)
    assert client.count(index=prefix)["count"] == arrived
    assert elasticsearch_front.fired == {"cut_after" if after else "cut": 1}


def test_after_the_last_cut_it_may_be_away(
    elasticsearch_front: ElasticsearchFront, client: Elasticsearch, prefix: str
) -> None:
    elasticsearch_front.cut(2, path="/_bulk", after=True, away=True)
    for index in (prefix, f"{prefix}-too"):
        with pytest.raises(Lost):
            numbers(client, index, 1)
    with pytest.raises(Lost):
        client.cluster.health()
    elasticsearch_front.back()
    assert client.count(index=f"{prefix}*")["count"] == 2
    assert elasticsearch_front.fired == {"cut_after": 2, "away": 1}


@pytest.mark.parametrize(("after", "arrived"), [(False, 0), (True, 1)])
def test_who_is_not_answered_waits_until_the_front_stops(
    elasticsearch_url: str, prefix: str, after: bool, arrived: int
) -> None:
    with Elasticsearch(elasticsearch_url) as itself, ThreadPoolExecutor() as pool:
        itself.indices.create(index=prefix)
        with ElasticsearchFront(elasticsearch_url) as front, Elasticsearch(front.url, max_retries=0) as client:
            front.stall(path="/_bulk", after=after)
            waiting = pool.submit(numbers, client, prefix, 1)
            until(lambda: front.fired["stalled_after" if after else "stalled"], "it was asked")
            assert itself.count(index=prefix)["count"] == arrived
            assert not waiting.done()
            front.stop()
            with pytest.raises(Lost):
                waiting.result(60)


def test_while_away_every_connection_is_reset(elasticsearch_front: ElasticsearchFront, client: Elasticsearch) -> None:
    elasticsearch_front.away()
    for _ in range(3):
        with pytest.raises(Lost):
            client.cluster.health()
    elasticsearch_front.back()
    assert client.cluster.health()["cluster_name"] == "veille-test"
    assert elasticsearch_front.fired == {"away": 3}


def test_over_tls_only_the_authority_and_the_api_key_open_it(elasticsearch_url: str) -> None:
    with ElasticsearchFront(elasticsearch_url, tls=True, api_key="a2V5") as front:
        trusted: dict[str, Any] = {"ca_certs": str(front.ca), "max_retries": 0}
        with Elasticsearch(front.url, api_key="a2V5", **trusted) as client:
            assert client.cluster.health()["cluster_name"] == "veille-test"
        with Elasticsearch(front.url, api_key="b3Ro", **trusted) as stranger, pytest.raises(AuthenticationException):
            stranger.cluster.health()
        with Elasticsearch(front.url, api_key="a2V5", max_retries=0) as distrustful, pytest.raises(Lost):
            distrustful.cluster.health()
        assert front.fired == {"unauthorized": 1}
