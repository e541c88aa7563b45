"""What every contender shares: where to read and write, the work on one record, and how the time is told."""

from __future__ import annotations

import os
import sys
import time

import orjson

SERVERS, IN, OUT, GROUP = (os.environ[name] for name in ("SERVERS", "IN", "OUT", "GROUP"))
COUNT = int(os.environ["COUNT"])


def enrich(value: bytes) -> bytes:
    """Decode, add one field, encode."""
    return orjson.dumps(annotate(orjson.loads(value)))


def annotate(record: dict) -> dict:
    """Add one field."""
    record["enriched"] = len(record["data"]["text"])
    return record


class Stopwatch:
    """Runs from the first record to the last; then says so."""

    def __init__(self) -> None:
        self.begun: float | None = None
        self.seen = 0

    def saw(self, records: int) -> bool:
        """Count records; True once all have come."""
        if self.begun is None:
            self.begun = time.perf_counter()
        self.seen += records
        return self.seen >= COUNT

    def tell(self) -> None:
        """Print the seconds taken; call it when the last record is written and committed."""
        sys.stdout.write(f"SECONDS {time.perf_counter() - self.begun}\n")
        sys.stdout.flush()
