"""What the sentiment model sees of a text. Training and enrichment read every text through this code alone.

    text --cut--> raw tokens --Vocabulary--> features of each --walk: negation, neighbours--> Reading

A feature is a column of the model and a weight. Pairs of neighbours and character n-grams share `ROWS` columns by a
hash (CRC-32); every word, and every word under a negation, has a column of its own behind them. All features of a
text add up, so that what a token contributes is worked out once and kept.
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Callable
from operator import xor
from typing import Generic, NamedTuple, TypeVar
from zlib import crc32

REVISION = 1
"""Raised with every change of what a text gives: a table trained under another number cannot be used."""

LONGEST = 5_000
"""Characters of a text that are read; its beginning says how it sounds, and the cost stays bounded."""

PAIRS, GRAMS = 1 << 19, 1 << 18
"""Columns of each, in this order; the words' columns come after both."""

ROWS = PAIRS + GRAMS

PAIR_WEIGHT = 0.5
"""Of a pair of neighbours, where a word has 1: pairs are many and rare."""

SCOPE = 3
"""Words that a negation reaches, unless punctuation stands between."""

GRAM_LENGTHS = (3, 4)

Feature = tuple[int, float]
"""Column, and weight."""

V = TypeVar("V")

LINK, HANDLE = "://", "@"
"""The tokens that stand for every link and every handle."""

_LINK = re.compile(r"https?://\S+|www\.\S+")
_HANDLE = re.compile(r"@\w+")
_TOKEN = re.compile(
    r"://"
    r"|(?:[cdjlmnst]|(?:lors|puis|jus)?qu)['’](?=\w)"  # French elision: `l'`, `qu'`
    r"|#?\w{1,60}(?:['’]\w{1,60}){0,2}"
    r"|[:;=8x][\-o'^]?[()\[\]dp/\\|*3]+|<3+"  # emoticons, in lower case
    r"|[!?]+|\.{2,}"
    r"|[^\w\s]\ufe0f?"
)
_LONG_LETTER = re.compile(r"(\w)\1{2,}")

_NEGATORS = """
    not no never cannot cant can't don't dont isn't isnt won't wont didn't didnt doesn't doesnt aint ain't wasn't wasnt
    aren't arent weren't werent couldn't couldnt shouldn't shouldnt wouldn't wouldnt haven't havent hasn't hasnt hadn't
    hadnt without nothing nobody none
    pas jamais rien ni sans aucun aucune
    non mai senza né
    nunca jamás nada sin não nao nem sem
    nicht kein keine keinen nie
    لا ما مش لم لن ليس غير
    nahi nahin nhi mat نه
"""
"""English, French, Italian, Spanish and Portuguese, German, Arabic, Hindi in Latin letters."""

NEGATORS = frozenset(_NEGATORS.split())

OTHER, WORD, NEGATOR, STOP = range(4)
"""What a token does to a negation's reach: nothing, is within it, opens it, ends it."""


class Token(NamedTuple, Generic[V]):
    """What one raw token gives: its value as it stands and under a negation, its two halves of a pair, its kind."""

    plain: V
    negated: V
    left: int
    right: int
    kind: int


class Reading(NamedTuple, Generic[V]):
    """What a text gives: a value for each token, the columns of its pairs, and the weight of everything."""

    values: tuple[V, ...]
    pairs: tuple[int, ...]
    weight: float


def cut(text: str) -> list[str]:
    """Raw tokens: words, elisions, emoticons, runs of ! and ?, emoji, signs; in lower case, HTML's escapes undone."""
    beginning = text[:LONGEST].lower()
    if "&" in beginning:
        beginning = html.unescape(beginning)
    if "@" in beginning:
        beginning = _HANDLE.sub(HANDLE, beginning)
    return _TOKEN.findall(_LINK.sub(LINK, beginning))


