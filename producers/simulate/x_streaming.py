"""How the stand-in for X speaks HTTP, and its one stream: JSON lines, keep-alives between them, and the faults."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from queue import Empty
from typing import TYPE_CHECKING, Any

from veille.producers.simulate.x_faults import (
    DISCONNECTED,
    DRIP_S,
    PIECES,
    REFUSALS,
    TOO_MANY_CONNECTIONS,
    UNKNOWN_LINE,
    Fault,
    Refusal,
    part,
    reshaped,
)
from veille.producers.simulate.x_fields import shown
from veille.producers.simulate.x_project import Feed

if TYPE_CHECKING:
    from veille.producers.simulate.x import Server

LOOK_S = 0.1
"""How long a handler waits at most before it looks whether the reader has gone."""

SEEN_S = 0.005


class Streaming(BaseHTTPRequestHandler):
    """A handler that can answer in JSON and serve the stream; `_query` holds what was asked with the address."""

    protocol_version = "HTTP/1.1"
    server: Server
    timeout = 5.0
    _query: Mapping[str, str]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's signature
        """Say nothing: the log belongs to the command."""

    def _problem(self, status: int, title: str) -> None:
        self._json(status, {"title": title, "type": "about:blank", "status": status, "detail": title})

    def _json(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        raw = json.dumps(body).encode()
        self.close_connection = True
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(raw)),
            "Connection": "close",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    # --- the stream -------------------------------------------------------------------------------------------------

    def _stream(self) -> None:
        stand_in = self.server.stand_in
        stand_in.connected_at.append(stand_in.clock.monotonic())
        refusal = stand_in.refusals.popleft() if stand_in.refusals else None
        if not refusal:
            self._await_leaving()
        feed = None if refusal else stand_in.project.open()
        if feed is None:
            self._refuse(refusal or TOO_MANY_CONNECTIONS)
            return
        stand_in.streaming = self
        try:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._chunk(b"\r\n")
            self._serve(feed)
        except OSError:
            pass  # the reader has gone
        finally:
            stand_in.project.close(feed)

    def _await_leaving(self) -> None:
        """A reader that has hung up is gone, also where the thread that serves it has yet to see it."""
        stand_in = self.server.stand_in
        deadline = time.monotonic() + self.timeout
        while stand_in.project.listened and stand_in.streaming and stand_in.streaming.left():
            if time.monotonic() > deadline:
                return
            stand_in.stopping.wait(SEEN_S)

    def left(self) -> bool:
        """Whether who reads the stream here has hung up."""
        try:
            return self._reader_gone(0)
        except ValueError:  # the socket is closed already
            return True

    def _refuse(self, refusal: Refusal) -> None:
        headers = {}
        if refusal.reset_in is not None:
            until = self.server.stand_in.clock.now().timestamp() + refusal.reset_in
            headers = {"x-rate-limit-limit": "50", "x-rate-limit-remaining": "0", "x-rate-limit-reset": f"{until:.0f}"}
        self._json(refusal.status, refusal.body, headers)

    def _serve(self, feed: Feed) -> None:
        stand_in = self.server.stand_in
        spoken = time.monotonic()
        self._held = b""
        while not (stand_in.stopping.is_set() or feed.too_slow or self._reader_gone(0)):
            try:
                line = feed.lines.get(timeout=min(LOOK_S, stand_in.keep_alive_s))
            except Empty:
                if time.monotonic() - spoken >= stand_in.keep_alive_s:
                    self._chunk(self._late() + b"\r\n")
                    spoken = time.monotonic()
                continue
            raw = line if isinstance(line, bytes) else self._encoded(line)
            fault = next(stand_in.faults)
            if fault is not None:
                stand_in.fired.append(fault)
            if not self._line(raw, fault, feed):
                return
            spoken = time.monotonic()
        self._chunk(b"")

    def _encoded(self, message: Mapping[str, Any]) -> bytes:
        """A line of the stream, charged."""
        sent = shown(message, self._query)
        self.server.stand_in.project.bill.charge(sent)
        return json.dumps(sent, ensure_ascii=False).encode()

    def _line(self, raw: bytes, fault: Fault | None, feed: Feed) -> bool:
        """Send a line as the fault has it; False when the stream is over."""
        if fault is Fault.REORDER:
            self._chunk(self._late() or b"\r\n")
            self._held = raw + b"\r\n"
            return True
        half, late = raw[: len(raw) // 2], self._late()
        match fault:
            case None:
                self._chunk(raw + b"\r\n" + late)
            case Fault.UNKNOWN:
                self._chunk(UNKNOWN_LINE + b"\r\n" + raw + b"\r\n" + late)
            case Fault.FORMAT:
                self._chunk(reshaped(raw) + b"\r\n" + late)
            case Fault.DRIP:
                step = len(raw) // PIECES + 1
                for begin in range(0, len(raw), step):
                    self._chunk(raw[begin : begin + step])
                    self.server.stand_in.clock.wait(DRIP_S)
                self._chunk(b"\r\n" + late)
            case Fault.TRUNCATED:
                self._chunk(half + b"\r\n" + raw + b"\r\n" + late)
            case Fault.DUPLICATE:
                self._chunk(raw + b"\r\n" + raw + b"\r\n" + late)
            case Fault.STALL:
                self._chunk(late or b"\r\n")
                while not (self.server.stand_in.stopping.is_set() or self._reader_gone(LOOK_S)):
                    pass
                return False
            case Fault.CUT | Fault.LOCKED:
                self._chunk(late + part(raw))
                self._end(fault, feed)
                self._reset()
                return False
            case _:
                self._chunk(late + (DISCONNECTED + b"\r\n" if fault is Fault.TOLD else b"\r\n"))
                self._end(fault, feed)
                self._chunk(b"")
                return False
        return True

    def _late(self) -> bytes:
        """The line that was to come before, if there is one."""
        held, self._held = self._held, b""
        return held

    def _end(self, fault: Fault, feed: Feed) -> None:
        """Before the reader can know: it may be back at once."""
        self.server.stand_in.project.close(feed)
        if refusal := REFUSALS.get(fault):
            self.server.stand_in.refusals.append(refusal)

    def _chunk(self, raw: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(raw), raw))

    def _reset(self) -> None:
        """Close so that the reader meets an error instead of an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _reader_gone(self, seconds: float) -> bool:
        readable, _, _ = select.select([self.connection], [], [], seconds)
        with contextlib.suppress(OSError):
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        return True
