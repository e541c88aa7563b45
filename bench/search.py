"""Searching a million mentions: hits, a facet, counts over time, in SQLite and in Elasticsearch, on the same data.

Each query finds about a tenth. Every question is asked in turns, of both archives, so that what else the machine does
weighs on both; the first round warms up. Elasticsearch is filled anew each time, SQLite's file is kept. Each question
bars a name of its own that nobody has, so that nothing that was found before serves it; those of a screen, which come
together, bar the same.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from bench import million
from bench.posts import NOW
from bench.services import elasticsearch
from veille.archive import Archive
from veille.facets import FIELDS
from veille.query import Use, parse
from veille.query.tree import And, Node, Not, Operator
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink
from veille.sinks.sqlite import SqliteArchive
from veille.web.world import MOST_VALUES

ROUNDS = 60
ENOUGH = 40
"""With fewer, one slow round weighs on what 95 in 100 reach."""

WITHIN_S = 1_800
"""No round begins later: a busy machine makes each of them minutes."""

SHOWN_S = 60
"""What was written is to be found by then."""

DAY_S = 86_400
BUDGET_MS = 100.0
"""Of the processor, p95 of hits, of each facet and of counts over time, in the embedded archive."""

LONG_AGO = NOW - timedelta(days=60)

Question = Callable[[Archive, Node, datetime], object]


def _by(field: str, archive: Archive, tree: Node, since: datetime) -> object:
    return archive.facets(tree, [field], since=since)


QUESTIONS: dict[str, Question] = {
    "newest": lambda archive, tree, since: archive.search(tree, since=since, hold=True),
    "two months back": lambda archive, tree, since: archive.search(tree, since=since, until=LONG_AGO, hold=True),
    "best match": lambda archive, tree, since: archive.search(tree, since=since, order="best", hold=True),
    "stories": lambda archive, tree, since: archive.search(tree, since=since, hold=True, fold=True),
    "most copied": lambda archive, tree, since: archive.search(tree, since=since, order="copied", hold=True),
    "areas": lambda archive, tree, since: archive.facets(tree, ["area"], since=since, limit=MOST_VALUES),
    "places": lambda archive, tree, since: archive.facets(tree, ["place"], since=since, limit=MOST_VALUES),
    "a hashtag sought": lambda archive, tree, since: archive.facets(tree, ["hashtag"], since=since, holding="a"),
    "over time": lambda archive, tree, since: archive.histogram(tree, since=since, until=NOW, interval=DAY_S),
    **{f"by {name}": partial(_by, name) for name in FIELDS},
    "by all": lambda archive, tree, since: archive.facets(tree, FIELDS, since=since),
}
SCREEN = ("newest", "by all", "over time")
"""What one screen asks of one query."""

BUDGETED = ("newest", "two months back", "stories", "most copied", "over time", *(f"by {name}" for name in FIELDS))

Times = dict[tuple[str, str, str], list[float]]
"""Milliseconds by archive (`sqlite cpu`: of the processor), question and query."""


def run(mentions: int = million.MENTIONS) -> dict[str, object]:
    """Milliseconds at the median, the 95th percentile and the most, and whether SQLite's reach what they must."""
    trees = {name: parse(query, Use.SEARCH, now=NOW).tree for name, query in million.QUERIES.items()}
    with closing(SqliteArchive(million.archive(mentions))) as sqlite, filled(mentions) as other:
        archives: dict[str, Archive] = {"sqlite": sqlite, "elasticsearch": other}
        found = {name: {where: each.count(tree) for where, each in archives.items()} for name, tree in trees.items()}
        times, rounds = _timed(archives, trees)
    told: dict[str, dict[str, str]] = {}
    for (where, question, name), some in times.items():
        told.setdefault(where, {})[f"{question}, {name}"] = summary(some)
    ratios = {
        question: round(
            statistics.median(
                statistics.median(times["sqlite", question, name])
                / statistics.median(times["elasticsearch", question, name])
                for name in trees
            ),
            2,
        )
        for question in (*QUESTIONS, "a screen")
    }
    worst = {
        question: round(max(_late(times["sqlite cpu", question, name]) for name in trees)) for question in BUDGETED
    }
    return {
        **{f"ms in {where}, median / p95 / max": some for where, some in told.items()},
        "sqlite to elasticsearch": ratios,
        "rounds": rounds,
        "found": {name: counts["sqlite"] for name, counts in found.items()},
        "worst p95 of the processor in sqlite": worst,
        "reached": {
            "both find as many": all(len(set(counts.values())) == 1 for counts in found.values()),
            "p95 under 100 ms": max(worst.values()) < BUDGET_MS,
            f"{ENOUGH} rounds within {WITHIN_S} s": rounds >= ENOUGH,
        },
    }


def summary(some: list[float]) -> str:
    """Median, 95th percentile and most."""
    return f"{statistics.median(some):.0f} / {_late(some):.0f} / {max(some):.0f}"


def _late(some: list[float]) -> float:
    return statistics.quantiles(some, n=20, method="inclusive")[-1]  # never past the most


def _timed(archives: dict[str, Archive], trees: dict[str, Node]) -> tuple[Times, int]:
    """No question is put twice: Elasticsearch would remember its answer."""
    times: Times = defaultdict(list)
    since, began_at, nobody = NOW - timedelta(days=million.DAYS), time.monotonic(), count()
    for turn in range(ROUNDS + 1):
        if turn > 2 and time.monotonic() - began_at > WITHIN_S:
            return times, turn - 1
        for name, tree in trees.items():
            alone = [(question, [question], _barring(tree, next(nobody))) for question in QUESTIONS]
            for told, questions, barring in [*alone, ("a screen", SCREEN, _barring(tree, next(nobody)))]:
                since -= timedelta(microseconds=1)
                for where in list(archives)[:: 1 if turn % 2 else -1]:
                    began, busy = time.perf_counter(), time.process_time()
                    for question in questions:
                        QUESTIONS[question](archives[where], barring, since)
                    if turn:
                        times[where, told, name].append((time.perf_counter() - began) * 1000)
                        if where == "sqlite":
                            times["sqlite cpu", told, name].append((time.process_time() - busy) * 1000)
    return times, ROUNDS


def _barring(tree: Node, number: int) -> Node:
    return And((tree, Not(Operator("from", f"nobody{number}", 0))))


@contextmanager
def filled(mentions: int) -> Iterator[ElasticsearchArchive]:
    """An Elasticsearch that holds the same, refreshed."""
    with elasticsearch() as url:
        settings = ElasticsearchSettings(url=url, prefix="bench", replicas=0)
        with closing(ElasticsearchSink(settings)) as sink:
            sink.open()
            for batch in million.batches(mentions):
                sink.write(batch)
        with closing(ElasticsearchArchive(settings)) as archive:
            deadline = time.monotonic() + SHOWN_S
            while (shown := archive.status().mentions) < mentions:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{shown:,} of {mentions:,} mentions are found {SHOWN_S} s after the last")
                time.sleep(0.5)
            yield archive
