"""The sinks: mentions a second into Elasticsearch, beside bare `client.bulk` of the same documents, and into SQLite.

The bare client is handed each bulk request ready-made, in bytes, and does nothing but send it; the sink starts from the
record on the topic: it decodes, checks, tokenises, and looks at every answer. Both write the same megabytes into an
index of the same mapping, in turns, each as often first as second; the first rounds warm up.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from elasticsearch import Elasticsearch

from bench.posts import NOW, stream
from bench.services import elasticsearch
from veille.batches import spare_collector
from veille.identity import period
from veille.post import encode
from veille.processors.pipeline import mention_bytes
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchSink
from veille.sinks.elasticsearch.sink import BULK_BYTES, document_source
from veille.sinks.elasticsearch.template import Names
from veille.sinks.sink import Outcome, Record
from veille.sinks.sqlite import SqliteSink

RECORDS = 12_000
BATCH = 2_000
"""As the loop reads them."""

WARM_UP, ROUNDS = 4, 6
"""A cold Java machine takes a third of a warm one, and goes on getting faster."""


def run() -> dict[str, object]:
    """Mentions a second (medians of the rounds), their ratio, and whether they reach what they must."""
    records = list(_records())
    spare_collector()  # as the stage does
    with elasticsearch() as url:
        contenders: dict[str, Callable[[str], float]] = {
            "elasticsearch": lambda prefix: _through_sink(url, prefix, records),
            "bare bulk": lambda prefix: _bare(url, prefix, records),
        }
        rates: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(WARM_UP + ROUNDS):
            for name in list(contenders)[:: 1 if turn % 2 else -1]:
                rates[name].append(round(contenders[name](f"bench{turn}-{name[0]}")))
    rates["sqlite"] = [round(_sqlite(records)) for _ in range(WARM_UP + ROUNDS)]
    rates = {name: some[WARM_UP:] for name, some in rates.items()}
    median = {name: round(statistics.median(some)) for name, some in rates.items()}
    ratio = round(statistics.median(_ratios(rates["elasticsearch"], rates["bare bulk"])), 2)
    reached = {"0.9 of bare bulk": ratio >= 0.9, "sqlite 15,000/s": median["sqlite"] >= 15_000}
    size = round(sum(len(record.value or b"") for record in records) / len(records))
    return {**median, "ratio to bare bulk": ratio, "bytes a mention": size, "rounds": rates, "reached": reached}


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round, so that what else the machine does weighs on both."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def _records() -> Iterator[Record]:
    """The posts that enrichment is measured with, enriched."""
    for post in stream(RECORDS):
        value, made = mention_bytes(encode(post), NOW)
        yield Record(post.doc_id, made, value, post.source)


def _batches(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), BATCH):
        yield records[start : start + BATCH]


def _through_sink(url: str, prefix: str, records: Sequence[Record]) -> float:
    sink = ElasticsearchSink(ElasticsearchSettings(url=url, prefix=prefix, replicas=0))
    sink.open()
    began = time.perf_counter()
    for batch in _batches(records):
        if any(verdict.outcome is not Outcome.APPLIED for verdict in sink.write(batch)):
            raise RuntimeError("a mention was not taken")
    rate = len(records) / (time.perf_counter() - began)
    sink.close()
    _check(url, prefix, len(records))
    return rate


def _bare(url: str, prefix: str, records: Sequence[Record]) -> float:
    sink = ElasticsearchSink(ElasticsearchSettings(url=url, prefix=prefix, replicas=0))
    sink.open()  # makes the template, so that both index the same
    sink.close()
    bulks = list(_bulks(prefix, records))
    with Elasticsearch(url, max_retries=0) as client:
        began = time.perf_counter()
        for bulk in bulks:
            if client.bulk(operations=bulk, filter_path="errors")["errors"]:  # type: ignore[arg-type]  # bytes pass
                raise RuntimeError("a document was not taken")
        rate = len(records) / (time.perf_counter() - began)
    _check(url, prefix, len(records))
    return rate


def _bulks(prefix: str, records: Sequence[Record]) -> Iterator[bytes]:
    names = Names(prefix)
    bulk: list[bytes] = []
    size = 0
    for record in records:
        action = {
            "_index": names.index(period(record.doc_id)),
            "_id": record.doc_id,
            "version": record.version,
            "version_type": "external",
        }
        bulk.append(msgspec.json.encode({"index": action}) + b"\n" + document_source(record) + b"\n")
        size += len(bulk[-1])
        if size >= BULK_BYTES:
            yield b"".join(bulk)
            bulk, size = [], 0
    if bulk:
        yield b"".join(bulk)


def _check(url: str, prefix: str, expected: int) -> None:
    """Everything is in there; then it makes room for the next."""
    with Elasticsearch(url) as client:
        client.indices.refresh(index=f"{prefix}-*")
        found = client.count(index=f"{prefix}-mentions")["count"]
        for index in client.indices.get(index=f"{prefix}-*"):
            client.indices.delete(index=index)
    if found != expected:
        raise RuntimeError(f"{found} of {expected} mentions are in the archive")


def _sqlite(records: Sequence[Record]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        sink = SqliteSink(Path(folder) / "veille.db")
        sink.open()
        began = time.perf_counter()
        for batch in _batches(records):
            sink.write(batch)
        rate = len(records) / (time.perf_counter() - began)
        sink.close()
    return rate
