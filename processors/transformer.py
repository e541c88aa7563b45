"""Runs the transformer of sentiment from its folder: multilingual-e5-small, taught on labelled posts, in integers.

    text --pieces--> numbers --four bits to floats, and their places--> states --ONNX Runtime--> logits

`veille sentiment build` makes the folder (`processors/data/train_transformer`). The only importer of onnxruntime.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from veille.errors import Corrupt, Misused
from veille.processors.four_bits import unpacked
from veille.processors.pieces import Pieces, Vocabulary

GRAPH, ABOUT = "encoder.onnx", "about.json"
EMBEDDINGS, PLACES, VOCABULARY = "pieces.npy", "places.npy", "pieces.msgpack"
"""Files of the folder."""

TOGETHER = 1_024
"""Pieces, the filling included, that are read at a time: 16 posts of 60, in about 100 MB."""

Array = npt.NDArray[np.float32]


class Transformer:
    """Logits of texts. Each text's are its own: no other text beside it changes them. Belongs to one thread."""

    def __init__(self, folder: Path) -> None:
        """Raises what `ready` does, and Corrupt when the files are of no use."""
        ready(folder)
        session = _session(folder / GRAPH)
        try:
            self._pieces = Pieces(msgspec.msgpack.decode((folder / VOCABULARY).read_bytes(), type=Vocabulary))
            self._embeddings = np.load(folder / EMBEDDINGS, mmap_mode="r")  # what is never looked up is never read
            self._places: Array = np.load(folder / PLACES)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise Corrupt(f"{folder} cannot be read ({error}): make it again with `veille sentiment build`") from error
        self._session = session

    def logits(self, texts: Sequence[str]) -> Array:
        """(texts, 3): negative, neutral, positive."""
        numbers = [self._pieces.numbers(text) for text in texts]
        found = np.zeros((len(texts), 3), np.float32)
        for chosen in batches([len(each) for each in numbers]):
            states, mask = self._states([numbers[text] for text in chosen])
            (found[chosen],) = self._session.run(None, {"states": states, "mask": mask})
        return found

    def _states(self, numbers: Sequence[Sequence[int]]) -> tuple[Array, Array]:
        """What enters the encoder, (texts, pieces, width), and 1 where there is a piece."""
        longest = max(map(len, numbers))
        states = np.zeros((len(numbers), longest, self._places.shape[1]), np.float32)
        mask = np.zeros((len(numbers), longest), np.float32)
        for row, each in enumerate(numbers):
            states[row, : len(each)] = unpacked(self._embeddings[each]) + self._places[: len(each)]
            mask[row, : len(each)] = 1
        return states, mask


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Texts of like length together, as many as fit."""
    chosen: list[int] = []
    for text in sorted(range(len(lengths)), key=lengths.__getitem__):
        if chosen and lengths[text] * (len(chosen) + 1) > TOGETHER:
            yield chosen
            chosen = []
        chosen.append(text)
    if chosen:
        yield chosen


def ready(folder: Path) -> None:
    """Raises Misused, with what to do, when the folder holds no transformer or nothing here can run it."""
    if not (folder / GRAPH).exists():
        raise Misused(
            f"`sentiment: model: transformer` is set, and {folder} holds none: make it, once, with "
            "`veille sentiment build POSTS` (docs/sentiment.md), or leave the setting out"
        )
    if find_spec("onnxruntime") is None:
        raise Misused(
            "`sentiment: model: transformer` is set, and onnxruntime is not installed: "
            "pip install 'veille[transformer]', or leave the setting out"
        )


def _session(graph: Path) -> Any:
    """The graph on one core, as every stage has one."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own classes, one for each thing that can be wrong with a file
        raise Corrupt(f"{graph} cannot be read: make it again with `veille sentiment build`") from error
