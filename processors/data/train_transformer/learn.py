"""Trains the upper half of the encoder; the lower half stays as it is and is run once for every post."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from veille.processors.data.train_transformer.encoder import Parameters, judge, layers, normed, run
from veille.processors.data.train_transformer.goals import Goals
from veille.processors.data.train_transformer.weights import LAYERS, WIDTH, Encoder
from veille.processors.four_bits import unpacked
from veille.processors.pieces import LONGEST

BATCH = 32
PART = 40 * BATCH
"""Texts among which those of like length are put together."""

RATE, HEAD_RATE = 8e-5, 2e-3
WARM_UP = 0.1
FOLLOWED = 0.998
"""How slowly the kept weights, a running mean of those that are trained, follow."""

OPTIMISER: Any = optax.chain(
    optax.clip_by_global_norm(1.0),
    optax.multi_transform(
        {"body": optax.adamw(RATE, weight_decay=0.01), "head": optax.adamw(HEAD_RATE)},
        {"layers": "body", "head.w": "head", "head.b": "head"},
    ),
)
"""At full rates, so that one compiled step serves every schedule."""

LENGTHS = (16, 24, 32, 40, 48, 64, LONGEST)
"""Batches are filled up to one of these, as every other shape is compiled anew."""

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Say = Callable[[str], None]


class States(NamedTuple):
    """What enters the upper half: (pieces of all texts, width) in a file, and where each text ends."""

    rows: npt.NDArray[np.float16]
    ends: Indices

    def of(self, text: int) -> npt.NDArray[np.float16]:
        """Those of one text."""
        return self.rows[self.ends[text] : self.ends[text + 1]]

    def lengths(self) -> Indices:
        """Pieces of each text."""
        return np.diff(self.ends)


class Batch(NamedTuple):
    """States (texts, pieces, width), 1 where there is a piece, the goals, and 1 where there is a text."""

    states: Any
    mask: Any
    goals: Any
    real: Any


class Learning(NamedTuple):
    """What one epoch leaves to the next: the weights, their running mean, and the optimiser's state."""

    top: Parameters
    mean: Parameters
    state: Any


def lower_half(encoder: Encoder, numbers: Sequence[Sequence[int]], frozen: int, file: Path, say: Say) -> States:
    """States that enter the upper half, written to the file."""
    places, kind = encoder.tensors["emb.pos"], encoder.tensors["emb.type"][0]
    norm = {f"emb.ln.{end}": jnp.asarray(encoder.tensors[f"emb.ln.{end}"]) for end in "wb"}
    stack = layers(encoder.tensors, 0, frozen)
    forward = jax.jit(lambda states, mask: run(stack, normed(norm, "emb.ln", states), mask))
    lengths = np.array([len(each) for each in numbers])
    ends = np.cumsum([0, *lengths])
    rows = np.lib.format.open_memmap(file, "w+", np.float16, (int(ends[-1]), WIDTH))
    for number, chosen in enumerate(_batches(np.arange(len(numbers)), lengths, 2 * BATCH)):
        given = [unpacked(encoder.embeddings[numbers[i]]) + places[: lengths[i]] + kind for i in chosen]
        for i, after in zip(chosen, np.asarray(forward(*_filled(given, 2 * BATCH))), strict=False):
            rows[ends[i] : ends[i + 1]] = after[: lengths[i]]
        if number % 50 == 0:
            say(f"lower half: {number * 2 * BATCH} of {len(numbers)} texts")
    rows.flush()
    return States(rows, ends)


def fresh(encoder: Encoder, frozen: int, seed: int) -> Parameters:
    """The upper half as it comes, and a head of small random weights."""
    head = 0.02 * jax.random.normal(jax.random.key(seed), (WIDTH, 3))
    return {"layers": layers(encoder.tensors, frozen, LAYERS), "head.w": head, "head.b": jnp.zeros(3)}


