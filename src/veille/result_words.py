"""The words of what a search found: stories, the map, taking it away; in English and French."""

from __future__ import annotations

RESULT_WORDS: dict[str, tuple[str, str]] = {
    "order_copied": ("most copied", "les plus recopiées"),
}
