"""What the eight dashboards show, one module each.

Counts of watches are read from the windows, one document a watch and minute; what windows do not hold (places, authors,
tags) from the mentions, a day of them when a dashboard is opened.
"""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.boards import alerts, authors, health, places, sentiment, terms, voice, volume

BOARDS = tuple(module.BOARD for module in (volume, sentiment, voice, places, authors, terms, alerts, health))
"""In the order in which they link to each other."""
