"""All questions of a day with their answers, five thousand among as many answers and other posts, in both archives.

What the page asks each time that it is shown. Archives take turns; the first round warms up.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from bench.posts import NOW
from bench.services import elasticsearch
from veille.archive import Archive
from veille.mention import Enrichment, Tags, encode
from veille.own import OwnAccounts
from veille.post import Author, Post, Reference, WatchMatch
from veille.questions import asked, in_sum
from veille.settings import ElasticsearchSettings, OwnSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink
from veille.sinks.sink import Record, Sink
from veille.sinks.sqlite import SqliteArchive, SqliteSink

QUESTIONS, ANSWERED, ANSWERS, OTHERS = 5_000, 3_000, 3, 20_000
ROUNDS, BATCH = 10, 1_000
VERSION = 1_025
BUDGET_S = 1.0
"""Median of either archive on a quiet machine: the page asks again every ten seconds."""


def run() -> dict[str, object]:
    """Seconds at the median, and whether both find the same."""
    own = OwnAccounts(OwnSettings(bluesky=("acme.example",)))
    times: dict[str, list[float]] = {"sqlite": [], "elasticsearch": []}
    sums = set()
    with tempfile.TemporaryDirectory() as folder, elasticsearch() as url:
        settings = ElasticsearchSettings(url=url, prefix="bench", replicas=0)
        path = Path(folder) / "veille.db"
        for sink in (SqliteSink(path), ElasticsearchSink(settings)):
            _fill(sink)
        archives: dict[str, Archive] = {"sqlite": SqliteArchive(path), "elasticsearch": ElasticsearchArchive(settings)}
        deadline = time.monotonic() + 60
        while any(each.status().mentions < len(_posts()) for each in archives.values()):
            if time.monotonic() > deadline:
                raise TimeoutError("an archive does not show what was written")
            time.sleep(0.5)
        for turn in range(ROUNDS + 1):
            for name in list(archives)[:: 1 if turn % 2 else -1]:
                began = time.perf_counter()
                found = asked(archives[name], own, watch="acme", since=NOW - timedelta(days=1), until=NOW)
                if turn:
                    times[name].append(time.perf_counter() - began)
                sums.add(in_sum(found.questions))
        for each in archives.values():
            each.close()
    (total, *others) = sums
    medians = {name: round(statistics.median(some), 2) for name, some in times.items()}
    right = not others and (total.asked, total.answered) == (QUESTIONS, ANSWERED)
    return {
        "seconds": medians,
        "reached": {
            "both count all of them": right,
            f"within {BUDGET_S:g} s": max(medians.values()) <= BUDGET_S,
        },
    }


def _fill(sink: Sink) -> None:
    sink.open()
    written = iter(_posts())
    while some := list(islice(written, BATCH)):
        sink.write(some)
    sink.close()


def _posts() -> list[Record]:
    return [*_made(random.Random(7))]


def _made(chance: random.Random) -> Iterator[Record]:
    for number in range(OTHERS):
        yield _record(f"o{number}", number % 999, chance.uniform(0, 1_400), "a kettle that works, day after day")
    for number in range(QUESTIONS):
        minute = chance.uniform(0, 1_300)
        yield _record(f"q{number}", 1_000 + number, minute, "where is my order?", asks=True)
        for answer in range(ANSWERS if number < ANSWERED else 0):
            when = minute + 5 + 7 * answer
            yield _record(f"a{number}-{answer}", number + answer, when, "on its way", to=f"q{number}")


def _record(name: str, author: int, minute: float, text: str, *, asks: bool = False, to: str | None = None) -> Record:
    when = NOW - timedelta(days=1) + timedelta(minutes=minute)
    post = Post(
        doc_id=name,
        version=str(VERSION),
        source="bluesky",
        native_id=name,
        kind="reply" if to else "post",
        created_at=when,
        received_at=when,
        author=Author(id=f"did:{author}"),
        text=text,
        ref=Reference(reply_to=to, conversation=to or name),
    )
    found = Enrichment(tags=Tags(watches=[WatchMatch("acme")], question=asks))
    return Record(name, VERSION, encode(post, found), "bluesky")
