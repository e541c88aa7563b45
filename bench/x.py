"""X: lines a second through the producer, from the socket to the brokers' acknowledgement, and its processor time.

a process that serves lines as X does --HTTP--> XSource --> Judge --> Outlet --> real Kafka

X's own limit is 250 posts a second. Reading, judging and publishing take turns in one thread here, so that nothing
overflows and nothing waits for a clock.
"""

from __future__ import annotations

import multiprocessing
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from multiprocessing.connection import Connection

import msgspec

from bench.services import kafka
from veille.clock import SystemClock
from veille.kafka import create_topics, end_offsets
from veille.producers.cursors import CursorRecord
from veille.producers.judge import Judge
from veille.producers.outlet import Outlet
from veille.producers.publish import BATCH
from veille.producers.simulate.x_posts import Inventor
from veille.producers.source import Event, Received
from veille.producers.x.rules import wanted_rules
from veille.producers.x.stream import XSource
from veille.query import parse
from veille.settings import KafkaSettings, Watch, XSettings
from veille.topics import POSTS

LINES = 30_000
FLOOR = 1_250
"""Lines a second that must reach the brokers: five times what X sends at most, the least headroom that it advises
(docs.x.com, consuming streaming data)."""

WATCHES = (
    Watch("acme", "brand", '("acme corp" OR @acme OR #acme) -is:retweet'),
    Watch("rival", "competitor", '@rival OR "rival inc"'),
    Watch("market", "market", '"electric kettle" OR bouilloire'),
)


def run() -> dict[str, object]:
    """Lines a second by the clock and by processor time (medians of the batches), and bytes a line."""
    lines = list(_lines())
    with kafka() as servers, _serving(lines) as url:
        settings = KafkaSettings(servers=(servers,), partitions=4, replication=1, prefix="bench")
        create_topics(settings)
        spent = list(_batches(url, settings))
        arrived = sum(end_offsets(settings, POSTS.full_name("bench")).values())
    by_clock, by_processor = (round(BATCH / statistics.median(some)) for some in zip(*spent, strict=True))
    return {
        "lines_per_second": by_clock,
        "lines_per_processor_second": by_processor,
        "bytes_a_line": round(statistics.mean(map(len, lines))),
        "reached": {f"at least {FLOOR:,} lines/s": by_clock >= FLOOR, "in = out": arrived == LINES},
    }


def _lines() -> Iterator[bytes]:
    """What X would send for these watches, each line with the rule that it met."""
    clock = SystemClock()
    inventor = Inventor(1, clock.now)
    rules = list(enumerate(wanted_rules(WATCHES)))
    for turn in range(LINES):
        number, rule = rules[turn % len(rules)]
        message = inventor.message([parse(rule.value).tree])
        yield msgspec.json.encode(message | {"matching_rules": [{"id": str(number), "tag": rule.tag}]})


def _batches(url: str, settings: KafkaSettings) -> Iterator[tuple[float, float]]:
    """Seconds by the clock and of the processor, a batch."""
    clock = SystemClock()
    source = XSource(XSettings("any", url), WATCHES, clock)
    judge = Judge(CursorRecord(source="x"), settings, WATCHES, clock, lambda _: set(), in_order=True)
    outlet = Outlet(settings, idempotent=True)
    never = threading.Event()
    posts = (event for event in source.read(None) if isinstance(event, Received))
    outlet.publish(judge.rows(list(islice(posts, BATCH))), never)  # connects, makes the topic known
    for _ in range(LINES // BATCH - 1):
        began, busy = time.perf_counter(), time.process_time()
        batch: list[Event] = list(islice(posts, BATCH))
        outlet.publish(judge.rows(batch), never)
        yield time.perf_counter() - began, time.process_time() - busy
    source.close()
    posts.close()
    outlet.close()


@contextmanager
def _serving(lines: list[bytes]) -> Iterator[str]:
    """Address at which another process answers as X does."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, lines), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection, lines: list[bytes]) -> None:
    body = b"".join(b"%x\r\n%b\r\n\r\n" % (len(line) + 2, line) for line in lines)
    rules = [msgspec.to_builtins(rule) | {"id": str(n)} for n, rule in enumerate(wanted_rules(WATCHES))]

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            if "/rules" in self.path:
                answer = msgspec.json.encode({"data": rules})
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(body)
            threading.Event().wait()  # X keeps a stream open

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    told.send(server.server_port)
    server.serve_forever()
