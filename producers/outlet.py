"""Records out, and not a word before the brokers have all of them.

rows --> producer --> acknowledged?  --no--> pause that grows, the same rows again
                          `-> done
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Sequence
from typing import NamedTuple

from veille.errors import Unavailable
from veille.kafka import Producer, open_producer
from veille.settings import KafkaSettings

ACKNOWLEDGED_S = 5.0
"""How long the brokers may take before the rows are sent again."""

CLOSING_S = 5.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

log = logging.getLogger(__name__)


class Row(NamedTuple):
    """One record to publish; `topic` is the full name, `timestamp` in milliseconds since 1970."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int


class Outlet:
    """Publishes rows and waits for the brokers, however long they are away."""

    def __init__(self, kafka: KafkaSettings, *, idempotent: bool) -> None:
        """Connect. Raises Unavailable when no broker answers."""
        self._producer: Producer = open_producer(kafka, idempotent=idempotent)
        self._away = False

    def publish(self, rows: Sequence[Row], stop: threading.Event) -> None:
        """Return once every row is acknowledged. Raises Unavailable only when `stop` is set meanwhile."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                self._once(rows)
                self._away = False
                return
            except Unavailable as error:
                self._away = True
                log.warning("%d records wait for Kafka: %s", len(rows), error)
                if stop.wait(pause * random.uniform(0.5, 1.0)):  # noqa: S311  # jitter, not a secret
                    raise
                pause = min(pause * 2, LONGEST_PAUSE_S)

    def close(self) -> None:
        """Let go of the connections; brokers that are away are not waited for."""
        self._producer.close(0 if self._away else CLOSING_S)

    def _once(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        for topic, key, value, headers, timestamp in rows:
            self._producer.send(topic, key=key, value=value, headers=headers, timestamp=timestamp)
        self._producer.flush(ACKNOWLEDGED_S)
