"""Writes the trained encoder as an ONNX graph: states of the pieces and their mask in, logits out.

The linear maps are of integers of 8 bits: the weights with a scale for each output, the states with a scale for each
piece. ONNX Runtime's own dynamic quantisation has one scale for a whole batch: it doubles the error, and what is said
of a text would change with the texts beside it. The embeddings stay outside, in the four bits that they came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from veille.processors.data.train_transformer.encoder import EPSILON, HEADS, NORMS

OPSET = 20
"""The first one with Gelu."""

IR = 9

Array = npt.NDArray[np.float32]


class Graph:
    """Nodes and constants, added one after the other; each method returns the name of what it makes."""

    def __init__(self, *, small: bool) -> None:
        self._small = small
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """A node; several outputs come as a list."""
        names = [f"{operator}_{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: npt.NDArray[Any]) -> str:
        """A constant."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def number(self, value: float) -> str:
        """A constant that goes with every element."""
        return self.constant(np.array([value], np.float32))

    def whole(self, *numbers: int) -> str:
        """A constant of whole numbers: a shape, or axes."""
        return self.constant(np.array(numbers, np.int64))

    def linear(self, states: str, weights: Array, bias: Array) -> str:
        """`states @ weights + bias`; weights (inputs, outputs)."""
        if not self._small:
            return str(self.add("Add", self.add("MatMul", states, self.constant(weights)), self.constant(bias)))
        scales = np.maximum(np.abs(weights).max(axis=0), 1e-8) / MOST
        integers = np.rint(weights / scales).astype(np.int8)
        largest = self.add("ReduceMax", self.add("Abs", states), self.whole(-1), keepdims=1)
        scale = self.add("Max", self.add("Mul", largest, self.number(1 / 127)), self.number(1e-8))
        rounded = self.add("Round", self.add("Div", states, scale))
        given = self.add("Cast", self.add("Add", rounded, self.number(128)), to=TensorProto.UINT8)
        product = self.add("MatMulInteger", given, self.constant(integers), self.constant(np.array(128, np.uint8)))
        floats = self.add("Mul", self.add("Cast", product, to=TensorProto.FLOAT), scale)
        floats = self.add("Mul", floats, self.constant(scales.astype(np.float32)))
        return str(self.add("Add", floats, self.constant(bias)))

    def normed(self, states: str, weights: Array, bias: Array) -> str:
        """Layer normalisation."""
        scale, shift = self.constant(weights), self.constant(bias)
        return str(self.add("LayerNormalization", states, scale, shift, axis=-1, epsilon=EPSILON))


MOST = 63
"""Weights stay within 7 bits: on processors without VNNI the sum of two products of 8 bits would not fit."""


def graph(tensors: Mapping[str, Array], layers: int, head: tuple[Array, Array], *, small: bool = True) -> bytes:
    """The model as bytes. `tensors` by name as in the package's file; `head`: weights (width, 3) and offsets (3).

    `small`: in integers; else in float32, to compare with.
    """
    made = Graph(small=small)
    states = made.normed("states", tensors["emb.ln.w"], tensors["emb.ln.b"])
    absent = made.add("Sub", made.number(1), "mask")
    hidden = made.add("Unsqueeze", made.add("Mul", absent, made.number(-1e9)), made.whole(1, 2))
    for number in range(layers):
        states = _layer(made, {name: tensors[f"l{number}.{name}"] for name in NAMES}, states, hidden)
    kept = made.add("Mul", states, made.add("Unsqueeze", "mask", made.whole(2)))
    total = made.add("ReduceSum", kept, made.whole(1), keepdims=0)
    mean = made.add("Div", total, made.add("ReduceSum", "mask", made.whole(1), keepdims=1))
    product = made.add("MatMul", mean, made.constant(head[0]))
    made.nodes.append(helper.make_node("Add", [product, made.constant(head[1])], ["logits"]))
    width = len(tensors["emb.ln.w"])
    inputs = [_described("states", "texts", "pieces", width), _described("mask", "texts", "pieces")]
    whole = helper.make_graph(made.nodes, "sentiment", inputs, [_described("logits", "texts", 3)], made.constants)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


NAMES = tuple(f"{part}.{end}" for part in ("q", "k", "v", "ao", "fi", "fo", *NORMS) for end in "wb")


def _layer(made: Graph, one: Mapping[str, Array], states: str, hidden: str) -> str:
    width = len(one["q.b"])
    scale = np.float32(1 / np.sqrt(width // HEADS))  # of the products of queries and keys, in the weights already
    weights = np.concatenate([one["q.w"].T * scale, one["k.w"].T, one["v.w"].T], axis=1)
    bias = np.concatenate([one["q.b"] * scale, one["k.b"], one["v.b"]])
    together = made.add("Reshape", made.linear(states, weights, bias), made.whole(0, 0, 3, HEADS, width // HEADS))
    apart = made.add("Split", made.add("Transpose", together, perm=[2, 0, 3, 1, 4]), outputs=3, axis=0, num_outputs=3)
    queries, keys, values = (made.add("Squeeze", each, made.whole(0)) for each in apart)
    scores = made.add("Add", made.add("MatMul", queries, made.add("Transpose", keys, perm=[0, 1, 3, 2])), hidden)
    mixed = made.add("Transpose", made.add("MatMul", made.add("Softmax", scores, axis=-1), values), perm=[0, 2, 1, 3])
    mixed = made.linear(made.add("Reshape", mixed, made.whole(0, 0, width)), one["ao.w"].T, one["ao.b"])
    states = made.normed(made.add("Add", states, mixed), one["aln.w"], one["aln.b"])
    inner = made.add("Gelu", made.linear(states, one["fi.w"].T, one["fi.b"]))
    outer = made.linear(inner, one["fo.w"].T, one["fo.b"])
    return made.normed(made.add("Add", states, outer), one["oln.w"], one["oln.b"])


def _described(name: str, *shape: str | int) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
