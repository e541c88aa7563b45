"""What a text is taught as: its label at first; later half its label, half what the network makes of the text itself.

Many labels are wrong, and a network learns what most posts have in common before it learns single ones by heart. So
what it says early on corrects labels (Liu et al. 2020, arXiv:2007.00151), and a goal that is not sure is not learnt
by heart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from veille.processors.data.train_sentiment.sources import NOISE

SMOOTHING = 0.05
"""Of a label that is believed, shared out evenly."""

BELIEVED = 0.5
"""Share of the label in a goal of the later epochs."""

NOISE_BELIEVED = 0.25
"""The same of the language whose labels are mostly wrong."""

Goals = npt.NDArray[np.float32]
"""(texts, 3): how likely each label is."""


def believed(labels: npt.NDArray[np.int64]) -> Goals:
    """The labels as they are given."""
    return (np.eye(3)[labels] * (1 - SMOOTHING) + SMOOTHING / 3).astype(np.float32)


def doubted(labels: npt.NDArray[np.int64], languages: npt.NDArray[np.str_], logits: npt.NDArray[np.float32]) -> Goals:
    """The labels together with what the network says of their texts; `logits` (texts, 3)."""
    said = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    share = np.where(languages == NOISE, NOISE_BELIEVED, BELIEVED)[:, None]
    return np.asarray(share * np.eye(3)[labels] + (1 - share) * said, np.float32)
