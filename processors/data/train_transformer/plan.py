"""How the transformer is trained, and where a training that was stopped goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from veille.processors.data.train_sentiment.sources import Labelled
from veille.processors.data.train_transformer.learn import Learning

Indices = npt.NDArray[np.int64]


class Plan(Struct, frozen=True):
    """What may be chosen."""

    epochs: int = 4
    believing: int = 2
    """Epochs that learn from the labels as they are given; the rest doubts them (`goals.py`)."""
    natural: int = 6_000
    """Posts of the natural mix in an epoch, as many of each label, drawn anew; the balanced ones are all in each."""
    frozen: int = 6
    """Layers that stay as they came."""
    seed: int = 0


class Texts(NamedTuple):
    """The posts to learn from: label (0 negative, 1 neutral, 2 positive), and whether each is of the natural mix."""

    labels: Indices
    natural: npt.NDArray[np.bool_]

    def of_epoch(self, plan: Plan, epoch: int) -> Indices:
        """Numbers of the posts of one epoch."""
        random = np.random.default_rng((plan.seed, epoch))
        drawn = [
            random.permutation(np.flatnonzero(self.natural & (self.labels == label)))[: plan.natural // 3]
            for label in range(3)
        ]
        return np.concatenate([np.flatnonzero(~self.natural), *drawn])


def told_apart(plan: Plan, posts: Sequence[Labelled]) -> str:
    """What a training is known by: another plan or other posts begin anew."""
    return hashlib.sha256(msgspec.json.encode([plan, posts])).hexdigest()


class Checkpoint:
    """Where a training is after an epoch, in a file."""

    def __init__(self, file: Path, known_by: str) -> None:
        self._file, self._known_by = file, known_by

    def save(self, epoch: int, learning: Learning) -> None:
        """So many epochs are done."""
        leaves = {f"leaf{number}": np.asarray(leaf) for number, leaf in enumerate(jax.tree.leaves(learning))}
        part = self._file.with_suffix(".part.npz")
        np.savez(part, epoch=epoch, known_by=self._known_by, **leaves)  # type: ignore[arg-type]  # as numpy documents
        part.replace(self._file)

    def load(self, fresh: Learning) -> tuple[int, Learning]:
        """Epochs done, and what they left; what is given when there is none of this training."""
        if not self._file.exists():
            return 0, fresh
        with np.load(self._file) as saved:
            if str(saved["known_by"]) != self._known_by:
                return 0, fresh
            count = len(jax.tree.leaves(fresh))
            leaves: list[Any] = [jax.numpy.asarray(saved[f"leaf{number}"]) for number in range(count)]
            return int(saved["epoch"]), jax.tree.unflatten(jax.tree.structure(fresh), leaves)
