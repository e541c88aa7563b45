"""Folding: the one form under which two spellings of a word are the same. Case, width and accents do not count.

    grapheme cluster --drop invisible--> NFKC, casefold --strip marks by script--> NFC

Archives store what this makes: a change here raises the `SCHEMA` of both, so that `veille upgrade` writes it anew.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

_CLUSTER = regex.compile(r"\X")
"""An extended grapheme cluster (Unicode annex 29)."""

_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
_LATIN_GREEK = regex.compile(r"[\p{Script=Latin}\p{Script=Greek}]")
_CYRILLIC = regex.compile(r"\p{Script=Cyrillic}")
_HEBREW = regex.compile(r"\p{Script=Hebrew}")
_ARABIC = regex.compile(r"\p{Script=Arabic}")

_TRADE_MARKS = str.maketrans({"™": " ", "℠": " "})
"""NFKC would glue `tm` to the brand's name."""

_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ʼ": "'", "ʻ": "'", "ـ": None})
_CYRILLIC_VOWELS = frozenset("аеиоуыэюяієѣѵүұөә")
_STRESS = frozenset("\u0300\u0301")
_DIAERESIS = "\u0308"
_IOTA_BELOW = "\u0345"
"""A mark that casefolding turns into a letter, whatever it stands on."""

_HAMZA_MADDA = frozenset("\u0653\u0654\u0655")
_ALEF = "\u0627"


def fold(text: str) -> str:
    """Fold a whole string, signs and spaces included: hashtags and names are compared under it."""
    return text.lower() if text.isascii() else "".join(map(fold_cluster, _CLUSTER.findall(text)))


def unaccented(text: str) -> str:
    """The text in lower case with its letters folded, and all else (emoji with their joiners, signs) as it is."""
    clusters: list[str] = _CLUSTER.findall(text.lower())
    return "".join(fold_cluster(cluster) if cluster[0].isalpha() else cluster for cluster in clusters)


@lru_cache(maxsize=1 << 15)
def fold_cluster(cluster: str) -> str:
    """Fold one grapheme cluster; empty when nothing visible is left."""
    visible = _IGNORABLE.sub("", cluster).translate(_TRADE_MARKS)
    composed = unicodedata.normalize("NFKC", visible).replace(_IOTA_BELOW, "")
    plain = unicodedata.normalize("NFKC", composed.casefold())
    stripped = _strip_marks(unicodedata.normalize("NFD", plain)).translate(_LETTERS)
    return unicodedata.normalize("NFC", "".join(map(_ascii_digit, stripped)))


def _ascii_digit(char: str) -> str:
    return str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char


def _strip_marks(decomposed: str) -> str:
    kept: list[str] = []
    base = ""
    for char in decomposed:
        if not unicodedata.category(char).startswith("M"):
            base = char
            kept.append(char)
        elif _mark_counts(base, char):
            kept.append(char)
    return "".join(kept)


def _mark_counts(base: str, mark: str) -> bool:
    """Whether a mark makes another letter of its base, by the base's script."""
    if not base or not base.isalpha() or _LATIN_GREEK.match(base) or _HEBREW.match(base):
        return False
    if _CYRILLIC.match(base):
        stress = mark in _STRESS and base in _CYRILLIC_VOWELS
        yo = base == "е" and mark == _DIAERESIS
        return not stress and not yo and len(unicodedata.normalize("NFC", base + mark)) == 1
    if _ARABIC.match(base):
        return mark in _HAMZA_MADDA and base != _ALEF
    return True
