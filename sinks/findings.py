"""What the windows stage found, and what people did about it, written into an archive: the highest revision of each.

veille.windows.v1 --> windows --> FindingsSink        one reader a topic, beside the mentions of the same sink
veille.alerts.v1  --> alerts ---^
veille.actions.v1 --> actions --^
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from veille import action, alert, window
from veille.action import Action
from veille.alert import Alert
from veille.batches import Batch, Row
from veille.dead import dead_row
from veille.errors import Invalid
from veille.metrics import StageCounts
from veille.sinks.loop import Loop
from veille.topics import ACTIONS, WINDOWS
from veille.window import Window

WINDOWS_FOR = timedelta(days=400)
"""How long windows are kept, as on their topic. Alerts stay."""

EXPIRES_EVERY_S = 3600.0


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


class FindingsLoop(Loop[FindingsSink]):
    """Brings one of the topics into one archive: windows, alerts or actions. An action that cannot be read is Corrupt.

    `sink` is used by nobody else.
    """

    _expired_at: float | None = None

    async def work(self, batch: Batch) -> dict[int, StageCounts]:
        """Write what a batch holds."""
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
                dead.append(dead_row(self._sink.name, record, error, self._clock.now()))
        await self._patient.patiently(lambda: self._write(windows, alerts, actions))
        await self._bury(dead)
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
