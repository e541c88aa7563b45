"""`veille search` finds, orders and counts, for people and for scripts."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cli.command import Command
from contracts.records import NOON, record
from veille.sinks.sqlite import SqliteSink


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A data folder with four mentions in it."""
    sink = SqliteSink(tmp_path / "d" / "veille.db")
    sink.open()
    texts = ("acme kettle", "Acme", "tea", "a kettle by acme")
    sink.write(
        [
            record(
                f"x:{number}", text=text, created_at=NOON - timedelta(minutes=number), source="x" if number else "file"
            )
            for number, text in enumerate(texts)
        ]
    )
    sink.close()
    return tmp_path / "d"


def test_scripts_get_hits_with_places_and_facets(veille: Command, filled: Path) -> None:
    asked = ("search", "acme OR kettle", "--data", str(filled), "--order", "best", "--facet", "source", "--json")
    found = json.loads(veille(*asked).out)
    assert [each["doc_id"] for each in found["mentions"]] == ["x:0", "x:3", "x:1"]
    assert found["spans"] == [[[0, 4], [5, 11]], [[2, 8], [12, 16]], [[0, 4]]]
    (facet,) = found["facets"]
    assert facet["values"] == [{"value": "x", "count": 2}, {"value": "file", "count": 1}]
    assert found["total"] == 3


def test_people_see_what_facets_count(veille: Command, filled: Path) -> None:
    ended = veille("search", "--data", str(filled), "--facet", "source", "--facet", "language", "--limit", "1")
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert ended.code == 0
    assert {"source mentions share", "x 3 75%", "file 1 25%", "und 4 100%", "1 of 4"} <= set(lines)


def test_a_facet_that_there_is_not_is_said_with_those_that_there_are(veille: Command, filled: Path) -> None:
    ended = veille("search", "--data", str(filled), "--facet", "mood")
    assert ended.code == 2
    assert "--facet mood: expected one of source, watch" in ended.err
