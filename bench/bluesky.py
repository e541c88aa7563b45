"""Bluesky: frames of Jetstream in, records for the brokers out, on one core, with a hundred watches.

frame --decode--> event --match--> row        decode and map by the source's reader, the rest by the publisher's judge

All of the network is about a thousand events a second, some thirty of them posts. Veille asks for posts and reposts, so
`asked_for_per_second` says how fast a day away is caught up with; the other figure is for a server that sends all.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from bench.bluesky_events import frames, watches
from bench.cores import one_core
from bench.posts import NOW
from veille.clock import FakeClock
from veille.producers.bluesky.payload import Reader
from veille.producers.bluesky.wire import ASKED, FirstWire
from veille.producers.cursors import CursorRecord
from veille.producers.judge import Judge
from veille.producers.publish import BATCH
from veille.producers.source import Event
from veille.settings import KafkaSettings

EVENTS = 60_000
FLOOR = 10_000
"""Events a second that one core must reach: a day away is caught up with in under three hours."""


def run() -> dict[str, object]:
    """Events a second, and microseconds an event by step (medians of the batches)."""
    with one_core():
        everything = _costs(list(islice(frames(NOW), EVENTS)))
        asked = _costs(list(islice(frames(NOW, seed=2, collections=(*ASKED, "delete")), EVENTS // 4)))
    rate = round(1e6 / sum(everything.values()))
    return {
        "events_per_second": rate,
        "asked_for_per_second": round(1e6 / sum(asked.values())),
        "microseconds_an_event": {name: round(cost, 1) for name, cost in everything.items()},
        "microseconds_an_event_asked_for": {name: round(cost, 1) for name, cost in asked.items()},
        "reached": {f"at least {FLOOR:,} events/s on one core": rate >= FLOOR},
    }


def _costs(raw: Sequence[bytes]) -> dict[str, float]:
    """Processor time an event, in microseconds."""
    clock = FakeClock(NOW)
    reader = Reader(FirstWire("stream.example"), "stream.example")
    kafka = KafkaSettings(servers=("127.0.0.1:9092",))
    judge = Judge(CursorRecord(source="bluesky"), kafka, watches(), clock, lambda _: set(), in_order=True)
    read, judged = zip(*_batches(raw, reader, judge, clock), strict=True)
    counts = judge.counts
    if counts.dead or not counts.out or not counts.closes() or counts.read != len(raw):
        raise AssertionError(f"{judge.told()}: expected all {len(raw):,} read and some of them matched")
    return {"decode_and_map": statistics.median(read), "match_and_encode": statistics.median(judged)}


def _batches(raw: Sequence[bytes], reader: Reader, judge: Judge, clock: FakeClock) -> Iterator[tuple[float, float]]:
    for first in range(0, len(raw), BATCH):
        batch = raw[first : first + BATCH]
        began = time.process_time()
        events: list[Event] = [
            reader.event(reader.frame(frame), frame, clock.now(), "1793534400000000") for frame in batch
        ]
        between = time.process_time()
        judge.rows(events)
        ended = time.process_time()
        yield (between - began) / len(batch) * 1e6, (ended - between) / len(batch) * 1e6
