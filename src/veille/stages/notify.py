"""Tells people of alerts: one process at a time, others stand by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from veille.clock import SystemClock
from veille.kafka import Leadership, open_producer
from veille.sinks.notify.notifier import (
    LAST_WORDS_S,
    NAME,
    Alone,
    Leads,
    Notifier,
    brief_now,
    from_archive,
    open_desk,
    stand_by,
)
from veille.sinks.notify.sending import send
from veille.sinks.notify.wording import Wording
from veille.stage import Order, group, until_told
from veille.standing import gaps_followed
from veille.topics import DELIVERIES


def run(order: Order) -> None:
    """Tell people of alerts."""
    until_told("notify", partial(_notify, order), ending_s=LAST_WORDS_S + 1.0)


def _notify(order: Order, stop: threading.Event) -> None:
    settings, clock = order.settings, SystemClock()
    producer = open_producer(order.kafka, idempotent=not order.embedded)
    try:
        with gaps_followed(settings) as gaps_now, _leading(order) as leads:
            while stand_by(leads, stop, clock):
                desk = open_desk(settings)
                Notifier(
                    desk,
                    order.kafka,
                    producer,
                    send=send,
                    wording=Wording(desk.zone, settings.web.base, simulated=settings.world is not None),
                    gaps_now=gaps_now,
                    briefed=partial(brief_now, settings, gaps_now),
                    clock=clock,
                    earlier=from_archive(settings, clock.now()) if order.embedded else (),
                    leads=leads,
                ).run(stop)
    finally:
        producer.close()


@contextmanager
def _leading(order: Order) -> Iterator[Leads]:
    """On a Kafka of one's own another process may tell as well; the embedded run's folder is claimed by one."""
    if order.embedded:
        yield Alone()
        return
    leads = Leadership(order.kafka, group(order, NAME), DELIVERIES.full_name(order.kafka.prefix))
    try:
        yield leads
    finally:
        leads.close()
