"""Publishes what an older enrichment made, for this one to make anew (embedded only)."""

from __future__ import annotations

from functools import partial

from veille.again.through_archive import publish_older
from veille.stage import Order, until_told


def run(order: Order) -> None:
    """Publish what an older enrichment made, for this one to make anew (embedded only)."""
    until_told("again", partial(publish_older, order.settings, order.kafka))
