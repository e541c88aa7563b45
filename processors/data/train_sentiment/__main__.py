"""Trains the sentiment model, writes it and says what was measured. Four minutes on one core.

    python -m veille.processors.data.train_sentiment POSTS LISTS

The same files, package versions and kind of processor give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from veille.processors import sentiment_features as features
from veille.processors.data.train_sentiment.calibrate import (
    calibration,
    likeliest,
    precise_threshold,
    probabilities,
    to_scores,
)
from veille.processors.data.train_sentiment.extract import Extractor, Matrix, induce
from veille.processors.data.train_sentiment.figures import figures
from veille.processors.data.train_sentiment.fold import STEP, Folded, fold
from veille.processors.data.train_sentiment.sources import Labelled, labelled, lexicon
from veille.processors.sentiment import LABELS, OTHER, Model

NAME = "veille-linear-1"
LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "it", "pt")
SHIPPED = Path(__file__).parent.parent / "sentiment.npz"

REGULARISATION = 0.1
"""The SVM's C."""

NATURAL_WEIGHT = 0.4
"""All posts of the natural mix together weigh this much of their number, shared equally by the three labels."""

FOLDS = 3
SEED = 0

PRECISE_NEGATIVE = 0.87
"""Precision on the natural mix that sets the threshold of a sure `negative`: 85 in 100, and a little to spare."""

SURE = 0.5
"""Threshold of the other labels: rather right than wrong."""

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


def balance(labels: Indices, natural: Truths) -> Array:
    """Weight of each post: the natural mix as a whole counts less, and its labels the same."""
    weights = np.ones(len(labels))
    for label in range(3):
        chosen = natural & (labels == label)
        weights[chosen] = NATURAL_WEIGHT * natural.sum() / 3 / max(1, chosen.sum())
    return weights


def fit(rows: Matrix, labels: Indices, natural: Truths) -> tuple[Array, Array]:
    """Weights (columns, 3) and intercepts (3) of one SVM a label against the rest."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=REGULARISATION, tol=0.01, max_iter=200, random_state=SEED)
    machine.fit(rows, labels, sample_weight=balance(labels, natural))
    return machine.coef_.T, machine.intercept_


def held_out(rows: Matrix, labels: Indices, natural: Truths) -> Array:
    """Decisions (n, 3) on each fold by a model of the others."""
    folds = np.random.default_rng(SEED).permutation(len(labels)) % FOLDS
    decisions = np.zeros((len(labels), 3))
    for number in range(FOLDS):
        out = folds == number
        weights, intercepts = fit(rows[~out], labels[~out], natural[~out])
        decisions[out] = rows[out] @ weights + intercepts
    return decisions


def unseen_language(
    rows: Matrix, labels: Indices, natural: Truths, codes: npt.NDArray[np.str_]
) -> tuple[Array, Indices]:
    """Decisions on three languages, each by a model that never saw it, and their labels: how it does on any other."""
    decisions: list[Array] = []
    right: list[Indices] = []
    for code in ("ar", "de", "fr"):
        weights, intercepts = fit(rows[codes != code], labels[codes != code], natural[codes != code])
        decisions.append(rows[codes == code] @ weights + intercepts)
        right.append(labels[codes == code])
    return np.concatenate(decisions), np.concatenate(right)


def train(posts: Path, lists: Path, out: Path, say: Callable[[str], None]) -> None:
    """Train, write the model to `out`, and say what was measured."""
    known, checked, valence = labelled(posts / "train.jsonl.gz"), labelled(posts / "val.jsonl.gz"), lexicon(lists)
    labels, natural = _labels(known), np.array([post.set == "semeval" for post in known])
    codes = np.array([post.lang for post in known])
    texts = [post.text for post in known]
    induced = induce(lists, texts, labels, balance(labels, natural), valence)
    extractor = Extractor(valence, induced)
    rows, columns = extractor.matrix(texts)
    say(f"{len(known)} posts, {len(columns)} features in use, {len(valence)} listed words, {len(induced)} vectors")

    decisions = held_out(rows, labels, natural)
    turn, offsets = to_scores(decisions[~natural], labels[~natural])
    scores = decisions @ turn + offsets
    calibrations = {code: calibration(scores[codes == code], labels[codes == code]) for code in LANGUAGES}
    others, others_labels = unseen_language(rows, labels, natural, codes)
    calibrations[OTHER] = calibration(others @ turn + offsets, others_labels)

    weights, intercepts = fit(rows, labels, natural)
    folded = fold(weights @ turn, columns, extractor)
    bias = intercepts @ turn + offsets
    exact = extractor.matrix([post.text for post in checked], columns)[0] @ (weights @ turn) + bias
    sure = {**dict.fromkeys(LABELS, SURE), "negative": _sure_negative(exact, checked, calibrations["en"])}
    say(json.dumps({"calibrations": calibrations, "sure": sure}))
    _write(out, folded, [round(float(number), 6) for number in bias], calibrations=calibrations, sure=sure)
    judge = Model(out.read_bytes())
    away = np.abs(np.array([judge.scores(post.text) for post in checked]) - exact)
    say(f"folding moves a score by {away.mean():.4f} on average, {away.max():.4f} at most, of {exact.std():.4f}")
    say("\n".join(figures(judge, checked)))


def _labels(posts: Sequence[Labelled]) -> Indices:
    return np.array([LABELS.index(post.label) for post in posts])


def _sure_negative(scores: Array, posts: Sequence[Labelled], numbers: Sequence[float]) -> float:
    """Threshold on the natural part of the posts."""
    chosen = (likeliest(scores) == 0) & np.array([post.set == "semeval" for post in posts])
    confidence = probabilities(scores, numbers)[chosen, 0]
    return precise_threshold(confidence, _labels(posts)[chosen] == 0, PRECISE_NEGATIVE)


def _write(out: Path, folded: Folded, bias: list[float], **measured: object) -> None:
    about = {"name": NAME, "features": features.REVISION, "bias": bias, "scales": folded.scales, "step": STEP}
    described = np.frombuffer(json.dumps(about | measured).encode(), np.uint8)
    np.savez_compressed(out, rows=folded.rows, keys=folded.keys, words=folded.words, about=described)


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("posts", type=Path, help="folder with train.jsonl.gz and val.jsonl.gz")
    parser.add_argument("lists", type=Path, help="folder with the unpacked word lists")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="the file to write (default: the shipped one)")
    arguments = parser.parse_args()
    train(arguments.posts, arguments.lists, arguments.out, print)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
