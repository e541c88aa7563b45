"""From decisions of the machines to scores, and from scores to how often a label is right."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


def to_scores(decisions: Array, labels: Indices) -> tuple[Array, Array]:
    """The linear map (3, 2) and offsets (2) from three decisions to log-odds of the outer labels against neutral."""
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=10.0).fit(decisions, labels)
    outer = regression.coef_[[0, 2]] - regression.coef_[1]
    return outer.T, regression.intercept_[[0, 2]] - regression.intercept_[1]


def calibration(scores: Array, labels: Indices) -> list[float]:
    """Slope and two offsets that make the scores' probabilities most likely; a slope cannot turn the scores over."""
    from scipy.optimize import minimize

    def loss(numbers: Array) -> float:
        odds = np.column_stack(
            [numbers[0] * scores[:, 0] + numbers[1], np.zeros(len(scores)), numbers[0] * scores[:, 1] + numbers[2]]
        )
        likely = odds[np.arange(len(labels)), labels] - np.logaddexp.reduce(odds, axis=1)
        return float(-likely.mean() + 1e-4 * (numbers[0] - 1) ** 2)

    found = minimize(loss, np.array([1.0, 0.0, 0.0]), method="L-BFGS-B", bounds=[(0.05, 3), (-4, 4), (-4, 4)])
    return [round(float(number), 4) for number in found.x]


def probabilities(scores: Array, numbers: Sequence[float]) -> Array:
    """Probabilities (n, 3) of the labels; the same arithmetic as `Model.opinion`, for many."""
    odds = np.column_stack(
        [numbers[0] * scores[:, 0] + numbers[1], np.zeros(len(scores)), numbers[0] * scores[:, 1] + numbers[2]]
    )
    return np.asarray(np.exp(odds - np.logaddexp.reduce(odds, axis=1, keepdims=True)))


def likeliest(scores: Array) -> Indices:
    """Index of each text's label: the highest of negative, neutral (always 0) and positive."""
    outer = np.column_stack([scores[:, 0], np.zeros(len(scores)), scores[:, 1]])
    return np.asarray(np.argmax(outer, axis=1))


def precise_threshold(confidence: Array, right: Truths, precision: float) -> float:
    """The lowest confidence from which on at least so many are right; 1 where there is none."""
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= precision)
    return math.ceil(float(confidence[order[enough[-1]]]) * 100) / 100 if len(enough) else 1.0
