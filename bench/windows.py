"""The windows stage: bytes of mentions in, rows of windows and stories out, on one core; and what it holds in memory.

Posts are invented, one in three repeats another (bench/posts.py), a watch each of three, `RATE` a second of event time,
in batches as the stage reads them, with a beat of publishing every two seconds. No broker; the archive is empty.
"""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from bench.cores import one_core
from bench.posts import NOW, stream
from veille.action_book import ActionBook
from veille.author import SECRET_KEY, Book
from veille.batches import Batch, Incoming, Standing
from veille.clock import FakeClock
from veille.mention import decode
from veille.own import OwnAccounts
from veille.post import WatchMatch, encode
from veille.processors.coverage import Coverage
from veille.processors.near import ROOM
from veille.processors.pipeline import mentions
from veille.processors.put_right import PutRight
from veille.processors.sight import Sight
from veille.processors.whose import Whose
from veille.processors.windows import Windows
from veille.settings import OwnSettings, Watch
from veille.topics import headers
from veille.window import Window

POSTS = 30_000
RATE = 50
"""Mentions a second of event time."""

BATCH = 500
FLOOR = 3_000
"""Mentions a second that one core must reach."""

WATCHES = tuple(Watch(name, "brand", name) for name in ("acme", "rival", "market"))
AT_END = Standing(rewinding=False, behind=frozenset())


class NoPast:
    """An archive that holds nothing."""

    def mentions(self, *_range: object) -> Iterator[object]:
        return iter(())

    def all_of(self, *_range: object) -> Iterator[object]:
        return iter(())

    def windows(self, *_range: object) -> list[Window]:
        return []

    def open_alerts(self) -> list[object]:
        return []

    def taken(self) -> dict[int, int]:
        return {}

    def has_what_was_told(self) -> bool:
        return True


class Held(NoPast):
    """One that holds these; `crowded`: the last minute alone has as many as stories have room for."""

    def __init__(self, batches: list[Batch], *, crowded: bool) -> None:
        self._values = [each.value or b"" for batch in batches for each in batch[0]]
        self._crowded = crowded

    def mentions(self, *_range: object) -> Iterator[object]:
        return iter(()) if self._crowded else map(decode, self._values)

    def all_of(self, *_range: object) -> Iterator[object]:
        return map(decode, self._values) if self._crowded else iter(())

    def windows(self, *_range: object) -> list[Window]:
        until = NOW + timedelta(seconds=POSTS / RATE)
        return [Window(watch="acme", since=until, revision=1, mentions=ROOM)] if self._crowded else []


def run() -> dict[str, object]:
    """Mentions a second, bytes that a held mention takes, and what a start takes for each that it reads."""
    batches = list(_batches())
    with one_core():
        clock, stage = _stage()
        costs = list(_costs(stage, clock, batches))
        starts = dict(_starts(batches))
    tracemalloc.start()
    clock, stage = _stage()
    before = tracemalloc.get_traced_memory()[0]
    for _ in _costs(stage, clock, batches):
        pass
    gc.collect()
    held = (tracemalloc.get_traced_memory()[0] - before) / POSTS
    tracemalloc.stop()
    rate = round(1e6 / statistics.median(costs))
    return {
        "mentions_per_second": rate,
        "bytes_held_a_mention": round(held),
        "start, microseconds a mention": starts,
        "reached": {f"at least {FLOOR} mentions/s on one core": rate >= FLOOR},
    }


def _starts(batches: list[Batch]) -> Iterator[tuple[str, float]]:
    """What is read from the archive, compared as stories need it or only counted; and from the topic again."""
    for crowded, name in ((False, "archive, compared"), (True, "archive, counted")):
        began = time.process_time()
        _, stage = _stage(Held(batches, crowded=crowded), NOW + timedelta(seconds=POSTS / RATE))
        yield name, round((time.process_time() - began) / POSTS * 1e6, 1)
    again = [{0: [msgspec.structs.replace(each, again=True) for each in batch[0]]} for batch in batches]
    began = time.process_time()
    for batch in again:
        stage.transform(batch)
    yield "topic, again", round((time.process_time() - began) / POSTS * 1e6, 1)


def _stage(past: NoPast | None = None, now: datetime = NOW) -> tuple[FakeClock, Windows]:
    clock, book = FakeClock(now), Book()
    book.take(SECRET_KEY, b"of the benchmark")
    whose = Whose(book)
    stage = Windows(
        prefix="b",
        clock=clock,
        watches=WATCHES,
        past=past or NoPast(),  # type: ignore[arg-type]  # as much of it as is asked for
        whose=whose,
        sight=Sight(whose, OwnAccounts(OwnSettings())),
        put_right=PutRight(ActionBook(), list, clock),
        coverage=Coverage(list, {}),
        archived=NoPast(),
    )
    stage.start()
    return clock, stage


def _costs(stage: Windows, clock: FakeClock, batches: list[Batch]) -> Iterator[float]:
    """Processor time a mention, microseconds, by batches; publishing is part of it."""
    for batch in batches:
        clock.advance(BATCH / RATE)
        started = time.process_time()
        stage.transform(batch)
        stage.beat(AT_END)
        yield (time.process_time() - started) / BATCH * 1e6


def _batches() -> Iterator[Batch]:
    """Mentions as enrichment makes them, `RATE` a second."""
    posts = islice(stream(POSTS), POSTS)
    number = 0
    while some := list(islice(posts, BATCH)):
        for post in some:
            post.created_at = post.received_at = NOW + timedelta(seconds=number / RATE)
            post.doc_id, post.matched = f"x:{number}", [WatchMatch(id=WATCHES[number % 3].id)]
            number += 1
        made = [each for each in mentions([encode(post) for post in some], NOW) if isinstance(each, tuple)]
        yield {0: [_incoming(value, version) for value, version in made]}


def _incoming(value: bytes, version: int) -> Incoming:
    mention = decode(value)
    came = int(mention.received_at.timestamp() * 1000)
    said = tuple(headers(version, "create", mention.source))
    return Incoming("b.mentions.v1", 0, 0, came, mention.doc_id.encode(), value, said)
