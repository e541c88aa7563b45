"""How much the shipped model counts beside the transformer, how often their labels are right, and the figures.

All of it on posts that neither of them has learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from veille.mention import SentimentLabel
from veille.processors.data.train_sentiment.calibrate import calibration, likeliest, precise_threshold, probabilities
from veille.processors.data.train_sentiment.figures import calibration_error, macro_f1
from veille.processors.data.train_sentiment.sources import Labelled
from veille.processors.sentiment import LABELS, OTHER
from veille.processors.sentiment_tiers import joined

NATURAL = "semeval"
"""The collection that is a natural mix of labels; all others are balanced."""

SURE, PRECISE_NEGATIVE = 0.5, 0.87
"""As of the shipped model: rather right than wrong; for `negative`, so many right in the natural mix."""

Logits = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


class Joined(NamedTuple):
    """What is found out about the two together; see About."""

    weight: float
    sure: dict[SentimentLabel, float]
    calibrations: dict[str, tuple[float, float, float]]


def join(alone: Logits, beside: Scores, posts: Sequence[Labelled]) -> Joined:
    """How the two are added up. `alone`: the transformer's logits, `beside`: the shipped model's scores."""
    labels, codes = labels_of(posts), np.array([post.lang for post in posts])
    weight = weigh(alone, beside, labels)
    scores = joined(alone, beside, weight)
    calibrations = {code: calibration(scores[codes == code], labels[codes == code]) for code in sorted(set(codes))}
    calibrations[OTHER] = calibration(scores, labels)
    natural = np.array([post.set == NATURAL for post in posts])
    told = np.flatnonzero(natural & (likeliest(scores) == 0))
    confidence = np.array([probabilities(scores[[post]], calibrations[codes[post]])[0, 0] for post in told])
    precise = precise_threshold(confidence, labels[told] == 0, PRECISE_NEGATIVE)
    sure = dict.fromkeys(LABELS, SURE) | {"negative": max(SURE, precise)}
    return Joined(
        weight,
        sure,
        {str(code): (numbers[0], numbers[1], numbers[2]) for code, numbers in calibrations.items()},
    )


def weigh(alone: Logits, beside: Scores, labels: Indices) -> float:
    """The weight of the shipped model under which the labels are likeliest: a logistic regression on both."""
    from scipy.optimize import minimize

    own = joined(alone, beside, 0.0)

    def loss(numbers: Scores) -> float:
        outer = numbers[0] * own + numbers[1] * beside + numbers[2:]
        odds = np.column_stack([outer[:, 0], np.zeros(len(outer)), outer[:, 1]])
        return float((np.logaddexp.reduce(odds, axis=1) - odds[np.arange(len(labels)), labels]).mean())

    found = minimize(loss, np.array([1.0, 0.5, 0.0, 0.0]), bounds=[(0.05, 5), (0, 5), (-4, 4), (-4, 4)]).x
    return round(float(found[1] / found[0]), 2)


def figures(found: Joined, alone: Logits, beside: Scores, posts: Sequence[Labelled]) -> list[str]:
    """Macro-F1 of the transformer alone, of the shipped model alone and of both, for each collection; means; error.

    The calibration error is of halves of each collection, each by a calibration of the other half.
    """
    labels, sets = labels_of(posts), np.array([f"{post.lang} {post.set}" for post in posts])
    balanced = np.array([post.set != NATURAL for post in posts])
    tiers = (joined(alone, beside, 0.0), beside, joined(alone, beside, found.weight))
    told = [likeliest(scores) for scores in tiers]
    lines, means = ["macro-F1                transformer  shipped  both  ECE of both"], []
    for name in sorted(set(sets)):
        chosen = sets == name
        scores = [100 * macro_f1(labels[chosen], said[chosen]) for said in told]
        if balanced[chosen].all():
            means.append(scores)
        error = _error(tiers[2][chosen], labels[chosen])
        lines.append(f"{name:16} {chosen.sum():5}  {scores[0]:11.1f}  {scores[1]:7.1f}  {scores[2]:4.1f}  {error:.3f}")
    if means:
        mean = np.mean(means, axis=0)
        lines.append(f"mean of the balanced    {mean[0]:11.1f}  {mean[1]:7.1f}  {mean[2]:4.1f}")
    return [*lines, f"weight of the shipped model: {found.weight}; sure negative from {found.sure['negative']} on"]


def _error(scores: Scores, labels: Indices) -> float:
    even = np.arange(len(labels)) % 2 == 0
    confidence = np.zeros(len(labels))
    for half in (even, ~even):
        confidence[half] = probabilities(scores[half], calibration(scores[~half], labels[~half])).max(axis=1)
    return calibration_error(confidence, likeliest(scores) == labels)


def labels_of(posts: Sequence[Labelled]) -> Indices:
    """Numbers of their labels."""
    return np.array([LABELS.index(post.label) for post in posts])
