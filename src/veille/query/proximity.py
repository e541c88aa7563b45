"""Proximity: words near each other, nearly in order, as X's `"a b"~N` and Lucene's slop count it."""

from __future__ import annotations

from collections.abc import Sequence


def within(words: Sequence[str], tokens: Sequence[str], slop: int) -> bool:
    """Whether `tokens` stand in `words` at positions p_i, all different, with max(p_i - i) - min(p_i - i) <= slop.

    This equals Lucene's sloppy phrase. For each lowest shift, every token takes its first free place: the places
    that the i-th token may have are an interval that moves with i, so the greedy choice is right for repeated ones.
    """
    places: dict[str, list[int]] = {token: [] for token in tokens}
    for position, word in enumerate(words):
        if word in places:
            places[word].append(position)
    shifts = {position - i for i, token in enumerate(tokens) for position in places[token]}
    return any(_fits(places, tokens, lowest, slop) for lowest in sorted(shifts))


def _fits(places: dict[str, list[int]], tokens: Sequence[str], lowest: int, slop: int) -> bool:
    taken: dict[str, int] = {}
    for i, token in enumerate(tokens):
        first = max(lowest + i, taken.get(token, -1) + 1)
        place = next((place for place in places[token] if place >= first), None)
        if place is None or place > lowest + i + slop:
            return False
        taken[token] = place
    return True
