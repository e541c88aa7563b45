"""Reads a source in a thread of its own, so that publishing never holds a stream back.

Source.read(cursor) --> Buffer          Unavailable: wait, read on from the last event; anything else ends it
"""

from __future__ import annotations

import logging
import random
import threading

from veille.clock import Clock
from veille.errors import Unavailable
from veille.producers.buffer import Buffer
from veille.producers.source import Event, GapClosed, GapOpened, Source

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STEADY_S = 60.0
"""A source that was read for so long is healthy: its next pause is the first one again."""

JOIN_S = 1.0

log = logging.getLogger(__name__)


class Reader:
    """Fills a buffer from a source until that ends, or `stop`."""

    def __init__(self, source: Source, buffer: Buffer, cursor: str | None, clock: Clock) -> None:
        self._source, self._buffer, self._cursor, self._clock = source, buffer, cursor, clock
        self._fault: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"{source.name}-reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Take in no more; a source that does not end within a second is left behind."""
        self._stopped.set()
        self._buffer.close()
        self._source.close()
        self._thread.join(JOIN_S)

    def raise_fault(self) -> None:
        """Raise what ended the reading, if anything did."""
        if self._fault is not None:
            raise self._fault

    def _read(self) -> None:
        pause = FIRST_PAUSE_S
        try:
            while not self._stopped.is_set():
                began = self._clock.monotonic()
                try:
                    self._pour()
                    return
                except Unavailable as error:
                    if self._clock.monotonic() - began > STEADY_S:
                        pause = FIRST_PAUSE_S
                    self._wait(error, pause)
                    pause = min(pause * 2, LONGEST_PAUSE_S)
        except BaseException as error:
            self._fault = error
        finally:
            self._buffer.finish()

    def _pour(self) -> None:
        for event in self._source.read(self._cursor):
            if not self._buffer.put(event):
                return
            self._advance(event)

    def _advance(self, event: Event) -> None:
        if not isinstance(event, GapOpened | GapClosed) and event.cursor is not None:
            self._cursor = event.cursor

    def _wait(self, error: Unavailable, pause: float) -> None:
        seconds = error.retry_after or pause * random.uniform(0.5, 1.0)  # noqa: S311  # jitter, not a secret
        log.warning("%s is away, reading on in %.1f s: %s", self._source.name, seconds, error)
        self._stopped.wait(seconds)
