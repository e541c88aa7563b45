"""How good a sentiment model is on labelled posts: the field's usual figures, by language.

python -m veille.processors.data.train_sentiment.figures val.jsonl.gz
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from veille.processors.data.train_sentiment.sources import Labelled, labelled
from veille.processors.sentiment import LABELS, Model, model

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def recalls(right: Indices, said: Indices) -> Array:
    """Share of each label's posts that were told as such."""
    return np.array([(said[right == label] == label).mean() for label in range(3)])


def macro_f1(right: Indices, said: Indices) -> float:
    """Mean over the labels of 2 TP / (2 TP + FP + FN); a label that is neither there nor said counts 0."""
    scores = []
    for label in range(3):
        both = ((right == label) & (said == label)).sum()
        either = (right == label).sum() + (said == label).sum()
        scores.append(2 * both / either if either else 0.0)
    return float(np.mean(scores))


def calibration_error(confidence: Array, right: npt.NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error: how far confidence and accuracy lie apart, in bins of equal width."""
    places = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    apart = [
        abs(confidence[places == b].mean() - right[places == b].mean()) * (places == b).mean() for b in set(places)
    ]
    return float(sum(apart))


def figures(judge: Model, posts: Sequence[Labelled]) -> list[str]:
    """A line a collection: macro-F1 of the likeliest label; calibration; share, and precision, of what is sure."""
    lines = []
    for name in sorted({f"{post.lang} {post.set}" for post in posts}):
        chosen = [post for post in posts if f"{post.lang} {post.set}" == name]
        opinions = [judge.opinion(post.text, post.lang) for post in chosen]
        right = np.array([LABELS.index(post.label) for post in chosen])
        said = np.array([LABELS.index(opinion.label) for opinion in opinions])
        confidence = np.array([opinion.probabilities[label] for opinion, label in zip(opinions, said, strict=True)])
        sure = confidence >= np.array([judge.sure[LABELS[label]] for label in said])
        precision = [
            f"{LABELS[label]} {(right[sure & (said == label)] == label).mean():.3f} of {(sure & (said == label)).sum()}"
            for label in range(3)
            if (sure & (said == label)).any()
        ]
        measured = {
            "n": len(chosen),
            "macro-F1": f"{macro_f1(right, said):.3f}",
            "macro-recall": f"{recalls(right, said).mean():.3f}",
            "ECE": f"{calibration_error(confidence, right == said):.3f}",
            "sure": f"{sure.mean():.2f}",
            "right when sure": ", ".join(precision),
        }
        lines.append(f"{name:10s}  " + "  ".join(f"{what} {value}" for what, value in measured.items()))
    return lines


if __name__ == "__main__":
    print("\n".join(figures(model(), labelled(Path(sys.argv[1])))))  # noqa: T201 -- a command's output
