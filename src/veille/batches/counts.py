"""Counts that travel in the metadata of commits, so that a restart continues them."""

from __future__ import annotations

import msgspec

from veille.errors import Corrupt
from veille.metrics import StageCounts

METADATA_BYTES = 4096
"""Kafka's default `offset.metadata.max.bytes`."""


def load_counts(metadata: str) -> StageCounts:
    """Counts that an earlier commit left; the embedded broker drops them, and then counting begins anew."""
    if not metadata:
        return StageCounts()
    try:
        return msgspec.json.decode(metadata.encode(), type=StageCounts)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"the metadata of a committed offset is not ours: {metadata[:80]!r}") from error


def dump_counts(counts: StageCounts) -> str:
    """Counts as text for a commit; names of unknown kinds go first when there is no room."""
    text = msgspec.json.encode(counts).decode()
    if len(text.encode()) > METADATA_BYTES:
        text = msgspec.json.encode(msgspec.structs.replace(counts, kinds={})).decode()
    return text


class Left(StageCounts, omit_defaults=True):
    """What a group that rewinds leaves with an offset."""

    at: int = 0
    """Timestamp of the last record before it, in milliseconds since 1970."""


def left_at(metadata: str) -> int:
    """When the last record before a committed offset was, in milliseconds since 1970; 0 where that was not left."""
    return msgspec.json.decode(metadata.encode(), type=Left).at if metadata else 0
