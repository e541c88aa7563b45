"""Where the sources stand, and what receivers were told: cursors, gaps, deliveries, on either kind of broker.

embedded   the archive's file, as the last checkpoint left it
a Kafka    veille.cursors.v1, veille.gaps.v1, veille.deliveries.v1: the last record of each key
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import msgspec

from veille.delivery import DeliveriesNow, Delivery
from veille.delivery import decode as decode_delivery
from veille.errors import Corrupt, Misused, Unavailable, VeilleError
from veille.gap import Gap, GapsNow
from veille.kafka import Record, Tail, read_all
from veille.reading import ReadingNow, heard
from veille.settings import KafkaSettings, Settings
from veille.sinks import archive_path
from veille.sinks.sqlite import read_deliveries, read_state
from veille.topics import CURSORS, DELIVERIES, GAPS, Topic

FOLLOW_S = 2.0
"""How often a topic is looked at."""

AWAY_S = 10.0
"""How long a topic that cannot be read is left alone."""

SOON_S = 5.0
"""How long a search waits for the gaps, from its beginning; reading them takes half a second."""

GapsInTime = Callable[[], list[Gap] | None]
"""The gaps, as soon as they are there; None when they do not come in time, or may not be read. Raises Corrupt."""

log = logging.getLogger(__name__)


def cursors(settings: Settings) -> dict[str, bytes]:
    """By source, the last cursor record, as JSON. Raises Unavailable, Misused."""
    if settings.kafka is None:
        return {source: text.encode() for source, text in read_state(archive_path(settings))[0].items()}
    return _last(read_all(settings.kafka, CURSORS.full_name(settings.kafka.prefix)))


def gaps(settings: Settings) -> list[Gap]:
    """Every gap that is known, in no order. Raises Unavailable, Misused, Corrupt."""
    if settings.kafka is None:
        return _decoded(read_state(archive_path(settings))[1])
    return _decoded(_last(read_all(settings.kafka, GAPS.full_name(settings.kafka.prefix))))


def deliveries(settings: Settings) -> list[Delivery]:
    """What every receiver was told, in no order. Raises Unavailable, Misused, Corrupt."""
    if settings.kafka is None:
        return [decode_delivery(value) for value in read_deliveries(archive_path(settings))]
    found = _last(read_all(settings.kafka, DELIVERIES.full_name(settings.kafka.prefix)))
    return [decode_delivery(value) for value in found.values()]


def gaps_soon(settings: Settings) -> GapsInTime:
    """Begin to read the gaps, while the caller asks the archive for something else."""
    found: Future[list[Gap]] = Future()

    def read() -> None:
        try:
            found.set_result(gaps(settings))
        except VeilleError as error:
            found.set_exception(error)

    def in_time() -> list[Gap] | None:
        try:
            return found.result(max(0.0, deadline - time.monotonic()))
        except (TimeoutError, Unavailable, Misused) as error:
            log.info("gaps are not known: %s", error)
            return None

    deadline = time.monotonic() + SOON_S
    threading.Thread(target=read, name="gaps", daemon=True).start()  # Kafka may keep it far longer than anybody waits
    return in_time


@contextmanager
def gaps_followed(settings: Settings) -> Iterator[GapsNow]:
    """A function that says what gaps there are now, at once, as long as the `with` lasts; for the page."""
    if settings.kafka is None:
        yield lambda: gaps(settings)
        return
    with _followed(settings.kafka, GAPS) as known:
        yield lambda: _decoded(known())


@contextmanager
def reading_followed(kafka: KafkaSettings) -> Iterator[ReadingNow]:
    """A function that says at once what each source has read, as long as the `with` lasts; for the page."""
    with _followed(kafka, CURSORS) as known:
        yield lambda: heard(known())


@contextmanager
def deliveries_followed(settings: Settings) -> Iterator[DeliveriesNow]:
    """A function that says at once what every receiver was told, as long as the `with` lasts; for the page."""
    if settings.kafka is None:
        yield lambda: deliveries(settings)
        return
    with _followed(settings.kafka, DELIVERIES) as known:
        yield lambda: [decode_delivery(value) for value in known().values()]


@contextmanager
def _followed(kafka: KafkaSettings, topic: Topic) -> Iterator[Callable[[], dict[str, bytes]]]:
    followed = _Followed(kafka, topic)
    followed.start()
    try:
        yield followed.now
    finally:
        followed.stop()


class _Followed:
    """Reads a topic of state in a thread of its own, so that no page waits for Kafka."""

    def __init__(self, kafka: KafkaSettings, topic: Topic) -> None:
        self._kafka, self._topic = kafka, topic.full_name(kafka.prefix)
        self._known: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=topic.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def now(self) -> dict[str, bytes]:
        with self._lock:
            return dict(self._known)

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                tail = Tail(self._kafka, [self._topic])
                try:
                    self._read(tail)
                finally:
                    tail.close()
            except (Unavailable, Misused) as error:
                log.warning("%s cannot be read, and the page shows what it knows: %s", self._topic, error)
                self._stopped.wait(AWAY_S)

    def _read(self, tail: Tail) -> None:
        while not self._stopped.is_set():
            found = _last(tail.read())
            with self._lock:
                self._known |= found
            self._stopped.wait(FOLLOW_S)


def _last(records: Iterable[Record]) -> dict[str, bytes]:
    """The last value of each key; a null takes it away."""
    found: dict[str, bytes] = {}
    for record in records:
        if record.key is not None and record.value is not None:
            found[record.key.decode()] = record.value
        elif record.key is not None:
            found.pop(record.key.decode(), None)
    return found


def _decoded(values: dict[str, bytes]) -> list[Gap]:
    try:
        return [msgspec.json.decode(value, type=Gap) for value in values.values()]
    except msgspec.DecodeError as error:
        raise Corrupt(f"a gap cannot be read: {error}. The record of another version of veille?") from error
