"""What is known beside the mentions, written into an archive: the highest revision of each.

veille.windows.v1 --> windows --> FindingsSink        one reader a topic, beside the mentions of the same sink
veille.alerts.v1  --> alerts ---^
veille.actions.v1 --> actions --^                     what people did
veille.visits.v1  --> visits ---^                     what links brought, as the owner of a site reports
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from veille import action, alert, visit, window
from veille.action import Action
from veille.alert import Alert
from veille.batches import Batch, Row
from veille.dead import dead_row
from veille.errors import Invalid
from veille.metrics import StageCounts
from veille.sinks.loop import Loop
from veille.topics import ACTIONS, ALERTS, VISITS, WINDOWS, Topic
from veille.visit import Visits
from veille.window import Window

EXPIRES_EVERY_S = 600.0


class FindingsSink(Protocol):
    """One archive's windows, alerts, actions and visits. Of all revisions of one, in any order, the highest holds.

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

    def forget_actions(self, keys: Sequence[str]) -> None:
        """Let go of what people did, by the keys of the actions; returns when that is acknowledged."""

    def write_visits(self, visits: Sequence[Visits]) -> None:
        """Bring in what links brought, the latest report of each stretch; returns when they are acknowledged."""

    def expire(self, now: datetime) -> None:
        """Let go of windows and visits older than `WINDOWS_FOR`."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""


DECODERS: dict[Topic, Callable[[bytes], Any]] = {
    WINDOWS: window.decode,
    ALERTS: alert.decode,
    ACTIONS: action.decode,
    VISITS: visit.decode,
}


class FindingsLoop(Loop[FindingsSink]):
    """Brings one of the topics into one archive. An action that cannot be read is Corrupt, anything else a dead letter.

    `sink` is used by nobody else.
    """

    _expired_at: float | None = None

    async def work(self, batch: Batch) -> dict[int, StageCounts]:
        """Write what a batch holds."""
        counts = {partition: StageCounts(read=len(some)) for partition, some in batch.items()}
        found: list[Any] = []
        gone: dict[str, None] = {}
        dead: list[Row] = []
        for record in (record for some in batch.values() for record in some):
            try:
                key = (record.key or b"").decode("utf-8", "replace")
                if record.value is not None:
                    found.append(DECODERS[self._topic](record.value))
                    gone.pop(key, None)
                else:
                    gone[key] = None
                counts[record.partition].out += 1
            except Invalid as error:
                counts[record.partition].die(error.reason)
                dead.append(dead_row(self._sink.name, record, error, self._clock.now()))
        await self._patient.patiently(lambda: self._write(found))
        if gone and self._topic is ACTIONS:
            await self._patient.patiently(lambda: self._sink.forget_actions([*gone]))
        await self._bury(dead)
        return counts

    def _write(self, found: Sequence[Any]) -> None:
        writers: dict[Topic, Callable[[Any], None]] = {
            WINDOWS: self._sink.write_windows,
            ALERTS: self._sink.write_alerts,
            ACTIONS: self._sink.write_actions,
            VISITS: self._sink.write_visits,
        }
        if found:
            writers[self._topic](found)
        now = self._clock.monotonic()
        if self._topic is WINDOWS and (self._expired_at is None or now - self._expired_at >= EXPIRES_EVERY_S):
            self._expired_at = now
            self._sink.expire(self._clock.now())
