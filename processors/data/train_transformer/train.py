"""The upper half through all its epochs: first by the labels, then by the labels and what it makes of the posts itself.

    labels --epochs--> running mean of the weights --reads the posts--> doubted labels --epochs, from there--> weights

A training that was stopped goes on with the epoch it was in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from veille.processors.data.train_sentiment.sources import Labelled
from veille.processors.data.train_transformer.encoder import Parameters
from veille.processors.data.train_transformer.goals import Goals, believed, doubted
from veille.processors.data.train_transformer.join import NATURAL, labels_of
from veille.processors.data.train_transformer.learn import Learning, States, Training, logits, steps
from veille.processors.data.train_transformer.plan import Checkpoint, Plan, Texts, told_apart

AGAIN = 0.6
"""Rates of the epochs that doubt, beside the usual ones: about where those stand after half of their steps."""

Say = Callable[[str], None]


class Posts(NamedTuple):
    """Those to learn from, those that only tell how good it is, and the states of both, one after the other."""

    known: Sequence[Labelled]
    checked: Sequence[Labelled]
    states: States


class Trainer:
    """Learns from posts, and keeps in `work` where it is."""

    def __init__(self, plan: Plan, posts: Posts, work: Path, say: Say) -> None:
        self._plan, self._posts, self._say = plan, posts, say
        self._labels = labels_of(posts.known)
        self._texts = Texts(self._labels, np.array([post.set == NATURAL for post in posts.known]))
        self._steps = steps(len(self._texts.of_epoch(plan, 0)))
        self._checkpoint = Checkpoint(work / "learning.npz", told_apart(plan, posts.known))
        self._goals = work / "goals.npy"

    def trained(self, top: Parameters) -> Parameters:
        """The weights after all epochs, from those that are given."""
        epochs, half = self._plan.epochs, self._plan.believing
        first = self._training(believed(self._labels), epochs, 1.0, self._plan.seed)
        done, learning = self._checkpoint.load(first.begin(top))
        learning = self._epochs(first, learning, range(done, half))
        if done <= half:
            np.save(self._goals, self._doubted(learning.mean))
        second = self._training(np.load(self._goals), epochs - half, AGAIN, self._plan.seed + 1)
        if done <= half:
            learning = second.begin(learning.mean)
        return self._epochs(second, learning, range(max(done, half), epochs)).mean

    def _training(self, goals: Goals, epochs: int, pace: float, seed: int) -> Training:
        return Training(self._posts.states, goals, epochs * self._steps, pace=pace, seed=seed, say=self._say)

    def _epochs(self, training: Training, learning: Learning, epochs: range) -> Learning:
        right = labels_of(self._posts.checked)
        unseen = len(self._labels) + np.arange(len(right))
        for epoch in epochs:
            number = epoch if epoch < self._plan.believing else epoch - self._plan.believing
            learning = training.epoch(learning, self._texts.of_epoch(self._plan, epoch), number * self._steps)
            self._checkpoint.save(epoch + 1, learning)
            told = (logits(learning.mean, self._posts.states, unseen).argmax(axis=1) == right).mean()
            self._say(f"epoch {epoch + 1} of {self._plan.epochs}: {told:.1%} of {len(right):,} unseen posts right")
        return learning

    def _doubted(self, top: Parameters) -> Goals:
        """Goals of the posts that the other epochs draw."""
        plan, goals = self._plan, believed(self._labels)
        drawn = [self._texts.of_epoch(plan, epoch) for epoch in range(plan.believing, plan.epochs)]
        texts = np.unique(np.concatenate(drawn))
        languages = np.array([self._posts.known[text].lang for text in texts])
        goals[texts] = doubted(self._labels[texts], languages, logits(top, self._posts.states, texts))
        return goals
