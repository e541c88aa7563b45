"""Elasticsearch that is full, away, cut off or refuses us: what the sink does by itself, and what it says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from awaited import until
from contracts.records import NOON, System, at, mention_of, record, tombstone
from overheard import Overheard
from services.certificates import Authority
from services.elasticsearch import Node
from services.front import ElasticsearchFront
from services.server import free_port
from veille.clock import FakeClock
from veille.errors import Misused, Unavailable
from veille.identity import period, public_id
from veille.post import Author
from veille.query import Use, parse
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink, views
from veille.sinks.elasticsearch.client import Client
from veille.sinks.elasticsearch.findings import ElasticsearchFindings
from veille.sinks.elasticsearch.sink import PATIENCE_S
from veille.sinks.sink import Outcome, Record
from veille.stage import ended
from veille.story import Membership
from veille.window import Window

log = logging.getLogger("veille.test")

ANA = Author(id="7", handle="ana")
SNOWFLAKE = "x:1700000000000000000"
KEY = "dmVpbGxlOmtleQ=="
ROWS = [record(f"file:{number}", text=f"acme {number} " + "kettle " * 600) for number in range(240)]
"""Two bulk requests and a half."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def system(
    elasticsearch_service: Node, elasticsearch_front: ElasticsearchFront, prefix: str, clock: FakeClock
) -> Iterator[System]:
    """Written through the front, read behind it."""
    front = ElasticsearchSettings(url=elasticsearch_front.url, prefix=prefix, replicas=0)
    sink = ElasticsearchSink(front, clock)
    archive = ElasticsearchArchive(ElasticsearchSettings(url=elasticsearch_service.url, prefix=prefix))
    sink.open()
    sink.write([record("file:first")])
    yield System(sink, archive, lambda: refresh(elasticsearch_service, prefix))
    sink.close()
    archive.close()
    for index in elasticsearch_service.request("GET", f"/{prefix}-*/_alias"):
        elasticsearch_service.request("DELETE", f"/{index}")
    elasticsearch_service.request("DELETE", f"/_index_template/{prefix}-*")


def refresh(service: Node, prefix: str) -> None:
    service.request("POST", f"/{prefix}-*/_refresh")


