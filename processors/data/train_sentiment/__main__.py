"""Trains the sentiment model, writes it and says what was measured. Two minutes on one core.

    python -m veille.processors.data.train_sentiment POSTS LISTS TAUGHT

TAUGHT is what `teach` wrote. The same files, package versions and kind of processor give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from veille.mention import SentimentLabel
from veille.processors import sentiment_features as features
from veille.processors.data.train_sentiment.calibrate import (
    calibration,
    likeliest,
    precise_threshold,
    probabilities,
    to_scores,
)
from veille.processors.data.train_sentiment.extract import Extractor, Matrix, word_vectors
from veille.processors.data.train_sentiment.figures import figures, macro_f1
from veille.processors.data.train_sentiment.fold import STEP, Folded, fold
from veille.processors.data.train_sentiment.solver import solve
from veille.processors.data.train_sentiment.sources import NOISE, Labelled, labelled, lexicon
from veille.processors.data.train_sentiment.teach import Taught, taught
from veille.processors.sentiment import LABELS, OTHER, Model

NAME = "veille-linear-3"
LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "pt")
"""Those that are calibrated by their own labels."""

UNSEEN = ("ar", "de", "fr")
"""Languages that are left out to see how the model does on any that it was not trained on."""

NOISE_WEIGHT = 0.5
"""Of the posts whose labels are mostly wrong. The transformer learned from them as well, and what it says of their
variations is left out."""

SHIPPED = Path(__file__).parent.parent / "sentiment.npz"

REGULARISATION = 8.0
"""How much the losses weigh beside the weights' squares."""

NATURAL_WEIGHT = 0.4
"""All posts of the natural mix together weigh this much of their number, shared equally by the three labels."""

TAUGHT_WEIGHT = 1.0
"""Of a text that the transformer judged, where a labelled post of a balanced collection has 1."""

FOLDS = 5
SEED = 0

PRECISE_NEGATIVE = 0.86
"""Precision on the natural mix that sets the threshold of a sure `negative`: 85 in 100, and a little to spare."""

SURE = 0.5
"""Threshold of the other labels: rather right than wrong."""

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


class Examples(NamedTuple):
    """What is learned from, a row each: labelled posts, then taught texts."""

    rows: Matrix
    goals: Array
    """Probability of each label, (n, 3)."""
    weights: Array
    origins: Indices
    """The labelled post that it is, or that it was made of."""


def balance(labels: Indices, natural: Truths) -> Array:
    """Weight of each post: the natural mix as a whole counts less, and its labels the same."""
    weights = np.ones(len(labels))
    for label in range(3):
        chosen = natural & (labels == label)
        weights[chosen] = NATURAL_WEIGHT * natural.sum() / 3 / max(1, chosen.sum())
    return weights


def decide(examples: Examples, left_out: Sequence[Truths], count: int) -> tuple[list[Array], list[Array], Array]:
    """Models that each leave out some of the labelled posts, and what was made of them.

    Weights (columns, 3), intercepts (3), and decisions (models, count, 3) on the `count` labelled posts.
    """
    costs = np.column_stack([examples.weights * ~out[examples.origins] for out in left_out]) * REGULARISATION
    weights, intercepts = solve(examples.rows, examples.goals, costs)
    labelled_rows = examples.rows[:count]
    decisions = np.array([labelled_rows @ w + b for w, b in zip(weights, intercepts, strict=True)])
    return list(weights), list(intercepts), decisions


class Material(NamedTuple):
    """Posts to learn from and posts to check with, texts that the transformer judged, and the folder of the lists."""

    known: Sequence[Labelled]
    checked: Sequence[Labelled]
    taught: Sequence[Taught]
    lists: Path


