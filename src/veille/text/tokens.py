"""Tokens: what counts as a word, in rules, in posts and in what the archive stores. One function of the text alone.

    text --URLs and handles set apart--> grapheme clusters --fold--> runs of letters and digits --> tokens

An emoji is a token; scripts without spaces give a token a letter; URLs and handles are opaque tokens
(`://`, `@name`) that no keyword equals. Plain Latin, Greek and Cyrillic text takes a shorter way to the same result.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, TypeVar

import regex

from veille.text.folding import fold_cluster

T = TypeVar("T")

LONGEST = 100
"""Characters of a token; Elasticsearch splits at 255."""

URL = "://"
"""The token that stands for a URL."""


class Token(NamedTuple):
    """A token as it is compared, and the characters `[start, end)` of the text that it stands for."""

    text: str
    start: int
    end: int


_LETTERS_OF_URLS = r"À-ÖØ-öø-ʯ\u0300-\u036fͰ-ԯᴀ-ᶿḀ-῿Ⱡ-ⱿꙀ-ꚟ꜠-ꟿꬰ-ꭥ"
"""The blocks of Latin, Greek and Cyrillic, and the accents that combine with them."""

_LABELS = r"[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"

_OPAQUE = re.compile(
    rf"[hH][tT][tT][pP][sS]?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%{_LETTERS_OF_URLS}]*"
    rf"[A-Za-z0-9\-_~/#@$&*+=%{_LETTERS_OF_URLS}]"
    r"|(?<![A-Za-z0-9_!#$%&*@＠])[@＠](?P<handle>"
    rf"[A-Za-z0-9_][A-Za-z0-9_\-]*\.{_LABELS}|[A-Za-z0-9_.\-]*[A-Za-z0-9_]@{_LABELS}|[A-Za-z0-9_]+)"
)
"""URLs less their closing punctuation; handles of Bluesky, the fediverse and X, not after twitter-text's characters."""

_NO_SPACES = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}"
    r"\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]"
)
_EMOJI = regex.compile(
    r"[\U0001F1E6-\U0001F1FF]{2}|[0-9#*]\ufe0f?\u20e3|(?![©®™‼⁉ℹ〰〽㊗㊙Ⓜ])\p{Extended_Pictographic}"
)
_EMOJI_VARIANTS = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")

_CLUSTER = regex.compile(r"[ \t\n]|\X")
"""A grapheme cluster; a space keeps no mark, so that words can be taken one by one."""

REMEMBERED_WORDS = 1 << 15
REMEMBERED_LENGTH = 40
"""Characters; longer ones are URLs and the like, which do not come again."""

_Piece = tuple[str, bool]
"""Folded characters, and whether they stand alone. An empty text separates."""


@lru_cache(maxsize=1 << 15)
def _pieces(cluster: str) -> tuple[_Piece, ...]:
    """What one cluster gives to the tokens around it."""
    if _EMOJI.match(cluster):
        return ((_EMOJI_VARIANTS.sub("", cluster), True),)
    pieces: list[_Piece] = []
    for char in fold_cluster(cluster):
        category = unicodedata.category(char)[0]
        if category == "M" and pieces and pieces[-1][0]:
            pieces[-1] = (pieces[-1][0] + char, pieces[-1][1])
        elif category in "LN":
            pieces.append((char, bool(_NO_SPACES.match(char))))
        else:
            pieces.append(("", True))
    return tuple(pieces)


def _slow(text: str) -> Iterator[Token]:
    """Tokens of any text without opaque spans, by grapheme clusters."""
    run: list[str] = []
    start = end = position = 0
    for cluster in _CLUSTER.findall(text):
        begin, position = position, position + len(cluster)
        for piece, alone in _pieces(cluster):
            if alone and run:
                yield Token("".join(run)[:LONGEST], start, end)
                run = []
            if not alone:
                start = start if run else begin
                run.append(piece)
                end = position
            elif piece:
                yield Token(piece[:LONGEST], begin, position)
    if run:
        yield Token("".join(run)[:LONGEST], start, end)


def _simple_characters() -> tuple[str, dict[int, str]]:
    """Characters that mean the same wherever they stand, and the table that folds them."""
    table: dict[int, str] = {}
    blocks = ((0x00, 0x250), (0x370, 0x530), (0x1E00, 0x2000), (0x2010, 0x2028), (0x2030, 0x2060), (0x20A0, 0x20C1))
    for code in (code for first, end in blocks for code in range(first, end)):
        pieces = _pieces(chr(code))
        combining = unicodedata.category(chr(code))[0] in "MC" and code >= 0x80
        if pieces and not combining and not any(alone for _, alone in pieces):
            table[code] = "".join(piece for piece, _ in pieces)
        elif pieces and not combining and all(piece == ("", True) for piece in pieces):
            table[code] = " "
    return "".join(map(re.escape, map(chr, table))), table


_SIMPLE_CLASS, _FOLDED = _simple_characters()
_SPECIAL = re.compile(rf"(?<![^ \t\n])(?:(?![ \t\n])[{_SIMPLE_CLASS}])*+[^{_SIMPLE_CLASS}][^ \t\n]*")
"""A word that needs the long way."""

