"""Where a source resumes, and that only one instance of it moves that on. Value of `veille.cursors.v1`.

    read_all --> the last record of this source --claim--> our first record --> our next ones
                                             Tail, once a second: a newcomer's record after our claim --> Corrupt

What is guaranteed: a record is written only within `TRUSTED_S` of a look at the topic, and each process claims its
source with a record before it reads. So of two instances the older one ends seconds after the newer has started, and
what both published in between is the same records twice. Nothing is lost, whichever of them wrote last: a cursor is
written after everything before it has been acknowledged.
"""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import datetime

import msgspec
from msgspec import Struct

from veille.clock import Clock
from veille.errors import Corrupt, Unavailable
from veille.gap import Gap
from veille.kafka import Record, Tail, read_all
from veille.metrics import StageCounts
from veille.reading import Reading
from veille.settings import KafkaSettings
from veille.topics import CURSORS

LOOK_S = 1.0
TRUSTED_S = 5.0
"""How old the last look at the topic may be when a cursor is written."""

log = logging.getLogger(__name__)


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


class Ownership:
    """Follows the cursors topic and knows whether another instance has taken the source over."""

    def __init__(self, source: str, kafka: KafkaSettings, clock: Clock) -> None:
        self.source, self.topic = source, CURSORS.full_name(kafka.prefix)
        self.instance = uuid.uuid4().hex
        self._kafka, self._clock = kafka, clock
        self._tail: Tail | None = None
        self._claimed = False
        self._older: set[str] = set()
        self._fault: Exception | None = None
        self._looked_at = clock.monotonic()
        self._one_look = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"{source}-ownership", daemon=True)

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
        self._tail = Tail(self._kafka, [self.topic])
        self._thread.start()
        return latest

    def may_write(self) -> bool:
        """Whether a cursor may be written now; False: the topic could not be looked at lately.

        Raises Corrupt when another instance has moved the cursor, Misused when the topic must not be read any more.
        """
        if self._fault is not None:
            raise self._fault
        return self._clock.monotonic() - self._looked_at < TRUSTED_S

    def look(self) -> None:
        """Take in what was written since the last look. Raises Unavailable."""
        with self._one_look:
            assert self._tail is not None
            now = self._clock.monotonic()
            for record in filter(self._is_ours, self._tail.read()):
                try:
                    self._note(self._decoded(record).instance)
                except Corrupt:
                    if self._claimed:
                        raise  # else it is from before the claim, and not the last word there
            self._looked_at = now

    def close(self) -> None:
        """Follow no more."""
        self._ended.set()
        if self._tail is not None:
            self._thread.join()
            self._tail.close()

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

    def _follow(self) -> None:
        away = False
        while not self._ended.wait(LOOK_S):
            try:
                self.look()
                away = False
            except Unavailable as error:
                if not away:
                    log.warning("%s: the cursors topic cannot be followed: %s", self.source, error)
                away = True
            except Exception as error:  # whatever it is: a source that nobody looks after any more must not go on
                self._fault = error
                return

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
