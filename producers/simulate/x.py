"""A stand-in for X API v2 on loopback: rules, filtered stream, search, timelines; with X's limits, and its faults.

    XStandIn.project (x_project.py) --> rules, search, timelines (x_answers.py)
                                    --> one chunked stream of JSON lines (x_streaming.py), keep-alives between
                                               faults (x_faults.py): cut, stall, 429, 503 ...

Invented posts (x_posts.py) are marked as such in text, name and id. Nobody but this machine is listened to.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

from veille.clock import Clock, SystemClock
from veille.errors import Misused
from veille.producers.simulate.x_answers import Answers
from veille.producers.simulate.x_faults import Fault, Faults, Refusal, none
from veille.producers.simulate.x_index import LAG_S
from veille.producers.simulate.x_jobs import Jobs
from veille.producers.simulate.x_project import Project
from veille.producers.simulate.x_streaming import Streaming

HOST = "127.0.0.1"
KEEP_ALIVE_S = 20.0
"""X's own pace."""


@dataclass
class Asked:
    """What a stand-in is to refuse next, and what was asked of it."""

    refusals: deque[Refusal] = field(default_factory=deque, init=False)
    """Answers to the next requests for the stream, before any is let in."""
    rule_refusals: deque[Refusal] = field(default_factory=deque, init=False)
    """Answers to the next requests about rules."""
    search_refusals: deque[Refusal] = field(default_factory=deque, init=False)
    """Answers to the next searches."""
    timeline_refusals: deque[Refusal] = field(default_factory=deque, init=False)
    """Answers to the next requests for a mentions timeline."""
    job_refusals: deque[Refusal] = field(default_factory=deque, init=False)
    """Answers to the next requests for a new compliance job."""
    accounts: dict[str, str] = field(default_factory=dict, init=False)
    """Handles that were asked for, by id; whatever the handle, there is such an account, but for `nobody`."""
    searched: list[str] = field(default_factory=list, init=False)
    """The queries that were searched for."""
    connected_at: list[float] = field(default_factory=list, init=False)
    """When the stream was asked for, refused requests included; the clock's monotonic seconds."""
    fired: list[Fault] = field(default_factory=list, init=False)
    """The faults so far."""


class XStandIn(Asked):
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
        super().__init__()
        self.clock = clock or SystemClock()
        self.token = token
        self.faults = faults or none()
        self.keep_alive_s = keep_alive_s
        self.project = Project(self.clock, search_lag_s=search_lag_s)
        self.jobs = Jobs(self.clock)
        self.streaming: Streaming | None = None
        """Who serves the stream, or served it last."""
        self.stopping = threading.Event()
        try:
            self._server = Server((HOST, port), self)
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


class Server(ThreadingHTTPServer):
    """Its handlers find the stand-in here."""

    daemon_threads = False  # so that closing waits for the handlers, which look at `stopping`
    block_on_close = True

    def __init__(self, address: tuple[str, int], stand_in: XStandIn) -> None:
        self.stand_in = stand_in
        super().__init__(address, Answers)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away in mid-answer is nothing to report."""
