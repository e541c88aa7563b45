"""Publishes what an older enrichment made, for this one to make anew (embedded only)."""

from __future__ import annotations

import threading

from veille.again.through_archive import publish_older
from veille.stage import Order, on_signals


def run(order: Order) -> None:
    """Publish what an older enrichment made, for this one to make anew (embedded only)."""
    stop = threading.Event()
    on_signals(stop.set)
    publish_older(order.settings, order.kafka, stop)
