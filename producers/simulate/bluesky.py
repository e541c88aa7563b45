"""A stand-in for Jetstream on loopback, both wires: a flow of events, replay from a cursor, and faults on demand.

    Flow --> number k --> filter --> fault? --> frame --> websocket, one thread a client

Wires as in github.com/bluesky-social/jetstream, docs/README.md 5.1 and 5.2. Not there: `wantedDids`, compression.
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from veille.clock import Clock
from veille.errors import Misused
from veille.identity import EPOCH, microseconds
from veille.producers.simulate.bluesky_faults import REFUSED, Fault, Faults, cut, drip, reshaped, skewed
from veille.producers.simulate.bluesky_flow import Flow

FIRST = "/subscribe"
SECOND = "/xrpc/network.bsky.jetstream.subscribeEvents"
PREFIX = "network.bsky.jetstream.subscribeEvents#"
TIME_FROM = 10**15
"""A cursor from here on is a time in microseconds, one below it a number; on both wires."""

LATE = 5
"""How many numbers later an event that is late comes."""

RETRY_AFTER_S = 7
BREAKING: frozenset[Fault | None] = frozenset({"cut", "close", "forget", "busy", "away"})
PATIENCE_S = 0.2


class Jetstream:
    """The stand-in, as a context manager: it listens from entering to leaving."""

    def __init__(self, flow: Flow, clock: Clock, *, faults: Faults = lambda _: None, port: int = 0) -> None:
        """Each fault happens once, the first time that its event is sent. Port 0 takes a free one."""
        self._flow = flow
        self._clock = clock
        self._faults = faults
        self._spent: set[int] = set()
        self._port = port
        self._stopping = threading.Event()
        self.oldest = 0
        """Number of the first event that is still kept."""
        self.busy = 0
        """How many connections are still refused, with 503 and a `Retry-After`."""
        self.away = 0
        """So many connections are still dropped before a word is said."""
        self.reshaped_from: int | None = None
        """From this event on nobody knows the form of anything."""
        self.fired: Counter[Fault] = Counter()
        """How often each fault has happened."""
        self.asked: list[str] = []
        """Path and query of every connection."""

    def __enter__(self) -> Self:
        try:
            listening = socket.create_server(("127.0.0.1", self._port))
        except OSError as error:
            raise Misused(f"port {self._port} on 127.0.0.1 cannot be taken: {error.strerror}; 0 is any") from error
        self._server: Server = serve(
            self._connected,
            sock=listening,
            process_request=self._refuse,
            select_subprotocol=_subprotocol,
            compression=None,
            close_timeout=1,
        )
        self._port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="jetstream")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()

    def url(self, path: str = FIRST) -> str:
        """Address of a wire: FIRST or SECOND."""
        return f"ws://127.0.0.1:{self._port}{path}"

    def _refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answers that come before a websocket is opened."""
        self.asked.append(request.path)
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        if self.away or self.busy:
            return self._not_now(connection)
        if parts.path not in {FIRST, SECOND}:
            return _error(connection, HTTPStatus.NOT_FOUND, "NotFound", f"{FIRST} and {SECOND} are here")
        if parts.path == FIRST:
            return None
        if old := [name for name in query if name.startswith("wanted")]:
            return _error(connection, HTTPStatus.BAD_REQUEST, "InvalidRequest", f"{old[0]} is a parameter of v1")
        cursor = int(query.get("cursor", ["0"])[0])
        if 0 < cursor < TIME_FROM and cursor <= self.oldest:
            return _error(connection, HTTPStatus.BAD_REQUEST, "CursorTooOld", f"the oldest seq is {self.oldest + 1}")
        return None

    def _not_now(self, connection: ServerConnection) -> Response | None:
        """Nobody is there, or has time."""
        if self.away:
            self.away -= 1
            connection.socket.shutdown(socket.SHUT_RDWR)
            return None
        self.busy -= 1
        busy = _error(connection, HTTPStatus.SERVICE_UNAVAILABLE, "Busy", "come again")
        busy.headers["Retry-After"] = str(RETRY_AFTER_S)
        return busy

    def _connected(self, connection: ServerConnection) -> None:
        request = connection.request
        parts = urlsplit(request.path if request is not None else "")
        query = parse_qs(parts.query)
        second = parts.path == SECOND
        wanted = set(query.get("collections" if second else "wantedCollections", ()))
        try:
            begin, notice = self._begin(query.get("cursor", [None])[0])
            if second and notice:
                connection.send(_second_frame({"$type": f"{PREFIX}info", "name": notice}))
            self._tell(connection, begin, wanted, second=second)
        except ConnectionClosed:
            return

    def _begin(self, cursor: str | None) -> tuple[int, str]:
        """Number of the first event to send, and the name of v2's notice where it is not what was asked for."""
        now = microseconds(self._clock.now())
        tip = self._flow.since(now)
        if cursor is None:
            return tip, ""
        number = int(cursor)
        by_time = number >= TIME_FROM
        asked = self._flow.since(min(number, now)) if by_time else number - 1
        if asked > tip:
            return tip, "FutureCursor"
        return max(asked, self.oldest), "OutdatedCursor" if asked < self.oldest else ""

    def _tell(self, connection: ServerConnection, begin: int, wanted: set[str], *, second: bool) -> None:
        held: list[tuple[int, bytes]] = []
        for number in count(begin):
            if not self._due(number):
                break
            event = self._flow.event(number)
            if event is None or not _passes(event, wanted):
                continue
            fault = self._fault(number)
            frame = self._said(event, number, fault, second=second)
            if fault in BREAKING:
                _end(connection, frame, number, in_order=fault == "close", second=second)
                return
            if fault == "stall":
                break
            if fault == "reorder":
                held.append((number + LATE, frame))
                continue
            for each in (*_ahead(fault, frame, event, number, second=second), frame):
                self._send(connection, each, slowly=fault == "drip")
            for due, each in held:
                if due <= number:
                    connection.send(each, text=True)
            held = [(due, each) for due, each in held if due > number]
        self._say_nothing(connection)

    def _say_nothing(self, connection: ServerConnection) -> None:
        """Time passes, until the other side leaves, or at shutdown."""
        while True:
            with suppress(TimeoutError):
                connection.recv(timeout=0)
            self._clock.wait(PATIENCE_S)

    def _said(self, event: dict[str, Any], number: int, fault: Fault | None, *, second: bool) -> bytes:
        """The event as it is sent."""
        if self.reshaped_from is not None and number >= self.reshaped_from:
            return reshaped(event)
        return _frame(skewed(event) if fault == "skew" else event, number, second=second)

    def _send(self, connection: ServerConnection, frame: bytes, *, slowly: bool) -> None:
        if slowly:
            drip(connection, frame, self._clock)
        else:
            connection.send(frame, text=True)

    def _due(self, number: int) -> bool:
        """Wait until an event is due; False at the end of the flow, or of this stand-in."""
        while not self._stopping.is_set() and (self._flow.end is None or number < self._flow.end):
            left = (self._flow.due(number) - self._clock.now()).total_seconds()
            if left <= 0:
                return True
            self._clock.wait(min(left, PATIENCE_S))
        return False

    def _fault(self, number: int) -> Fault | None:
        fault = None if number in self._spent else self._faults(number)
        if fault is not None:
            self._spent.add(number)
            self.fired[fault] += 1
        if fault == "forget":
            self.oldest = number + 1
        elif fault == "busy":
            self.busy = REFUSED
        elif fault == "away":
            self.away = REFUSED
        elif fault == "format":
            self.reshaped_from = number
        return fault


