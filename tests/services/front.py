"""A front before Elasticsearch that ends TLS, asks for an API key, and misbehaves on request.

    client --http or https--> ElasticsearchFront --http--> Elasticsearch
                              | fault due? answer it, cut, or change the bulk; count it in `fired`

A fault is armed for the next N requests whose path holds a text, and disarms itself. One fault a request, the one armed
first wins. Nothing that a fault withheld has reached Elasticsearch, but for those that come `after` it was carried out.
"""

from __future__ import annotations

import gzip
import http.client
import json
import shutil
import socket
import ssl
import struct
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from services.certificates import Authority

HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "accept-encoding", "host", "authorization"}
BULK = "/_bulk"

COUNTED_LATER = {"documents", "cut_after", "stalled_after"}
"""Faults that have happened once Elasticsearch has done its part."""

REASONS = {
    400: "document_parsing_exception",
    429: "es_rejected_execution_exception",
    503: "unavailable_shards_exception",
}


@dataclass
class Fault:
    """Something to do to the next `left` requests whose path holds `path`."""

    name: str
    left: int
    path: str
    status: int = 0
    documents: int = 0
    away: bool = False
    """Whether every connection is reset from its last request on."""


@dataclass(frozen=True)
class Call:
    """A request that reached the front."""

    method: str
    path: str
    status: int
    """As answered; 0 for a connection that was cut."""


