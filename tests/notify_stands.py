"""Receivers for tests, on loopback: a mail server and a webhook that take, refuse, hang or hang up, as told."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

Mood = Literal["take", "refuse", "hang", "drop", "babble"]
"""`babble`: takes it, and answers with a header that is none."""


class Stand:
    """What all of them have: a mood, what they took, and an address."""

    def __init__(self) -> None:
        self.mood: Mood = "take"
        self.asked = 0
        self.taken: list[Any] = []
        self._then: tuple[int, Mood] | None = None
        self.changed = threading.Condition()
        self.over = threading.Event()

    def _listening(self, server: socketserver.TCPServer) -> Self:
        """With this server, until the end of the `with`."""
        self._server = server
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """As Apprise writes it."""
        raise NotImplementedError

    def hurried(self, send: Callable[[str, Any, str], None]) -> Callable[[str, Any, str], None]:
        """Sends to this one with little patience while it hangs, and else with all that a busy machine takes.

        It becomes what it is told to between two messages: each has the patience for what it meets.
        """

        def sends(address: str, text: Any, message_id: str) -> None:
            if f":{self.port}/" not in address:
                send(address, text, message_id)
                return
            if self._then is not None and self.asked >= self._then[0]:
                self.mood = self._then[1]
            patience = 0.3 if self.mood == "hang" else 60
            send(f"{address}{'&' if '?' in address else '?'}rto={patience}", text, message_id)

        return sends

    def becomes(self, mood: Mood, asked: int = 0) -> None:
        """With the next message that is sent `hurried`, or once it was asked so often."""
        self._then = asked, mood

    def arrives(self) -> Mood:
        with self.changed:
            self.asked += 1
            self.changed.notify_all()
        mood = self.mood
        if mood == "hang":
            self.over.wait(600)  # until the test ends, far longer than who waits for us has patience
        return mood

    def took(self, what: Any) -> None:
        with self.changed:
            self.taken.append(what)
            self.changed.notify_all()

    def wait(self, holds: Callable[[], bool], seconds: float = 120) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, seconds), f"{self.asked} asked, {len(self.taken)} taken"


class _Hooks(ThreadingHTTPServer):
    daemon_threads = True


class _Mails(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Webhook(Stand):
    """An address that takes JSON by POST."""

    def __enter__(self) -> Self:
        stand = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                mood = stand.arrives()
                if mood in ("drop", "hang"):
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if mood == "babble":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nno header\r\ncontent-length: 0\r\n\r\n")
                    return
                if mood == "take":
                    stand.took(json.loads(body) | {"id": self.headers["X-Veille-Message"]})
                self.send_response(200 if mood == "take" else 503)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the base class names it
                pass

        return self._listening(_Hooks(("127.0.0.1", 0), Handler))

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"


class MailServer(Stand):
    """As much of SMTP (RFC 5321) as a client needs that has one mail to hand over."""

    def __enter__(self) -> Self:
        stand = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mood = stand.arrives()
                if mood in ("drop", "hang"):
                    return
                self._say("220 stand ready")
                while line := self.rfile.readline():
                    verb = line.split(b" ")[0].strip().upper()
                    if verb == b"QUIT":
                        self._say("221 bye")
                        return
                    if verb == b"RCPT" and mood == "refuse":
                        self._say("451 try again later")
                    elif verb == b"DATA":
                        self._data()
                    else:
                        self._say("250 ok")

            def _data(self) -> None:
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b"."))
                stand.took(message_from_bytes(b"".join(lines), policy=policy.default))
                self._say("250 taken")

            def _say(self, words: str) -> None:
                self.wfile.write(words.encode() + b"\r\n")

        return self._listening(_Mails(("127.0.0.1", 0), Handler))

    @property
    def address(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=veille@example.com&to=desk@example.com"

    @property
    def mails(self) -> list[EmailMessage]:
        return self.taken