class Training:
    """AdamW with a warm-up and a decay over all steps, at `pace` times the usual rates; goals by the states' texts."""

    def __init__(self, states: States, goals: Goals, steps: int, *, pace: float, seed: int, say: Say) -> None:
        self._states, self._goals, self._say = states, goals, say
        self._steps, self._seed = steps, seed
        self._pace: Any = optax.warmup_cosine_decay_schedule(0.0, pace, max(1, int(WARM_UP * steps)), steps)

    def begin(self, top: Parameters) -> Learning:
        """Before the first epoch."""
        mean = jax.tree.map(jnp.copy, top)  # each step gives the memory of the last one back
        return Learning(top, mean, OPTIMISER.init(top))

    def epoch(self, learning: Learning, chosen: Indices, first: int) -> Learning:
        """One pass over the chosen texts; `first` is the number of its first step."""
        random, key, lost = np.random.default_rng((self._seed, first)), jax.random.key(self._seed + 1), 0.0
        for place, texts in enumerate(shuffled(chosen, self._states.lengths(), random)):
            number = first + place
            batch, dropped = self._batch(texts), jax.random.fold_in(key, number)
            learning, loss = _step(learning, batch, dropped, number, self._pace(number))
            lost = 0.98 * lost + 0.02 * float(loss)
            if place % 50 == 49:
                self._say(f"step {number + 1} of {self._steps}: loss {lost / (1 - 0.98 ** (place + 1)):.4f}")
        return learning

    def _batch(self, texts: Indices) -> Batch:
        goals = np.zeros((BATCH, 3), np.float32)
        goals[: len(texts)] = self._goals[texts]
        real = (np.arange(BATCH) < len(texts)).astype(np.float32)
        return Batch(*_filled([self._states.of(text) for text in texts], BATCH), goals, real)


_judge = jax.jit(judge)


def logits(top: Parameters, states: States, texts: Indices) -> Array:
    """(texts, 3)."""
    lengths = states.lengths()
    found = np.zeros((len(lengths), 3), np.float32)
    for chosen in _batches(texts, lengths, 2 * BATCH):
        found[chosen] = np.asarray(_judge(top, *_filled([states.of(i) for i in chosen], 2 * BATCH)))[: len(chosen)]
    return found[texts]


def _loss(top: Parameters, batch: Batch, key: Any) -> Any:
    lost = optax.softmax_cross_entropy(judge(top, batch.states, batch.mask, key), batch.goals)
    return (lost * batch.real).sum() / batch.real.sum()


@partial(jax.jit, donate_argnums=0)
def _step(learning: Learning, batch: Batch, key: Any, number: Any, share: Any) -> tuple[Learning, Any]:
    """One step at this share of the full rates; the weights after it, and its loss."""
    loss, slopes = jax.value_and_grad(_loss)(learning.top, batch, key)
    changes, state = OPTIMISER.update(slopes, learning.state, learning.top)
    top = optax.apply_updates(learning.top, jax.tree.map(lambda change: share * change, changes))
    kept = jnp.minimum(FOLLOWED, number / (number + 10.0))
    mean = jax.tree.map(lambda old, new: kept * old + (1 - kept) * new, learning.mean, top)
    return Learning(top, mean, state), loss


def _filled(states: Sequence[npt.NDArray[Any]], rows: int) -> tuple[Array, Array]:
    """One array of a fixed shape, and its mask; rows that are missing have one empty piece."""
    length = next(each for each in LENGTHS if each >= max(map(len, states)))
    found = np.zeros((rows, length, states[0].shape[1]), np.float32)
    mask = np.zeros((rows, length), np.float32)
    mask[:, 0] = 1
    for row, each in enumerate(states):
        found[row, : len(each)] = each
        mask[row, : len(each)] = 1
    return found, mask


def _batches(texts: Indices, lengths: Indices, size: int) -> Iterator[Indices]:
    ordered = texts[np.argsort(lengths[texts], kind="stable")]
    for first in range(0, len(ordered), size):
        yield ordered[first : first + size]


def steps(texts: int) -> int:
    """Batches that `shuffled` makes of so many texts."""
    return sum(-(-min(PART, texts - first) // BATCH) for first in range(0, texts, PART))


def shuffled(chosen: Indices, lengths: Indices, random: np.random.Generator) -> list[Indices]:
    """Batches of texts of like length, in random order."""
    order = random.permutation(chosen)
    parts = [order[first : first + PART] for first in range(0, len(order), PART)]
    batches = [batch for part in parts for batch in _batches(part, lengths, BATCH)]
    return [batches[place] for place in random.permutation(len(batches))]
