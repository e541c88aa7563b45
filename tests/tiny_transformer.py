"""A transformer of two layers and random weights, as small as the code allows, in the files that it is read from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from veille.processors.data.train_transformer.export import graph
from veille.processors.pieces import Vocabulary
from veille.processors.sentiment import model
from veille.processors.sentiment_tiers import About
from veille.processors.transformer import ABOUT, EMBEDDINGS, GRAPH, PLACES, VOCABULARY

WIDTH, INNER, LAYERS, LONGEST = 96, 192, 2, 96
LETTERS = "abcdefghijklmnopqrstuvwxyzé!? "
ABOUT_IT = About(
    "tiny-1",
    "nothing",
    model().name,
    0.5,
    {"negative": 0.9, "neutral": 0.5, "positive": 0.5},
    {"other": (1.0, 0.0, 0.0), "fr": (0.5, 0.0, 0.0)},
)

Tensors = dict[str, npt.NDArray[np.float32]]


def tensors(seed: int = 0) -> Tensors:
    """By name, weights as (outputs, inputs)."""
    random = np.random.default_rng(seed)

    def normal(*shape: int, spread: float = 0.15) -> npt.NDArray[np.float32]:
        return random.normal(0, spread, shape).astype(np.float32)

    found: Tensors = {}
    shapes = dict.fromkeys(("q", "k", "v", "ao"), (WIDTH, WIDTH)) | {"fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}
    for number in range(LAYERS):
        for part, shape in shapes.items():
            found |= {f"l{number}.{part}.w": normal(*shape), f"l{number}.{part}.b": normal(shape[0])}
        for norm in ("aln", "oln"):
            found |= {f"l{number}.{norm}.w": 1 + normal(WIDTH), f"l{number}.{norm}.b": normal(WIDTH)}
    return found | {"emb.ln.w": 1 + normal(WIDTH), "emb.ln.b": normal(WIDTH)}


def head(seed: int = 1) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Weights (width, 3) and offsets."""
    random = np.random.default_rng(seed)
    return random.normal(0, 0.3, (WIDTH, 3)).astype(np.float32), random.normal(0, 0.3, 3).astype(np.float32)


def vocabulary() -> Vocabulary:
    """The first four pieces as in the real one, then letters, alone and at the beginning of a word."""
    texts = ["<s>", "<pad>", "</s>", "<unk>", "▁", *LETTERS.strip(), *(f"▁{letter}" for letter in LETTERS.strip())]
    return Vocabulary(texts, [-1.0 - number / 100 for number in range(len(texts))], 3, {ord("É"): "é", 10: " "})


def write(folder: Path, *, about: Any = ABOUT_IT, small: bool = True) -> Path:
    """The folder, filled."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(2)
    known = vocabulary()
    blocks = random.integers(0, 256, (len(known.texts), WIDTH // 32, 18), np.uint8)
    blocks[..., :2] = np.full((*blocks.shape[:2], 1), 0.01, np.float16).view(np.uint8)
    (folder / GRAPH).write_bytes(graph(tensors(), LAYERS, head(), small=small))
    (folder / VOCABULARY).write_bytes(msgspec.msgpack.encode(known))
    (folder / ABOUT).write_bytes(msgspec.json.encode(about))
    np.save(folder / EMBEDDINGS, blocks)
    np.save(folder / PLACES, random.normal(0, 0.05, (LONGEST, WIDTH)).astype(np.float32))
    return folder