FAULTS: dict[str, tuple[Callable[[ElasticsearchFront], None], dict[str, int]]] = {
    "documents answered 429": (lambda front: front.refuse_documents(20, status=429, times=3), {"documents": 60}),
    "documents answered 503": (lambda front: front.refuse_documents(20, status=503, times=3), {"documents": 60}),
    "requests answered 429": (lambda front: front.fail(3, status=429, path="/_bulk"), {"429": 3}),
    "requests answered 503": (lambda front: front.fail(3, status=503, path="/_bulk"), {"503": 3}),
    "requests answered 500": (lambda front: front.fail(3, status=500, path="/_bulk"), {"500": 3}),
    "connections cut before": (lambda front: front.cut(3, path="/_bulk"), {"cut": 3}),
    "connections cut after": (lambda front: front.cut(3, path="/_bulk", after=True), {"cut_after": 3}),
    "a request too large": (lambda front: front.fail(1, status=413, path="/_bulk"), {"413": 1}),
    "a request refused whole": (lambda front: front.fail(1, status=400, path="/_bulk"), {"400": 1}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_passes_is_sat_out_and_every_document_is_in_effect(
    system: System, elasticsearch_front: ElasticsearchFront, name: str
) -> None:
    arm, fired = FAULTS[name]
    arm(elasticsearch_front)
    verdicts = system.sink.write(ROWS)
    assert {verdict.outcome for verdict in verdicts} <= {Outcome.APPLIED, Outcome.REPEATED}
    assert (Outcome.REPEATED in {verdict.outcome for verdict in verdicts}) == (name == "connections cut after")
    assert elasticsearch_front.fired == fired
    system.settle()
    assert system.archive.count(None) == len(ROWS) + 1


def test_only_the_documents_that_were_not_taken_are_sent_again(
    system: System, elasticsearch_front: ElasticsearchFront, clock: FakeClock
) -> None:
    elasticsearch_front.refuse_documents(1, times=4)
    before = len(elasticsearch_front.calls)
    assert [verdict.outcome for verdict in system.sink.write(ROWS[:5])] == [Outcome.APPLIED] * 5
    bulks = [call.status for call in elasticsearch_front.calls[before:] if "_bulk" in call.path]
    assert bulks == [200] * 5
    assert len(clock.waits) == 4
    assert clock.waits == sorted(clock.waits)


def test_while_it_is_away_the_caller_is_told_to_wait_and_nothing_is_lost(
    system: System, elasticsearch_front: ElasticsearchFront, clock: FakeClock
) -> None:
    elasticsearch_front.away()
    with pytest.raises(Unavailable, match="does not answer"):
        system.sink.write(ROWS)
    assert clock.monotonic() <= 2 * PATIENCE_S
    elasticsearch_front.back()
    assert {verdict.outcome for verdict in system.sink.write(ROWS)} == {Outcome.APPLIED}
    system.settle()
    assert system.archive.count(None) == len(ROWS) + 1


def test_what_people_did_is_never_written_over_a_story_that_was_told_while_elasticsearch_was_full(
    system: System, elasticsearch_front: ElasticsearchFront, elasticsearch_url: str, prefix: str
) -> None:
    def handled(found: Record) -> Record:
        value = msgspec.json.decode(found.value or b"") | {"flags": ["handled"]}
        return msgspec.structs.replace(found, value=msgspec.json.encode(value))

    system.settle()
    elasticsearch_front.refuse_documents(1)
    with pytest.raises(Unavailable):
        system.sink.change([public_id("file:first")], handled)
    with closing(ElasticsearchSink(ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0))) as other:
        other.open()
        other.join([Membership(doc_id="file:first", version=str(at(1)), story="s1")])
    assert system.sink.change([public_id("file:first")], handled).changed == [public_id("file:first")]
    system.settle()
    (found,) = system.archive.search(None).hits
    assert (found.story, found.flags) == ("s1", ["handled"])


def test_while_it_is_full_the_caller_is_told_to_wait(system: System, elasticsearch_front: ElasticsearchFront) -> None:
    elasticsearch_front.refuse_documents(1, times=1000)
    with pytest.raises(Unavailable, match="does not take 1 documents"):
        system.sink.write(ROWS[:5])
    assert elasticsearch_front.fired["documents"] > 3


def test_a_document_that_can_never_be_sent_is_refused_alone(
    system: System, elasticsearch_front: ElasticsearchFront
) -> None:
    elasticsearch_front.fail(3, status=413, path="/_bulk")  # four of them, then the first two, then the first
    verdicts = system.sink.write(ROWS[:4])
    assert [verdict.outcome for verdict in verdicts] == [Outcome.REFUSED, *[Outcome.APPLIED] * 3]
    assert verdicts[0].reason == "too_large"


def test_stories_and_windows_that_are_too_large_for_one_request_go_in_several(
    system: System, elasticsearch_front: ElasticsearchFront, prefix: str
) -> None:
    system.sink.write(ROWS[:4])
    told = [Membership(doc_id=each.doc_id, version=str(each.version), story="s1") for each in ROWS[:4]]
    elasticsearch_front.fail(2, status=413, path="/_bulk")  # all four, then the first two
    assert system.sink.join(told) == []
    findings = ElasticsearchFindings(ElasticsearchSettings(url=elasticsearch_front.url, prefix=prefix, replicas=0))
    findings.open()
    elasticsearch_front.fail(1, status=413, path="/_bulk")
    findings.write_windows([Window(watch="acme", since=NOON + timedelta(minutes=each), revision=1) for each in (0, 1)])
    findings.close()
    assert elasticsearch_front.fired == {"413": 3}
    system.settle()
    assert {hit.story for hit in system.archive.search(None).hits if hit.doc_id != "file:first"} == {"s1"}
    assert len(system.archive.windows("acme", since=NOON, until=NOON + timedelta(hours=1))) == 2


def test_a_view_that_has_ended_by_itself_is_no_fault_of_what_was_read(
    system: System, elasticsearch_front: ElasticsearchFront, prefix: str
) -> None:
    system.settle()
    with closing(ElasticsearchArchive(ElasticsearchSettings(url=elasticsearch_front.url, prefix=prefix))) as archive:
        reading = archive.versions()
        first = next(reading)
        elasticsearch_front.fail(1, status=404, path="/_pit")
        assert [first, *reading] == [("file:first", at(1), False)]
    assert elasticsearch_front.fired == {"404": 1}


def test_a_page_whose_view_has_ended_is_that_of_the_archive_as_it_is(
    system: System, elasticsearch_service: Node, prefix: str
) -> None:
    system.sink.write([record("file:second")])
    system.settle()
    with closing(ElasticsearchArchive(ElasticsearchSettings(url=elasticsearch_service.url, prefix=prefix))) as archive:
        first = archive.search(None, limit=1, hold=True)
        for view in archive._views._known.values():
            archive._client.call("DELETE", "/_pit", {"id": view})
        second = archive.search(None, limit=1, after=first.after)
    assert {hit.doc_id for hit in (*first.hits, *second.hits)} == {"file:first", "file:second"}


def test_a_view_that_the_server_is_too_busy_to_forget_is_no_fault_of_what_was_found(
    system: System, elasticsearch_front: ElasticsearchFront, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST", 0)
    client = Client(ElasticsearchSettings(url=elasticsearch_front.url, prefix=prefix))
    with closing(client):
        opened = views.Views(client, f"{prefix}-*")
        view = opened.open()
        assert view is not None
        elasticsearch_front.fail(1, status=503, path="/_pit")
        assert opened.named(opened.keep(view)) is None
    assert elasticsearch_front.fired == {"503": 1}


def test_documents_refused_for_good_are_not_sent_again(system: System, elasticsearch_front: ElasticsearchFront) -> None:
    elasticsearch_front.refuse_documents(2, status=400)
    verdicts = system.sink.write(ROWS[:4])
    assert [verdict.outcome for verdict in verdicts] == [*[Outcome.REFUSED] * 2, *[Outcome.APPLIED] * 2]
    assert {verdict.detail for verdict in verdicts[:2]} == {"document_parsing_exception"}


TROUBLE: dict[str, Callable[[ElasticsearchFront], None]] = {
    "documents refused": lambda front: front.refuse_documents(9, status=400),
    "documents full": lambda front: front.refuse_documents(9, times=1000),
    "documents forbidden": lambda front: front.refuse_documents(9, status=403),
    "documents failed": lambda front: front.refuse_documents(9, status=404, times=1000),
    "requests refused": lambda front: front.fail(1000, status=400),
    "requests forbidden": lambda front: front.fail(1000, status=403),
    "requests failed": lambda front: front.fail(1000, status=500),
    "away": lambda front: front.away(),
}


def test_nothing_of_a_document_or_a_search_is_told_whatever_elasticsearch_says_of_it(
    system: System, elasticsearch_url: str, prefix: str, overheard: Overheard
) -> None:
    ana = Author(id="did:plc:ana", handle="ana.example", name="Ana of Lyon", bio="ana@lyon.example")
    asked = parse('"what Ana wrote" from:ana.example', Use.SEARCH).tree

    def write(sink: ElasticsearchSink) -> None:
        verdicts = sink.write([record("file:1", text="what Ana wrote", author=ana), tombstone("file:2")])
        log.error("refused: %s", [(verdict.reason, verdict.detail) for verdict in verdicts])
        sink.change([public_id("file:first")], lambda found: found)

    for name, arm in TROUBLE.items():
        with ElasticsearchFront(elasticsearch_url) as front:
            settings = ElasticsearchSettings(url=front.url, prefix=prefix, replicas=0)
            sink, archive = ElasticsearchSink(settings, FakeClock()), ElasticsearchArchive(settings)
            sink.open()
            arm(front)
            codes = [
                ended(name, call)
                for call in (
                    partial(write, sink),
                    sink.open,
                    partial(archive.search, asked),
                    partial(archive.count, asked),
                )
            ]
            assert any(codes) or name == "documents refused"
            assert front.fired, name
            sink.close()
            archive.close()
    assert all(name in overheard.text for name in TROUBLE if name != "documents refused")
    overheard.nothing_of("ana", "lyon")


@pytest.mark.parametrize("status", [401, 403])
def test_a_right_that_is_missing_stops_the_sink(
    system: System, elasticsearch_front: ElasticsearchFront, status: int
) -> None:
    elasticsearch_front.refuse_documents(1, status=status)
    with pytest.raises(Misused, match="doctor --grants"):
        system.sink.write(ROWS[:4])


def test_a_late_create_is_buried_though_the_look_up_fails_at_first(
    system: System, elasticsearch_front: ElasticsearchFront
) -> None:
    system.sink.write([tombstone("file:1")])
    elasticsearch_front.fail(2, status=503, path="/_mget")
    (verdict,) = system.sink.write([record("file:1")])
    assert verdict.outcome is Outcome.BURIED
    assert elasticsearch_front.fired == {"503": 2}


@contextmanager
def red(service: Node, index: str) -> Iterator[None]:
    """An index of which no copy is allocated, as while the node is away that has it."""
    allocation = "index.routing.allocation.require._name"
    service.request("PUT", f"/{index}?wait_for_active_shards=0", {"settings": {allocation: "nobody"}})
    until(lambda: service.request("GET", f"/_cluster/health/{index}")["status"] == "red", "the index is away")
    yield
    service.request("PUT", f"/{index}/_settings", {allocation: None})
    health = service.request("GET", f"/_cluster/health/{index}?wait_for_status=green&timeout=30s")
    assert health["status"] == "green"


def test_an_index_that_is_away_is_waited_for_and_never_taken_for_empty(
    system: System, elasticsearch_service: Node, prefix: str
) -> None:
    """Neither by who erases an author, nor by what is learned later of a mention, nor by who asks or counts."""
    system.sink.write([record("file:2", source="x", author=ANA)])
    system.settle()
    story = Membership(doc_id=SNOWFLAKE, version="1", story="s1")
    asked: list[Callable[[], object]] = [
        lambda: system.sink.of_author("x", "7"),
        lambda: system.sink.join([story]),
        lambda: system.sink.change([public_id("file:2")], lambda each: each),
        lambda: system.archive.count(None),
        lambda: system.archive.holds([SNOWFLAKE]),
        lambda: system.sink.write([record(SNOWFLAKE, op="update")]),
    ]
    with red(elasticsearch_service, f"{prefix}-mentions-{period(SNOWFLAKE)}"):
        for ask in asked:
            with pytest.raises(Unavailable):
                ask()
    assert [each.doc_id for each in system.sink.of_author("x", "7")] == ["file:2"]
    assert system.sink.join([story]) == [story], "it may come yet"


@pytest.fixture
def secure_front(elasticsearch_url: str) -> Iterator[ElasticsearchFront]:
    with ElasticsearchFront(elasticsearch_url, tls=True, api_key=KEY) as front:
        yield front


def test_over_tls_with_the_key_it_is_written_and_read(
    secure_front: ElasticsearchFront, elasticsearch_service: Node, prefix: str
) -> None:
    settings = ElasticsearchSettings(url=secure_front.url, api_key=KEY, ca=secure_front.ca, prefix=prefix, replicas=0)
    sink, archive = ElasticsearchSink(settings), ElasticsearchArchive(settings)
    sink.open()
    sink.write([written := record("file:1")])
    refresh(elasticsearch_service, prefix)
    assert archive.search(None).hits == [mention_of(written)]
    assert secure_front.fired == {}
    sink.close()
    archive.close()
    elasticsearch_service.request("DELETE", f"/{prefix}-mentions-undated")
    elasticsearch_service.request("DELETE", f"/_index_template/{prefix}-*")


def refusal(settings: ElasticsearchSettings) -> str:
    """What both sides say, once it is the same."""
    sink, archive = ElasticsearchSink(settings), ElasticsearchArchive(settings)
    with pytest.raises(Misused) as writing:
        sink.open()
    with pytest.raises(Misused) as reading:
        archive.count(None)
    sink.close()
    archive.close()
    assert str(writing.value) == str(reading.value)
    return str(writing.value)


@pytest.mark.parametrize("key", [None, "c29tZWJvZHk6ZWxzZQ=="])
def test_a_wrong_key_or_none_is_told_in_a_sentence(secure_front: ElasticsearchFront, key: str | None) -> None:
    told = refusal(ElasticsearchSettings(url=secure_front.url, api_key=key, ca=secure_front.ca))
    assert told == (
        f"Elasticsearch at {secure_front.url} does not accept the API key: set VEILLE_ELASTICSEARCH_API_KEY"
    )


def test_a_wrong_authority_or_none_is_told_in_a_sentence(secure_front: ElasticsearchFront, tmp_path: Path) -> None:
    for ca in (Authority(tmp_path).ca, None):
        told = refusal(ElasticsearchSettings(url=secure_front.url, api_key=KEY, ca=ca))
        assert told.startswith(f"{secure_front.url} shows a certificate that is not trusted here")
        assert "`elasticsearch: ca:`" in told
    assert secure_front.calls == []


def test_tls_where_there_is_none_is_told_in_a_sentence(elasticsearch_front: ElasticsearchFront) -> None:
    url = elasticsearch_front.url.replace("http:", "https:")
    assert refusal(ElasticsearchSettings(url=url)) == f"{url} does not speak TLS: write its address with `http:`"


def test_where_nobody_listens_it_is_unavailable() -> None:
    settings = ElasticsearchSettings(url=f"http://127.0.0.1:{free_port()}")
    sink, archive = ElasticsearchSink(settings), ElasticsearchArchive(settings)
    with pytest.raises(Unavailable, match="does not answer"):
        sink.open()
    with pytest.raises(Unavailable, match="does not answer"):
        archive.count(None)
    sink.close()
    archive.close()
