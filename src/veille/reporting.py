"""What the owner of a site reports of its visits, put on the topic: for the API.

report --> veille.visits.v1 --acknowledged--> the caller
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec

from veille.kafka import Producer, open_producer
from veille.settings import KafkaSettings
from veille.topics import VISITS
from veille.visit import Visits


class Reporting:
    """Takes reports. Any number of threads may call it."""

    def __init__(self, kafka: KafkaSettings, *, idempotent: bool) -> None:
        self._kafka, self._topic, self._idempotent = kafka, VISITS.full_name(kafka.prefix), idempotent
        self._producer: Producer | None = None
        self._writing = threading.Lock()

    def report(self, reports: Iterable[Visits]) -> None:
        """Returns when all are acknowledged. Raises Unavailable, Misused: then send all of them again."""
        with self._writing:
            self._producer = self._producer or open_producer(self._kafka, idempotent=self._idempotent)
            for each in reports:
                self._producer.send(self._topic, key=each.link.encode(), value=msgspec.json.encode(each))
            self._producer.flush()

    def stop(self) -> None:
        """Let go of the connection."""
        if self._producer is not None:
            self._producer.close()


@contextmanager
def reporting(kafka: KafkaSettings, *, idempotent: bool) -> Iterator[Reporting]:
    """For as long as the `with` lasts."""
    made = Reporting(kafka, idempotent=idempotent)
    try:
        yield made
    finally:
        made.stop()
