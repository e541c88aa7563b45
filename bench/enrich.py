"""Enrichment: bytes of posts in, bytes of mentions out, every step, on one core; and what each step costs.

Posts are invented: eight languages, one repost in three (bench/posts.py). What is measured is processor time, by
slices of the stream: other work on the machine disturbs some of them, and the median says what is usual. A fresh
process is measured too, from its very start, with its memory, and two processes at once beside one alone, in turns and
by the clock on the wall: that ratio means something on a quiet machine only.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from bench.cores import one_core
from bench.enriching import BATCH
from bench.posts import NOW, stream
from veille.batches import spare_collector
from veille.mention import Enrichment, encode
from veille.post import Post, decode
from veille.post import encode as encode_post
from veille.processors import ENRICHMENTS
from veille.processors.enrich import load
from veille.processors.pipeline import enrich, mentions, step_name

POSTS = 8_000
SLICE = 200
FLOOR = 8_000
"""Posts a second that one core must reach."""

COLD_POSTS = 20_000
COLD_SHARE = 1 / 3
"""Of the warm rate, what a fresh process must reach with its first posts, its start and its tables included."""

PEAK_MB = 500
"""Memory that a worker may take."""

PAIRS = 3
"""Times that one process and then two are measured."""

NEARLY_TWICE = 1.7

Item = TypeVar("Item")


def run() -> dict[str, object]:
    """Posts a second, warm and cold; microseconds a post by step; memory; and what a second process adds."""
    values = [encode_post(post) for post in stream(COLD_POSTS + POSTS)]
    with one_core():
        started = time.perf_counter()
        load()
        seconds = time.perf_counter() - started
        spare_collector()
        list(_whole(values[:COLD_POSTS]))  # a worker has met most words, names and profiles before
        whole = statistics.median(_whole(values[COLD_POSTS:]))
        steps = _steps()
    with tempfile.TemporaryDirectory() as folder:
        posts = Path(folder) / "posts.jsonl"
        posts.write_bytes(b"\n".join(values[:COLD_POSTS]))
        (fresh,) = _at_once(posts, [0])
        twice = statistics.median(_second_process(posts) for _ in range(PAIRS))
    rate, cold = round(1e6 / whole), round(COLD_POSTS / fresh["processor_seconds"])
    return {
        "posts_per_second": rate,
        "microseconds": {name: round(cost, 1) for name, cost in (*steps.items(), ("whole", whole))},
        "load_seconds": round(seconds, 2),
        "cold_posts_per_second": cold,
        "peak_mb": round(fresh["peak_mb"]),
        "two_processes_do": round(twice, 2),
        "reached": {
            f"at least {FLOOR} posts/s on one core": rate >= FLOOR,
            "a third of it in a fresh process": cold >= COLD_SHARE * rate,
            f"at most {PEAK_MB} MB": fresh["peak_mb"] <= PEAK_MB,
            f"two processes do {NEARLY_TWICE} times one": twice >= NEARLY_TWICE,
        },
    }


def _second_process(posts: Path) -> float:
    """How much two processes on two cores do of what one does, by the clock on the wall."""
    cores = sorted(os.sched_getaffinity(0))[:2] if hasattr(os, "sched_getaffinity") else [0, 1]
    (alone,) = _at_once(posts, cores[:1])
    together = _at_once(posts, cores)
    return len(cores) * alone["seconds"] / max(each["seconds"] for each in together)


def _at_once(posts: Path, cores: Sequence[int]) -> list[dict[str, float]]:
    """What workers say that were each begun on a core of its own, all at the same moment."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.enriching", str(posts), str(core)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for core in cores
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    return [json.loads(worker.communicate()[0]) for worker in workers]


def _steps() -> dict[str, float]:
    """What each step costs, on posts that the whole has not seen: caches are as warm as a stream leaves them."""
    posts = list(stream(POSTS // 4, seed=3))
    pairs = [(post, Enrichment()) for post in posts]
    costs = {"decode": _microseconds(decode, [encode_post(post) for post in posts])}
    for step in ENRICHMENTS:
        costs[step_name(step)] = _microseconds(partial(_apply, step), pairs)
    costs["encode"] = _microseconds(partial(_apply, encode), list(zip(posts, enrich(posts, NOW), strict=True)))
    return costs


def _whole(values: Sequence[bytes]) -> Iterator[float]:
    """Processor time a post, by batches as the stage reads them."""
    for first in range(0, len(values), BATCH):
        batch = values[first : first + BATCH]
        started = time.process_time()
        mentions(batch, NOW)
        yield (time.process_time() - started) / len(batch) * 1e6


def _apply(work: Callable[[Post, Enrichment], object], pair: tuple[Post, Enrichment]) -> None:
    work(*pair)


def _microseconds(work: Callable[[Item], object], items: Sequence[Item]) -> float:
    """Processor time an item, the median of the slices."""
    return statistics.median(_slices(work, items))


def _slices(work: Callable[[Item], object], items: Sequence[Item]) -> Iterator[float]:
    for first in range(0, len(items), SLICE):
        part = items[first : first + SLICE]
        started = time.process_time()
        for item in part:
            work(item)
        yield (time.process_time() - started) / len(part) * 1e6