class ElasticsearchFront:
    """A front at `url`. With `tls`, clients trust `ca`; with `api_key`, they send `Authorization: ApiKey ...`.

    `fired` counts the faults that happened, by name: `429`, `503`, ... , `documents` (one for each document refused),
    `cut`, `cut_after`, `stalled`, `stalled_after`, `away`, `unauthorized`; what comes `after` a request is counted once
    that was carried out. `calls` lists all requests.
    """

    def __init__(self, backend: str, *, tls: bool = False, api_key: str | None = None) -> None:
        self.backend = urlsplit(backend)
        self.api_key = api_key
        self.fired: Counter[str] = Counter()
        self.calls: list[Call] = []
        self._armed: list[Fault] = []
        self._away = False
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="veille-front-"))
        self.ca: Path | None = None
        handler = type("Handler", (_Handler,), {"front": self})
        context = None
        if tls:
            authority = Authority(self._folder)
            self.ca = authority.ca
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(authority.server)
        self._server = _Server(handler, context)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def fail(self, times: int = 1, status: int = 429, path: str = "") -> None:
        """Answer the next requests with this status, without asking Elasticsearch."""
        self._arm(Fault(str(status), times, path, status=status))

    def refuse_documents(self, documents: int, status: int = 429, times: int = 1) -> None:
        """Refuse the first so many documents of the next bulk requests; the others go through."""
        self._arm(Fault("documents", times, BULK, status=status, documents=documents))

    def cut(self, times: int = 1, path: str = "", *, after: bool = False, away: bool = False) -> None:
        """Cut the connection of the next requests: before Elasticsearch sees them, or `after` it carried them out.

        `away`: and be away from then on, so that whoever asked never hears of it before `back`.
        """
        self._arm(Fault("cut_after" if after else "cut", times, path, away=away))

    def stall(self, times: int = 1, path: str = "", *, after: bool = False) -> None:
        """Take the next requests, or carry them out (`after`), and answer nothing until the front stops."""
        self._arm(Fault("stalled_after" if after else "stalled", times, path))

    def away(self) -> None:
        """Reset every connection until `back`."""
        with self._lock:
            self._away = True

    def back(self) -> None:
        """Serve again."""
        with self._lock:
            self._away = False

    def stop(self) -> None:
        """Close the port."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _arm(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(fault)

    def due(self, path: str) -> Fault | None:
        """The fault that this request meets, if any; counts it."""
        with self._lock:
            if self._away:
                self.fired["away"] += 1
                return Fault("away", 0, "")
            for fault in self._armed:
                if fault.left and fault.path in path:
                    fault.left -= 1
                    self._away = fault.away and not fault.left
                    if fault.name not in COUNTED_LATER:
                        self.fired[fault.name] += 1
                    return fault
        return None

    def count(self, name: str, times: int = 1) -> None:
        """Count a fault that happened."""
        with self._lock:
            self.fired[name] += times

    def note(self, call: Call) -> None:
        """Remember a request."""
        with self._lock:
            self.calls.append(call)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(("127.0.0.1", 0), handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the request's own thread, so that a slow handshake holds nobody up."""
        if self._context is None:
            super().finish_request(request, client_address)
            return
        try:
            with self._context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
        except (ssl.SSLError, OSError):
            return  # the client refused our certificate, or left

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in the middle is what tests do on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    front: ClassVar[ElasticsearchFront]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.front.due(self.path)
        if fault is not None and fault.name == "stalled":
            self.front.stopping.wait()
        if fault is not None and fault.name in {"away", "cut", "stalled"}:
            self._reset()
        elif not self._allowed():
            self.front.count("unauthorized")
            self._answer(401, _error("security_exception", "missing or wrong API key"))
        elif fault is not None and fault.status and fault.name != "documents":
            self._answer(fault.status, _error(REASONS.get(fault.status, "exception"), _quoting(body)))
        elif fault is not None and fault.name == "documents":
            self._bulk(body, fault)
        else:
            status, answer, kind = self._forward(body)
            if fault is None:
                self._answer(status, answer, kind)
                return
            self.front.count(fault.name)
            if fault.name == "stalled_after":
                self.front.stopping.wait()
            self._reset()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815  BaseHTTPRequestHandler's names

    def _allowed(self) -> bool:
        return self.front.api_key is None or self.headers.get("Authorization") == f"ApiKey {self.front.api_key}"

    def _forward(self, body: bytes) -> tuple[int, bytes, str]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        backend = http.client.HTTPConnection(self.front.backend.hostname or "", self.front.backend.port, timeout=60)
        try:
            backend.request(self.command, self.path, body or None, headers)
            answer = backend.getresponse()
            return answer.status, answer.read(), answer.headers.get("Content-Type", "application/json")
        except OSError as error:
            return 502, _error("bad_gateway", str(error)), "application/json"
        finally:
            backend.close()

    def _bulk(self, body: bytes, fault: Fault) -> None:
        """Take the first documents out of a bulk request and put their refusals into its answer."""
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
            del self.headers["Content-Encoding"]
        actions = _actions(body)
        refused, kept = actions[: fault.documents], actions[fault.documents :]
        answer: dict[str, Any] = {"took": 0, "errors": False, "items": []}
        kind = "application/json"
        if kept:
            status, raw, kind = self._forward(b"".join(action + source for action, source in kept))
            if status != 200:
                self._answer(status, raw, kind)
                return
            answer = json.loads(raw)
        answer["items"] = [_refusal(*each, fault.status) for each in refused] + answer["items"]
        answer["errors"] = answer["errors"] or bool(refused)
        self.front.count("documents", len(refused))
        self._answer(200, json.dumps(answer).encode(), kind)

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.front.note(Call(self.command, self.path, status))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _reset(self) -> None:
        """End the connection with a reset, as a process that dies does."""
        self.front.note(Call(self.command, self.path, 0))
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.rfile.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  BaseHTTPRequestHandler's name
        """Silent: `calls` has it all."""


def _actions(body: bytes) -> list[tuple[bytes, bytes]]:
    """The action lines of a bulk body, each with its source line (empty for a delete)."""
    lines = iter(line + b"\n" for line in body.split(b"\n") if line)
    return [(action, b"" if "delete" in json.loads(action) else next(lines)) for action in lines]


def _refusal(action: bytes, source: bytes, status: int) -> dict[str, Any]:
    (kind, target), = json.loads(action).items()  # fmt: skip
    error = {"type": REASONS.get(status, "exception"), "reason": _quoting(source)}
    return {kind: {"_index": target.get("_index"), "_id": target.get("_id"), "status": status, "error": error}}


def _quoting(source: bytes) -> str:
    """A reason as Elasticsearch words it: with a piece of what it was sent."""
    return f"injected. Preview of the source: '{source[:2_000].decode(errors='replace')}'"


def _error(kind: str, reason: str) -> bytes:
    return json.dumps({"error": {"type": kind, "reason": reason}}).encode()
