"""The enrichment stage: posts in, mentions out; deletes pass through.

veille.posts.v1 --> decode, enrich, encode --> veille.mentions.v1, same key, same partition
                                        `----> veille.dead.v1, what cannot be read
"""

from __future__ import annotations

from typing import Literal

from veille.batches import Batch, Incoming, Row
from veille.clock import Clock
from veille.dead import dead_record
from veille.errors import Invalid
from veille.metrics import StageCounts
from veille.processors.app import Output, Transform
from veille.processors.pipeline import mention_bytes
from veille.topics import DEAD, MENTIONS, headers, parse_headers


def enriching(prefix: str, clock: Clock) -> Transform:
    """The transform that `processors.app.host` runs; `prefix` is that of the topics."""
    mentions, dead = MENTIONS.full_name(prefix), DEAD.full_name(prefix)

    def transform(batch: Batch) -> Output:
        rows: dict[int, list[Row]] = {}
        letters: list[Row] = []
        counts: dict[int, StageCounts] = {}
        for partition, records in batch.items():
            counted = counts[partition] = StageCounts(read=len(records))
            out = rows[partition] = []
            for record in records:
                try:
                    out.append(_row(record, clock))
                    counted.out += 1
                except Invalid as error:
                    counted.die(error.reason)
                    letters.append(_letter(record, error, clock))
        return Output({mentions: rows, dead: {0: letters}}, counts)

    return transform


def _row(record: Incoming, clock: Clock) -> Row:
    known = parse_headers(record.headers)
    if record.key is None or known is None:
        raise Invalid("no_version", "no key, or no version header")
    if record.value is None:
        return record.key, None, list(record.headers), record.timestamp
    value, version = mention_bytes(record.value, clock.now())
    operation: Literal["create", "update"] = "update" if known.op == "update" else "create"
    return record.key, value, headers(version, operation, known.source), record.timestamp


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
