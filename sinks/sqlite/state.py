"""State of the embedded run, kept in the archive's file because its broker forgets.

checkpoint.py --save--> cursors, gaps, orders, authors, deliveries, actions, dead, named --load--> a fresh broker
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from veille.action import Action
from veille.action import decode as decode_action
from veille.sinks.sqlite.tables import connect_reader, connect_writer, meanings

DEAD_FOR = timedelta(days=7)
"""How long a dead letter is kept, as on its topic."""

ORDERS_FOR = timedelta(days=30)
"""How long an order is kept, as on its topic."""


class DeadLetter(Struct, frozen=True):
    """One record that a stage could not use; `id` names it for `get` and `remove`."""

    id: int
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]
    at: datetime


DELIVERED_FOR = timedelta(days=400)
"""How long it is remembered what a receiver was told, as on its topic."""

PUT_ACTION = """
INSERT INTO actions VALUES (?, ?, CAST(? AS TEXT)) ON CONFLICT (key) DO UPDATE
SET version = excluded.version, action = excluded.action WHERE excluded.version >= actions.version
"""


class SqliteState:
    """Cursors, gaps, dead letters and named values. Every call commits by itself; used by one thread at a time.

    Methods raise Unavailable while the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect_writer(path)

    def cursors(self) -> dict[str, str]:
        """Where each source resumes."""
        return dict(self._rows("SELECT source, cursor FROM cursors"))

    def save_cursor(self, source: str, cursor: str, at: datetime) -> None:
        """Replace a source's cursor."""
        self._rows("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", (source, cursor, at.isoformat()))

    def gaps(self) -> dict[str, bytes]:
        """Every gap by its id, as it came from the topic."""
        return dict(self._rows("SELECT id, gap FROM gaps ORDER BY rowid"))

    def save_gap(self, gap_id: str, gap: bytes) -> None:
        """Add a gap, or replace it by its closed form."""
        self._rows("INSERT INTO gaps VALUES (?, ?) ON CONFLICT DO UPDATE SET gap = excluded.gap", (gap_id, gap))

    def remove_gap(self, gap_id: str) -> None:
        """Forget a gap."""
        self._rows("DELETE FROM gaps WHERE id = ?", (gap_id,))

    def orders(self) -> list[tuple[bytes, bytes]]:
        """Orders about authors, as (key, value), in the order in which they came."""
        return self._rows("SELECT key, value FROM orders ORDER BY rowid")

    def save_order(self, key: bytes, order: bytes, at: datetime) -> None:
        """Add an order, once."""
        self._rows("INSERT OR IGNORE INTO orders VALUES (?, ?, ?)", (order, key, _stamp(at)))

    def authors(self) -> dict[bytes, bytes]:
        """States of authors, and the secret of their keys, as on their topic."""
        return dict(self._rows("SELECT key, value FROM authors"))

    def save_author(self, key: bytes, value: bytes | None) -> None:
        """Replace a state; None: forget it."""
        if value is None:
            self._rows("DELETE FROM authors WHERE key = ?", (key,))
        else:
            self._rows("INSERT OR REPLACE INTO authors VALUES (?, ?)", (key, value))

    def deliveries(self) -> dict[bytes, bytes]:
        """What receivers were told, as on their topic."""
        return dict(self._rows("SELECT key, value FROM deliveries"))

    def save_delivery(self, key: bytes, value: bytes | None, at: datetime) -> None:
        """Replace what a receiver was told of an alert; None: forget it."""
        if value is None:
            self._rows("DELETE FROM deliveries WHERE key = ?", (key,))
        else:
            self._rows("INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?)", (key, value, _stamp(at)))

    def actions(self) -> list[Action]:
        """What people did, the latest of each key."""
        return [decode_action(text.encode()) for (text,) in self._rows("SELECT action FROM actions ORDER BY version")]

    def save_action(self, action: Action) -> None:
        """Keep what somebody did, unless something later of the same key is there."""
        self._rows(PUT_ACTION, (action.key, action.version, msgspec.json.encode(action)))

    def remove_action(self, key: str) -> None:
        """Forget what somebody did: what it is about is gone."""
        self._rows("DELETE FROM actions WHERE key = ?", (key,))

    def add_dead(self, key: bytes | None, value: bytes, headers: Sequence[tuple[str, bytes]], at: datetime) -> int:
        """Keep a dead letter; returns its id."""
        packed = msgspec.json.encode([list(header) for header in headers]).decode()
        rows = self._rows(
            "INSERT INTO dead (key, value, headers, at) VALUES (?, ?, ?, ?) RETURNING id",
            (key, value, packed, _stamp(at)),
        )
        return int(rows[0][0])

    def expire(self, now: datetime) -> None:
        """Let go of what is past its time."""
        self._rows("DELETE FROM deliveries WHERE at < ?", (_stamp(now - DELIVERED_FOR),))
        gone = self._rows("DELETE FROM dead WHERE at < ? RETURNING at", (_stamp(now - DEAD_FOR),))
        gone += self._rows("DELETE FROM orders WHERE at < ? RETURNING at", (_stamp(now - ORDERS_FOR),))
        if gone:
            self.set("dirty", uuid.uuid4().hex)  # the sink scrubs the log of them

    def dead(self, limit: int = 1000, after: int = 0) -> list[DeadLetter]:
        """Dead letters in the order in which they came, from just after the id `after`."""
        rows = self._rows(
            "SELECT id, key, value, headers, at FROM dead WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
        )
        return [_letter(*row) for row in rows]

    def remove_dead(self, letter_ids: Iterable[int]) -> None:
        """Forget dead letters, once they have been replayed."""
        self._rows(
            "DELETE FROM dead WHERE id IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(list(letter_ids)).decode(),),
        )

    def get(self, name: str) -> Any:
        """A named value; None when it was never set."""
        rows = self._rows("SELECT value FROM named WHERE name = ?", (name,))
        return msgspec.json.decode(rows[0][0]) if rows else None

    def set(self, name: str, value: Any) -> None:
        """Replace a named value; anything that JSON can hold."""
        self._rows("INSERT OR REPLACE INTO named VALUES (?, ?)", (name, msgspec.json.encode(value).decode()))

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._connection.close()

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with meanings(self._path):
            return self._connection.execute(statement, values).fetchall()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _letter(letter_id: int, key: bytes | None, value: bytes, headers: str, at: str) -> DeadLetter:
    unpacked = msgspec.json.decode(headers, type=list[tuple[str, bytes]])
    return DeadLetter(letter_id, key, value, unpacked, datetime.fromisoformat(at))


def read_state(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """Cursors by source and gaps by id, read beside a run that writes them; empty where there is no archive yet.

    Raises Unavailable while the file cannot be read, Misused for one that is no archive.
    """
    if not path.exists():
        return {}, {}
    connection = connect_reader(path)
    try:
        with meanings(path):
            cursors = connection.execute("SELECT source, cursor FROM cursors").fetchall()
            gaps = connection.execute("SELECT id, gap FROM gaps ORDER BY rowid").fetchall()
    finally:
        connection.close()
    return dict(cursors), dict(gaps)


def read_deliveries(path: Path) -> list[bytes]:
    """What receivers were told, read beside a run; empty where nothing is there yet. Raises as `read_state`."""
    if not path.exists():
        return []
    connection = connect_reader(path)
    try:
        with meanings(path):
            there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").fetchone()
            rows = connection.execute("SELECT value FROM deliveries").fetchall() if there else []
    finally:
        connection.close()
    return [value for (value,) in rows]
