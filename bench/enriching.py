"""A worker for `bench.enrich`: enriches the posts of a file, one JSON a line, and says what it took.

python -m bench.enriching FILE [CORE]          loads, waits for a line on standard input, enriches, prints JSON
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from bench.posts import NOW
from veille.batches import spare_collector
from veille.processors.enrich import load
from veille.processors.pipeline import mentions

BATCH = 2_000


def main() -> None:
    """Processor seconds are those of the whole process, from its very start; the others are of the work alone."""
    if len(sys.argv) > 2 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(sys.argv[2])})
    values = Path(sys.argv[1]).read_bytes().splitlines()
    load()
    spare_collector()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    for first in range(0, len(values), BATCH):
        mentions(values[first : first + BATCH], NOW)
    took = {
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time(),
        "peak_mb": _peak_mb(),
    }
    print(json.dumps(took), flush=True)


def _peak_mb() -> float:
    """Of this process alone: `getrusage` would tell that of the process that it was forked from."""
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next((int(line.split()[1]) / 1_000 for line in status if line.startswith("VmHWM")), 0.0)


if __name__ == "__main__":
    main()
