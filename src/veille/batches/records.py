"""Records as they are read and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct


class Incoming(Struct, gc=False):
    """A record as read; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    again: bool = False
    """The group dealt with it before: it is read again for what a process must know of the time before its start."""


Batch = dict[int, list[Incoming]]
"""Records of one poll by partition, each list in order."""


Row = tuple[bytes | None, bytes | None, list[tuple[str, bytes]], int | None]
"""Key, value, headers, timestamp in milliseconds since 1970 (None: now)."""

Rows = Mapping[str, Mapping[int, Sequence[Row]]]
"""What to produce: topic, partition, rows in order."""
