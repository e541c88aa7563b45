"""Rules by which others call a count unusual, in our own code after their descriptions, for `bench/alerts.py`.

All hear buckets of five minutes, in order of time, and say of each whether it is unusual.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
Fives = NDArray[np.int64]


def five(minutes: NDArray[np.int64]) -> Fives:
    """Sums of five minutes; what is left at the end is let go."""
    sums: Fives = minutes[: len(minutes) // 5 * 5].reshape(-1, 5).sum(1)
    return sums


def episodes(hits: Hits, quiet: int) -> list[int]:
    """Where hits begin that lie more than so many buckets apart: one alert each."""
    at = np.flatnonzero(hits)
    begins: list[int] = at[np.diff(at, prepend=-quiet - 1) > quiet].tolist()
    return begins


def elastic(counts: Fives) -> Hits:
    """Elastic's sample watch: above the 90th percentile of the last 8 h by 3 standard deviations of them."""
    hits = np.zeros(len(counts), bool)
    if len(counts) > 96:
        view = np.lib.stride_tricks.sliding_window_view(counts, 97)
        hits[96:] = view[:, 96] > np.percentile(view, 90, axis=1) + 3 * view.std(axis=1)
    return hits


def _above(counts: Fives, deviations: float, window: int) -> Hits:
    """More than so many standard deviations above the mean of the buckets before, once a day is known."""
    sums, squares = (np.concatenate([[0.0], np.cumsum(counts.astype(float) ** power)]) for power in (1, 2))
    at = np.arange(len(counts))
    first = np.maximum(at - window, 0)
    known = np.maximum(at - first, 1)
    mean = (sums[at] - sums[first]) / known
    deviation = np.sqrt(np.maximum((squares[at] - squares[first]) / known - mean * mean, 0))
    hits: Hits = (counts > mean + deviations * deviation) & (at >= 288)
    return hits


def huginn(counts: Fives) -> Hits:
    """Huginn's PeakDetector: 3 standard deviations above the mean of 14 days."""
    return _above(counts, 3, 14 * 288)


def gaussian(counts: Fives) -> Hits:
    """A windowed Gaussian, as the Numenta Anomaly Benchmark has it: 6,400 buckets, at 8 standard deviations."""
    return _above(counts, 8, 6_400)


def static(counts: Fives) -> Hits:
    """A threshold set once: ten times the mean of the first week."""
    hits: Hits = counts > 10 * counts[: 7 * 288].mean()
    hits[: 7 * 288] = False
    return hits


Rule = Callable[[Fives], Hits]

RIVALS: dict[str, Rule] = {
    "Elastic's sample watch": elastic,
    "Huginn": huginn,
    "windowed Gaussian": gaussian,
    "static": static,
}
