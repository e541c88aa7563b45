"""What training sees of a post: the features that enrichment sees, and what lists and vectors say of each word."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from veille.processors import sentiment_features as features
from veille.processors.data.train_sentiment.vectors import Pieces

LISTS = features.ROWS + (1 << 32)
VECTORS = LISTS + 4
"""First columns of the word lists (positive and negative, plain and negated) and of the vectors (plain, negated)."""

LIST_WEIGHT = 0.9
"""Of a word of valence 1, where the word itself has 1."""

DIRECTIONS = 64
"""Dimensions that are kept of the vectors: those along which the posts spread most."""

VECTOR_WEIGHT = 0.03
"""Of a vector of which every dimension spreads by 1 over the posts."""

INTENSIFIER_WEIGHT = 0.2
"""Of a word that says how much and not which way, where any other has 1: its neighbour says which way."""

_INTENSIFIERS = """
    very really so too totally absolutely completely extremely such
    très tres vraiment trop tellement si totalement complètement absolument extrêmement
    muy tan realmente demasiado molto davvero troppo così muito tão realmente demais
    sehr wirklich echt total so zu
    جدا جداً bahut bohot
"""
INTENSIFIERS = frozenset(_INTENSIFIERS.split())

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Matrix = Any
"""A scipy.sparse.csr_matrix, which has no types."""


class Seen(NamedTuple):
    """One token: its features, and its vector, plain and again where it is under a negation (zeros elsewhere)."""

    features: list[features.Feature]
    vector: Array


class Extractor:
    """Posts to features: the table's, then columns of the word lists (each sign, plain or negated) and of the vectors.

    `valence` is what the lists say of a word, `vectors` are the words' vectors, all of one length.
    """

    def __init__(self, valence: Mapping[str, float], vectors: Mapping[str, Array]) -> None:
        self._valence, self._vectors = valence, vectors
        self.width = len(next(iter(vectors.values()), ()))
        self._vocabulary = features.Vocabulary(self.weigh, most=1 << 30)

    def weigh(self, token: str, negated: bool) -> Seen:
        """All features of one token."""
        found = features.token_features(token, negated=negated)
        valence = self._valence.get(token, 0.0)
        column = LISTS + (0 if valence > 0 else 1)
        if valence:
            found.append((column, abs(valence) * LIST_WEIGHT))
        if negated and valence:
            found.append((column + 2, abs(valence) * LIST_WEIGHT))
        vector = np.zeros((2, self.width))
        vector[: 1 + negated] = self._vectors.get(token, 0.0)
        strength = INTENSIFIER_WEIGHT if token in INTENSIFIERS else 1.0
        return Seen([(column, weight * strength) for column, weight in found], vector.ravel() * strength)

    def features(self, text: str) -> tuple[npt.NDArray[np.int64], Array]:
        """Columns, of which one may come twice, and weights."""
        reading = self._vocabulary.read(text)
        found = [feature for value in reading.values for feature in value.features]
        found += [(pair, features.PAIR_WEIGHT) for pair in reading.pairs]
        vector = np.sum([value.vector for value in reading.values], axis=0) if reading.values else np.zeros(0)
        used = np.flatnonzero(vector)
        columns = np.concatenate([np.array([column for column, _ in found], np.int64), VECTORS + used])
        weights = np.concatenate([np.array([weight for _, weight in found], np.float64), vector[used]])
        return columns, weights * reading.weight

    def words(self) -> list[str]:
        """Every word of a text read so far, of the lists and with a vector."""
        return sorted({features.normal(raw) for raw in self._vocabulary} | set(self._valence) | set(self._vectors))

    def matrix(self, texts: Sequence[str], columns: Indices | None = None) -> tuple[Matrix, Indices]:
        """One row a text, and what each of the matrix's columns is: `columns` when given, else all that come twice."""
        from scipy.sparse import csr_matrix

        found = [self.features(text) for text in texts]
        ends = np.cumsum([0, *(len(used) for used, _ in found)])
        used = np.concatenate([used for used, _ in found])
        weights = np.concatenate([weights for _, weights in found]).astype(np.float32)
        if columns is None:
            every, times = np.unique(used, return_counts=True)
            columns = every[times > 1]
        places = np.minimum(np.searchsorted(columns, used), len(columns) - 1)
        weights[columns[places] != used] = 0.0
        rows = csr_matrix((weights, places, ends), shape=(len(texts), len(columns)))
        rows.sum_duplicates()
        rows.eliminate_zeros()
        return rows, columns


def word_vectors(folder: Path, texts: Sequence[str], listed: Iterable[str]) -> dict[str, Array]:
    """Vectors of DIRECTIONS numbers, times the word's rarity in the texts.

    Words: of two texts or more, of the lists, and those that the file of vectors holds whole. Every dimension of the
    file's vectors is brought to one spread over the texts, and the principal directions are kept.
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
    spread = sums.std(axis=0)
    _, turned = np.linalg.eigh((sums / spread).T @ (sums / spread))
    reduced = (vectors / spread) @ turned[:, ::-1][:, :DIRECTIONS] * VECTOR_WEIGHT
    return dict(zip(words, reduced, strict=True))
