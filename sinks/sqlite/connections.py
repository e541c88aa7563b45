"""The connections of one reader to one file: one a thread, in the hands of one thread at a time.

thread --> its own, made when it first asks     its thread has ended, or all are to end --> closed, once nobody uses it

A connection that is closed while another thread uses it takes the whole process with it: what it still reads is broken
off before that.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AGAIN_S, TIMES = 0.05, 100
"""How often, and how long, what is read is broken off: nothing is between two statements. Whoever does not let go then,
of a disk that does not answer, keeps the connection."""


class Connection:
    """One, and the thread that it was made for."""

    def __init__(self, opened: sqlite3.Connection) -> None:
        self.opened, self.over = opened, False
        self.thread, self.used = threading.current_thread(), threading.RLock()

    def end(self) -> None:
        """Break off what is read through it, and close it."""
        self.over = True
        for _ in range(TIMES):
            if self.used.acquire(timeout=AGAIN_S):
                self.opened.close()
                self.used.release()
                return
            self.opened.interrupt()


class Connections:
    """All of them; for any threads. Those of threads that come and go are let go of: each has two files open."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._mine, self._lock = threading.local(), threading.Lock()
        self._all: list[Connection] = []

    @contextmanager
    def mine(self) -> Iterator[sqlite3.Connection]:
        """That of this thread, which nobody closes meanwhile. Raises what connecting does."""
        while True:
            connection: Connection | None = getattr(self._mine, "connection", None)
            if connection is None or connection.over:
                connection = self._mine.connection = self._made()
            with connection.used:
                if not connection.over:
                    yield connection.opened
                    return

    def close(self) -> None:
        """Let go of all of them; whoever asks later is given a new one."""
        with self._lock:
            ending, self._all = self._all, []
        for each in ending:
            each.end()

    def _made(self) -> Connection:
        made = Connection(self._connect())
        with self._lock:
            left = [each for each in self._all if not each.thread.is_alive()]
            self._all = [*(each for each in self._all if each not in left), made]
        for each in left:
            each.end()
        return made
