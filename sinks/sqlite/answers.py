"""What the full-text index answered, kept for those who ask the same: results, facets and bars of a screen, pages.

    expression --Answers--> Answer: a bit an id, by block --mask--> Finder
                               ^--Ask-- the index: blocks not asked for yet, and what came since

A row never changes what it says but together with its number, nor comes a number below the last one: what is kept of a
block holds for good, up to the last change that it was asked at. Bits of rows that went are of nobody: whoever asks
looks among the shown ones. Terms of stories alone are brought onto rows where they stand, and are never kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from veille.query.terms import term
from veille.sinks.sqlite import columns
from veille.sinks.sqlite.columns import Columns, Mask, Numbers

MOST_BYTES = 16 << 20
"""Of all answers together: a hundred that look through a million mentions."""

OF_A_BLOCK, OF_AN_ANSWER = 120, 1_000
"""Bytes beside the bits, roughly."""

MOVING = f'"{term("story", "")}'
"""Begins each term of a story in an expression."""

Ask = Callable[[int, int], Numbers]
"""The ids that match from one to another, both included."""


class State(NamedTuple):
    """As of when: the file, and its last change."""

    file: tuple[int, int]
    change: int
    doc_id: str
    version: int


def keeps(match: str) -> bool:
    """Whether what an expression finds among rows stays as it is."""
    return MOVING not in match


class Answer:
    """To one expression; for any threads: who asks first asks the index, and the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: State | None = None
        self._bits: dict[int, bytes] = {}
        self.size = 0
        """Bytes, roughly."""

    def mask(self, seen: Columns, state: State, needed: Sequence[int], ask: Ask) -> Mask | None:
        """What matches in the needed blocks, and perhaps in others; None for who sees less than is kept."""
        with self._lock:
            if self._state is None or self._state.file != state.file:
                self._state, self._bits = state, {}
            if state.change < self._state.change or (state.change == self._state.change and state != self._state):
                return None
            self._bring_on(seen, state, needed, ask)
            return self._unpacked(seen)

    def _bring_on(self, seen: Columns, state: State, needed: Sequence[int], ask: Ask) -> None:
        """Nothing is kept of a question that breaks off."""
        added: dict[int, bytes] = {}
        last = self._state.change if self._state else 0
        filling = last >> columns.BLOCK_BITS
        if last < state.change and filling in self._bits and filling in seen.blocks:
            came = _packed(seen, [filling], ask(last + 1, _end(filling)))
            added |= {block: _both(self._bits[block], bits) for block, bits in came.items()}
        for known, some in groupby(needed, self._bits.__contains__):
            if not known:
                blocks = [*some]
                added |= _packed(seen, blocks, ask(blocks[0] << columns.BLOCK_BITS, _end(blocks[-1])))
        self._bits.update(added)
        self._state = state
        self.size = OF_AN_ANSWER + OF_A_BLOCK * len(self._bits) + sum(map(len, self._bits.values()))

    def _unpacked(self, seen: Columns) -> Mask:
        width = _width()
        empty = bytes(width)
        joined = b"".join([self._bits.get(block) or empty for block in seen.blocks])
        bits = np.frombuffer(joined, np.uint8).reshape(-1, width)
        return np.unpackbits(bits, axis=1, count=columns.BLOCK).reshape(-1).view(np.bool_)


class Answers:
    """Those that were asked for last, of one file, as many as there is room for; for any threads."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Answer] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes of all of them, roughly."""
        with self._lock:
            return self._weight()

    def mask(self, match: str, seen: Columns, state: State, needed: Sequence[int], ask: Ask) -> Mask | None:
        """See `Answer.mask`."""
        with self._lock:
            answer = self._kept.setdefault(match, Answer())
            self._kept.move_to_end(match)
        try:
            return answer.mask(seen, state, needed, ask)
        finally:
            with self._lock:
                while self._kept and self._weight() > self._most:
                    self._kept.popitem(last=False)

    def _weight(self) -> int:
        return sum(answer.size + 4 * len(match) for match, answer in self._kept.items())


def _end(block: int) -> int:
    return ((block + 1) << columns.BLOCK_BITS) - 1


def _width() -> int:
    return -(-columns.BLOCK // 8)


def _packed(seen: Columns, blocks: Sequence[int], ids: Numbers) -> dict[int, bytes]:
    """Of blocks that are there the bits of ids; no bytes where there is none."""
    numbers = seen.places(np.array(blocks, np.int64) << columns.BLOCK_BITS) >> columns.BLOCK_BITS
    rows = seen.mask(ids).reshape(-1, columns.BLOCK)[numbers]
    some = rows.any(axis=1).tolist()
    bits = [row.tobytes() for row in np.packbits(rows, axis=1)]
    return {block: each if held else b"" for block, each, held in zip(blocks, bits, some, strict=True)}


def _both(some: bytes, more: bytes) -> bytes:
    if not some or not more:
        return some or more
    return (np.frombuffer(some, np.uint8) | np.frombuffer(more, np.uint8)).tobytes()
