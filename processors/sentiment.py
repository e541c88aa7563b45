"""Sentiment: whether a text sounds negative, neutral or positive, or `unsure`, and how often such a label is right.

    text --read (sentiment_features)--> columns of the model --add up--> two scores --calibrate by language--> Sentiment

The model is made by `processors/data/train_sentiment`; `processors/data/sentiment.md` gives its source and figures.
"""

from __future__ import annotations

import io
import json
import math
import re
from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from veille.errors import Corrupt
from veille.mention import Enrichment, Sentiment, SentimentLabel
from veille.post import Post
from veille.processors import sentiment_features as features
from veille.processors.remembered import remembered

LABELS: tuple[SentimentLabel, SentimentLabel, SentimentLabel] = ("negative", "neutral", "positive")
OTHER = "other"
"""The calibration of languages that the model was not trained on, and of texts whose language is not known."""

_UNIT = 4096
"""Scores are added up as integers of 1/4096: exact, whatever the order."""

_HIGH = 1 << 32
"""The two scores of a value share one integer, the positive one in its high half; see `_halves`."""

_SAYS = re.compile(r"[^\W_]|[^\x00-\x7f]")
"""A letter, a digit or a sign beyond ASCII: what a text needs to say anything."""


class Calibration(NamedTuple):
    """Scores to log-odds against neutral: `slope * score + offset`. Temperature and prior of one language."""

    slope: float
    negative: float
    positive: float


class Opinion(NamedTuple):
    """The likeliest label, the threshold aside, and the probabilities of negative, neutral and positive."""

    label: SentimentLabel
    probabilities: tuple[float, float, float]


def opinion(negative: float, positive: float, known: Calibration) -> Opinion:
    """The opinion that the two scores, log-odds against neutral, come to."""
    likeliest = LABELS[0 if negative > max(positive, 0) else 2 if positive > 0 else 1]
    odds = (
        math.exp(min(50.0, known.slope * negative + known.negative)),
        1.0,
        math.exp(min(50.0, known.slope * positive + known.positive)),
    )
    total = sum(odds)
    return Opinion(likeliest, (odds[0] / total, odds[1] / total, odds[2] / total))


class Model:
    """The weights and what goes with them. Raises Corrupt when the file is not one that this code can use."""

    def __init__(self, data: bytes) -> None:
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                rows, keys, words = arrays["rows"], arrays["keys"], arrays["words"]
                about = json.loads(arrays["about"].tobytes())
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise Corrupt(f"the sentiment model cannot be read ({error}): install veille again") from error
        if rows.shape != (features.ROWS, 2) or about["features"] != features.REVISION:
            raise Corrupt(
                f"the sentiment model was made for features {about['features']}, this is {features.REVISION}: "
                "make it again, see processors/data/sentiment.md"
            )
        self.name: str = about["name"]
        self.sure: dict[SentimentLabel, float] = about["sure"]
        self._calibrations = {code: Calibration(*numbers) for code, numbers in about["calibrations"].items()}
        self._bias: list[float] = about["bias"]
        scale = np.repeat(about["scales"], [features.PAIRS, features.GRAMS])[:, None]
        packed = _packed(
            rows * scale * np.repeat([features.PAIR_WEIGHT, 1.0], [features.PAIRS, features.GRAMS])[:, None]
        )
        self._rows = memoryview(packed.data)
        self._keys = memoryview(np.ascontiguousarray(keys).data)
        self._words = memoryview(_packed(words * about["step"]).data)
        self._plain = lru_cache(maxsize=1)(self._of_token)  # a token is weighed twice in a row, plain and negated
        self._vocabulary = features.Vocabulary(self._weigh)

    def scores(self, text: str) -> tuple[float, float]:
        """How much rather negative, and how much rather positive, than neutral; before calibration."""
        values, pairs, weight = self._vocabulary.read(text)
        negative, positive = _halves(sum(values) + sum(map(self._rows.__getitem__, pairs)))
        return negative * weight / _UNIT + self._bias[0], positive * weight / _UNIT + self._bias[1]

    def opinion(self, text: str, language: str = OTHER) -> Opinion:
        """What the text sounds like; `language` is a code of ISO 639-1, unknown ones count as other."""
        return opinion(*self.scores(text), self.calibration(language))

    def calibration(self, language: str) -> Calibration:
        """Of a language, by its code; unknown ones count as other."""
        return self._calibrations.get(language) or self._calibrations[OTHER]

    def _weigh(self, token: str, negated: bool) -> int:
        """Both scores of a token in one integer. A known word's hold its parts; an unknown one has nothing else."""
        total = self._plain(token)
        return total + (self._word(features.word_key(token, negated=True)) or 0) if negated else total

    def _of_token(self, token: str) -> int:
        known = self._word(features.word_key(token))
        return self._parts(token) if known is None else known

    def _word(self, key: int) -> int | None:
        place = bisect_left(self._keys, key)
        return self._words[place] if place < len(self._keys) and self._keys[place] == key else None

    def _parts(self, token: str) -> int:
        columns = features.part_columns(token)
        if not columns:
            return 0
        negative, positive = _halves(sum(map(self._rows.__getitem__, columns)))
        weight = 1 / math.sqrt(len(columns))
        return round(negative * weight) + round(positive * weight) * _HIGH


def _packed(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Scores (n, 2) as n integers that can be added up."""
    units = np.rint(scores * _UNIT).astype(np.int64)
    return np.ascontiguousarray(units[:, 0] + units[:, 1] * _HIGH)


def _halves(packed: int) -> tuple[int, int]:
    """The two sums in a sum of packed values; each stays far within 31 bits, as a text's length is bounded."""
    low = (packed + _HIGH // 2) % _HIGH - _HIGH // 2
    return low, (packed - low) // _HIGH


@lru_cache(maxsize=1)
def model() -> Model:
    """The model that is shipped, loaded when first asked for."""
    return Model((files("veille.processors") / "data" / "sentiment.npz").read_bytes())


class Heard(NamedTuple):
    """What is said of a text: the label, `unsure` below its threshold, and the one that is likeliest all the same."""

    label: SentimentLabel
    likeliest: SentimentLabel
    score: float
    confidence: float


@remembered
def heard(text: str, language: str = OTHER) -> Heard:
    """How a text sounds to the shipped model. A text without words stays unsure, without confidence."""
    if not says(text):
        return Heard("unsure", "neutral", 0.0, 0.0)
    shipped = model()
    return told(shipped.opinion(text, language), shipped.sure)


def says(text: str) -> bool:
    """Whether there is anything in a text to hear."""
    return _SAYS.search(text) is not None


def told(held: Opinion, sure: Mapping[SentimentLabel, float]) -> Heard:
    """An opinion with its threshold: `sure` has that of each label."""
    likeliest, probabilities = held
    confidence = probabilities[LABELS.index(likeliest)]
    label = likeliest if confidence >= sure[likeliest] else "unsure"
    return Heard(label, likeliest, round(probabilities[2] - probabilities[0], 4), round(confidence, 4))


def add_sentiment(post: Post, found: Enrichment) -> None:
    """Fill `found.sentiment` from the post's text and the language found. A text without words stays unsure."""
    sounds = heard(post.text, found.language.code)
    found.sentiment = Sentiment(sounds.label, sounds.score, sounds.confidence, model().name)
