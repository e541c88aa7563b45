"""Latency: from the moment that a source has a post to the moment that a search can find it, at 500 posts a second.

    posts at an even rate --standard input--> veille run files enrich SINK --> archive, asked every EVERY_S

Once embedded with SQLite, once on the real Kafka and Elasticsearch. A post's `received_at` is when it was handed over.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from bench.posts import stream
from bench.running import running
from bench.services import elasticsearch, kafka
from veille.archive import Archive
from veille.post import encode
from veille.settings import ElasticsearchSettings, Settings
from veille.sinks import open_archive

RATE = 500
TICK_S = 0.02
"""The posts of so long are handed over together."""

LONGEST_S = 300.0
"""How long posts are handed over at most."""

WARM_S = {"sqlite": 15.0, "elasticsearch": 60.0}
"""So long the stages may take to get up to speed; what is received before is not counted. A fresh Java machine compiles
for a minute: an Elasticsearch takes 900 mentions a second in its first seconds, seven times that later [measured]."""

MEASURE_S = 30.0
EVERY_S = 0.1
"""How often the archive is asked: much oftener, and asking is what is measured. Adds half of it to each figure."""

FIRST_S = 60.0
LIMITS = {"sqlite": 1.0, "elasticsearch": 2.5}
"""Seconds that 99 posts in 100 must not pass."""


def run() -> dict[str, object]:
    """Median, p99 and longest in seconds by archive, how many posts were measured, and at which rate."""
    with tempfile.TemporaryDirectory() as folder:
        figures = {"sqlite": _measured("sqlite", Settings(data=Path(folder) / "data"), {"data": f"{folder}/data"})}
    with tempfile.TemporaryDirectory() as folder, kafka() as servers, elasticsearch() as url:
        prefix = "latency"
        described: dict[str, Any] = {
            "data": f"{folder}/data",
            "kafka": {"servers": [servers], "prefix": prefix, "partitions": 4, "replication": 1},
            "elasticsearch": {"url": url, "prefix": prefix, "replicas": 0},
        }
        settings = Settings(elasticsearch=ElasticsearchSettings(url=url, prefix=prefix, replicas=0))
        figures["elasticsearch"] = _measured("elasticsearch", settings, described)
    reached = {f"{name}: p99 under {limit} s": figures[name]["p99"] < limit for name, limit in LIMITS.items()}
    return {**figures, "reached": reached}


def _measured(name: str, settings: Settings, described: dict[str, Any]) -> dict[str, float]:
    with _fed(["files", "enrich", name], described):
        archive = _opened(settings)
        try:
            delays = list(_delays(archive, WARM_S[name]))
        finally:
            archive.close()
    ordered = sorted(delays)
    return {
        "median": round(statistics.median(ordered), 3),
        "p99": round(ordered[int(len(ordered) * 0.99)], 3),
        "longest": round(ordered[-1], 3),
        "posts": len(ordered),
        "posts_per_second": round(len(ordered) / MEASURE_S, 1),
    }


@contextmanager
def _fed(stages: list[str], described: dict[str, Any]) -> Iterator[None]:
    """The stages but the page, and posts coming in."""
    with running(stages, described) as into:
        over = threading.Event()
        feeder = threading.Thread(target=_feed, args=(into, over))
        feeder.start()
        try:
            yield
        finally:
            over.set()
            feeder.join()


def _feed(into: IO[bytes], over: threading.Event) -> None:
    """Hand posts over at `RATE` until it is over, or nobody reads any more."""
    posts = stream(int(RATE * LONGEST_S))
    began = time.monotonic()
    for tick in range(int(LONGEST_S / TICK_S)):
        if over.wait(max(0.0, began + tick * TICK_S - time.monotonic())):
            break
        some = [next(posts) for _ in range(int(RATE * TICK_S))]
        now = datetime.now(UTC)
        lines = [encode(msgspec.structs.replace(post, received_at=now)) + b"\n" for post in some]
        try:
            into.write(b"".join(lines))
            into.flush()
        except BrokenPipeError:
            break
    with suppress(BrokenPipeError):
        into.close()


def _opened(settings: Settings) -> Archive:
    """The archive, once something has arrived in it."""
    deadline = time.monotonic() + FIRST_S
    while time.monotonic() < deadline:
        archive = open_archive(settings)
        try:
            if archive.status().mentions:
                return archive
        except Exception:  # not there yet, whatever it says
            archive.close()
        time.sleep(EVERY_S)
    raise RuntimeError(f"nothing arrived in the archive within {FIRST_S:.0f} s")


def _delays(archive: Archive, warm: float) -> Iterator[float]:
    """Seconds from receipt to found, of each post received in the measured time."""
    begin = datetime.now(UTC).timestamp() + warm
    end = begin + MEASURE_S
    position: str | None = None
    known: set[str] = set()
    while (now := datetime.now(UTC).timestamp()) < end + max(LIMITS.values()):
        mentions, _, position = archive.arrivals(position, 5_000)
        found = datetime.now(UTC).timestamp()
        for mention in mentions:
            received = mention.received_at.timestamp()
            if begin <= received < end and mention.op == "create" and mention.doc_id not in known:
                known.add(mention.doc_id)
                yield found - received
        time.sleep(max(0.0, EVERY_S - (datetime.now(UTC).timestamp() - now)))