def _end(connection: ServerConnection, frame: bytes, number: int, *, in_order: bool, second: bool) -> None:
    if not in_order:
        cut(connection, frame, number)
        return
    if second:
        connection.send(msgspec.json.encode({"$type": "error", "error": "ConsumerTooSlow", "message": ""}), text=True)
    connection.close()


def _passes(event: dict[str, Any], wanted: set[str]) -> bool:
    """Commits of the collections that were asked for; what concerns an account always comes."""
    return event["kind"] != "commit" or not wanted or event["commit"]["collection"] in wanted


def _ahead(fault: Fault | None, frame: bytes, event: dict[str, Any], number: int, *, second: bool) -> Iterator[bytes]:
    """What a fault sends before the event itself."""
    if fault == "duplicate":
        yield frame
    elif fault == "truncated":
        yield frame[: len(frame) // 2].decode("utf-8", "ignore").encode()
    elif fault == "unknown":
        yield _frame({"did": event["did"], "time_us": event["time_us"], "kind": "wave"}, number, second=second)


def _frame(event: dict[str, Any], number: int, *, second: bool) -> bytes:
    if not second:
        return msgspec.json.encode(event)
    time = (EPOCH + timedelta(microseconds=event["time_us"])).isoformat(timespec="microseconds").replace("+00:00", "Z")
    kind = event["kind"]
    payload = {"$type": PREFIX + kind, "seq": number + 1, "did": event["did"], "time": time, "witnessedAt": time}
    return _second_frame(payload | (event["commit"] if kind == "commit" else {kind: event.get(kind)}))


def _second_frame(payload: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"$type": "message", "payload": payload})


def _error(connection: ServerConnection, status: HTTPStatus, name: str, message: str) -> Response:
    return connection.respond(status, msgspec.json.encode({"error": name, "message": message}).decode())


def _subprotocol(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((name for name in offered if name == "xrpc.v1.json"), None)
