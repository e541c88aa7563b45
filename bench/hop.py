"""The hop: read a JSON record from one topic, add a field, write it to another, commit; in five frameworks.

One worker process each, in turn, on one real Kafka; in = out is counted on the brokers. The first round warms up.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.services import kafka
from veille.kafka import end_offsets, open_producer
from veille.settings import KafkaSettings
from veille.topics import Topic

PEERS = Path(__file__).parent / "peers"
CONTENDERS = ("veille", "faust-tutorial", "quixstreams", "bytewax", "plain")
PARTITIONS = 4
RECORDS = 400_000
TUTORIAL_RECORDS = 20_000
"""The tutorial's agent is given less, or a round would take minutes."""

ROUNDS = 3
SECONDS = 180
TEXT = "The kettle from the example works has boiled over again; does anyone know whom to write to? "


def run() -> dict[str, object]:
    """Messages a second by contender (median of the rounds), ratios, and whether nothing was lost."""
    with kafka() as servers:
        settings = KafkaSettings(servers=(servers,), partitions=PARTITIONS, replication=1, prefix="hop")
        source = _fill(settings)
        rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        complete = dict.fromkeys(CONTENDERS, True)
        for turn in range(ROUNDS):
            for name in CONTENDERS:
                rate, whole = _one(settings, name, source, turn)
                rates[name].append(rate)
                complete[name] &= whole
    median = {name: round(statistics.median(rates[name])) for name in CONTENDERS}
    ratios = {name: round(median["veille"] / median[name], 2) for name in CONTENDERS if name != "veille"}
    reached = {
        "not below the plain loop": ratios["plain"] >= 1.0,
        "15 times the tutorial": ratios["faust-tutorial"] >= 15.0,
        "in = out": complete["veille"],
    }
    return {**median, "ratios": ratios, "rounds": rates, "complete": complete, "reached": reached}


def _fill(settings: KafkaSettings) -> dict[str, str]:
    """Topics of both sizes, by contender."""
    topics = {RECORDS: "hop.in", TUTORIAL_RECORDS: "hop.few"}
    value = json.dumps({"data": {"id": "1", "text": TEXT * 3, "lang": "en"}, "pad": "x" * 650}).encode()
    for count, name in topics.items():
        _create(settings, name)
        producer = open_producer(settings)
        for number in range(count):
            producer.send(name, key=b"%d" % number, value=value)
        producer.flush(SECONDS)
        producer.close()
    return {name: topics[TUTORIAL_RECORDS if name == "faust-tutorial" else RECORDS] for name in CONTENDERS}


def _create(settings: KafkaSettings, name: str) -> None:
    from veille.kafka import create_topics

    prefix, _, rest = name.partition(".")
    create_topics(
        KafkaSettings(servers=settings.servers, partitions=PARTITIONS, replication=1, prefix=prefix),
        [Topic(rest, "number", "JSON", {}, by_doc_id=True)],
    )


def _one(settings: KafkaSettings, name: str, source: dict[str, str], turn: int) -> tuple[float, bool]:
    """Messages a second, and whether all came out."""
    count = TUTORIAL_RECORDS if name == "faust-tutorial" else RECORDS
    out = f"hop.out-{name}-{turn}"
    _create(settings, out)
    environment = os.environ | {
        "SERVERS": settings.servers[0],
        "IN": source[name],
        "OUT": out,
        "GROUP": f"{name}-{turn}-{time.time_ns()}",
        "COUNT": str(count),
    }
    with tempfile.TemporaryDirectory() as folder:  # some of them leave state behind
        finished = subprocess.run(
            [sys.executable, str(PEERS / f"{name.replace('-', '_')}_worker.py")],
            env=environment,
            cwd=folder,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    seconds = re.findall(r"SECONDS ([0-9.]+)", finished.stdout.decode())
    if not seconds:
        raise RuntimeError(f"{name} gave no figure: {finished.stderr.decode()[-2000:]}")
    written = sum(end_offsets(settings, out).values())
    return count / float(seconds[-1]), written == count
