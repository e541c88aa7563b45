"""What the windows stage found, and what people did about it, written into an archive: the highest revision of each.

veille.windows.v1 --> windows --> FindingsSink        one reader a topic, beside the mentions of the same sink
veille.alerts.v1  --> alerts ---^
veille.actions.v1 --> actions --^
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from veille import action, alert, window
from veille.action import Action
from veille.alert import Alert
from veille.batches import CLUSTER, Batch, BatchProducer, BatchReader, Incoming, Pace, Row, Watchdog
from veille.clock import Clock
from veille.dead import dead_record
from veille.errors import Invalid, Unavailable
from veille.metrics import StageCounts
from veille.sinks.patient import Patient
from veille.topics import ACTIONS, DEAD, WINDOWS, Topic
from veille.window import Window

WINDOWS_FOR = timedelta(days=400)
"""How long windows are kept, as on their topic. Alerts stay."""

EXPIRES_EVERY_S = 3600.0

log = logging.getLogger(__name__)


class FindingsSink(Protocol):
    """One archive's windows, alerts and actions. Of all revisions of one, in any order, the highest is in effect.

    Used by one thread at a time. Methods raise Unavailable: then nothing is known to be written.
    """

    name: str

    def open(self) -> None:
        """Connect, and make what there must be. Raises Misused, Corrupt."""

    def write_windows(self, windows: Sequence[Window]) -> None:
        """Bring windows in; returns when they are acknowledged."""

    def write_alerts(self, alerts: Sequence[Alert]) -> None:
        """Bring alerts in; returns when they are acknowledged."""

    def write_actions(self, actions: Sequence[Action]) -> None:
        """Bring in what people did, the latest of each key; returns when they are acknowledged."""

    def expire(self, now: datetime) -> None:
        """Let go of windows older than `WINDOWS_FOR`."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""


class FindingsLoop:
    """Brings one of the topics into one archive, as a member of `group`."""

    def __init__(
        self,
        sink: FindingsSink,
        options: Mapping[str, Any],
        *,
        topic: Topic,
        group: str,
        prefix: str,
        clock: Clock,
        pace: Pace = CLUSTER,
    ) -> None:
        """`topic`: windows, alerts or actions."""
        self._sink, self._options, self._topic, self._prefix = sink, options, topic, prefix
        self._group = group
        self._clock, self._pace = clock, pace
        self._producer = BatchProducer(options)
        self._watchdog = Watchdog(clock)
        self._expired_at: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop`. Raises Misused or Corrupt when the archive does; one that is away is waited for.

        Corrupt also for an action that cannot be read.
        """
        self._patient = Patient(self._sink.name, stop, self._clock, self._watchdog)
        self._watchdog.start()
        try:
            await self._patient.patiently(self._sink.open)
            await self._producer.start()
            reader = BatchReader(
                self._options,
                group=self._group,
                topic=self._topic.full_name(self._prefix),
                watchdog=self._watchdog,
                pace=self._pace,
            )
            await reader.run(self._work, stop)
        except Unavailable as error:
            if not stop.is_set():
                raise
            log.warning("%s stops while it waits, and reads the rest again later: %s", self._sink.name, error)
        finally:
            self._watchdog.stop()
            await self._producer.stop()
            await self._patient.alone(self._sink.close)

    async def _work(self, batch: Batch) -> dict[int, StageCounts]:
        counts = {partition: StageCounts(read=len(some)) for partition, some in batch.items()}
        windows: list[Window] = []
        alerts: list[Alert] = []
        actions: list[Action] = []
        dead: list[Row] = []
        for record in (record for some in batch.values() for record in some):
            try:
                if record.value is not None and self._topic is WINDOWS:
                    windows.append(window.decode(record.value))
                elif record.value is not None and self._topic is ACTIONS:
                    actions.append(action.decode(record.value))
                elif record.value is not None:
                    alerts.append(alert.decode(record.value))
                counts[record.partition].out += 1
            except Invalid as error:
                counts[record.partition].die(error.reason)
                dead.append(letter(self._sink.name, record, error, self._clock.now()))
        await self._patient.patiently(lambda: self._write(windows, alerts, actions))
        await self._producer.write({DEAD.full_name(self._prefix): {0: dead}} if dead else {})
        return counts

    def _write(self, windows: Sequence[Window], alerts: Sequence[Alert], actions: Sequence[Action]) -> None:
        if windows:
            self._sink.write_windows(windows)
        if alerts:
            self._sink.write_alerts(alerts)
        if actions:
            self._sink.write_actions(actions)
        now = self._clock.monotonic()
        if self._topic is WINDOWS and (self._expired_at is None or now - self._expired_at >= EXPIRES_EVERY_S):
            self._expired_at = now
            self._sink.expire(self._clock.now())


def letter(stage: str, record: Incoming, error: Invalid, at: datetime) -> Row:
    """The dead letter of a record."""
    made = dead_record(
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
    return made.key, made.value, made.headers, None
