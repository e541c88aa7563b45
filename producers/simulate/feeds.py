"""A stand-in for servers of feeds on loopback: four feeds, conditional requests, faults on demand.

GET /gazette.xml --> robots.txt? --> fault? --> 304, or the document with its ETag     one thread a connection
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self

from msgspec.structs import replace

from veille.clock import Clock
from veille.errors import Misused
from veille.producers.simulate.feeds_faults import BLOWUP, LAUGHS, OUTSIDE, PAGE, Fault, Faults, packed_bomb
from veille.producers.simulate.feeds_format import TYPES, write
from veille.producers.simulate.feeds_stand import Article, Newspaper, Stand

ELSEWHERE = "/elsewhere"
PRIVATE = "http://169.254.169.254/latest/meta-data/"
"""Where many clouds tell a machine its own secrets."""

ROBOTS = b"User-agent: *\nDisallow: /drafts/\n"
RETRY_AFTER_S = 120
DRIP_BYTES, DRIP_S = 8, 0.02
LONGEST_STALL_S = 120.0
FAR = datetime(2030, 1, 1, tzinfo=UTC)
BOMBS = {Fault.LAUGHS: LAUGHS, Fault.BLOWUP: BLOWUP, Fault.OUTSIDE: OUTSIDE, Fault.PAGE: PAGE}
REFUSALS = {
    Fault.LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Fault.LIMITED_BARE: HTTPStatus.TOO_MANY_REQUESTS,
    Fault.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
}


class FeedServer:
    """The stand-in, as a context manager: it listens from entering to leaving."""

    def __init__(
        self, stand: Stand, clock: Clock, *, faults: Faults = lambda _: None, seed: int = 1, port: int = 0
    ) -> None:
        """`seed`: where answers are cut, and how entries are shuffled. Port 0 takes a free one."""
        self.stand, self._clock, self._faults, self._seed, self._port = stand, clock, faults, seed, port
        self._lock = threading.Lock()
        self._numbers = 0
        self.at_slow: Callable[[str], None] = lambda _: None
        """Called with the address of a request when nothing but the reader's patience will end its answer."""
        self.stopping = threading.Event()
        self.fired: Counter[Fault] = Counter()
        """How often each fault has happened."""
        self.asked: list[str] = []
        """The path of every request, robots.txt too."""
        self.unchanged = 0
        """How many of them were answered with 304."""
        self.good_at: dict[str, datetime] = {}
        """When each feed was last answered for without a fault."""

    def __enter__(self) -> Self:
        outer: FeedServer = self

        class Handler(_Handler):
            stand_in = outer

        try:
            self._server = _Server(("127.0.0.1", self._port), Handler)
        except OSError as error:
            raise Misused(f"port {self._port} on 127.0.0.1 cannot be taken: {error.strerror}; 0 is any") from error
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="feeds")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._port}"

    @property
    def urls(self) -> tuple[str, ...]:
        """The address of each feed."""
        return tuple(f"http://{self.host}{paper.path}" for paper in self.stand.papers)

    def fault(self, path: str) -> tuple[int, Fault | None]:
        """Count a request; its number among those for feeds, and what goes wrong at it."""
        with self._lock:
            self.asked.append(path)
            if path == "/robots.txt":
                return 0, None
            number, self._numbers = self._numbers, self._numbers + 1
            fault = self._faults(number)
            if fault is not None:
                self.fired[fault] += 1
            return number, fault

    def now(self) -> datetime:
        """What the time is at this server."""
        return self._clock.now()

    def articles(self, paper: Newspaper) -> list[Article]:
        """What a feed holds now."""
        return self.stand.articles(paper.path, self.now())

    def random(self, number: int) -> Random:
        """Dice of one request."""
        return Random(f"{self._seed}/{number}/details")  # noqa: S311  # a test's dice, no secret


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:  # as the library calls it
        """A reader that has gone is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: FeedServer

    def do_GET(self) -> None:
        with contextlib.suppress(OSError):
            self._answer()

    def log_message(self, *_: object) -> None:
        """Nothing: who starts this is told at its end."""

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        number, fault = self.stand_in.fault(path)
        paper = next((each for each in self.stand_in.stand.papers if each.path == path.removeprefix(ELSEWHERE)), None)
        if path == "/robots.txt":
            self._send(HTTPStatus.OK, ROBOTS, {"Content-Type": "text/plain"})
        elif paper is None:
            self._send(HTTPStatus.NOT_FOUND, b"", {})
        elif fault in REFUSALS:
            self._send(REFUSALS[fault], b"", {"Retry-After": str(RETRY_AFTER_S)} if fault is Fault.LIMITED else {})
        elif fault is Fault.MOVED and not path.startswith(ELSEWHERE):
            self._send(HTTPStatus.FOUND, b"", {"Location": f"{ELSEWHERE}{path}"})
        elif fault is Fault.PRIVATE:
            self._send(HTTPStatus.FOUND, b"", {"Location": PRIVATE})
        elif fault in BOMBS:
            self._send(HTTPStatus.OK, BOMBS[fault], {"Content-Type": "text/html"})
        elif fault is Fault.PACKED:
            self._send(HTTPStatus.OK, _packed(), {"Content-Type": "text/xml", "Content-Encoding": "gzip"})
        else:
            self._document(paper, number, fault)

    def _document(self, paper: Newspaper, number: int, fault: Fault | None) -> None:
        if fault is None:
            self.stand_in.good_at[paper.path] = self.stand_in.now()
        articles = self.stand_in.articles(paper)
        etag = f'"{blake2b(write(paper, articles), digest_size=8).hexdigest()}"'
        changed = max((each.updated for each in articles), default=FAR.replace(year=2006)).replace(microsecond=0)
        headers = {"ETag": etag, "Last-Modified": format_datetime(changed, usegmt=True)}
        if fault is None and self._same(etag, changed):
            self.stand_in.unchanged += 1
            self._send(HTTPStatus.NOT_MODIFIED, None, headers)
            return
        random = self.stand_in.random(number)
        body = write(paper, _mangled(articles, fault, random), unknown=fault is Fault.UNKNOWN)
        headers["Content-Type"] = TYPES[paper.form]
        if fault is Fault.TRUNCATED:
            body = body[: random.randrange(len(body))]
        if fault in {Fault.CUT, Fault.STALL, Fault.DRIP}:
            self._slow(body, headers, fault, random)
        else:
            self._send(HTTPStatus.OK, body, headers)

    def _same(self, etag: str, changed: datetime) -> bool:
        """Whether the reader has it as it is; an ETag goes before a date (RFC 9110, 13.2.2)."""
        if (known := self.headers.get("If-None-Match")) is not None:
            return etag in {each.strip() for each in known.split(",")}
        if (since := self.headers.get("If-Modified-Since")) is None:
            return False
        try:
            return changed <= parsedate_to_datetime(since)
        except ValueError:
            return False

    def _send(self, status: HTTPStatus, body: bytes | None, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body or b"")

    def _slow(self, body: bytes, headers: dict[str, str], fault: Fault, random: Random) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        if fault is Fault.DRIP:
            for at in range(0, len(body), DRIP_BYTES):
                self.wfile.write(body[at : at + DRIP_BYTES])
                if at == 0:
                    self._seen_to_be_slow()
                if self.stand_in.stopping.wait(DRIP_S):
                    return
            return
        self.wfile.write(body[: random.randrange(len(body))])
        if fault is Fault.STALL:
            self.wfile.flush()
            self._seen_to_be_slow()
            self.connection.settimeout(LONGEST_STALL_S)
            self.connection.recv(1)  # until the reader has had enough

    def _seen_to_be_slow(self) -> None:
        self.stand_in.at_slow(f"http://{self.stand_in.host}{self.path}")


@cache
def _packed() -> bytes:
    return packed_bomb()


def _mangled(articles: list[Article], fault: Fault | None, random: Random) -> list[Article]:
    match fault:
        case Fault.DUPLICATE:
            return [each for each in articles for _ in range(2)]
        case Fault.REORDER:
            return random.sample(articles, len(articles))
        case Fault.SKEW:
            return [replace(each, published=FAR, updated=FAR) for each in articles]
        case _:
            return articles
