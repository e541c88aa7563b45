"""Enrichment: bytes of posts in, bytes of mentions out, every step, on one core; and what each step costs.

Posts are invented and all different (bench/posts.py). Tables are loaded before the clock starts, which is timed apart.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from bench.posts import NOW, stream
from veille.mention import Enrichment, encode
from veille.post import decode
from veille.post import encode as encode_post
from veille.processors import ENRICHMENTS
from veille.processors.pipeline import enrich, mention_bytes, step_name

Item = TypeVar("Item")

POSTS = 6_000
ROUNDS = 3
FLOOR = 4_000
"""Posts a second that one core must reach."""


def run() -> dict[str, object]:
    """Posts a second (median of the rounds), microseconds a post by step, seconds to load the tables."""
    with _one_core():
        started = time.perf_counter()
        for post in stream(20, seed=2):
            mention_bytes(encode_post(post), NOW)
        load = time.perf_counter() - started
        values = [encode_post(post) for post in stream(POSTS)]
        whole = [_microseconds(lambda value: mention_bytes(value, NOW), values[part::ROUNDS]) for part in range(ROUNDS)]
        steps = _steps(values)
    rate = round(1e6 / statistics.median(whole))
    return {
        "posts_per_second": rate,
        "microseconds": steps,
        "rounds": [round(1e6 / figure) for figure in whole],
        "load_seconds": round(load, 2),
        "reached": {f"at least {FLOOR} posts/s on one core": rate >= FLOOR},
    }


def _steps(values: list[bytes]) -> dict[str, float]:
    """Microseconds a post of each step, on posts that no round has seen: caches are as warm as a stream leaves them."""
    posts = list(stream(POSTS // ROUNDS, seed=3))
    found = [Enrichment() for _ in posts]
    costs = {"decode": _microseconds(decode, values)}
    pairs = list(zip(posts, found, strict=True))
    for step in ENRICHMENTS:
        costs[step_name(step)] = _microseconds(lambda pair, step=step: step(*pair), pairs)
    enriched = [(post, enrich(post, NOW)) for post in posts]
    costs["encode"] = _microseconds(lambda pair: encode(*pair), enriched)
    return {name: round(cost, 1) for name, cost in costs.items()}


def _microseconds(work: Callable[[Item], object], items: list[Item]) -> float:
    """Processor time, which is the same however busy the machine is otherwise."""
    started = time.process_time()
    for item in items:
        work(item)
    return (time.process_time() - started) / len(items) * 1e6


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process, numerical libraries included, on one core."""
    if not hasattr(os, "sched_setaffinity"):  # macOS
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
