"""The enrichment stage: posts in, mentions out; deletes pass through.

veille.posts.v1 --> decode, enrich, encode --> veille.mentions.v1, same key, same partition
                                        `----> veille.dead.v1, what cannot be read
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from veille.batches import Batch, Incoming, Row
from veille.clock import Clock
from veille.dead import dead_record
from veille.errors import Invalid
from veille.metrics import StageCounts
from veille.processors.app import Output, Transform
from veille.processors.pipeline import Made, mentions
from veille.topics import DEAD, MENTIONS, Headers, headers, parse_headers


def enriching(prefix: str, clock: Clock) -> Transform:
    """The transform that `processors.app.host` runs; `prefix` is that of the topics."""
    target, dead = MENTIONS.full_name(prefix), DEAD.full_name(prefix)

    def transform(batch: Batch) -> Output:
        rows: dict[int, list[Row]] = {}
        letters: list[Row] = []
        counts: dict[int, StageCounts] = {}
        for partition, records in batch.items():
            counted = counts[partition] = StageCounts(read=len(records))
            out = rows[partition] = []
            for record, row in zip(records, _rows(records, clock.now()), strict=True):
                if isinstance(row, Invalid):
                    counted.die(row.reason)
                    letters.append(_letter(record, row, clock))
                else:
                    counted.out += 1
                    out.append(row)
        return Output({target: rows, dead: {0: letters}}, counts)

    return transform


def _rows(records: Sequence[Incoming], at: datetime) -> Iterator[Row | Invalid]:
    """A row for each record, in order, or why there is none."""
    known = [parse_headers(record.headers) if record.key is not None else None for record in records]
    values = [record.value for record, said in zip(records, known, strict=True) if said and record.value is not None]
    made = iter(mentions(values, at))
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
    operation: Literal["create", "update"] = "update" if said.op == "update" else "create"
    return record.key, value, headers(version, operation, said.source), record.timestamp


def _letter(record: Incoming, error: Invalid, clock: Clock) -> Row:
    letter = dead_record(
        stage="enrich",
        reason=error.reason,
        detail=error.detail,
        key=record.key,
        value=record.value or b"",
        at=clock.now(),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
    )
    return letter.key, letter.value, letter.headers, None
