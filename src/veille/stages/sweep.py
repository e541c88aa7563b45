"""Folds the orders about authors, brings the archive into line with them, and asks what became of its posts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from veille.archive import Archive
from veille.clock import SystemClock
from veille.errors import Unavailable
from veille.kafka import Producer, open_producer
from veille.producers.sweep import Retention, Sweep
from veille.sinks import archive_sink, open_archive
from veille.sinks.authors import sweep
from veille.sinks.sink import Sink
from veille.stage import LAST_WORDS_S, Order, group, until_told

AWAY_S = 5.0

log = logging.getLogger(__name__)


def run(order: Order) -> None:
    """Fold the orders about authors, bring the archive into line with them, and ask what became of its posts."""
    until_told("sweep", partial(_sweep, order))


def _sweep(order: Order, stop: threading.Event) -> None:
    sink = archive_sink(order.settings)
    _await_open(sink, stop)
    clock, archive = SystemClock(), open_archive(order.settings)
    producer = open_producer(order.kafka, idempotent=not order.embedded)
    beside = [Beside(each, order, stop) for each in (_look_again, _ask_x)]
    try:
        for thread in beside:
            thread.start()
        Sweep(
            order.kafka,
            producer,
            partial(sweep, sink),
            retention=Retention(order.kafka, producer, archive.expired, order.settings.retention.days, clock),
            group=group(order, sink.name),
            clock=clock,
            keeps_place=not order.embedded,
        ).run(stop)
    finally:
        stop.set()
        for thread in beside:
            thread.join(LAST_WORDS_S / 4)
        producer.close()
        archive.close()
        sink.close()
    for thread in beside:
        thread.raise_fault()


class Beside(threading.Thread):
    """Does something beside the sweep: again where a service is away, and what else it raises ends the stage."""

    def __init__(self, work: Callable[[Order, threading.Event], None], order: Order, stop: threading.Event) -> None:
        super().__init__(name=work.__name__.strip("_"), daemon=True)
        self._work, self._order, self._ending = work, order, stop
        self._fault: Exception | None = None

    def run(self) -> None:
        """Until the work is done, or `stop`."""
        while not self._ending.is_set():
            try:
                self._work(self._order, self._ending)
                return
            except Unavailable as error:
                log.warning("%s: begun again in %.0f s: %s", self.name, AWAY_S, error)
                self._ending.wait(AWAY_S)
            except Exception as error:
                self._fault = error
                self._ending.set()

    def raise_fault(self) -> None:
        """Raise what ended it, if anything did."""
        if self._fault is not None:
            raise self._fault


def _look_again(order: Order, stop: threading.Event) -> None:
    """At the archive's Mastodon posts, in a thread of its own: an instance may take its time, an order may not.

    Imports what it needs, as `_ask_x` does: few watch every network.
    """
    from veille.producers.http import Http
    from veille.producers.mastodon.rechecks import Rechecks, publisher, run
    from veille.settings_followed import FollowedSettings

    settings = order.settings
    if settings.mastodon is None:
        return
    with _beside(order) as (archive, producer), Http() as http:
        publish = publisher(producer, order.kafka)
        clock = SystemClock()
        rechecks = Rechecks(settings.mastodon, settings.watches, archive, publish=publish, clock=clock, http=http)
        followed = FollowedSettings(settings, clock)
        run(rechecks, producer, order.kafka, stop, followed)


def _ask_x(order: Order, stop: threading.Event) -> None:
    """What has become of the archive's X posts, in a thread of its own."""
    from veille.producers.x.compliance import Compliance, Topics, run

    x = order.settings.x
    if x is None or not x.bearer_token or not x.compliance_hours:
        return
    with _beside(order) as (archive, producer):
        compliance = Compliance(x, archive, Topics(producer, order.kafka), SystemClock())
        run(compliance, producer, order.kafka, stop)


@contextmanager
def _beside(order: Order) -> Iterator[tuple[Archive, Producer]]:
    """An archive and a producer for one thread."""
    archive, producer = open_archive(order.settings), open_producer(order.kafka, idempotent=not order.embedded)
    try:
        yield archive, producer
    finally:
        producer.close()
        archive.close()


def _await_open(sink: Sink, stop: threading.Event) -> None:
    """Open an archive, and wait for one that is away."""
    while True:
        try:
            sink.open()
        except Unavailable as error:
            log.warning("the sweep waits for %s: %s", sink.name, error)
            if stop.wait(AWAY_S):
                raise
        else:
            return
