"""Where a source resumes, and that only one instance of it moves that on. Value of `veille.cursors.v1`.

    read_all --> the last record of this source --claim--> our first record --> our next ones
                                             Tail, once a second: a newcomer's record after our claim --> Corrupt

What is guaranteed: a record is written only within `TRUSTED_S` of a look at the topic, and each process claims its
source with a record before it reads. So of two instances the older one ends seconds after the newer has started, and
what both published in between is the same records twice. Nothing is lost, whichever of them wrote last: a cursor is
written after everything before it has been acknowledged.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from veille.clock import Clock
from veille.errors import Corrupt
from veille.followed import Follower
from veille.gap import Gap
from veille.kafka import Record, Tail, read_all
from veille.metrics import StageCounts
from veille.reading import Reading
from veille.settings import KafkaSettings
from veille.topics import CURSORS


class CursorRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a source is, what it did with all that it read, and which process says so."""

    source: str
    """Name of the source."""
    cursor: str | None = None
    """What `Source.read` resumes from; everything before it has been acknowledged."""
    counts: StageCounts = msgspec.field(default_factory=StageCounts)
    """Cumulative, through all restarts."""
    instance: str = ""
    """Names the process that wrote it."""
    at: datetime | None = None
    """When it was written."""
    gaps: tuple[Gap, ...] = ()
    """Gaps that are open."""
    watches: str = ""
    """Hash of the watches under which it matched last."""
    reading: Reading | None = None
    """What this process has read."""
    began: datetime | None = None
    """When the source was read for the first time ever."""


class Ownership(Follower):
    """Follows the cursors topic and knows whether another instance has taken the source over."""

    def __init__(self, source: str, kafka: KafkaSettings, clock: Clock) -> None:
        super().__init__(kafka, clock, CURSORS)
        self.source, self.instance = source, uuid.uuid4().hex
        self._claimed = False
        self._older: set[str] = set()

    def start(self) -> CursorRecord:
        """Begin to follow; returns where the source stands now. Write a claim next. Raises Unavailable, Corrupt."""
        latest: CursorRecord | Corrupt = CursorRecord(source=self.source)
        for record in filter(self._is_ours, read_all(self._kafka, self.topic)):
            try:
                latest = self._decoded(record)
                self._older.add(latest.instance)
            except Corrupt as error:
                latest = error
        if isinstance(latest, Corrupt):
            raise latest
        self._tail = Tail(self._kafka, [self.topic], self._ended)
        self._thread.start()
        return latest

    def may_write(self) -> bool:
        """Whether a cursor may be written now; False: the topic could not be looked at lately.

        Raises Corrupt when another instance has moved the cursor, Misused when the topic must not be read any more.
        """
        return self._trusted

    def take_all(self, records: Sequence[Record]) -> None:
        """Note who moves our cursor. Raises Corrupt for one that cannot be read."""
        for record in filter(self._is_ours, records):
            try:
                self._note(self._decoded(record).instance)
            except Corrupt:
                if self._claimed:
                    raise  # else it is from before the claim, and not the last word there

    def _note(self, instance: str) -> None:
        if instance == self.instance:
            self._claimed = True
        elif not self._claimed:
            self._older.add(instance)
        elif instance and instance not in self._older:
            self._fault = Corrupt(
                f"another instance of the source {self.source} ({instance[:8]}) has moved its cursor, and exactly one "
                f"may run: this one ({self.instance[:8]}) stops. End one of the two before you start it again"
            )

    def _is_ours(self, record: Record) -> bool:
        return record.key == self.source.encode()

    def _decoded(self, record: Record) -> CursorRecord:
        """A null begins anew. Raises Corrupt."""
        if record.value is None:
            return CursorRecord(source=self.source)
        try:
            return msgspec.json.decode(record.value, type=CursorRecord)
        except msgspec.DecodeError as error:
            raise Corrupt(
                f"the cursor of the source {self.source} cannot be read ({record.topic}, offset {record.offset}): "
                f"{error}. Publish a null under the key {self.source} there to start anew"
            ) from error
