"""Reads one source and publishes what the watches match."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import partial

from veille.author_book import FollowedBook
from veille.batches import spare_collector
from veille.clock import SystemClock
from veille.identity import public_id
from veille.mention import Mention
from veille.producers import open_source
from veille.producers.conversations import recent
from veille.producers.publish import Publisher
from veille.settings_followed import FollowedSettings
from veille.sinks import open_archive
from veille.stage import Order, until_told


def run(name: str, order: Order) -> None:
    """Read one source and publish what the watches match."""
    until_told(name, partial(_publish, name, order))


def _publish(name: str, order: Order, stop: threading.Event) -> None:
    clock = SystemClock()
    archive = open_archive(order.settings)

    def known(doc_ids: Iterable[str]) -> set[str]:
        return archive.holds(doc_ids)

    def stored(doc_id: str) -> Mention | None:
        found = archive.mention(public_id(doc_id))
        return None if found == "deleted" else found

    publisher = Publisher(
        open_source(name, order.settings, clock),
        order.kafka,
        watches=order.settings.watches,
        clock=clock,
        known=known,
        known_authors=archive.holds_authors,
        book=FollowedBook(order.kafka, clock),
        recent=lambda: recent(archive, name, clock.now()),
        stored=stored,
        reposts_of=archive.reposts_of,
        idempotent=not order.embedded,
        followed=FollowedSettings(order.settings, clock),
    )
    spare_collector()
    publisher.run(stop)
