"""Proximity: words near each other, nearly in order, as X's `"a b"~N` and Lucene's slop count it."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Sequence

_ANYWHERE = (0, sys.maxsize)


def within(words: Sequence[str], tokens: Sequence[str], slop: int) -> bool:
    """Whether `tokens` stand in `words` at positions p_i, all different, with max(p_i - i) - min(p_i - i) <= slop.

    This equals Lucene's sloppy phrase. For each lowest shift, every token takes its first free place: the places
    that the i-th token may have are an interval that moves with i, so the greedy choice is right for repeated ones.
    """
    places = _places(words, tokens)
    return any(_fits(places, tokens, lowest, slop) for lowest in _shifts(places, tokens))


def tightest(words: Sequence[str], tokens: Sequence[str], slop: int) -> tuple[int, int] | None:
    """First and last position of the shortest stretch of `words` that `within` holds for, the leftmost of those."""
    places = _places(words, tokens)
    best: tuple[int, int] | None = None
    for lowest in _shifts(places, tokens):
        if not _fits(places, tokens, lowest, slop):
            continue
        for first in range(lowest, lowest + slop + 1):
            longest = len(tokens) + slop if best is None else best[1] - best[0]
            for last in range(first + len(tokens) - 1, first + longest):
                if _fits(places, tokens, lowest, slop, (first, last)):
                    best = first, last
                    break
        if best is not None and best[1] - best[0] < len(tokens):
            return best
    return best


def _places(words: Sequence[str], tokens: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {token: [] for token in tokens}
    for position, word in enumerate(words):
        if word in places:
            places[word].append(position)
    return places


def _shifts(places: dict[str, list[int]], tokens: Sequence[str]) -> list[int]:
    if not all(places.values()):
        return []
    return sorted({position - i for i, token in enumerate(tokens) for position in places[token]})


def _fits(
    places: dict[str, list[int]],
    tokens: Sequence[str],
    lowest: int,
    slop: int,
    stretch: tuple[int, int] = _ANYWHERE,
) -> bool:
    """Whether each token has a place of its own, shifted by `lowest` to `lowest + slop`, within a stretch."""
    first, last = stretch
    taken: dict[str, int] = {}
    for i, token in enumerate(tokens):
        candidates = places[token]
        index = bisect_left(candidates, max(first, lowest + i), lo=taken.get(token, 0))
        if index == len(candidates) or candidates[index] > min(last, lowest + i + slop):
            return False
        taken[token] = index + 1
    return True
