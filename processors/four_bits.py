"""Numbers in four bits, as llama.cpp's Q4_0 packs them: blocks of 32 that share a scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BLOCK = 32
BLOCK_BYTES = 18
"""A scale in half precision, then 16 bytes: the low halves are the first 16 numbers, each plus 8."""


def unpacked(blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Blocks (rows, blocks of a row, 18) to numbers (rows, 32 x blocks of a row)."""
    scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16).astype(np.float32)
    packed = blocks[..., 2:]
    numbers = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.float32) - 8
    return np.asarray((numbers * scales).reshape(len(blocks), -1))