_WORD = re.compile(r"[^ ]+")
_ASCII = "".join(_FOLDED[code] for code in range(128))


def _simple(text: str, offset: int) -> list[Token]:
    """Tokens of a text of simple characters that begins at `offset`."""
    folded = text.translate(_ASCII if text.isascii() else _FOLDED)
    if len(folded) == len(text):  # no character gives more than one: places are the same in both
        return [
            Token(match[0][:LONGEST], match.start() + offset, match.end() + offset) for match in _WORD.finditer(folded)
        ]
    placed = "".join(" " if _FOLDED[ord(char)] == " " else char for char in text)
    return [
        Token(match[0].translate(_FOLDED)[:LONGEST], match.start() + offset, match.end() + offset)
        for match in _WORD.finditer(placed)
    ]


@lru_cache(maxsize=1 << 14)
def _special(word: str) -> tuple[Token, ...]:
    return tuple(_slow(word))


def words(text: str) -> list[Token]:
    """Tokens of a text in which nothing is opaque: a URL taken apart, a name, a page's title."""
    return _words(text, 0)


def _words(text: str, offset: int) -> list[Token]:
    if text.isascii():
        return _simple(text, offset)
    found: list[Token] = []
    done = 0
    for special in _SPECIAL.finditer(text):
        start, end = special.span()
        found += _simple(text[done:start], done + offset)
        found += [
            Token(token, first + start + offset, last + start + offset) for token, first, last in _special(special[0])
        ]
        done = end
    found += _simple(text[done:], done + offset)
    return found


def tokens(text: str) -> list[Token]:
    """Tokens of a post or a rule, in order; see the module. Depends on nothing but the text."""
    if "@" not in text and "://" not in text and "＠" not in text:
        return _words(text, 0)
    found: list[Token] = []
    done = 0
    for match in _OPAQUE.finditer(text):
        start, end = match.span()
        found += _words(text[done:start], done)
        found.append(Token(_opaque(match)[:LONGEST], start, end))
        done = end
    found += _words(text[done:], done)
    return found


def _opaque(match: re.Match[str]) -> str:
    handle: str | None = match["handle"]
    return URL if handle is None else "@" + handle.lower()


class WordMemory(dict[str, T]):
    """What was found of what stands between two spaces, kept for words that are likely to come again."""

    def __init__(self, find: Callable[[str], T]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, word: str) -> T:
        found = self._find(word)
        if len(word) <= REMEMBERED_LENGTH:
            if len(self) >= REMEMBERED_WORDS:
                self.clear()
            self[word] = found
        return found


def _spelled(word: str) -> str:
    return " ".join(word_tokens(word))


_SPELLED = WordMemory(_spelled)
_COUNTED = WordMemory(lambda word: len(word_tokens(word)))


def between_spaces(text: str) -> list[str]:
    """What stands between spaces, tabs and ends of lines, which no token reaches across; empty strings among it."""
    return text.replace("\n", " ").replace("\t", " ").split(" ")


def spelled(text: str) -> str:
    """The tokens without their places, joined by single spaces: many times faster, as words come again."""
    return " ".join(filter(None, map(_SPELLED.__getitem__, between_spaces(text))))


def texts(text: str) -> list[str]:
    """The same as a list; no token holds white space."""
    return spelled(text).split()


def place(text: str, first: int, last: int) -> tuple[int, int]:
    """Where the tokens of numbers `first` to `last` stand: as in `tokens`, of which no more than these two are made.

    Raises IndexError when there are not so many.
    """
    words = between_spaces(text)
    ends = list(accumulate(map(_COUNTED.__getitem__, words)))
    begin = _nth(words, ends, first)
    return begin.start, (begin if first == last else _nth(words, ends, last)).end


def _nth(words: list[str], ends: list[int], number: int) -> Token:
    """The token of a number in a text, by the number of tokens up to the end of each of its words."""
    word = bisect_right(ends, number)
    offset = word + sum(map(len, words[:word]))
    text, start, end = tokens(words[word])[number - (ends[word - 1] if word else 0)]
    return Token(text, offset + start, offset + end)


def word_tokens(word: str) -> list[str]:
    """The tokens of what stands between two spaces, without their places."""
    if "@" not in word and "://" not in word and "＠" not in word:
        return word_texts(word)
    found: list[str] = []
    done = 0
    for match in _OPAQUE.finditer(word):
        found += word_texts(word[done : match.start()])
        found.append(_opaque(match)[:LONGEST])
        done = match.end()
    return found + word_texts(word[done:])


def word_texts(text: str) -> list[str]:
    """The tokens of `words` without their places, several times faster."""
    found: list[str] = []
    done = 0
    if not text.isascii():
        for special in _SPECIAL.finditer(text):
            start, end = special.span()
            found += text[done:start].translate(_FOLDED).split(" ")
            found += [token.text for token in _special(text[start:end])]
            done = end
    rest = text[done:]
    found += rest.translate(_ASCII if rest.isascii() else _FOLDED).split(" ")
    return [token[:LONGEST] for token in found if token]
