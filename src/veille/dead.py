"""Dead letters, written: the untouched bytes of a record that a stage could not use, and why, in headers.

record, reason --dead_record--> DeadRecord --> veille.dead.v1 --> veille.letters reads it back
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from veille.errors import Invalid
from veille.metrics import DEAD_REASONS
from veille.topics import DEAD_HEAD, DEAD_WHOLE

if TYPE_CHECKING:
    from veille.batches import Incoming, Row

LONGEST_DETAIL = 300
"""Characters of what is said beyond the reason."""


class DeadRecord(NamedTuple):
    """One record of `veille.dead.v1`; its headers are those that `dead_record` knows a value for."""

    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]


def dead_record(
    *,
    stage: str,
    reason: str,
    key: bytes | None,
    value: bytes,
    at: datetime,
    detail: str = "",
    topic: str = "",
    partition: int | None = None,
    offset: int | None = None,
    source: str = "",
    size: int | None = None,
) -> DeadRecord:
    """A dead letter of `value`: whole up to 8 MiB, beyond that its first MiB with length and hash.

    `topic`, `partition` and `offset` say where it came from; a source has none. `size` is the whole length in bytes
    where `value` holds only the beginning. Raises KeyError for a reason that is not one of DEAD_REASONS.
    """
    if reason not in DEAD_REASONS:
        raise KeyError(f"{reason!r} is no dead reason: add it to veille.metrics.DEAD_REASONS first")
    kept = value if len(value) <= DEAD_WHOLE else value[:DEAD_HEAD]
    whole = max(size or 0, len(value))
    said = {
        "stage": stage,
        "reason": reason,
        "detail": " ".join(detail.split())[:LONGEST_DETAIL],
        "topic": topic,
        "partition": "" if partition is None else str(partition),
        "offset": "" if offset is None else str(offset),
        "at": at.astimezone(UTC).isoformat(),
        "source": source,
        "size": str(whole),
        "sha256": hashlib.sha256(value).hexdigest(),
        "truncated": "1" if len(kept) < whole else "",
    }
    return DeadRecord(key, kept, [(name, text.encode("utf-8", "replace")) for name, text in said.items() if text])


def dead_row(stage: str, record: Incoming, error: Invalid, at: datetime) -> Row:
    """The dead letter of a record of a topic, ready to produce."""
    letter = dead_record(
        stage=stage,
        reason=error.reason,
        detail=error.detail,
        key=record.key,
        value=record.value or b"",
        at=at,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
    )
    return letter.key, letter.value, letter.headers, None
