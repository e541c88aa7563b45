"""A stand-in for X API v2 on loopback: rules, filtered stream, search, timelines; with X's limits, and its faults.

    XStandIn.publish --> Project (x_project.py) --> one chunked stream of JSON lines, keep-alives between
                                               faults (x_faults.py): cut, stall, 429, 503 ...

Invented posts (x_posts.py) are marked as such in text, name and id. Nobody but this machine is listened to.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from veille.clock import Clock, SystemClock
from veille.errors import Misused
from veille.producers.simulate.x_faults import (
    DISCONNECTED,
    DRIP_S,
    PIECES,
    PROBLEMS,
    REFUSALS,
    TOO_MANY_CONNECTIONS,
    UNKNOWN_LINE,
    Fault,
    Faults,
    Refusal,
    none,
    part,
    reshaped,
)
from veille.producers.simulate.x_fields import shown
from veille.producers.simulate.x_index import LAG_S
from veille.producers.simulate.x_jobs import Jobs
from veille.producers.simulate.x_posts import user_id
from veille.producers.simulate.x_project import Feed, Project
from veille.query import QueryError

HOST = "127.0.0.1"
KEEP_ALIVE_S = 20.0
"""X's own pace."""

LOOK_S = 0.1
"""How long a handler waits at most before it looks whether the reader has gone."""

SEEN_S = 0.005

STREAM = "/2/tweets/search/stream"
SEARCH = "/2/tweets/search/recent"
COUNTS = "/2/tweets/counts/recent"
ACCOUNTS = "/2/users/by"
MENTIONS = re.compile(r"/2/users/([0-9]+)/mentions")
RULES = STREAM + "/rules"
JOBS = "/2/compliance/jobs"
JOB = re.compile(r"/(2/compliance/jobs|upload|download)/([0-9]+)")
LARGEST_BODY = 4 << 20


