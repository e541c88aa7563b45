"""What the loops of all sinks share: one system that is waited for while it is away, a producer, an end in good order.

open the system, connect --> read a topic, batch by batch, until `stop` --> let go of both
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

from veille.batches import CLUSTER, Batch, Pace, Row, Watchdog, until_stopped
from veille.batches.producing import BatchProducer
from veille.batches.reading import BatchReader
from veille.clock import Clock
from veille.errors import Unavailable
from veille.metrics import StageCounts
from veille.sinks.patient import Patient
from veille.topics import DEAD, Topic

log = logging.getLogger(__name__)


class Opened(Protocol):
    """One system that records are brought into. Used by one thread at a time."""

    name: str

    def open(self) -> None:
        """Connect, and see that what is there fits. Raises Unavailable, Misused, Corrupt."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""


System = TypeVar("System", bound=Opened)


class Loop(ABC, Generic[System]):
    """Brings one topic into one system, as a member of `group`. `sink` is used by nobody else."""

    def __init__(
        self,
        sink: System,
        options: Mapping[str, Any],
        *,
        topic: Topic,
        group: str,
        prefix: str,
        clock: Clock,
        pace: Pace = CLUSTER,
    ) -> None:
        """`options`: aiokafka's, of the connection; `prefix`: of the topics."""
        self._sink, self._options, self._topic, self._group = sink, options, topic, group
        self._prefix, self._clock, self._pace = prefix, clock, pace
        self._producer = BatchProducer(options)
        self._watchdog = Watchdog(clock)
        self.stopping(asyncio.Event())

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`. Raises Misused or Corrupt when the system does; one that is away is waited for."""
        self.stopping(stop)
        self._watchdog.start()
        try:
            await until_stopped(self._work(), stop)
        except Unavailable as error:
            if not stop.is_set():
                raise
            log.warning("%s stops while it waits, and reads the rest again later: %s", self._sink.name, error)
        finally:
            self._watchdog.stop()
            await self._producer.stop()
            await self._patient.let_go(self._sink.close)
            await self._closed()

    async def _work(self) -> None:
        await self._patient.patiently(self._sink.open)
        await self._opened()
        await self._producer.start()
        await self._read(
            BatchReader(
                self._options,
                group=self._group,
                topic=self._topic.full_name(self._prefix),
                watchdog=self._watchdog,
                pace=self._pace,
            )
        )

    def stopping(self, stop: asyncio.Event) -> None:
        """Wait for the system no longer than until `stop`."""
        self._stop = stop
        self._patient = Patient(self._sink.name, stop, self._clock, self._watchdog)

    @abstractmethod
    async def work(self, batch: Batch) -> dict[int, StageCounts]:
        """Bring a batch into effect, and say what became of it, by partition."""

    async def _opened(self) -> None:
        """What there is to do once the system is open, and before anything is read."""

    async def _closed(self) -> None:
        """What there is to let go of at the end."""

    async def _read(self, reader: BatchReader) -> None:
        await reader.run(self.work, self._stop)

    async def _bury(self, dead: list[Row]) -> None:
        """Write dead letters."""
        if dead:
            await self._producer.write({DEAD.full_name(self._prefix): {0: dead}})
