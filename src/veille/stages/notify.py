"""Tells people of alerts."""

from __future__ import annotations

import threading
from functools import partial

from veille.clock import SystemClock
from veille.kafka import open_producer
from veille.sinks.notify.notifier import Notifier, brief_now, from_archive, open_desk
from veille.sinks.notify.sending import send
from veille.sinks.notify.wording import Wording
from veille.stage import Order, on_signals
from veille.standing import gaps_followed


def run(order: Order) -> None:
    """Tell people of alerts."""
    stop = threading.Event()
    on_signals(stop.set)
    settings, clock = order.settings, SystemClock()
    desk = open_desk(settings)
    wording = Wording(desk.zone, settings.web.base, simulated=settings.world is not None)
    producer = open_producer(order.kafka, idempotent=not order.embedded)
    try:
        with gaps_followed(settings) as gaps_now:
            Notifier(
                desk,
                order.kafka,
                producer,
                send=send,
                wording=wording,
                gaps_now=gaps_now,
                briefed=partial(brief_now, settings, gaps_now),
                clock=clock,
                earlier=from_archive(settings, clock.now()) if order.embedded else (),
            ).run(stop)
    finally:
        producer.close()
