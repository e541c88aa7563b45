"""Counts that travel in the metadata of commits, so that a restart continues them.

The embedded broker drops that metadata: there each group keeps its counts in a file as well.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec

from veille.errors import Corrupt
from veille.metrics import StageCounts

log = logging.getLogger(__name__)

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


def added(some: Iterable[StageCounts]) -> StageCounts:
    """All of them together."""
    total = StageCounts()
    for each in some:
        total.add(each)
    return total


class KeptCounts:
    """What a group did in all runs on a data folder, in a file there. `folder` None: nowhere."""

    def __init__(self, folder: Path | None, group: str) -> None:
        self._path = folder / f"{group}.json" if folder is not None else None
        self._before = self.load() or StageCounts()
        self._failing = False

    def load(self) -> StageCounts | None:
        """None where none are kept, or what is there cannot be read: then counting begins anew."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=StageCounts) if self._path is not None else None
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self, counts: Iterable[StageCounts]) -> None:
        """Add what this process counted to what was kept when it began; where that cannot be written, work goes on."""
        if self._path is None:
            return
        partly = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(exist_ok=True)
            partly.write_bytes(msgspec.json.encode(added([self._before, *counts])))
            partly.replace(self._path)
            self._failing = False
        except OSError as error:
            if not self._failing:  # told once: it is tried with each batch, several times a second
                log.warning("%s: what was counted cannot be kept: %s", self._path, error)
            self._failing = True


class Left(StageCounts, omit_defaults=True):
    """What a group that rewinds leaves with an offset."""

    at: int = 0
    """Timestamp of the last record before it, in milliseconds since 1970."""


def left_at(metadata: str) -> int:
    """When the last record before a committed offset was, in milliseconds since 1970; 0 where that was not left."""
    return msgspec.json.decode(metadata.encode(), type=Left).at if metadata else 0
