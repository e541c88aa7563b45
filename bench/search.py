"""Searching a million mentions: hits, a facet, counts over time, in SQLite and in Elasticsearch, on the same data.

Each query finds about a tenth. Every question is asked in turns, of both archives, so that what else the machine does
weighs on both; the first round warms up. Elasticsearch is filled anew each time, SQLite's file is kept.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from bench import million
from bench.posts import NOW
from bench.services import elasticsearch
from veille.archive import Archive
from veille.facets import FIELDS
from veille.query import Use, parse
from veille.query.tree import Node
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink
from veille.sinks.sqlite import SqliteArchive

ROUNDS = 20
DAY_S = 86_400
BUDGET_MS = 100.0
"""p95 of hits, of each facet and of counts over time, in the embedded archive."""

Question = Callable[[Archive, Node], object]

QUESTIONS: dict[str, Question] = {
    "newest": lambda archive, tree: archive.search(tree, hold=True),
    "far page": lambda archive, tree: archive.search(tree, after=_far(archive, tree)),
    "best match": lambda archive, tree: archive.search(tree, order="best", hold=True),
    "over time": lambda archive, tree: archive.histogram(
        tree, since=NOW - timedelta(days=million.DAYS), until=NOW, interval=DAY_S
    ),
    **{f"by {name}": lambda archive, tree, name=name: archive.facets(tree, [name]) for name in FIELDS},
    "by all": lambda archive, tree: archive.facets(tree, FIELDS),
}
BUDGETED = ("newest", "far page", "over time", *(f"by {name}" for name in FIELDS))

_FAR: dict[tuple[int, Node], str | None] = {}


def run(mentions: int = million.MENTIONS) -> dict[str, object]:
    """Milliseconds at the median and the 95th percentile, and whether SQLite's reach what they must."""
    trees = {name: parse(query, Use.SEARCH, now=NOW).tree for name, query in million.QUERIES.items()}
    sqlite = SqliteArchive(million.archive(mentions))
    with filled(mentions) as other:
        archives: dict[str, Archive] = {"sqlite": sqlite, "elasticsearch": other}
        found = {name: {where: each.count(tree) for where, each in archives.items()} for name, tree in trees.items()}
        times = _timed(archives, trees)
    sqlite.close()
    worst = {question: max(times["sqlite"][question, name][1] for name in trees) for question in BUDGETED}
    told = {
        where: {
            question: {name: "{:.0f} / {:.0f}".format(*some[question, name]) for name in trees}
            for question in QUESTIONS
        }
        for where, some in times.items()
    }
    ratios = {
        question: round(
            statistics.median(
                times["sqlite"][question, name][0] / times["elasticsearch"][question, name][0] for name in trees
            ),
            2,
        )
        for question in QUESTIONS
    }
    agree = all(len(set(counts.values())) == 1 for counts in found.values())
    return {
        "ms, median / p95": told,
        "sqlite to elasticsearch": ratios,
        "found": found,
        "worst p95 of sqlite": {question: round(some) for question, some in worst.items()},
        "reached": {"both find as many": agree, "p95 under 100 ms": max(worst.values()) < BUDGET_MS},
    }


def _far(archive: Archive, tree: Node) -> str | None:
    """A position two thirds down the list, found once: it costs as many pages."""
    key = id(archive), tree
    if key not in _FAR:
        until = NOW - timedelta(days=million.DAYS * 2 / 3)
        _FAR[key] = archive.search(tree, until=until, limit=1).after
    return _FAR[key]


def _timed(
    archives: dict[str, Archive], trees: dict[str, Node]
) -> dict[str, dict[tuple[str, str], tuple[float, float]]]:
    times: dict[str, dict[tuple[str, str], list[float]]] = {where: {} for where in archives}
    for turn in range(ROUNDS + 1):
        for name, tree in trees.items():
            for question, ask in QUESTIONS.items():
                for where in list(archives)[:: 1 if turn % 2 else -1]:
                    began = time.perf_counter()
                    ask(archives[where], tree)
                    if turn:
                        times[where].setdefault((question, name), []).append((time.perf_counter() - began) * 1000)
    return {
        where: {key: (statistics.median(some), statistics.quantiles(some, n=20)[-1]) for key, some in each.items()}
        for where, each in times.items()
    }


@contextmanager
def filled(mentions: int) -> Iterator[ElasticsearchArchive]:
    """An Elasticsearch that holds the same, refreshed."""
    with elasticsearch() as url:
        settings = ElasticsearchSettings(url=url, prefix="bench", replicas=0)
        sink, archive = ElasticsearchSink(settings), ElasticsearchArchive(settings)
        sink.open()
        for batch in million.batches(mentions):
            sink.write(batch)
        sink.close()
        deadline = time.monotonic() + 60
        while archive.status().mentions < mentions and time.monotonic() < deadline:
            time.sleep(0.5)
        yield archive
        archive.close()
