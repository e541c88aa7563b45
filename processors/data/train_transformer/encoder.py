"""The encoder in JAX: twelve layers of a BERT (Devlin et al. 2018, arXiv:1810.04805), and a head over their mean.

Arrays of a batch are (texts, pieces, width); `mask` (texts, pieces) is 1 where there is a piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

HEADS = 12
EPSILON = 1e-12
DROPOUT = 0.1

Parameters = dict[str, Any]
"""Arrays by name; those of the layers are stacked, the layer first."""

PARTS = ("q", "k", "v", "ao", "fi", "fo")
NORMS = ("aln", "oln")


def layers(tensors: Mapping[str, npt.NDArray[np.float32]], first: int, last: int) -> Parameters:
    """The layers from `first` up to `last`, stacked; weights as (inputs, outputs)."""
    numbers = range(first, last)
    found = {f"{part}.w": np.stack([tensors[f"l{n}.{part}.w"].T for n in numbers]) for part in PARTS}
    found |= {f"{part}.b": np.stack([tensors[f"l{n}.{part}.b"] for n in numbers]) for part in PARTS + NORMS}
    found |= {f"{norm}.w": np.stack([tensors[f"l{n}.{norm}.w"] for n in numbers]) for norm in NORMS}
    return {name: jnp.asarray(value) for name, value in found.items()}


def tensors(stack: Parameters, first: int) -> dict[str, npt.NDArray[np.float32]]:
    """The layers apart again, by the names that they came with."""
    count = len(stack["q.w"])
    return {
        f"l{first + number}.{name}": np.asarray(value[number]).T if name[:-2] in PARTS else np.asarray(value[number])
        for name, value in stack.items()
        for number in range(count)
    }


def run(stack: Parameters, states: Any, mask: Any, key: Any = None) -> Any:
    """States after the layers; with a key some of what passes is dropped, as in training."""
    count = stack["q.w"].shape[0]
    keys = None if key is None else jax.random.split(key, count)
    hidden = (1.0 - mask[:, None, None, :]) * -1e9

    def step(states: Any, layer: Any) -> tuple[Any, None]:
        one, key = layer
        return _layer(one, states, hidden, key), None

    return jax.lax.scan(step, states, (stack, keys))[0]


def _layer(one: Parameters, states: Any, hidden: Any, key: Any) -> Any:
    first, second, third = (None, None, None) if key is None else jax.random.split(key, 3)
    texts, pieces, width = states.shape

    def heads(name: str) -> Any:
        return _linear(one, name, states).reshape(texts, pieces, HEADS, -1).transpose(0, 2, 1, 3)

    scores = heads("q") @ heads("k").swapaxes(2, 3) / np.sqrt(width // HEADS) + hidden
    mixed = _drop(jax.nn.softmax(scores), first) @ heads("v")
    mixed = mixed.transpose(0, 2, 1, 3).reshape(texts, pieces, width)
    states = normed(one, "aln", states + _drop(_linear(one, "ao", mixed), second))
    inner = jax.nn.gelu(_linear(one, "fi", states), approximate=False)
    return normed(one, "oln", states + _drop(_linear(one, "fo", inner), third))


def _linear(one: Parameters, name: str, states: Any) -> Any:
    return _product(states, one[f"{name}.w"]) + one[f"{name}.b"]


def _forward(states: Any, weights: Any) -> tuple[Any, Any]:
    short = states.astype(jnp.bfloat16), weights.astype(jnp.bfloat16)
    return jnp.matmul(*short, preferred_element_type=jnp.float32), short


def _backward(short: Any, slopes: Any) -> tuple[Any, Any]:
    states, weights = short
    slopes = slopes.astype(jnp.bfloat16)
    rows = states.reshape(-1, states.shape[-1]).T, slopes.reshape(-1, slopes.shape[-1])
    return (
        jnp.matmul(slopes, weights.T, preferred_element_type=jnp.float32),
        jnp.matmul(*rows, preferred_element_type=jnp.float32),
    )


_product: Any = jax.custom_vjp(lambda states, weights: _forward(states, weights)[0])
"""Matrix product of bfloat16, added up in float32: twice as fast on a processor that knows it, as good to learn."""

_product.defvjp(_forward, _backward)


def normed(one: Parameters, name: str, states: Any) -> Any:
    """Layer normalisation."""
    centred = states - states.mean(-1, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON) * one[f"{name}.w"] + one[f"{name}.b"]


def _drop(states: Any, key: Any) -> Any:
    if key is None:
        return states
    kept = jax.random.bernoulli(key, 1 - DROPOUT, states.shape)
    return jnp.where(kept, states / (1 - DROPOUT), 0.0)


def judge(top: Parameters, states: Any, mask: Any, key: Any = None) -> Any:
    """Logits (texts, 3) from the states that enter the upper layers."""
    states = run(top["layers"], states, mask, key)
    mean = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return _drop(mean, None if key is None else jax.random.fold_in(key, 1)) @ top["head.w"] + top["head.b"]