def train(material: Material, out: Path, say: Callable[[str], None]) -> None:
    """Train, write the model to `out`, and say what was measured."""
    known, checked, more, lists = material
    labels, codes = _labels(known), np.array([post.lang for post in known])
    valence = lexicon(lists)
    extractor = Extractor(valence, word_vectors(lists, [post.text for post in known], valence))
    rows, columns = extractor.matrix([post.text for post in known] + [each.text for each in more])
    say(f"{len(known)} posts, {len(more)} taught texts, {len(columns)} features in use")
    examples = _examples(rows, known, more)

    decisions = _held_out(examples, len(known))
    plain = ~_natural(known) & (codes != NOISE)
    turn, offsets = to_scores(decisions[plain], labels[plain])
    scores = decisions @ turn + offsets
    say(json.dumps({"held out": {code: _macro(scores, labels, codes == code) for code in sorted(set(codes))}}))
    calibrations = {code: calibration(scores[codes == code], labels[codes == code]) for code in LANGUAGES}
    unseen = np.isin(codes, UNSEEN)
    (weights, _), (intercepts, _), (_, every) = decide(examples, [codes == "", unseen], len(known))
    calibrations[OTHER] = calibration(every[unseen] @ turn + offsets, labels[unseen])

    folded = fold(weights @ turn, columns, extractor)
    bias = intercepts @ turn + offsets
    exact = extractor.matrix([post.text for post in checked], columns)[0] @ (weights @ turn) + bias
    sure = thresholds([(scores, known), (exact, checked)], calibrations["en"], say)
    say(json.dumps({"calibrations": calibrations, "sure": sure}))
    _write(out, folded, [round(float(number), 6) for number in bias], calibrations=calibrations, sure=sure)
    judge = Model(out.read_bytes())
    away = np.abs(np.array([judge.scores(post.text) for post in checked]) - exact)
    say(f"folding moves a score by {away.mean():.4f} on average, {away.max():.4f} at most, of {exact.std():.4f}")
    say("\n".join(figures(judge, checked)))


def _examples(rows: Matrix, known: Sequence[Labelled], more: Sequence[Taught]) -> Examples:
    labels, natural = _labels(known), _natural(known)
    sound = np.array([1.0 if post.lang != NOISE else NOISE_WEIGHT for post in known])
    return Examples(
        rows,
        np.concatenate([np.eye(3)[labels], np.array([each.probabilities for each in more]).reshape(-1, 3)]),
        np.concatenate([balance(labels, natural) * sound, [TAUGHT_WEIGHT * (each.lang != NOISE) for each in more]]),
        np.concatenate([np.arange(len(known)), np.resize(np.flatnonzero(~natural), len(more))]),
    )


def _held_out(examples: Examples, count: int) -> Array:
    """Decisions (count, 3) on the labelled posts, each by a model that has not seen it."""
    folds = np.random.default_rng(SEED).permutation(count) % FOLDS
    _, _, every = decide(examples, [folds == number for number in range(FOLDS)], count)
    return np.asarray(every[folds, np.arange(count)])


def thresholds(
    told: Sequence[tuple[Array, Sequence[Labelled]]], numbers: Sequence[float], say: Callable[[str], None]
) -> dict[SentimentLabel, float]:
    """Threshold of each label; that of `negative` by all scores that no post's own model gave, of the natural mix."""
    found: list[tuple[Array, Truths]] = []
    for scores, posts in told:
        chosen = (likeliest(scores) == 0) & _natural(posts)
        found.append((probabilities(scores, numbers)[chosen, 0], _labels(posts)[chosen] == 0))
    together = np.concatenate([confidence for confidence, _ in found]), np.concatenate([right for _, right in found])
    precise = precise_threshold(*together, PRECISE_NEGATIVE)
    for confidence, right in found:
        sure = right[confidence >= precise]
        say(f"natural mix: {sure.sum()} of {len(sure)} sure negatives right, of {len(right)} negatives")
    return {**dict.fromkeys(LABELS, SURE), "negative": precise}


def _macro(scores: Array, labels: Indices, chosen: Truths) -> float:
    return round(100 * macro_f1(labels[chosen], likeliest(scores[chosen])), 1)


def _labels(posts: Sequence[Labelled]) -> Indices:
    return np.array([LABELS.index(post.label) for post in posts])


def _natural(posts: Sequence[Labelled]) -> Truths:
    return np.array([post.set == "semeval" for post in posts])


def _write(out: Path, folded: Folded, bias: list[float], **measured: object) -> None:
    about = {"name": NAME, "features": features.REVISION, "bias": bias, "scales": folded.scales, "step": STEP}
    described = np.frombuffer(json.dumps(about | measured).encode(), np.uint8)
    np.savez_compressed(out, rows=folded.rows, keys=folded.keys, words=folded.words, about=described)


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("posts", type=Path, help="folder with train.jsonl.gz and val.jsonl.gz")
    parser.add_argument("lists", type=Path, help="folder with the unpacked word lists")
    parser.add_argument("taught", type=Path, help="folder of what the transformer judged")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="the file to write (default: the shipped one)")
    arguments = parser.parse_args()
    known, checked = labelled(arguments.posts / "train.jsonl.gz"), labelled(arguments.posts / "val.jsonl.gz")
    material = Material(known, checked, taught(arguments.taught), arguments.lists)
    train(material, arguments.out, print)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
