"""Calls that one page waits for, made by as few threads as keep its promise.

calls, in order --> one thread of a pool          each time that JOINS_S passes and some still wait, one more joins

A thread of its own for each costs more than it gains where all are quick: each has its connection to the archive, and
what it has read of it. One that hangs keeps the others waiting no longer than JOINS_S.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import Any

JOINS_S = 0.2
"""How long a page waits before one more thread takes up what still waits."""

Work = Callable[[], object]
Ends = Mapping[str, Future[Any]]


class Pool:
    """Threads that stay, and end with the process whatever they do: the one that was idle last is taken first.

    What that one has read of the archive is the least out of date, and the others need not read it at all.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name, self._lock = most, name, threading.Lock()
        self._threads = 0
        self._idle: list[SimpleQueue[Work]] = []
        self._waiting: deque[Work] = deque()

    def run(self, work: Work) -> None:
        """Have it done as soon as a thread is free; it raises nothing."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(work)
            elif self._threads < self._most:
                self._threads += 1
                given: SimpleQueue[Work] = SimpleQueue()
                given.put(work)
                threading.Thread(target=self._serve, args=(given,), name=self._name, daemon=True).start()
            else:
                self._waiting.append(work)

    def _serve(self, given: SimpleQueue[Work]) -> None:
        while True:
            given.get()()  # under no name: an idle thread keeps nothing of what it found
            with self._lock:
                if self._waiting:
                    given.put(self._waiting.popleft())
                else:
                    self._idle.append(given)


class Calls:
    """Some of them, begun: by name, what each will give."""

    def __init__(self, pool: Pool, calls: Mapping[str, Callable[[], Any]], *, threads: int = 1) -> None:
        """`threads`: so many begin at once."""
        self._pool, self._lock = pool, threading.Lock()
        self.ends: Ends = {name: Future() for name in calls}
        self._waiting = deque(calls.items())
        for _ in range(min(threads, len(calls))):
            pool.run(self._take)

    def wait(self, within_s: float, others: Collection[Future[Any]] = ()) -> None:
        """Until all have ended, and others too, or so many seconds are over; those not begun by then never are."""
        until = time.monotonic() + within_s
        awaited = {*self.ends.values(), *others}
        while (left := until - time.monotonic()) > 0 and wait(awaited, timeout=min(JOINS_S, left)).not_done:
            if self._waiting:
                self._pool.run(self._take)
        self.leave()

    def leave(self) -> None:
        """Have no other begun."""
        for end in self.ends.values():
            end.cancel()

    def _take(self) -> None:
        while (call := self._next()) is not None:
            _end(*call)

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        with self._lock:
            if not self._waiting:
                return None
            name, call = self._waiting.popleft()
            return self.ends[name], call


def _end(end: Future[Any], call: Callable[[], Any]) -> None:
    if not end.set_running_or_notify_cancel():
        return
    try:
        end.set_result(call())
    except BaseException as error:
        end.set_exception(error)