def normal(raw: str) -> str:
    """The token under which a raw one is known: `soooo` is `soo`, `!!!!` is `!!`, `#fail` is `fail`."""
    if raw[0] in "!?.":
        return raw[:2]
    short = _LONG_LETTER.sub(r"\1\1", raw).replace("’", "'")
    return short[1:] if short[0] == "#" and len(short) > 1 else short


def word_key(token: str, *, negated: bool = False) -> int:
    """The name of a word, or of a word under a negation, as a number of 32 bits."""
    return crc32((f"¬{token}" if negated else token).encode("utf-8", "replace"))


def part_columns(token: str) -> list[int]:
    """Columns of a token's parts: n-grams of a word's letters, words of an emoji's name. Each weighs 1/sqrt(number)."""
    parts = _grams(token) if token[0].isalnum() else _name(token)
    return [PAIRS + crc32(part.encode("utf-8", "replace")) % GRAMS for part in parts]


def token_features(token: str, *, negated: bool) -> list[Feature]:
    """The word, the word under the negation, and its parts."""
    parts = part_columns(token)
    weight = 1 / math.sqrt(len(parts)) if parts else 0.0
    found = [(column, weight) for column in parts]
    found.append((ROWS + word_key(token), 1.0))
    return [*found, (ROWS + word_key(token, negated=True), 1.0)] if negated else found


def _grams(word: str) -> list[str]:
    """N-grams of the word in brackets, without accents: hurried people leave them out."""
    letters = word if word.isascii() else _unaccented(word)
    whole = f"<{letters}>"
    return [
        whole[start : start + length]
        for length in GRAM_LENGTHS
        if length < len(whole)
        for start in range(len(whole) - length + 1)
    ]


def _unaccented(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


def _name(sign: str) -> list[str]:
    """Words of an emoji's name, so that a rare one is known by the frequent ones: `smiling`, `face`, `heart`."""
    return [] if sign.isascii() else [f" {word}" for word in unicodedata.name(sign[0], "").replace("-", " ").split()]


class Vocabulary(dict[str, Token[V]], Generic[V]):
    """Raw tokens and what they give, worked out when first met; forgets everything at `most` tokens.

    `weigh` makes a value of a token and of whether it stands under a negation.
    """

    def __init__(self, weigh: Callable[[str, bool], V], most: int = 200_000) -> None:
        super().__init__()
        self._weigh, self._most = weigh, most

    def __missing__(self, raw: str) -> Token[V]:
        if len(self) >= self._most:
            self.clear()
        token = normal(raw)
        code = crc32(token.encode("utf-8", "replace"))
        kind = _kind(token)
        plain = self._weigh(token, False)
        found = self[raw] = Token(
            plain,
            self._weigh(token, True) if kind in (WORD, NEGATOR) else plain,
            (code * 0x9E3779B1 & 0xFFFFFFFF) % PAIRS,  # a multiplication, or `a b` and `b a` would be one pair
            code % PAIRS,
            kind,
        )
        return found

    def read(self, text: str) -> Reading[V]:
        """All tokens, and the pairs that each makes with the one before it; nothing stands before the first."""
        found = list(map(self.__getitem__, cut(text)))
        weight = 1 / math.sqrt(len(found) + 2)
        if not found:
            return Reading((), (), weight)
        plain, _, left, right, kinds = zip(*found, strict=True)
        values = _reached(found) if NEGATOR in kinds else plain
        return Reading(values, tuple(map(xor, (0, *left), right)), weight)


def _reached(found: list[Token[V]]) -> tuple[V, ...]:
    """Values along a text in which a negation reaches the words after it."""
    values: list[V] = []
    reach = 0
    for plain, negated, _, _, kind in found:
        within = reach and kind in (WORD, NEGATOR)
        values.append(negated if within else plain)
        if kind == NEGATOR:
            reach = SCOPE
        elif kind == STOP:
            reach = 0
        elif within:
            reach -= 1
    return tuple(values)


def _kind(token: str) -> int:
    if token in NEGATORS:
        return NEGATOR
    if token[0].isalnum():
        return WORD
    return STOP if token[0] in ".,!?;:" else OTHER
