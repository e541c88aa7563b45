"""A stand-in for some instances of Mastodon on loopback: timelines and statuses as anybody may read them.

    GET --limit of the instance used up? --> 429          Fediverse (mastodon_fediverse.py) --> JSON
                                  `-> fault? (mastodon_faults.py) --> spoilt, or as it should be

One port an instance, of the same world. As in docs.joinmastodon.org/methods/timelines, /methods/statuses and
/api/rate-limits. Not there: everything that needs an account.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from veille.clock import Clock
from veille.errors import Misused
from veille.identity import microseconds
from veille.producers.simulate.mastodon_faults import Fault, Faults, none
from veille.producers.simulate.mastodon_fediverse import Fediverse
from veille.producers.simulate.people import INSTANCES

HOST = "127.0.0.1"
LIMIT, WINDOW_S = 300, 300
MOST, USUAL = 40, 20
RETRY_AFTER_S = 7
SKEW = timedelta(hours=1)
LOOK_S = 0.05
DRIP_S = 0.02
DRIPPED = 4
"""Bytes of an answer after which it is seen to drip."""

TIMELINES = "/api/v1/timelines/"
STATUSES = "/api/v1/statuses"
REFUSAL = {"error": "This API requires an authenticated user"}

Answered = tuple[int, Any, dict[str, str]]
"""Status, body as JSON is made of it, further headers."""


class MastodonStandIn:
    """The instances, as a context manager: they listen from entering to leaving."""

    def __init__(
        self,
        fediverse: Fediverse,
        clock: Clock,
        *,
        instances: Iterable[str] = INSTANCES,
        faults: Faults = none,
        closed: Mapping[str, int] | None = None,
        batches: bool = True,
        port: int = 0,
        limit: int = LIMIT,
    ) -> None:
        """`closed`: instances that show nothing to strangers, and the HTTP status they say it with.

        `batches`: whether several statuses can be had at once. `port`: of the first instance, the others follow; 0
        takes free ones. Raises Misused for a port that is taken.
        """
        self.fediverse, self.clock, self.faults, self.closed = fediverse, clock, faults, dict(closed or {})
        self.batches, self.limit = batches, limit
        self.fired: Counter[Fault] = Counter()
        """How often each fault has happened."""
        self.asked: list[tuple[str, str]] = []
        """Instance, path and query of every request."""
        self.away: set[str] = set()
        """Instances that break every connection."""
        self.at_slow: Callable[[str], None] = lambda _: None
        """Called with the address of a request when nothing but the reader's patience will end its answer."""
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._numbers: Counter[str] = Counter()
        self._used: Counter[tuple[str, int]] = Counter()
        self._forgotten: dict[str, int] = {}
        self._servers = {name: _listening(self, name, port and port + k) for k, name in enumerate(instances)}
        self._threads = [
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name=name)
            for name, server in self._servers.items()
        ]

    @property
    def urls(self) -> dict[str, str]:
        """What `sources.mastodon.instances` must hold, by instance."""
        return {name: f"http://{HOST}:{server.server_address[1]}" for name, server in self._servers.items()}

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for server, thread in zip(self._servers.values(), self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()

    # --- what a request comes to --------------------------------------------------------------------------------------

    def fault(self, instance: str, path: str) -> Fault | None:
        """What goes wrong with this request."""
        with self._lock:
            self.asked.append((instance, path))
            number = self._numbers[instance]
            self._numbers[instance] += 1
            fault = self.faults(instance, number)
            if fault is not None:
                self.fired[fault] += 1
            if fault is Fault.FORGET:
                self._forgotten[instance] = (microseconds(self.fediverse.now(instance)) // 1000) << 16
        return fault

    def limits(self, instance: str, *, skewed: bool) -> tuple[bool, dict[str, str]]:
        """Whether this request is one too many, and what is told of the limit."""
        now = self.fediverse.now(instance)
        window = int(now.timestamp()) // WINDOW_S
        with self._lock:
            self._used[instance, window] += 1
            left = self.limit - self._used[instance, window]
        reset = now + timedelta(seconds=(window + 1) * WINDOW_S - now.timestamp())
        shift = SKEW if skewed else timedelta()
        told = {
            "Date": format_datetime((now + shift).replace(microsecond=0), usegmt=True),
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(left, 0)),
            "X-RateLimit-Reset": (reset + shift).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        }
        return left < 0, told

    def answer(self, instance: str, path: str, query: Mapping[str, list[str]]) -> Answered:
        """What an instance has to say."""
        if path.startswith(TIMELINES):
            return self._timeline(instance, path.removeprefix(TIMELINES), query)
        if path == STATUSES and self.batches:
            ids = query.get("id[]", [])
            if len(ids) > USUAL:
                return HTTPStatus.UNPROCESSABLE_ENTITY, {"error": f"You cannot request more than {USUAL} statuses"}, {}
            return HTTPStatus.OK, [found for each in ids if (found := self._status(instance, each)) is not None], {}
        if path.startswith(f"{STATUSES}/") and (status := self._status(instance, path.rpartition("/")[2])) is not None:
            return HTTPStatus.OK, status, {}
        return HTTPStatus.NOT_FOUND, {"error": "Record not found"}, {}

    def _status(self, instance: str, local_id: str) -> dict[str, Any] | None:
        return self.fediverse.status(instance, int(local_id)) if local_id.isdigit() else None

    def _timeline(self, instance: str, name: str, query: Mapping[str, list[str]]) -> Answered:
        if instance in self.closed:
            return self.closed[instance], REFUSAL, {}
        kind, _, tag = name.partition("/")
        if kind not in {"public", "tag"}:
            return HTTPStatus.NOT_FOUND, {"error": "Record not found"}, {}
        asked = {each: values[-1] for each, values in query.items()}
        page = self.fediverse.page(
            instance,
            min(int(asked.get("limit", USUAL)), MOST),
            tag=unquote(tag) if kind == "tag" else None,
            local=asked.get("local") == "true",
            above=max(int(asked.get("min_id", asked.get("since_id", 0))), self._forgotten.get(instance, 0)),
            below=int(asked["max_id"]) if "max_id" in asked else None,
            oldest="min_id" in asked,
        )
        return HTTPStatus.OK, page, _links(f"{self.urls[instance]}{TIMELINES}{name}", page)


def _links(url: str, page: list[dict[str, Any]]) -> dict[str, str]:
    if not page:
        return {}
    return {"Link": f'<{url}?max_id={page[-1]["id"]}>; rel="next", <{url}?min_id={page[0]["id"]}>; rel="prev"'}


def _listening(stand_in: MastodonStandIn, instance: str, port: int) -> _Server:
    try:
        return _Server((HOST, port), stand_in, instance)
    except OSError as error:
        raise Misused(f"port {port} is taken: name another with --port, or 0 for free ones") from error


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the handlers, which look at `stopping`
    block_on_close = True

    def __init__(self, address: tuple[str, int], stand_in: MastodonStandIn, instance: str) -> None:
        self.stand_in, self.instance = stand_in, instance
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away in mid-answer is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60.0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's signature
        """Say nothing: the log belongs to the command."""

    def do_GET(self) -> None:
        stand_in, instance = self.server.stand_in, self.server.instance
        if instance in stand_in.away:
            self._reset()
            return
        fault = stand_in.fault(instance, self.path)
        if fault is Fault.FORGET:
            self._reset()
            return
        parts = urlsplit(self.path)
        exceeded, limits = stand_in.limits(instance, skewed=fault is Fault.SKEW)
        if exceeded or fault in {Fault.LIMITED, Fault.LIMITED_BARE}:
            told = limits | {"X-RateLimit-Remaining": "0"} if exceeded or fault is Fault.LIMITED else {}
            self._send(HTTPStatus.TOO_MANY_REQUESTS, json.dumps({"error": "Too many requests"}).encode(), told, None)
        elif fault is Fault.UNAVAILABLE:
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, b"<html>", {"Retry-After": str(RETRY_AFTER_S)}, None)
        else:
            status, body, headers = stand_in.answer(instance, parts.path, parse_qs(parts.query))
            raw = json.dumps(_spoilt(body, fault, self.path), ensure_ascii=False).encode()
            self._send(status, raw[: len(raw) // 2] if fault is Fault.TRUNCATED else raw, limits | headers, fault)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], fault: Fault | None) -> None:
        head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
        head += [
            "Content-Type: application/json; charset=utf-8",
            *(f"{name}: {said}" for name, said in headers.items()),
        ]
        whole = "\r\n".join([*head, "", ""]).encode() + body
        match fault:
            case Fault.CUT:
                self.wfile.write(whole[: Random(self.path).randrange(len(whole))])  # noqa: S311  # dice, no secret
                self._reset()
            case Fault.STALL:
                self._slow()
                self._until_gone(LOOK_S)
            case Fault.DRIP:
                for place in range(len(whole)):
                    self.wfile.write(whole[place : place + 1])
                    if place == DRIPPED:
                        self._slow()
                    if self._gone(DRIP_S) or self.server.stand_in.stopping.is_set():
                        break
                self.close_connection = True
            case _:
                self.wfile.write(whole)

    def _slow(self) -> None:
        self.server.stand_in.at_slow(f"{self.server.stand_in.urls[self.server.instance]}{self.path}")

    def _until_gone(self, look_s: float) -> None:
        while not (self.server.stand_in.stopping.is_set() or self._gone(look_s)):
            pass
        self.close_connection = True

    def _gone(self, seconds: float) -> bool:
        readable, _, _ = select.select([self.connection], [], [], seconds)
        with contextlib.suppress(OSError):
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        return True

    def _reset(self) -> None:
        """Close so that the reader meets an error instead of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


def _spoilt(body: Any, fault: Fault | None, path: str) -> Any:
    """The answer as a fault has it; only pages of a timeline can be spoilt so."""
    if not isinstance(body, list) or not body:
        return body
    random = Random(path)  # noqa: S311  # a test's dice, no secret
    match fault:
        case Fault.DUPLICATE:
            return [*body, *random.sample(body, len(body) // 2 + 1)]
        case Fault.REORDER:
            return random.sample(body, len(body))
        case Fault.UNKNOWN:
            wave = {"id": str(int(body[-1]["id"]) - 1), "type": "wave"}
            return [*({**each, "mood": {"colour": ["blue"]}} for each in body), wave]
        case Fault.FORMAT:
            return {"statuses": body, "next": None}
    return body
