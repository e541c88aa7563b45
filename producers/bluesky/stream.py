"""Bluesky's public stream as a source: connects, reads, notices silence, reconnects where it left off.

connect --> frames --> events       lost --> GapOpened --> wait --> connect, a few seconds further back --> GapClosed
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from veille.clock import Clock
from veille.errors import Invalid, Misused
from veille.identity import plausible
from veille.producers.bluesky.payload import Reader
from veille.producers.bluesky.wire import LARGEST, OVERLAP_US, V2_PATH, Frame, Position, position, wire_of
from veille.producers.source import Broken, Event, GapClosed, GapOpened
from veille.settings import BlueskySettings

STALL_S = 30.0
"""All posts of Bluesky are some 25 a second, identities and accounts beside them: such a silence is a dead line."""

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
STEADY_S = 20.0
"""A connection that lived so long was a good one; one that breaks off sooner is asked for ever more rarely."""

POLL_S = 0.25
"""How long `close` may go unnoticed."""

OPEN_S = 10.0
GOODBYE_S = 1.0
LONGEST_ASKED_S = 3600.0
NOT_JETSTREAM = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND})
"""What an address answers that never was a Jetstream; from one that was, it is a fault of the moment."""

log = logging.getLogger(__name__)


class BlueskySource:
    """Jetstream, v1 or v2 by its address.

    Reading may be held back: a reader that is too slow is cut off, and what it missed is replayed from the cursor,
    36 hours of it on Bluesky's own hosts. Where the replay does not reach back, the gap stays unrepaired.
    """

    name = "bluesky"
    can_wait = True
    in_order = True

    def __init__(self, settings: BlueskySettings, clock: Clock, *, jitter: Callable[[], float] = random.random) -> None:
        self._url = settings.url
        self._clock = clock
        self._jitter = jitter
        self._wire = wire_of(settings.url)
        self._reader = Reader(self._wire, urlsplit(settings.url).hostname or "")
        self._closing = threading.Event()
        self._began = clock.now()
        self._reached: Position | None = None
        """How far the stream was read, whatever was replayed since."""
        self._lost: Position | None = None
        """Where it was when the gap opened; None: nothing had been read."""
        self._leap = 0
        """A time far ahead that was read just now, in microseconds."""
        self._gap = False
        self._answered = False
        """Whether this address has ever sent a frame."""
        self._failures = 0
        self._retry_after = 0.0

    def close(self) -> None:
        """Make `read` end within moments."""
        self._closing.set()

    def read(self, cursor: str | None) -> Iterator[Event]:
        """See Source. Raises Misused when the address is none of Jetstream, Corrupt for a cursor that is no cursor."""
        self._began = self._clock.now()
        if cursor is not None:
            self._reached = self._wire.usable(position(cursor))
            yield from self._open_gap("stopped")
        while not self._closing.is_set():
            began = self._clock.monotonic()
            cause = yield from self._connection()
            if self._clock.monotonic() - began >= STEADY_S:
                self._failures = 0
            if not self._closing.is_set():
                yield from self._open_gap(cause)
                self._pause()

    def _connection(self) -> Generator[Event, None, str]:
        """Everything of one connection; returns why it ended, in a word."""
        protocol = self._wire.subprotocol
        try:
            with connect(
                f"{self._url}?{self._wire.ask(self._reached)}",
                subprotocols=None if protocol is None else [Subprotocol(protocol)],
                compression=None,
                open_timeout=OPEN_S,
                close_timeout=GOODBYE_S,
                max_size=LARGEST,
                user_agent_header="veille",
            ) as socket:
                return (yield from self._frames(socket))
        except InvalidStatus as error:
            return self._refused(error)
        except (OSError, WebSocketException) as error:
            log.info("bluesky: the connection ended: %s", type(error).__name__)
            return "disconnected"

    def _frames(self, socket: ClientConnection) -> Generator[Event, None, str]:
        while (raw := self._receive(socket)) is not None:
            received = self._clock.now()
            self._answered = True
            try:
                frame = self._reader.frame(raw)
            except Invalid as error:
                yield Broken(raw, error.reason, error.detail)
                continue
            if frame.kind == "error":
                return "limited"
            if self._renumbered(frame):
                return "renumbered"
            yield from self._close_gap(frame, received)
            self._advance(frame, received)
            yield self._reader.event(frame, raw, received, None if self._reached is None else str(self._reached))
        return "stalled"

    def _receive(self, socket: ClientConnection) -> bytes | None:
        """The next frame; None when nothing came for too long, or the source is closed."""
        since = self._clock.monotonic()
        while not self._closing.is_set():
            try:
                return socket.recv(timeout=POLL_S, decode=False)
            except TimeoutError:
                if self._clock.monotonic() - since >= STALL_S:
                    return None
        return None

    def _refused(self, error: InvalidStatus) -> str:
        """The server answered the request for a stream with something else."""
        status = error.response.status_code
        if status == HTTPStatus.BAD_REQUEST and self._reached is not None and self._reached.seq is not None:
            self._reached = self._reached.anywhere  # CursorTooOld: by time it moves forward to what is kept
            return "too_old"
        if not self._answered and status in NOT_JETSTREAM:
            raise Misused(
                f"sources.bluesky.url: {self._url} answers with HTTP status {status}; expected a Jetstream address, "
                f"which ends in /subscribe or {V2_PATH}"
            )
        log.info("bluesky: refused with HTTP status %d", status)
        wait = error.response.headers.get("Retry-After", "")
        self._retry_after = min(float(wait), LONGEST_ASKED_S) if wait.isascii() and wait.isdigit() else 0.0
        return "limited" if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE} else "refused"

    def _renumbered(self, frame: Frame) -> bool:
        """Whether a resume by number met another archive, behind the same name; the next one goes by time."""
        resumed = self._reached
        if not self._gap or resumed is None or resumed.seq is None:
            return False
        if frame.notice != "FutureCursor" and frame.time_us <= resumed.time_us:
            return False
        self._reached = resumed.anywhere
        return True

    def _open_gap(self, cause: str) -> Iterator[Event]:
        if not self._gap:
            self._gap, self._lost = True, self._reached
            since = self._began if self._reached is None else min(self._reached.earlier, self._clock.now())
            yield GapOpened(since, cause)

    def _close_gap(self, frame: Frame, received: datetime) -> Iterator[Event]:
        """Filled when the replay begins at or before the last event that was read; else it ends where it begins."""
        if not frame.time_us:
            return
        self._retry_after = 0.0
        if self._gap:
            self._gap = False
            repaired = self._lost is not None and frame.time_us <= self._lost.time_us
            yield GapClosed(received if repaired or self._lost is None else min(frame.moment, received), repaired)

    def _advance(self, frame: Frame, received: datetime) -> None:
        """A time that cannot be, one that was passed already, or a leap that nothing confirms, moves nothing."""
        if not plausible(frame.moment, received) or self._leaps(frame.time_us):
            return
        time_us, seq = frame.time_us, frame.seq
        if self._reached is not None:
            time_us = max(time_us, self._reached.time_us)
            seq = max(seq, self._reached.seq or 0) if seq is not None else None
        self._reached = Position(time_us, seq, self._wire.host)

    def _leaps(self, time_us: int) -> bool:
        """Whether a time is far ahead of all before it, and of none just before it: a clock that is wrong for a moment.

        Resuming from it would pass over what lies between; after a silence, the next event confirms the time.
        """
        if self._reached is None or time_us <= self._reached.time_us + OVERLAP_US:
            self._leap = 0
            return False
        confirmed = 0 < self._leap <= time_us + OVERLAP_US
        self._leap = time_us
        return not confirmed

    def _pause(self) -> None:
        """Wait a random part of a time that doubles (full jitter), or as long as the server asks."""
        longest = min(FIRST_WAIT_S * 2 ** min(self._failures, 10), LONGEST_WAIT_S)
        self._failures += 1
        until = self._clock.monotonic() + (self._retry_after or longest * self._jitter())
        while not self._closing.is_set() and (left := until - self._clock.monotonic()) > 0:
            self._clock.wait(min(left, POLL_S))
