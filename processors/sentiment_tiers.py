"""Sentiment by both tiers: where the shipped model is not sure enough, its scores and the transformer's, added up.

    texts --shipped model--> sure enough: as it says
                      `----> else --transformer--> log-odds, and `weight` of its own --calibrate by language--> Heard

Both are worth more than either, as they err on different posts. A step of its own, over a whole batch at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from veille.errors import Corrupt
from veille.mention import Enrichment, Sentiment, SentimentLabel
from veille.post import Post
from veille.processors.remembered import LONGEST, TEXTS
from veille.processors.sentiment import OTHER, Calibration, Heard, Model, heard, model, opinion, says, told
from veille.processors.transformer import ABOUT, Transformer, ready
from veille.settings import Settings

log = logging.getLogger(__name__)

FOLDER = "transformer"
"""In the data folder."""

ENOUGH = 0.8
"""Confidence of the shipped model from which on it is believed: nothing is lost by it on labelled posts, and 25 in 100
of a natural mix need not be read twice (docs/sentiment.md)."""

RECORDS = 128
"""Posts of a batch of the stage: a second or two, so that the stage is heard of and can be stopped."""


class About(Struct, frozen=True):
    """What goes with the transformer's weights."""

    name: str
    learnt_from: str
    """Hash of the posts, and of how it learnt."""
    beside: str
    """The shipped model with which it was weighed."""
    weight: float
    """Of the shipped model's scores beside the transformer's."""
    sure: dict[SentimentLabel, float]
    calibrations: dict[str, tuple[float, float, float]]
    """Slope and offsets by language."""


class Asked(NamedTuple):
    """A text, and its language (ISO 639-1; unknown ones count as other)."""

    text: str
    language: str = OTHER


class Tiers:
    """How texts sound to both. What was heard lately is remembered. Belongs to one thread."""

    def __init__(self, transformer: Transformer, about: About, shipped: Model) -> None:
        self._transformer, self._about, self._shipped = transformer, about, shipped
        self._calibrations = {code: Calibration(*numbers) for code, numbers in about.calibrations.items()}
        self._known: dict[Asked, Heard] = {}

    @property
    def name(self) -> str:
        """Of both models."""
        return f"{self._about.name}+{self._shipped.name}"

    def heard(self, asked: Sequence[Asked]) -> list[Heard]:
        """What is said of each text, in order."""
        found = [heard(*each) for each in asked]
        unsure = [place for place, sounds in enumerate(found) if _worth_it(asked[place].text, sounds.confidence)]
        for place, sounds in zip(unsure, self.both([asked[place] for place in unsure]), strict=True):
            found[place] = sounds
        return found

    def both(self, asked: Sequence[Asked]) -> list[Heard]:
        """What both say together of each text, whatever the shipped model says alone."""
        found = {each: self._known[each] for each in asked if each in self._known}
        new = [each for each in dict.fromkeys(asked) if each not in found]
        found |= dict(zip(new, self._hear(new), strict=True))
        self._known |= {each: found[each] for each in new if len(each.text) <= LONGEST}
        for each in list(self._known)[: max(0, len(self._known) - TEXTS)]:
            del self._known[each]
        return [found[each] for each in asked]

    def add(self, posts: Sequence[Post], found: Sequence[Enrichment]) -> None:
        """Fill `sentiment` anew where the shipped model was not sure enough; what is said towards each name stays."""
        unsure = [
            (Asked(post.text, each.language.code), each)
            for post, each in zip(posts, found, strict=True)
            if _worth_it(post.text, each.sentiment.confidence)
        ]
        for (_, each), sounds in zip(unsure, self.both([asked for asked, _ in unsure]), strict=True):
            each.sentiment = Sentiment(
                sounds.label, sounds.score, sounds.confidence, self.name, towards=each.sentiment.towards
            )

    def _hear(self, asked: Sequence[Asked]) -> list[Heard]:
        texts = [each.text for each in asked]
        scores = joined(self._transformer.logits(texts), shipped_scores(self._shipped, texts), self._about.weight)
        return [
            told(opinion(negative, positive, self._calibration(each.language)), self._about.sure)
            for each, (negative, positive) in zip(asked, scores.tolist(), strict=True)
        ]

    def _calibration(self, language: str) -> Calibration:
        return self._calibrations.get(language) or self._calibrations[OTHER]


def _worth_it(text: str, confidence: float) -> bool:
    return confidence < ENOUGH and says(text)


def shipped_scores(shipped: Model, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """(texts, 2)."""
    return np.array([shipped.scores(text) for text in texts], np.float64).reshape(-1, 2)


def joined(logits: npt.NDArray[np.float32], beside: npt.NDArray[np.float64], weight: float) -> npt.NDArray[np.float64]:
    """Log-odds of negative and positive against neutral, (texts, 2)."""
    return np.asarray(logits[:, [0, 2]] - logits[:, [1]] + weight * beside, np.float64)


def check(settings: Settings) -> None:
    """Raises Misused when the settings ask for what is not there."""
    if settings.sentiment.model == "transformer":
        ready(settings.data / FOLDER)


def chosen(settings: Settings) -> Tiers | None:
    """What the settings ask for beside the shipped model. Raises Misused, Corrupt."""
    return open_tiers(settings.data / FOLDER) if settings.sentiment.model == "transformer" else None


def open_tiers(folder: Path) -> Tiers:
    """Both tiers, the transformer from its folder. Raises Misused, Corrupt."""
    transformer, about, shipped = Transformer(folder), about_it(folder), model()
    if about.beside != shipped.name:
        log.warning(
            "%s was weighed beside %s, this veille has %s: `veille sentiment build` with the same posts weighs it anew",
            folder,
            about.beside,
            shipped.name,
        )
    return Tiers(transformer, about, shipped)


def about_it(folder: Path) -> About:
    """Raises Corrupt."""
    try:
        return msgspec.json.decode((folder / ABOUT).read_bytes(), type=About)
    except (OSError, msgspec.DecodeError) as error:
        raise Corrupt(f"{folder / ABOUT} cannot be read: make it again with `veille sentiment build`") from error
