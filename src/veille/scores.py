"""How good the shipped judgements are by language: what docs/evaluation.md and docs/sentiment.md say, for the page.

All by 100; tests hold the pages, and what can be measured again, to these figures.
"""

from __future__ import annotations

SHIPPED, BUILT = "veille-linear-3", "veille-e5-small-2"
"""The sentiment models of these figures: the shipped one, and what is built beside it. Of others nothing is said."""

SENTIMENT = {
    SHIPPED: {"ar": 64.8, "de": 69.4, "en": 70.7, "es": 58.4, "fr": 66.6, "hi": 35.7, "it": 63.8, "pt": 62.7},
    "both": {"ar": 69.3, "de": 75.2, "en": 74.1, "es": 62.6, "fr": 72.3, "hi": 34.6, "it": 65.9, "pt": 64.6},
}
"""Macro-F1 of the likeliest label on UMSAB's validation posts, balanced: the shipped model, and both together."""

LANGUAGE = {"ar": 98.3, "de": 96.7, "en": 98.3, "es": 98.3, "fr": 96.7, "it": 100.0, "pt": 98.3}
"""F1 on tests/fixtures/language/held_out.jsonl, 30 short posts a language."""


def sentiment_of(model: str | None) -> dict[str, float]:
    """By language, of the model that a mention names; empty for one that was never measured."""
    name, _, beside = (model or "").partition("+")
    if beside:
        return SENTIMENT["both"] if (name, beside) == (BUILT, SHIPPED) else {}
    return SENTIMENT.get(name, {})
