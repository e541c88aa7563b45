"""From the weights of the features to what is stored: small integers, one entry a known word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from veille.processors import sentiment_features as features
from veille.processors.data.train_sentiment.extract import VECTORS, Extractor, Seen

STEP = 0.02
"""Words' weights are stored as multiples of it."""

SMALL = 0.06
"""What a negation changes of a word by no more than this is left out, for the file's sake."""

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


class Folded(NamedTuple):
    """Weights as stored: those of hashed columns in multiples of `scales`, those of words (by key) of STEP."""

    rows: npt.NDArray[np.int8]
    scales: list[float]
    keys: npt.NDArray[np.uint32]
    words: npt.NDArray[np.int16]


def fold(weights: Array, columns: Indices, extractor: Extractor) -> Folded:
    """Bring the weights (columns in use, 2) into what is stored.

    A known word's parts, valence and vector go into its own weights, so that enrichment only looks the word up.
    """
    known = dict(zip(columns.tolist(), weights, strict=True))
    vectors = np.array([known.get(VECTORS + number, np.zeros(2)) for number in range(2 * extractor.width)])
    words: dict[int, Array] = {}
    for word in extractor.words():
        plain = _sum(extractor.weigh(word, False), known, vectors)
        words[features.word_key(word)] = plain
        under = _sum(extractor.weigh(word, True), known, vectors) - plain
        if np.abs(under).max() > SMALL:
            words[features.word_key(word, negated=True)] = under
    keys = sorted(words)
    multiples = np.rint(np.array([words[key] for key in keys]) / STEP).astype(np.int16)
    hashed = columns < features.ROWS
    rows, scales = _small(columns[hashed], weights[hashed])
    return Folded(rows, scales, np.array(keys, np.uint32), multiples)


def _sum(seen: Seen, known: Mapping[int, Array], vectors: Array) -> Array:
    own = sum((known[column] * weight for column, weight in seen.features if column in known), np.zeros(2))
    return np.array(own + seen.vector @ vectors.reshape(-1, 2))


def _small(columns: Indices, weights: Array) -> tuple[npt.NDArray[np.int8], list[float]]:
    """The hashed columns in one byte, each block with a scale of its own; the rarest extremes are cut."""
    table = np.zeros((features.ROWS, 2))
    table[columns] = weights
    small = np.zeros(table.shape, np.int8)
    scales: list[float] = []
    for block in (slice(0, features.PAIRS), slice(features.PAIRS, features.ROWS)):
        used = np.abs(table[block][table[block].any(axis=1)])
        scales.append(float(np.quantile(used, 0.9999)) / 127)
        small[block] = np.clip(np.rint(table[block] / scales[-1]), -127, 127)
    return small, scales
