"""What a sink is: it brings records into one system, each exactly once in effect.

    veille.mentions.v1 --> write.py: read, write, dead letters, commit --> Sink.write(batch)

The rule of every implementation (tests/contracts/sink.py): of all versions of a doc id ever written, in any order,
repeated or not, the highest is in effect; a delete leaves a marker that refuses everything older.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from msgspec import Struct


class Record(Struct, frozen=True):
    """One record of `veille.mentions.v1`, still in bytes."""

    doc_id: str
    version: int
    value: bytes | None
    """The mention's JSON; None: deleted."""
    source: str = ""


class Outcome(Enum):
    """What became of a record."""

    APPLIED = "applied"
    """It is in effect now."""
    REPEATED = "repeated"
    """This very version was in effect already."""
    STALE = "stale"
    """A newer version is in effect; this one is superseded."""
    BURIED = "buried"
    """A newer delete marker refused it: the null must be published again (compaction keeps what came last)."""
    REFUSED = "refused"
    """The system will never take it: a dead letter."""


class Verdict(Struct, frozen=True):
    """The outcome of one record; `reason` (of DEAD_REASONS) and `detail` for REFUSED, `marker` for BURIED."""

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    marker: int = 0
    """Version of the delete marker that refused the record."""


class Sink(Protocol):
    """One system that mentions are written into. Used by one thread at a time."""

    name: str

    def open(self) -> None:
        """Connect and check that what is there fits (template, tables). Raises Unavailable, Misused or Corrupt."""

    def write(self, records: Sequence[Record]) -> list[Verdict]:
        """Bring all of them in; one verdict a record, in order. Blocks until the system has acknowledged.

        Raises Unavailable when the system is away or full: nothing is known to be written then, and the caller
        writes the same batch again later.
        """

    def tend(self) -> None:
        """Housekeeping between batches, called about once a minute; cheap when there is nothing to do.

        What was deleted must be gone from the system's files within 15 minutes through this alone.
        """

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
