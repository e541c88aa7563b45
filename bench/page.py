"""The page over a million mentions in SQLite: what the server takes for each screen, and for what keeps Now live.

bench.million's archive, with windows and alerts beside it --> the application, asked over HTTP on loopback, in turns

Time of the processor is told beside the time on the clock: the first is the page's own, the second also the machine's.
"""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import uvicorn
from msgspec.structs import replace

from bench import million
from bench.posts import NOW
from veille.alert import Alert, Driver, Why
from veille.clock import FakeClock
from veille.settings import Settings, Watch
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink
from veille.sinks.sqlite.findings import SqliteFindings
from veille.web import spare_what_stays
from veille.web.app import create_app
from veille.web.beside import Beside
from veille.window import Window

ROUNDS = 20
START_S = 30
WINDOW_DAYS = 30
LATE = timedelta(days=40)
WATCHES = (
    Watch("acme", "brand", '"acme corp" OR acme OR @acme OR #acme'),
    Watch("rival", "competitor", 'rival OR "rival inc"'),
    Watch("market", "market", "kettle OR teapot OR bouilloire"),
)
SCREENS = {
    "now": "/",
    "live, nothing new": "/live?after={after}&minute={minute}",
    "live, the next minute": "/live?after={after}&minute=",
    "search, a word": "/search?q=support",
    "alerts": "/alerts",
    "watches, 24 h": "/watches",
    "watch, 24 h": "/watches/acme",
    "watches, 30 d": "/watches?last=30d",
    "watch, 30 d": "/watches/acme?last=30d",
}
ASIDE = "questions that wait, counted aside"
"""No page waits for it: a thread does it, at most every 20 seconds."""

BUDGET_MS = {"now": 150.0, "live, nothing new": 5.0, "search, a word": 400.0, ASIDE: 250.0}
"""The processor's time, p95."""


def run(mentions: int = million.MENTIONS) -> dict[str, object]:
    """Milliseconds at the median and the 95th percentile, and whether they reach what they must."""
    path = million.archive(mentions)
    add_findings(path)
    archive = SqliteArchive(path)
    app = create_app(archive, Settings(watches=WATCHES), FakeClock(NOW), list)
    spare_what_stays()
    beside = Beside(archive, Settings(), FakeClock(NOW), list, sources=(), doing=None, reading_now=dict)
    clock: dict[str, list[float]] = {name: [] for name in (*SCREENS, ASIDE)}
    processor: dict[str, list[float]] = {name: [] for name in (*SCREENS, ASIDE)}
    minute, arriving = quote((_minute(NOW) + timedelta(minutes=1)).isoformat()), arrivals(archive)
    with served(app) as url, closing(HTTPConnection(url.removeprefix("http://"), timeout=START_S * 10)) as client:
        for turn in range(ROUNDS + 1):
            change(path)
            arrive(path, next(arriving))
            given = {"after": quote(archive.arrivals(None)[2]), "minute": minute}
            asks: dict[str, Callable[[], object]] = {ASIDE: beside.count_waiting}
            asks |= {name: partial(_ask, client, screen.format(**given)) for name, screen in SCREENS.items()}
            for name, ask in asks.items():
                began, used = time.perf_counter(), time.process_time()
                ask()
                if turn:  # the first warms up
                    clock[name].append((time.perf_counter() - began) * 1000)
                    processor[name].append((time.process_time() - used) * 1000)
    archive.close()
    reached = {name: statistics.quantiles(processor[name], n=20)[-1] <= budget for name, budget in BUDGET_MS.items()}
    return {
        "mentions": mentions,
        "processor, ms, median / p95": {name: _told(some) for name, some in processor.items()},
        "clock, ms, median / p95": {name: _told(some) for name, some in clock.items()},
        "reached": {f"{name} {BUDGET_MS[name]:.0f} ms": fine for name, fine in reached.items()},
    }


def _ask(client: HTTPConnection, address: str) -> None:
    """Ask as a browser does; of the standard library, which takes the least of the time that is told."""
    client.request("GET", address, headers={"Accept-Encoding": "gzip"})
    answer = client.getresponse()
    answer.read()
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise RuntimeError(f"{address}: {answer.status}")


def _told(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} / {statistics.quantiles(times, n=20)[-1]:.0f}"


@contextmanager
def served(app: object) -> Iterator[str]:
    """The address of the running application."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off"))  # type: ignore[arg-type]  # an ASGI application
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + START_S
    while not server.started:
        if time.monotonic() > until:
            raise RuntimeError("the page did not start")
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(START_S)


def add_findings(path: Path) -> None:
    """Windows of a month and some alerts, the same each time."""
    findings = SqliteFindings(path)
    findings.open()
    for watch in WATCHES:
        findings.write_windows(list(_windows(watch.id)))
    findings.write_alerts([_alert(number) for number in range(50)])
    findings.close()


def arrivals(archive: SqliteArchive) -> Iterator[Record]:
    """Mentions that were never there; late ones, so that what the screens show is the same each time."""
    last = int(archive.arrivals(None)[2].partition(".")[0])
    return million.coming(random.Random(9), lambda _: NOW - LATE, first=last)


def arrive(path: Path, mention: Record) -> None:
    """A mention that is new."""
    sink = SqliteSink(path, scrubs=False)
    sink.open()
    sink.write([mention])
    sink.close()


def change(path: Path) -> None:
    """Something new, as there is each second: what is remembered of the archive as it was is of no more use."""
    (window,) = islice(_windows(WATCHES[0].id), 1)
    findings = SqliteFindings(path)
    findings.open()
    findings.write_windows([replace(window, revision=time.time_ns())])
    findings.close()


def _windows(watch: str) -> Iterator[Window]:
    for ago in range(WINDOW_DAYS * 24 * 60, 0, -1):
        yield Window(
            watch=watch, since=_minute(NOW) - timedelta(minutes=ago), revision=1, mentions=9, begun=8, negative=2,
            neutral=3, positive=1, unsure=3,
        )  # fmt: skip


def _alert(number: int) -> Alert:
    began = NOW - timedelta(hours=6 * number, minutes=20)
    over = began + timedelta(hours=2) if number else None
    return Alert(
        id=f"a{number}", kind="bad_buzz", state="closed" if over else "updated", revision=2, watch="acme", since=began,
        opened_at=began, updated_at=over or NOW, closed_at=over, severity=7, highest=8, observed=200, minutes=20,
        expected=40, expected_low=30, expected_high=55, why=Why(terms=[Driver("refund", 80, 1.5)]),
    )  # fmt: skip


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
