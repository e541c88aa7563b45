"""Enriches posts into mentions under Faust, which handles the signals itself."""

from __future__ import annotations

import threading

from veille.clock import SystemClock
from veille.kafka_options import aiokafka_options
from veille.processors.app import host
from veille.processors.app import run as run_app
from veille.processors.enrich import enriching, load
from veille.processors.sentiment_tiers import RECORDS, chosen
from veille.stage import Order, group
from veille.topics import POSTS


def run(order: Order) -> None:
    """Enrich posts into mentions under Faust, which handles the signals itself."""
    threading.Thread(target=load, name="load", daemon=True).start()  # while the group lets this member in
    clock, tiers = SystemClock(), chosen(order.settings)
    app = host(
        group(order, "enrich"),
        aiokafka_options(order.kafka),
        topic=POSTS.full_name(order.kafka.prefix),
        transform=enriching(order.kafka.prefix, clock, tiers),
        clock=clock,
        pace=order.pace if tiers is None else order.pace._replace(records=RECORDS),
    )
    run_app(app)
