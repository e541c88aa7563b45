"""The packed columns of the SQLite archive agree with its rows, whatever was written, over blocks of any size."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.records import NOON, at, record, tombstone
from veille.archive import Value
from veille.document import facets as facets_of
from veille.facets import FIELDS
from veille.mention import Enriched, Enrichment, Sentiment, Tags, decode
from veille.post import Metrics
from veille.query import Use, parse
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink, columns
from veille.story import Membership

NAMES = [f"x:{number}" for number in range(5)]
TAGS = ("tea", "kettle", "acme", "pot")

Change = tuple[str, str, frozenset[str], int]
"""What happens, to which mention, with which hashtags, and a number."""

changes = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "hide", "delete", "join"]),
        st.sampled_from(NAMES),
        st.frozensets(st.sampled_from(TAGS)),
        st.integers(0, 3),
    ),
    max_size=25,
)


def written(name: str, version: int, tags: frozenset[str], number: int, visibility: str | None) -> Record:
    found = Enrichment(
        tags=Tags(hashtags=sorted(tags)),
        sentiment=Sentiment(("negative", "neutral", "positive", "unsure")[number], number / 4),
        enriched=Enriched(1, NOON),
    )
    more = {} if visibility is None else {"visibility": visibility}
    return record(name, version, found=found, metrics=Metrics(likes=number or None), **more)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 6)), st.integers(0, columns.SLOT_SHIFT - 3))
def test_hashes_are_told_apart_by_any_of_their_bits(some: list[int], shift: int) -> None:
    hashes = np.array(some, columns.LIST) << shift
    alike = columns.alike(hashes)
    assert hashes[alike].tolist() == hashes.tolist()
    assert len(set(alike.tolist())) == len(set(some))


def bring(sink: SqliteSink, done: list[Change], together: int) -> None:
    """Bring changes in, so many at a time."""
    batch: list[Record] = []
    for instant, (kind, name, tags, number) in enumerate(done, 1):
        if kind == "delete":
            batch.append(tombstone(name, instant))
        elif kind == "join":
            sink.write(batch)
            batch = []
            sink.join([Membership(doc_id=name, story=f"s{number}", version="0")])
        else:
            batch.append(written(name, at(instant), tags, number, "hidden" if kind == "hide" else None))
        if len(batch) >= together:
            sink.write(batch)
            batch = []
    sink.write(batch)


@settings(max_examples=40)
@given(changes, st.integers(1, 3), st.integers(1, 6))
def test_what_is_counted_is_what_the_rows_hold(done: list[Change], bits: int, together: int) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(columns, "BLOCK_BITS", bits)
        patch.setattr(columns, "BLOCK", 1 << bits)
        patch.setattr(columns, "FIRST_ROOM", 2)
        path = Path(folder) / "veille.db"
        sink, archive = SqliteSink(path), SqliteArchive(path)
        sink.open()
        bring(sink, done, together)
        sink.scrub()
        with sqlite3.connect(path) as rows:
            stored = rows.execute("SELECT mention FROM documents WHERE deleted = 0").fetchall()
        rows.close()
        held = [decode(mention.encode()) for (mention,) in stored]
        for facet in archive.facets(None, FIELDS, limit=50):
            counts = Counter(value for mention in held for value in facets_of(mention).get(facet.field, []))
            assert facet.values == [
                Value(value, count) for value, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
            ]
            assert facet.without == sum(not facets_of(mention).get(facet.field) for mention in held)
        for rule, holds in (
            ("min_likes:2", lambda mention: (mention.metrics.likes or 0) >= 2),
            ("-min_likes:0", lambda mention: mention.metrics.likes is None),
            ("sentiment:0.5..", lambda mention: mention.sentiment.score >= 0.5),
        ):
            assert archive.count(parse(rule, Use.SEARCH).tree) == sum(map(holds, held)), rule
        assert archive.count(None) == len(held)
        archive.close()
        sink.close()
