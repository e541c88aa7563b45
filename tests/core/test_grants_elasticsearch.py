"""The keys for Elasticsearch whose roles `veille doctor --grants` prints: enough for sink and archive, and no more."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from awaited import until
from services.front import Call, ElasticsearchFront
from veille.errors import Misused
from veille.grants import elasticsearch_grants
from veille.settings import ElasticsearchSettings, Settings
from veille.sinks import open_archive, open_findings, open_sink
from veille.sinks.sink import Outcome, Record
from veille.window import Window

NEEDED = (
    ("GET|PUT", r"/_index_template/.*", "manage_index_templates"),
    ("GET", r"/[^_][^/]*/_mapping", "view_index_metadata"),
    ("PUT", r"/[^_][^/]*", "create_index"),
    ("PUT|POST", r"/_bulk", "index"),
    ("GET|POST", r"(/[^_][^/]*)?/(_search|_mget|_pit)", "read"),
    ("DELETE", r"/_pit", "read"),
    ("DELETE", r"/[^_][^/]*/_doc/.+", "delete"),
)
"""What Elasticsearch wants for a request, from its list of security privileges."""


def privileges(calls: list[Call]) -> set[str]:
    """The privileges that requests need; a request that is not in the table fails the test."""
    needed = set()
    for call in calls:
        path = call.path.partition("?")[0]
        (privilege,) = {
            privilege
            for methods, pattern, privilege in NEEDED
            if call.method in methods.split("|") and re.fullmatch(pattern, path)
        } or {f"unknown: {call.method} {path}"}
        needed.add(privilege)
    return needed


@contextmanager
def behind_tls(url: str, prefix: str) -> Iterator[tuple[ElasticsearchFront, Settings]]:
    with ElasticsearchFront(url, tls=True, api_key="a2V5") as front:
        yield (
            front,
            Settings(
                elasticsearch=ElasticsearchSettings(
                    url=front.url, api_key="a2V5", ca=front.ca, prefix=prefix, replicas=0
                )
            ),
        )


def rights(granted: dict[str, Any], key: str) -> set[str]:
    """Those that a key's role gives."""
    return {*granted[key]["cluster"], *granted[key]["indices"][0]["privileges"]}


def test_the_sink_and_the_archive_use_what_their_keys_are_given_and_no_more(
    elasticsearch_url: str, prefix: str
) -> None:
    gone = Record("bluesky:did:plc:someone/3kabc", 1_800_000_000_000_000 * 1024, None)
    with behind_tls(elasticsearch_url, prefix) as (front, settings):
        granted = elasticsearch_grants(settings)
        sink = open_sink("elasticsearch", settings)
        sink.open()
        assert [verdict.outcome for verdict in sink.write([gone])] == [Outcome.APPLIED]
        assert [verdict.outcome for verdict in sink.write([gone])] == [Outcome.REPEATED]
        sink.close()
        sink.open()
        sink.close()
        findings = open_findings("elasticsearch", settings)
        findings.open()
        findings.write_windows([Window(watch="acme", since=datetime(2020, 1, 1, tzinfo=UTC), revision=1)])

        def expired() -> bool:
            findings.expire(datetime(2026, 11, 1, tzinfo=UTC))
            return any("/_doc/" in call.path for call in front.calls)

        until(expired, "an old window deleted, once it can be found")
        findings.close()
        # But for `monitor`, which is for the version that `veille doctor` shows.
        assert privileges(front.calls) == rights(granted, "sink") - {"monitor"}
        front.calls.clear()
        archive = open_archive(settings)
        archive.count(None)
        assert archive.holds([gone.doc_id]) == set()
        list(archive.versions())
        archive.status()
        archive.close()
        assert privileges(front.calls) <= rights(granted, "reader")
        assert front.fired == {}


def test_a_wrong_api_key_and_an_unknown_authority_are_said(elasticsearch_url: str, prefix: str) -> None:
    with behind_tls(elasticsearch_url, prefix) as (front, settings):
        assert settings.elasticsearch is not None
        for change, told in ({"api_key": "b3Ro"}, "API key"), ({"ca": None}, "certificate"):
            changed = dataclasses.replace(settings.elasticsearch, **change)
            sink = open_sink("elasticsearch", dataclasses.replace(settings, elasticsearch=changed))
            with pytest.raises(Misused, match=told):
                sink.open()
            sink.close()
        assert front.fired == {"unauthorized": 1}


def test_elasticsearch_roles_reach_no_further_than_the_prefix() -> None:
    roles = elasticsearch_grants(Settings(elasticsearch=ElasticsearchSettings(prefix="acme")))
    assert {name for role in roles.values() for index in role["indices"] for name in index["names"]} == {"acme-*"}
