"""How good the shipped judgements are by language: what docs/evaluation.md and docs/sentiment.md say, for the page.

All by 100; tests hold the pages, and what can be measured again, to these figures.
"""

from __future__ import annotations

SHIPPED = "veille-linear-3"
"""The sentiment model of these figures; of another one the page says nothing."""

SENTIMENT = {
    SHIPPED: {"ar": 64.8, "de": 69.4, "en": 70.7, "es": 58.4, "fr": 66.6, "hi": 35.7, "it": 63.8, "pt": 62.7},
    "both": {"ar": 68.8, "de": 75.9, "en": 74.9, "es": 63.0, "fr": 71.7, "hi": 34.3, "it": 65.1, "pt": 63.9},
}
"""Macro-F1 of the likeliest label on UMSAB's validation posts, balanced: the shipped model, and both together."""

LANGUAGE = {"ar": 98.3, "de": 96.7, "en": 98.3, "es": 98.3, "fr": 96.7, "it": 100.0, "pt": 98.3}
"""F1 on tests/fixtures/language/held_out.jsonl, 30 short posts a language."""


def sentiment_of(model: str | None) -> dict[str, float]:
    """By language, of the model that a mention names; empty for one that was never measured."""
    name, _, beside = (model or "").partition("+")
    if beside:
        return SENTIMENT["both"] if beside == SHIPPED else {}
    return SENTIMENT.get(name, {})
