"""Near-duplicates: fingerprints made, compared, and looked up in an index of a day, on one core; and what they find.

Texts and their copies are invented, seeded, in ten languages (veille/evaluate/copies.py). False pairs are counted among
10,000 unrelated texts, each compared with each. Processor time, by slices; the median says what is usual.
"""

from __future__ import annotations

import statistics
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

import numpy as np

from bench.cores import one_core
from veille.evaluate.copies import ANY, OF_LONG, copies, texts
from veille.processors.fingerprint import SAME, SIMILARITY, fingerprint, similarity
from veille.processors.near import Near

TEXTS = 10_000
COPIES = 1_000
ROOM = 100_000
"""Texts that the index holds while it is measured: it is full."""

SLICE = 500
START = datetime(2026, 11, 1, tzinfo=UTC)
FLOOR = 30_000
"""A second that one core must reach, of each."""

RECALL = 0.99

Item = TypeVar("Item")


def run() -> dict[str, object]:
    """Each a second, the share of copies found by edit, and false pairs."""
    unrelated = list(texts(TEXTS, seed=1))
    with one_core():
        made = _rate(fingerprint, unrelated)
        prints = [each for each in map(fingerprint, unrelated) if each is not None]
        compared = _rate(lambda pair: similarity(*pair), list(pairwise(prints)))
        looked_up = _looked_up()
    recall = {edit: _recall(edit) for edit in (*ANY, *OF_LONG)}
    false = _false_pairs(prints)
    return {
        "fingerprints_per_second": made,
        "compared_per_second": compared,
        "looked up and added_per_second": looked_up,
        "recall": recall,
        "false pairs": f"{false} of {len(prints) * (len(prints) - 1) // 2:,}",
        "reached": {
            f"at least {FLOOR:,} fingerprints/s on one core": made >= FLOOR,
            f"at least {FLOOR:,} compared/s on one core": compared >= FLOOR,
            f"at least {FLOOR:,} looked up and added/s on one core": looked_up >= FLOOR,
            f"at least {RECALL:.0%} of every mild edit found": min(recall.values()) >= RECALL,
            "no false pair": false == 0,
        },
    }


def _looked_up() -> int:
    """Find and add with a full index; one text in five is a copy of an earlier one."""
    near = Near[int](ROOM)
    stream = [each for each in map(fingerprint, _stream()) if each is not None]
    for key, each in enumerate(stream[:ROOM]):
        near.add(key, each, START + timedelta(seconds=key))

    def look(numbered: tuple[int, str]) -> None:
        near.find(numbered[1])
        near.add(numbered[0], numbered[1], START + timedelta(seconds=numbered[0]))

    return _rate(look, list(enumerate(stream))[ROOM:])


def _stream() -> Iterator[str]:
    for number, text in enumerate(texts(ROOM + 4 * TEXTS, seed=2)):
        if number % 5 == 0:
            again = text
        yield f"RT @somebody: {again} #news" if number % 5 == 4 else text


def _recall(edit: str) -> float:
    cases = list(copies(edit, COPIES, seed=3))
    pairs = [(fingerprint(case.one), fingerprint(case.other)) for case in cases]
    found = sum(one is not None and other is not None and similarity(one, other) >= SAME for one, other in pairs)
    return round(found / sum(one is not None for one, _ in pairs), 4)


def _false_pairs(prints: Sequence[str]) -> int:
    """Pairs of unrelated texts that count as the same, each compared with each."""
    rows = np.array([np.frombuffer(b64decode(each), np.uint8) for each in prints])
    equal = next(number for number, alike in enumerate(SIMILARITY) if alike >= SAME)
    return sum(int(((rows[at + 1 :] == rows[at]).sum(axis=1) >= equal).sum()) for at in range(len(rows) - 1))


def _rate(work: Callable[[Item], object], items: Sequence[Item]) -> int:
    """Items a second of processor time, the median of the slices."""
    return round(1 / statistics.median(_costs(work, items)))


def _costs(work: Callable[[Item], object], items: Sequence[Item]) -> Iterator[float]:
    for first in range(0, len(items), SLICE):
        part = items[first : first + SLICE]
        started = time.process_time()
        for item in part:
            work(item)
        yield (time.process_time() - started) / len(part)
