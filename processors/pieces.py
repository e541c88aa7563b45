"""Cuts a text into the pieces that the transformer of sentiment reads.

    text --mentions and addresses made alike, characters made plain--> words --likeliest cut, remembered--> numbers

The cut is SentencePiece's unigram model (Kudo 2018, arXiv:1804.10959) with the vocabulary of XLM-RoBERTa.
"""

from __future__ import annotations

import html
import math
import re
from functools import lru_cache

from msgspec import Struct

BEGIN, END = 0, 2
LONGEST = 96
"""Pieces of a text that are read, both ends included: all of nearly every post."""

_WORD = "▁"
"""SentencePiece's mark of a word's beginning."""

_REMEMBERED = 200_000
"""Words whose cut is kept; about 60 MB when full."""

_LONG = 40
"""Characters of a word that is not kept: where no spaces are written, a whole text is one, and hardly comes again."""

_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_HANDLE = re.compile(r"@\w+(?:[.-]\w+)*")
_HANDLES = re.compile(r"(?:@user\s*){2,}")


class Vocabulary(Struct, frozen=True):
    """Pieces with their log-probabilities, the number of the unknown one, and what replaces a character."""

    texts: list[str]
    scores: list[float]
    unknown: int
    plain: dict[int, str]


def alike(text: str) -> str:
    """The text with every handle as `@user` and every address as `http`, as in the posts that training saw."""
    text = _ADDRESS.sub("http", html.unescape(html.unescape(text)))
    return _HANDLES.sub("@user ", _HANDLE.sub("@user", text)).strip() or "."


class Pieces:
    """Texts to numbers of pieces. Keeps the cuts of many words, so it belongs to one thread."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._known = {
            text: (number, score)
            for number, (text, score) in enumerate(zip(vocabulary.texts, vocabulary.scores, strict=True))
            if number != vocabulary.unknown
        }
        self._unknown = (vocabulary.unknown, min(vocabulary.scores) - 10)
        self._longest = max(map(len, self._known))
        self._plain = vocabulary.plain
        self._word = lru_cache(maxsize=_REMEMBERED)(self._cut)

    def numbers(self, text: str, longest: int = LONGEST) -> list[int]:
        """Pieces of a post, begin and end included; what is past the longest is left out."""
        words = filter(None, alike(text).translate(self._plain).split(" "))
        found = [number for word in words for number in (self._word if len(word) < _LONG else self._cut)(word)]
        return [BEGIN, *found[: longest - 2], END]

    def _cut(self, word: str) -> tuple[int, ...]:
        """The cut with the highest sum of log-probabilities (Viterbi); a character of no piece costs dear."""
        text = _WORD + word
        best = [0.0] + [-math.inf] * len(text)
        back = [(0, 0)] * (len(text) + 1)
        for start in range(len(text)):
            for end in range(start + 1, min(len(text), start + self._longest) + 1):
                known = self._known.get(text[start:end]) or (self._unknown if end == start + 1 else None)
                if known is not None and best[start] + known[1] > best[end]:
                    best[end], back[end] = best[start] + known[1], (start, known[0])
        cut: list[int] = []
        end = len(text)
        while end:
            end, number = back[end]
            cut.append(number)
        return tuple(reversed(cut))
