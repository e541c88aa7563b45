"""A stand-in for the hosts that keep pictures: TLS on loopback, under any name, with whatever answer a test wants.

What it leads to goes through the product's own code: `fetcher` differs in whose certificates it trusts, in where names
lead, and in the names that may lead to loopback.
"""

from __future__ import annotations

import ssl
import struct
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import trustme

from veille.producers.avatars import AvatarFetcher
from veille.producers.feeds.address import Gate

NAMED = ("pbs.twimg.com", "abs.twimg.com", "cdn.bsky.app", "files.example", "media.example")
"""Names that lead here."""

Answering = Callable[[BaseHTTPRequestHandler], None]


def png(red: int = 200, side: int = 40) -> bytes:
    """A square of one colour that browsers draw (W3C PNG)."""
    row = b"\0" + bytes((red, 40, 90)) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(row * side)), (b"IEND", b""))
    made = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Answering:
    """A whole answer; `_` in the names of headers stands for `-`."""

    def answering(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answering


@cache
def authority() -> trustme.CA:
    """Who signs for every name here."""
    return trustme.CA()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Who does not trust us hangs up, which is no fault."""


class AvatarStand:
    """Pictures by path in `answers`; what was asked is in `asked`, by path, with its headers."""

    def __init__(self) -> None:
        self.answers: dict[str, Answering] = {}
        self.asked: list[tuple[str, Message]] = []
        self.looked_up: list[str] = []
        self.gone = threading.Event()
        """Set at the end, for answers that have none."""
        stand = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stand.asked.append((self.path, self.headers))
                with suppress(OSError):  # a reader that has gone
                    stand.answers.get(self.path, answer(status=404))(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority().issue_cert(*NAMED).configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str, host: str = "pbs.twimg.com") -> str:
        """The address of a picture under one of the names."""
        return f"https://{host}:{self._server.server_address[1]}{path}"

    @property
    def fetcher(self) -> AvatarFetcher:
        """The product's own, for which the names lead here."""
        trust = ssl.create_default_context()
        authority().configure_trust(trust)
        return AvatarFetcher(Gate(NAMED, self._look_up), trust)

    def _look_up(self, host: str, _port: int) -> list[str]:
        self.looked_up.append(host)
        return ["127.0.0.1"] if host in NAMED else ["10.0.0.1"]
