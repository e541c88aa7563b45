"""Soak: the memory of the process that reads Bluesky stays flat, at full speed, for as long as is asked.

a process that sends frames as fast as they are taken --websocket--> BlueskySource --> Judge --> Outlet --> real Kafka

Posts, deletes and identities, since that is what veille asks for. What is remembered of posts is full from the start;
only the handles still fill up, 20 MB in the first minutes.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from bench.bluesky_events import TALKED_ABOUT, frames, watches
from bench.posts import NOW
from bench.services import kafka
from veille.clock import SystemClock
from veille.kafka import create_topics
from veille.metrics import StageCounts
from veille.post import Author, Post
from veille.producers.bluesky import BlueskySource
from veille.producers.bluesky.record import POSTS
from veille.producers.buffer import Buffer
from veille.producers.cursors import CursorRecord
from veille.producers.deletes import REMEMBERED
from veille.producers.judge import Judge
from veille.producers.outlet import Outlet
from veille.producers.publish import BATCH, WAKE_S
from veille.producers.reader import Reader
from veille.producers.source import Received
from veille.settings import BlueskySettings, KafkaSettings

MOST_GROWTH_MB = 16.0
"""In the second half: the allocator's play, and less than what any leak by the record makes at this speed."""

FULL = REMEMBERED + 10_000

LOOKS = 20
"""At the memory, evenly over the time."""


def run(minutes: float) -> dict[str, object]:
    """Events a second, the highest memory so far at each look, and by how much the second half raised it."""
    with kafka() as servers, _sending() as url:
        settings = KafkaSettings(servers=(servers,), partitions=4, replication=1, prefix="bench")
        create_topics(settings)
        peaks, counts = _soaked(url, settings, minutes * 60)
    growth = peaks[-1] - peaks[len(peaks) // 2]
    return {
        "minutes": minutes,
        "events_per_second": round(counts.read / (minutes * 60)),
        "posts_published": counts.out,
        "peak_mb": peaks,
        "grown_mb": round(growth, 1),
        "reached": {
            f"at most {MOST_GROWTH_MB} MB more in the second half": growth <= MOST_GROWTH_MB,
            "everything accounted for": counts.read > 0 and counts.closes() and not counts.dead,
        },
    }


def _soaked(url: str, settings: KafkaSettings, seconds: float) -> tuple[list[float], StageCounts]:
    """Read and publish for so long; the peaks of memory in MB, and what became of the events."""
    clock, never = SystemClock(), threading.Event()
    judge = Judge(CursorRecord(source="bluesky"), settings, watches(), clock, lambda _: set(), in_order=True)
    outlet, buffer = Outlet(settings, idempotent=True), Buffer(can_wait=True, clock=clock)
    reader = Reader(BlueskySource(BlueskySettings(url), clock), buffer, None, clock)
    _fill(judge)
    began, peaks = clock.monotonic(), list[float]()
    reader.start()
    while len(peaks) < LOOKS:
        outlet.publish(judge.rows(buffer.take(BATCH, WAKE_S)), never)
        if clock.monotonic() - began >= (len(peaks) + 1) * seconds / LOOKS:
            peaks.append(_peak_mb())
    reader.stop()
    reader.raise_fault()
    outlet.close()
    return peaks, judge.counts


def _fill(judge: Judge) -> None:
    """Have it remember as many published posts as it ever does."""
    for first in range(0, FULL, BATCH):
        judge.rows([Received(_post(number)) for number in range(first, first + BATCH)])
    judge.counts = StageCounts()


def _post(number: int) -> Post:
    doc_id = f"bluesky:did:plc:{number:024}/{number:013}"
    return Post(
        doc_id=doc_id,
        version="1",
        source="bluesky",
        native_id=f"at://did:plc:{number:024}/{POSTS}/{number:013}",
        created_at=NOW,
        received_at=NOW,
        text=TALKED_ABOUT[0],
        author=Author(id=f"did:plc:{number:024}"),
    )


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


@contextmanager
def _sending() -> Iterator[str]:
    """Address at which another process sends frames without end."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_send, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"ws://127.0.0.1:{ours.recv()}/subscribe"
    finally:
        process.terminate()
        process.join()


def _send(told: Connection) -> None:
    def answer(connection: ServerConnection) -> None:
        begin = datetime.now(UTC) - timedelta(days=1)
        try:
            for frame in frames(begin, collections=(POSTS, "delete", "identity")):
                connection.send(frame, text=True)
        except ConnectionClosed:
            return

    with serve(answer, "127.0.0.1", 0, compression=None) as server:
        told.send(server.socket.getsockname()[1])
        server.serve_forever()