class XStandIn:
    """The server and its project. `with XStandIn() as x:` listens until the block ends."""

    def __init__(
        self,
        *,
        port: int = 0,
        token: str | None = None,
        faults: Faults | None = None,
        keep_alive_s: float = KEEP_ALIVE_S,
        search_lag_s: float = LAG_S,
        clock: Clock | None = None,
    ) -> None:
        """`token` None takes any; `port` 0 a free one. Raises Misused for a port that is taken."""
        self.clock = clock or SystemClock()
        self.token = token
        self.faults = faults or none()
        self.keep_alive_s = keep_alive_s
        self.project = Project(self.clock, search_lag_s=search_lag_s)
        self.jobs = Jobs(self.clock)
        self.refusals: deque[Refusal] = deque()
        """Answers to the next requests for the stream, before any is let in."""
        self.rule_refusals: deque[Refusal] = deque()
        """Answers to the next requests about rules."""
        self.search_refusals: deque[Refusal] = deque()
        """Answers to the next searches."""
        self.timeline_refusals: deque[Refusal] = deque()
        """Answers to the next requests for a mentions timeline."""
        self.job_refusals: deque[Refusal] = deque()
        """Answers to the next requests for a new compliance job."""
        self.accounts: dict[str, str] = {}
        """Handles that were asked for, by id; whatever the handle, there is such an account, but for `nobody`."""
        self.searched: list[str] = []
        """The queries that were searched for."""
        self.connected_at: list[float] = []
        """When the stream was asked for, refused requests included; the clock's monotonic seconds."""
        self.fired: list[Fault] = []
        """The faults so far."""
        self.streaming: _Handler | None = None
        """Who serves the stream, or served it last."""
        self.stopping = threading.Event()
        try:
            self._server = _Server((HOST, port), self)
        except OSError as error:
            raise Misused(f"port {port} is taken: name another with --port, or 0 for a free one") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="x-stand-in", daemon=True
        )

    @property
    def url(self) -> str:
        """What `sources.x.base_url` must be."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> XStandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the handlers, which look at `stopping`
    block_on_close = True

    def __init__(self, address: tuple[str, int], stand_in: XStandIn) -> None:
        self.stand_in = stand_in
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away in mid-answer is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 5.0
    methods: ClassVar[Mapping[tuple[str, str], str]] = {
        ("GET", STREAM): "_stream",
        ("GET", RULES): "_list_rules",
        ("POST", RULES): "_change_rules",
        ("GET", SEARCH): "_search",
        ("GET", COUNTS): "_counts",
        ("GET", ACCOUNTS): "_accounts",
        ("POST", JOBS): "_create_job",
    }

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        """An upload; as at X, who knows the address needs no token."""
        length = int(self.headers.get("Content-Length", 0))
        self._of_job("upload", lambda jobs, number: jobs.upload(number, self.rfile.read(length)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's signature
        """Say nothing: the log belongs to the command."""

    def _answer(self, method: str) -> None:
        parts = urlsplit(self.path)
        self._query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        stand_in = self.server.stand_in
        named = MENTIONS.fullmatch(parts.path)
        name = "_mentions" if named and method == "GET" else self.methods.get((method, parts.path))
        self._account = named[1] if named else ""
        if method == "GET" and parts.path.startswith("/download/"):
            self._of_job("download", self._result)
        elif scheme != "Bearer" or not token or stand_in.token not in (None, token):
            self._problem(401, "Unauthorized")
        elif method == "GET" and JOB.fullmatch(parts.path):
            self._of_job(JOBS[1:], lambda jobs, number: self._json(200, {"data": jobs.job(number)}))
        elif name is None:
            self._problem(404, "Not Found")
        elif refusals := self._refusals(parts.path):
            self._refuse(refusals.popleft())
        else:
            getattr(self, name)()

    def _refusals(self, path: str) -> deque[Refusal]:
        stand_in = self.server.stand_in
        planned = {
            RULES: stand_in.rule_refusals,
            SEARCH: stand_in.search_refusals,
            COUNTS: stand_in.search_refusals,
            JOBS: stand_in.job_refusals,
        }
        return stand_in.timeline_refusals if MENTIONS.fullmatch(path) else planned.get(path, deque())

    # --- plain answers ------------------------------------------------------------------------------------------------

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

    def _list_rules(self) -> None:
        rules = self.server.stand_in.project.rules()
        self._json(200, {**({"data": rules} if rules else {}), "meta": self._meta() | {"result_count": len(rules)}})

    def _change_rules(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        try:
            body = json.loads(self.rfile.read(min(length, LARGEST_BODY)))
            added, deleted = body.get("add"), body.get("delete")
        except (ValueError, AttributeError):
            added = deleted = None
        dry_run = self._query.get("dry_run") == "true"
        if isinstance(added, list) and all(isinstance(each, dict) for each in added):
            self._add(added, dry_run=dry_run)
        elif isinstance(deleted, dict) and isinstance(deleted.get("ids"), list):
            number = self.server.stand_in.project.delete(deleted["ids"], dry_run=dry_run)
            summary = {"deleted": number, "not_deleted": len(deleted["ids"]) - number}
            self._json(200, {"meta": self._meta() | {"summary": summary}})
        else:
            self._problem(400, "Invalid Request")

    def _add(self, wanted: list[dict[str, Any]], *, dry_run: bool) -> None:
        added, faults = self.server.stand_in.project.add(wanted, dry_run=dry_run)
        summary = {"created": len(added), "not_created": len(faults), "valid": len(added), "invalid": len(faults)}
        body: dict[str, Any] = {"meta": self._meta() | {"summary": summary}}
        body |= {"data": added} if added else {}
        body |= {"errors": faults} if faults else {}
        self._json(201 if added else 400, body)

    def _meta(self) -> dict[str, Any]:
        return {"sent": self.server.stand_in.clock.now().astimezone(UTC).isoformat()}

    # --- search and timelines -----------------------------------------------------------------------------------------

    def _search(self) -> None:
        self.server.stand_in.searched.append(self._query.get("query", ""))
        self._found(lambda project: project.search(self._query))

    def _counts(self) -> None:
        self._found(lambda project: project.counts(self._query.get("query", "")))

    def _found(self, asked: Callable[[Project], Mapping[str, Any]]) -> None:
        try:
            page = asked(self.server.stand_in.project)
        except (ValueError, QueryError) as error:
            said = {"title": "Invalid Request", "detail": str(error), "type": f"{PROBLEMS}invalid-request"}
            self._json(400, said | {"errors": [{"message": str(error)}]})
        else:
            self._json(200, page)

    def _accounts(self) -> None:
        """An account has the same id here as in the posts that it is invented to write."""
        stand_in = self.server.stand_in
        handles = [each for each in self._query.get("usernames", "").lower().split(",") if each and each != "nobody"]
        users = [{"id": user_id(handle), "username": handle, "name": handle} for handle in handles]
        stand_in.accounts |= {user["id"]: user["username"] for user in users}
        stand_in.project.bill.charge_users([user["id"] for user in users])
        self._json(200, {"data": users} if users else {"errors": [{"title": "Not Found Error"}]})

    def _mentions(self) -> None:
        handle = self.server.stand_in.accounts.get(self._account)
        if handle is None:
            self._problem(404, "Not Found")
        else:
            self._json(200, self.server.stand_in.project.mentions(handle, self._query))

    # --- compliance jobs ----------------------------------------------------------------------------------------------

    def _create_job(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        job = self.server.stand_in.jobs.create("tweets", self.server.stand_in.url)
        if job is None:
            self._problem(409, "Conflict")
        else:
            self._json(200, {"data": job})

    def _of_job(self, what: str, answer: Callable[[Jobs, str], None]) -> None:
        named = JOB.fullmatch(urlsplit(self.path).path)
        try:
            if named is None or named[1] != what:
                raise KeyError(self.path)
            answer(self.server.stand_in.jobs, named[2])
        except KeyError:
            self._problem(404, "Not Found")
        else:
            if what == "upload":
                self._json(200, {})

    def _result(self, jobs: Jobs, number: str) -> None:
        raw = jobs.result(number)
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        jobs.cut, whole = max(0, jobs.cut - 1), not jobs.cut
        self.wfile.write(raw if whole else raw[: len(raw) // 2])

    # --- the stream ---------------------------------------------------------------------------------------------------

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
