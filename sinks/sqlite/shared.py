"""What connections of one process to one file share: columns that every question needs, and answers of the index.

transaction --> its last change --the one that is kept?--> Columns       another: blocks of the changes since are read
                                --> Answers: `answers.py`
"""

from __future__ import annotations

import sqlite3
import threading

from veille.sinks.sqlite.answers import Answers, State
from veille.sinks.sqlite.columns import Columns

LAST_CHANGE = "SELECT id, doc_id, version FROM documents ORDER BY id DESC LIMIT 1"
"""Names a state of what `Columns` keeps, for whichever connection: none of it changes but together with a row of a new
number, and no number comes twice. Stories alone come without one, and are never kept."""


class Reading(sqlite3.Connection):
    """A connection that reads, and what it shares with others."""

    file = (0, 0)
    """Device and number of the file: another may stand under its name since."""
    shared: Shared | None = None


class Shared:
    """The columns as they were at the last change that somebody saw; for any threads.

    A page asks a dozen questions in several threads: without it, each would put nine bytes a mention together.
    """

    def __init__(self) -> None:
        self.answers = Answers()
        self._lock = threading.Lock()
        self._kept: tuple[State, Columns] | None = None

    def of(self, connection: Reading) -> Columns:
        """Those that a connection sees; who looks first after a change reads them, and the others wait for it."""
        state = state_of(connection)
        if state is None:
            return Columns(connection)
        with self._lock:
            if self._kept is None or self._kept[0] != state:
                found = self._brought_on(connection, state) or Columns(connection)
                found.between(0, 0)
                self._kept = state, found
            return self._kept[1].seen_by(connection)

    def _brought_on(self, connection: Reading, state: State) -> Columns | None:
        if self._kept is None or self._kept[0].file != state.file or self._kept[0].change >= state.change:
            return None
        return self._kept[1].brought_on(connection, self._kept[0].change, state.change)


def columns(connection: sqlite3.Connection) -> Columns:
    """The columns as a connection sees them now, within a transaction that it has begun."""
    if isinstance(connection, Reading) and connection.shared is not None:
        return connection.shared.of(connection)
    return Columns(connection)


def answers(connection: sqlite3.Connection) -> Answers:
    """What the full-text index answered to whoever shares with a connection."""
    if isinstance(connection, Reading) and connection.shared is not None:
        return connection.shared.answers
    return Answers()


def state_of(connection: sqlite3.Connection) -> State | None:
    """Of what a connection sees, within a transaction that it has begun; None where nothing was ever written."""
    last = connection.execute(LAST_CHANGE).fetchall()
    file = connection.file if isinstance(connection, Reading) else (0, 0)
    return State(file, *last[0]) if last else None
