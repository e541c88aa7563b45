"""Serves the page and the API."""

from __future__ import annotations

from veille.looking import looks
from veille.stage import Order
from veille.web import serve


def run(order: Order) -> None:
    """Serve the page and the API."""
    serve(order.settings, order.kafka, looks(order.settings, order.kafka))
