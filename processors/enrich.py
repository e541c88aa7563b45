"""The enrichment stage: posts in, mentions out; deletes pass through.

veille.posts.v1 --> decode, enrich, encode --> veille.mentions.v1, same key, same partition
                                        `----> veille.dead.v1, what cannot be read
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal

from veille.batches import Batch, Incoming, Row
from veille.clock import Clock
from veille.dead import dead_row
from veille.errors import Invalid
from veille.metrics import StageCounts
from veille.post import Author, Post, encode
from veille.processors.app import Output, Transform
from veille.processors.pipeline import Made, mentions
from veille.processors.sentiment_tiers import Tiers
from veille.topics import DEAD, LARGEST_VALUE, MENTIONS, Headers, headers, parse_headers

THEN = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = Post(
    doc_id="feed:first",
    version="1",
    source="feed",
    native_id="first",
    created_at=THEN,
    received_at=THEN,
    text="Is there a kettle in Paris? 🫖 #tea",
    author=Author(location="Lyon, France"),
)
"""A post that asks something of every step."""


def enriching(prefix: str, clock: Clock, tiers: Tiers | None = None) -> Transform:
    """The transform that `processors.app.host` runs; `prefix` is that of the topics, `tiers` as in `mentions`."""
    target, dead = MENTIONS.full_name(prefix), DEAD.full_name(prefix)

    def transform(batch: Batch) -> Output:
        at = clock.now()
        rows: dict[int, list[Row]] = {partition: [] for partition in batch}
        counts = {partition: StageCounts(read=len(records)) for partition, records in batch.items()}
        letters: list[Row] = []
        together = [(partition, record) for partition, records in batch.items() for record in records]
        made = _rows([record for _, record in together], at, tiers)
        for (partition, record), row in zip(together, made, strict=True):
            if isinstance(row, Invalid):
                counts[partition].die(row.reason)
                letters.append(dead_row("enrich", record, row, at))
            else:
                counts[partition].out += 1
                rows[partition].append(row)
        return Output({target: rows, dead: {0: letters}}, counts)

    return transform


def load() -> None:
    """Load the tables of all steps now, not with the first post, and keep the garbage collector off them."""
    mentions([encode(FIRST)], FIRST.received_at)
    gc.freeze()


def _rows(records: Sequence[Incoming], at: datetime, tiers: Tiers | None) -> Iterator[Row | Invalid]:
    """A row for each record, in order, or why there is none."""
    known = [parse_headers(record.headers) if record.key is not None else None for record in records]
    values = [record.value for record, said in zip(records, known, strict=True) if said and record.value is not None]
    made = iter(mentions(values, at, tiers))
    for record, said in zip(records, known, strict=True):
        if said is None:
            yield Invalid("no_version", "no key, or no version header")
        elif record.value is None:
            yield record.key, None, list(record.headers), record.timestamp
        else:
            yield _row(record, said, next(made))


def _row(record: Incoming, said: Headers, made: Made | Invalid) -> Row | Invalid:
    if isinstance(made, Invalid):
        return made
    value, version = made
    if len(value) > LARGEST_VALUE:  # no broker would take it, however often it is tried
        return Invalid("too_large", f"a mention of {len(value):,} bytes, expected at most {LARGEST_VALUE:,}")
    operation: Literal["create", "update"] = "update" if said.op == "update" else "create"
    return record.key, value, headers(version, operation, said.source), record.timestamp
