"""A worker for tests: veille's Faust host, with a transform that copies records and can be told to fail.

Environment: SERVERS, IN, OUT, GROUP; FAIL_ON (a record's value that the transform refuses), PAUSE (seconds a batch),
HOLD (a file: while it is there, the transform does not get past the record whose value it holds).
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path

from veille.batches import Batch, Pace, Row
from veille.clock import SystemClock
from veille.log import configure
from veille.metrics import StageCounts
from veille.processors.app import Output, host, run
from veille.stage import ended

FAIL_ON = os.environ.get("FAIL_ON", "").encode()
PAUSE = float(os.environ.get("PAUSE", "0"))
HOLD = Path(os.environ.get("HOLD", os.devnull))


def transform(batch: Batch) -> Output:
    """Every record as it came, into the partition that it came from."""
    time.sleep(PAUSE)  # a transform that takes its time, so that a test can strike in the middle of it
    while held(batch):
        time.sleep(0.02)  # until the test lets it go, however long it takes to strike
    rows: dict[int, list[Row]] = {}
    counts: dict[int, StageCounts] = {}
    for partition, records in batch.items():
        if FAIL_ON and any(record.value == FAIL_ON for record in records):
            raise ValueError(f"told to fail on {FAIL_ON!r}")
        rows[partition] = [(record.key, record.value, [], None) for record in records]
        counts[partition] = StageCounts(read=len(records), out=len(records))
    return Output({os.environ["OUT"]: rows}, counts)


def held(batch: Batch) -> bool:
    """Whether it is not to get past a record of this batch."""
    try:
        held_at = HOLD.read_bytes()
    except FileNotFoundError:
        return False
    return any(record.value == held_at for records in batch.values() for record in records)


if __name__ == "__main__":
    options = {"bootstrap_servers": os.environ["SERVERS"]}
    app = host(
        os.environ["GROUP"],
        options,
        topic=os.environ["IN"],
        transform=transform,
        clock=SystemClock(),
        pace=Pace(session_ms=6000, records=2000),
    )
    configure()
    sys.exit(ended("echo", partial(run, app)))
