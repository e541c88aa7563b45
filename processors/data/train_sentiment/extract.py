"""What training sees of a post: the features that enrichment sees, and what lists and vectors say of each word."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from veille.processors import sentiment_features as features
from veille.processors.data.train_sentiment.vectors import Pieces

LISTS = features.ROWS + (1 << 32)
INDUCED = LISTS + 4
"""First columns of the word lists (positive and negative, plain and negated) and of the vectors (three scores)."""

LIST_WEIGHT = 0.9
"""Of a word of valence 1, where the word itself has 1."""

INDUCED_SPREAD = 0.9
"""Standard deviation of a post's scores by the vectors."""

RIDGE = 0.01
"""Of the regression on the vectors, in parts of the mean square of a dimension."""

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Matrix = Any
"""A scipy.sparse.csr_matrix, which has no types."""


class Extractor:
    """Posts to features: the table's, then columns of the word lists (each sign, plain or negated) and of the vectors.

    `valence` is what the lists say of a word, `induced` the three scores that its vector gives it.
    """

    def __init__(self, valence: Mapping[str, float], induced: Mapping[str, Array]) -> None:
        self._valence, self._induced = valence, induced
        self._vocabulary = features.Vocabulary(self.weigh, most=1 << 30)

    def weigh(self, token: str, negated: bool) -> list[features.Feature]:
        """All features of one token."""
        found = features.token_features(token, negated=negated)
        if token in self._induced:
            found += [(INDUCED + label, float(score)) for label, score in enumerate(self._induced[token])]
        valence = self._valence.get(token, 0.0)
        column = LISTS + (0 if valence > 0 else 1)
        if valence:
            found.append((column, abs(valence) * LIST_WEIGHT))
        if negated and valence:
            found.append((column + 2, abs(valence) * LIST_WEIGHT))
        return found

    def features(self, text: str) -> tuple[npt.NDArray[np.int64], Array]:
        """Columns, of which one may come twice, and weights."""
        reading = self._vocabulary.read(text)
        found = [feature for value in reading.values for feature in value]
        found += [(pair, features.PAIR_WEIGHT) for pair in reading.pairs]
        columns = np.array([column for column, _ in found], np.int64)
        return columns, np.array([weight for _, weight in found], np.float64) * reading.weight

    def words(self) -> list[str]:
        """Every word of a text read so far, of the lists and with a vector."""
        return sorted({features.normal(raw) for raw in self._vocabulary} | set(self._valence) | set(self._induced))

    def matrix(self, texts: Sequence[str], columns: Indices | None = None) -> tuple[Matrix, Indices]:
        """One row a text, and what each of the matrix's columns is: `columns` when given, else all that occur."""
        from scipy.sparse import csr_matrix

        found = [self.features(text) for text in texts]
        ends = np.cumsum([0, *(len(used) for used, _ in found)])
        used = np.concatenate([used for used, _ in found])
        weights = np.concatenate([weights for _, weights in found])
        known = np.unique(used) if columns is None else columns
        places = np.minimum(np.searchsorted(known, used), len(known) - 1)
        weights[known[places] != used] = 0.0
        rows = csr_matrix((weights, places, ends), shape=(len(texts), len(known)))
        rows.sum_duplicates()
        return rows, known


def induce(
    folder: Path, texts: Sequence[str], labels: Indices, weights: Array, listed: Iterable[str]
) -> dict[str, Array]:
    """Three scores a word from its vector: by ridge regression of the labels on the sum of a post's vectors.

    Scaled so that the scores of the posts spread by INDUCED_SPREAD. Words: of two posts or more, of the lists, and
    those that the file of vectors holds whole.
    """
    vocabulary = features.Vocabulary(lambda token, _: token, most=1 << 30)
    readings = [vocabulary.read(text) for text in texts]
    seen = Counter(token for reading in readings for token in set(reading.values))
    pieces = Pieces(folder)
    words = sorted({word for word, times in seen.items() if times > 1} | set(listed) | set(pieces.whole_words()))
    rarity = np.array([min(8.0, math.log(len(texts) / (1 + seen[word]))) / 8 for word in words])
    vectors = pieces.vectors(words) * rarity[:, None]
    places = {word: place for place, word in enumerate(words)}
    sums = np.zeros((len(texts), vectors.shape[1]))
    for number, reading in enumerate(readings):
        known = [places[token] for token in reading.values if token in places]
        sums[number] = vectors[known].sum(axis=0) * reading.weight
    centred = sums - np.average(sums, axis=0, weights=weights)
    goal = np.eye(3)[labels] - np.average(np.eye(3)[labels], axis=0, weights=weights)
    weighted = centred * weights[:, None]
    moment = weighted.T @ centred
    ridge = RIDGE * np.trace(moment) / len(moment) * np.eye(len(moment))
    coefficients = np.linalg.solve(moment + ridge, weighted.T @ goal)
    scores = vectors @ coefficients * (INDUCED_SPREAD / (sums @ coefficients).std())
    return dict(zip(words, scores, strict=True))
