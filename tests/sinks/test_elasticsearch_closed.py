"""A closed index of Elasticsearch: told with what to do by whoever reads, counts or writes, and lost to nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from awaited import until
from contracts.records import NOON, System, at, record
from overheard import Overheard
from services.elasticsearch import Node
from sinking import Running, publish
from veille.action import Action
from veille.author import AuthorState
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import microseconds, period, public_id
from veille.kafka import committed_offsets
from veille.post import Author
from veille.query import Use, parse
from veille.settings import ElasticsearchSettings, KafkaSettings
from veille.sinks.authors import sweep
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchRevisions, ElasticsearchSink
from veille.sinks.elasticsearch.findings import ElasticsearchFindings
from veille.sinks.sink import Outcome
from veille.story import Membership
from veille.window import Window

ANA = Author(id="7", handle="ana")
SNOWFLAKE = "x:1700000000000000000"
LATER = NOON + timedelta(days=1)


@pytest.fixture
def settings(elasticsearch_service: Node, elasticsearch_url: str, prefix: str) -> Iterator[ElasticsearchSettings]:
    yield ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    for index in elasticsearch_service.request("GET", f"/{prefix}-*/_alias?expand_wildcards=all"):
        elasticsearch_service.request("DELETE", f"/{index}")


@pytest.fixture
def system(settings: ElasticsearchSettings, elasticsearch_service: Node) -> Iterator[System]:
    """With a mention in each of two indices."""
    with (
        closing(ElasticsearchSink(settings, FakeClock())) as sink,
        closing(ElasticsearchArchive(settings)) as archive,
    ):
        sink.open()
        sink.write([record("file:2", source="x", author=ANA), record(SNOWFLAKE, source="x", author=ANA)])
        made = System(sink, archive, lambda: refresh(elasticsearch_service, settings))
        made.settle()
        yield made
    elasticsearch_service.request("DELETE", f"/_index_template/{settings.prefix}-*")


def refresh(service: Node, settings: ElasticsearchSettings) -> None:
    service.request("POST", f"/{settings.prefix}-*/_refresh")


@contextmanager
def shut(service: Node, index: str) -> Iterator[None]:
    """An index that somebody has closed, and opens again."""
    service.request("POST", f"/{index}/_close")
    yield
    service.request("POST", f"/{index}/_open?wait_for_active_shards=1")
    service.request("GET", f"/_cluster/health/{index}?wait_for_status=green&timeout=30s")


def told(index: str) -> Any:
    """That Unavailable is raised, and says which index is closed and what to do."""
    return pytest.raises(Unavailable, match=f"{index} .* is closed.*`POST /{index}/_open`.*delete it")


def of(settings: ElasticsearchSettings) -> str:
    return f"{settings.prefix}-mentions-{period(SNOWFLAKE)}"


def test_what_a_closed_index_holds_is_never_taken_for_erased_or_missing_from_a_count(
    system: System, settings: ElasticsearchSettings, elasticsearch_service: Node
) -> None:
    """Neither by who erases, changes, counts, searches or pages, nor by who reads all or looks for what is too old."""
    gone = AuthorState(erased_at=microseconds(NOON))
    archive, name = system.archive, public_id(SNOWFLAKE)
    times: Any = {"since": NOON, "until": LATER}
    query = parse("acme", Use.SEARCH).tree
    assert query is not None
    with closing(ElasticsearchRevisions(settings)) as revisions:
        asked: list[Callable[[], object]] = [
            lambda: sweep(system.sink, "x", "7", gone),
            lambda: system.sink.change([name], lambda each: each),
            lambda: system.sink.join([Membership(doc_id=SNOWFLAKE, version=str(at(1)), story="s1")]),
            lambda: archive.reposts_of("x", "1"),
            lambda: list(archive.versions()),
            lambda: list(archive.scan(None)),
            lambda: archive.search(None, hold=True),
            lambda: archive.search(query),
            lambda: archive.count(None),
            lambda: archive.histogram(None, interval=60, **times),
            lambda: archive.facets(None, ["source"]),
            lambda: archive.expired("x", LATER, 10),
            archive.status,
            lambda: archive.mention(name),
            lambda: archive.mentions([name]),
            lambda: archive.holds([SNOWFLAKE]),
            lambda: archive.holds_authors(["x:7"]),
            lambda: archive.arrivals(None),
            lambda: archive.turns(query, limit=10, **times),
            lambda: revisions.counts(1),
            lambda: revisions.in_effect([SNOWFLAKE]),
        ]
        with shut(elasticsearch_service, of(settings)):
            for ask in asked:
                with told(of(settings)):
                    ask()
    assert set(archive.expired("x", LATER, 10)) == {"file:2", SNOWFLAKE}
    assert {each.doc_id for each in sweep(system.sink, "x", "7", gone).deleted} == {"file:2", SNOWFLAKE}


def test_a_sink_says_that_it_writes_into_a_closed_index_and_goes_on_once_it_is_open(
    system: System, settings: ElasticsearchSettings, elasticsearch_service: Node
) -> None:
    fresh = at(microseconds(FakeClock().now()))
    batch = [
        record("file:3", fresh),
        record("x:1700000000000000001", fresh, source="x"),
        record(SNOWFLAKE, at(2), op="update"),
    ]
    with shut(elasticsearch_service, of(settings)):
        for some in (batch, batch[:2]):  # of which an edit is looked up first
            with told(of(settings)):
                system.sink.write(some)
        assert system.sink.write([record("file:4")])[0].outcome is Outcome.APPLIED, "others are taken meanwhile"
    verdicts = [each.outcome for each in system.sink.write(batch)]
    assert verdicts == [Outcome.REPEATED, Outcome.APPLIED, Outcome.APPLIED]
    system.settle()
    assert system.archive.count(None) == 5


def test_the_loop_of_the_sink_waits_and_commits_nothing_until_the_index_is_open(
    system: System,
    settings: ElasticsearchSettings,
    elasticsearch_service: Node,
    kafka: KafkaSettings,
    overheard: Overheard,
) -> None:
    fresh, group = at(microseconds(FakeClock().now())), f"{kafka.prefix}.elasticsearch"
    rows = [record(f"x:17000000000000001{number:02d}", fresh, source="x") for number in range(20)]
    publish(kafka, [*rows, record("file:3", fresh)])
    with shut(elasticsearch_service, of(settings)):
        loop = Running(kafka, ElasticsearchSink(settings, FakeClock()))
        try:
            until(lambda: "elasticsearch does not take records, trying again" in overheard.text)
            assert f"{of(settings)} of Elasticsearch at {settings.url} is closed" in overheard.text
            assert sum(each.offset for each in committed_offsets(kafka, group).values()) == 0
        except BaseException:
            loop.end()
            raise
    until(lambda: sum(each.offset for each in committed_offsets(kafka, group).values()) == len(rows) + 1)
    loop.end()
    system.settle()
    assert system.archive.count(None) == len(rows) + 3


def test_windows_alerts_and_actions_wait_for_a_closed_index_too(
    settings: ElasticsearchSettings, elasticsearch_service: Node
) -> None:
    window = Window(watch="acme", since=NOON, revision=1)
    action = Action(of="mention", subject="a", field="handled", value="yes", at=NOON)
    times: Any = {"since": NOON, "until": LATER}
    with closing(ElasticsearchFindings(settings)) as findings, closing(ElasticsearchArchive(settings)) as archive:
        findings.open()
        with shut(elasticsearch_service, f"{settings.prefix}-windows"):
            for ask in (
                lambda: findings.write_windows([window]),
                lambda: archive.windows("acme", **times),
                lambda: archive.window_sums("acme", interval=60, **times),
            ):
                with told(f"{settings.prefix}-windows"):
                    ask()
            findings.write_actions([action])
        findings.write_windows([window])
        refresh(elasticsearch_service, settings)
        assert archive.windows("acme", **times) == [window]
