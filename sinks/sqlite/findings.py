"""Windows, alerts and actions in the SQLite archive: written by revision, read back by time.

Window, Alert --the higher revision stays--> tables `windows`, `alerts` --> FindingsReader, a part of SqliteArchive
"""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from veille.action import Action, Actions, Of
from veille.alert import Alert
from veille.errors import Corrupt
from veille.findings import SUMMED, WindowSum
from veille.identity import microseconds
from veille.sinks.paging import starts_of_windows
from veille.sinks.sqlite import quarters, visits
from veille.sinks.sqlite.state import PUT_ACTION
from veille.sinks.sqlite.tables import connect_writer, in_place, meanings
from veille.visit import Visits
from veille.window import WINDOWS_FOR, Window

PUT_WINDOW = f"""
INSERT INTO windows (watch, since, revision, coverage, {", ".join(SUMMED)}, window)
VALUES ({"?, " * (len(SUMMED) + 4)} CAST(? AS TEXT))
ON CONFLICT (watch, since) DO UPDATE SET revision = excluded.revision, coverage = excluded.coverage,
    {", ".join(f"{name} = excluded.{name}" for name in SUMMED)}, window = excluded.window
WHERE excluded.revision > windows.revision
"""  # noqa: S608  # names of columns
PUT_ALERT = """
INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT))
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, watch = excluded.watch, since = excluded.since,
    closed_at = excluded.closed_at, open = excluded.open, alert = excluded.alert
WHERE excluded.revision > alerts.revision
"""

WINDOW, ALERT, ACTION = msgspec.json.Decoder(Window), msgspec.json.Decoder(Alert), msgspec.json.Decoder(Action)


class SqliteFindings:
    """The tables of windows and alerts as a sink; see `veille.sinks.findings.FindingsSink`."""

    name = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file, or make it."""
        self.close()
        self._connection = connect_writer(self._path)

    def write_windows(self, windows: Sequence[Window]) -> None:
        """Bring windows in, in one transaction."""
        self._write(PUT_WINDOW, [_window_row(window) for window in windows])

    def write_alerts(self, alerts: Sequence[Alert]) -> None:
        """Bring alerts in, in one transaction."""
        self._write(PUT_ALERT, [_alert_row(alert) for alert in alerts])

    def write_actions(self, actions: Sequence[Action]) -> None:
        """Bring actions in, in one transaction."""
        self._write(PUT_ACTION, [(each.key, each.version, msgspec.json.encode(each)) for each in actions])

    def forget_actions(self, keys: Sequence[str]) -> None:
        """Let go of actions, in one transaction."""
        self._write("DELETE FROM actions WHERE key = ?", [(key,) for key in keys])

    def write_visits(self, each: Sequence[Visits]) -> None:
        """Bring visits in, in one transaction."""
        self._write(visits.PUT, [*map(visits.row, each)])

    def expire(self, now: datetime) -> None:
        """Let go of windows and visits that are past their time."""
        before = _seconds(now - WINDOWS_FOR)
        self._write("DELETE FROM windows WHERE since < ?", [(before,)])
        self._write(visits.EXPIRE, [(before,)])

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if self._connection is None:
            raise Corrupt("the SQLite sink is used before it is opened")
        with meanings(self._path):
            in_place(self._connection, self._path).execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(statement, rows)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


class FindingsReader(visits.VisitsReader):
    """Reads them; see `veille.findings.Findings`."""

    def windows(self, watch: str | None, *, since: datetime, until: datetime) -> list[Window]:
        """Windows by the beginning of their minute."""
        rows = self._rows(
            "SELECT window FROM windows WHERE (? IS NULL OR watch = ?) AND since >= ? AND since < ? "
            "ORDER BY since, watch",
            [watch, watch, _ceiling(since), _ceiling(until)],
        )
        return [_read(WINDOW, row[0]) for row in rows]

    def window_sums(self, watch: str, *, since: datetime, until: datetime, interval: int) -> list[WindowSum]:
        """Sums of windows."""
        starts = starts_of_windows(since, until, interval)
        begin, end = _ceiling(since), _ceiling(until)
        if self._rows(quarters.ARE_KEPT):
            rows = self._rows(quarters.SUMS, quarters.asked(watch, begin, end, interval))
        else:
            rows = self._rows(quarters.OF_MINUTES, [watch, begin, end, interval])
        found = {row[0] * interval: row[1:] for row in rows}
        return [_sum(start, found.get(start)) for start in starts]

    def alerts(
        self,
        *,
        watch: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        only_open: bool = False,
        limit: int = 100,
    ) -> list[Alert]:
        """Alerts with any time in the range, those that began last first."""
        rows = self._rows(
            "SELECT alert FROM alerts WHERE (? IS NULL OR watch = ?) AND (? IS NULL OR since < ?) "
            "AND (? IS NULL OR closed_at IS NULL OR closed_at >= ?) AND open >= ? ORDER BY since DESC, id LIMIT ?",
            [
                watch,
                watch,
                *[until and microseconds(until)] * 2,
                *[since and microseconds(since)] * 2,
                only_open,
                limit,
            ],
        )
        return [_read(ALERT, row[0]) for row in rows]

    def alert(self, alert_id: str) -> Alert | None:
        """One alert."""
        rows = self._rows("SELECT alert FROM alerts WHERE id = ?", [alert_id])
        return _read(ALERT, rows[0][0]) if rows else None

    def actions(self, of: Of, subject: str) -> list[Action]:
        """What people did about one subject."""
        first, last = f"{of}/{subject}/", f"{of}/{subject}0"  # all keys between: 0 comes after the slash
        rows = self._rows("SELECT action FROM actions WHERE key > ? AND key < ?", [first, last])
        return Actions(_read(ACTION, row[0]) for row in rows).of(of, subject)

    def done_since(self, of: Of, since: datetime) -> list[Action]:
        """What people did about subjects of a kind since then."""
        first, last = f"{of}/", f"{of}0"
        rows = self._rows(
            "SELECT action FROM actions WHERE key > ? AND key < ? AND version >= ?", [first, last, microseconds(since)]
        )
        return [_read(ACTION, row[0]) for row in rows]

    @abstractmethod
    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of a statement."""


def _window_row(window: Window) -> tuple[object, ...]:
    counts = (getattr(window, name) for name in SUMMED)
    return (
        window.watch,
        _seconds(window.since),
        window.revision,
        window.coverage,
        *counts,
        msgspec.json.encode(window),
    )


def _alert_row(alert: Alert) -> tuple[object, ...]:
    closed = microseconds(alert.closed_at) if alert.closed_at else None
    since = microseconds(alert.since)
    return alert.id, alert.revision, alert.watch, since, closed, alert.open, msgspec.json.encode(alert)


def _sum(start: int, row: Sequence[Any] | None) -> WindowSum:
    begins = datetime.fromtimestamp(start, UTC)
    if row is None:
        return WindowSum(start=begins)
    minutes, coverage, *counts = row
    return WindowSum(start=begins, minutes=minutes, coverage=coverage, **dict(zip(SUMMED, counts, strict=True)))


def _read(decoder: msgspec.json.Decoder[Any], stored: str) -> Any:
    try:
        return decoder.decode(stored)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"a window or an alert in the archive cannot be read: {error}") from error


def _seconds(moment: datetime) -> int:
    return microseconds(moment) // 1_000_000


def _ceiling(moment: datetime) -> int:
    return -(-microseconds(moment) // 1_000_000)
