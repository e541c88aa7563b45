"""Enrichment: bytes of posts in, bytes of mentions out, every step, on one core; and what each step costs.

Posts are invented: eight languages, one repost in three (bench/posts.py). What is measured is processor time, by
slices of the stream:
other work on the machine disturbs some of them, and the median says what is usual.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from bench.cores import one_core
from bench.posts import NOW, stream
from veille.mention import Enrichment, encode
from veille.post import Post, decode
from veille.post import encode as encode_post
from veille.processors import ENRICHMENTS
from veille.processors.enrich import load
from veille.processors.pipeline import enrich, mentions, step_name

POSTS = 8_000
BATCH = 2_000
SLICE = 200
FLOOR = 8_000
"""Posts a second that one core must reach."""

Item = TypeVar("Item")


def run() -> dict[str, object]:
    """Posts a second and microseconds a post by step (medians of the slices), and seconds to load the tables."""
    with one_core():
        started = time.perf_counter()
        load()
        seconds = time.perf_counter() - started
        mentions([encode_post(post) for post in stream(500, seed=2)], NOW)
        values = [encode_post(post) for post in stream(POSTS)]
        whole = statistics.median(_whole(values))
        steps = _steps()
    rate = round(1e6 / whole)
    return {
        "posts_per_second": rate,
        "microseconds": {name: round(cost, 1) for name, cost in (*steps.items(), ("whole", whole))},
        "load_seconds": round(seconds, 2),
        "reached": {f"at least {FLOOR} posts/s on one core": rate >= FLOOR},
    }


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
