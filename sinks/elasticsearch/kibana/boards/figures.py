"""Figures and fields that several dashboards show."""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.panels import Metric, Said, Top

MENTIONED = Said("mentions", "mentions")
NEGATIVE, NEUTRAL, POSITIVE, UNSURE = "#9c3300", "#8d929a", "#2e7cc4", "#3f4651"
"""The colours that they have on the page."""

SUM = Metric(MENTIONED, "sum", "mentions")
BEGUN = Metric(Said("histoires commencées", "stories begun"), "sum", "begun")
COUNT = Metric(MENTIONED)
COVERAGE = Metric(Said("couverture moyenne", "average coverage"), "average", "coverage", percent=True)
MOODS = (
    Metric(Said("négatives", "negative"), "sum", "negative", colour=NEGATIVE),
    Metric(Said("neutres", "neutral"), "sum", "neutral", colour=NEUTRAL),
    Metric(Said("positives", "positive"), "sum", "positive", colour=POSITIVE),
    Metric(Said("incertaines", "unsure"), "sum", "unsure", colour=UNSURE),
)
"""All four, always: what is unsure is a part of what was said."""

WATCH = Top(Said("veille", "watch"), "watch", 20)
WATCH_OF_MENTION = Top(Said("veille", "watch"), "tags.watches.id", 20)
SOURCE = Top(Said("réseau", "network"), "source", 10)
QUESTIONS = Metric(Said("questions", "questions"), "sum", "questions")
ALERTS_COUNTED = Metric(Said("alertes", "alerts"))
