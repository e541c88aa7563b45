"""The language of a text that leaves the model in doubt: its guesses, weighed by what else is known of languages.

guesses --share of each language--> x how common it is on networks --> x how frequent the words are in it --> its share

Posts are short, and the model learned from articles: it gives a line of slang to Esperanto. Two things help, as in a
naive Bayes classifier: few people post in Esperanto, and words have their frequencies (`data/language.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from math import exp, log

_COMMON = "ar de en es fa fr hi id it ja ko nl pl pt ru sv th tl tr uk ur vi zh"
COMMON = frozenset(_COMMON.split())
"""Languages in which much is posted."""

RARE = 0.1
"""How likely any other is beside them."""

FLOOR = 0.002
"""Share that the model's last guess has at least."""

FIRST = 10
UNKNOWN = 60_000
"""A word's frequency falls with its rank (Zipf's law), from the FIRST on; a word that is not listed has this rank."""

WEIGHT = 0.5
"""Of a word's evidence: neighbouring words say the same twice."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def likeliest(guesses: Iterable[tuple[str, float]], text: str) -> tuple[str, float]:
    """The language of a text in lower case and its share, 0 to 1; `guesses`: codes and shares that the model names."""
    shares: dict[str, float] = {}
    for code, share in guesses:
        shares[code] = shares.get(code, 0.0) + share
    evidence = {code: log((share + FLOOR) * (1 if code in COMMON else RARE)) for code, share in shares.items()}
    for word in _WORD.findall(text.replace("’", "'")):
        _weigh(word, evidence)
    best = max(evidence, key=lambda code: (evidence[code], code))
    return best, 1 / sum(exp(each - evidence[best]) for each in evidence.values())


def _weigh(word: str, evidence: dict[str, float]) -> None:
    """Lower the languages in which the word is rarer; one of which no words are known stays in the middle."""
    lists, unknown = _costs(), log(UNKNOWN)
    costs = {code: lists[code].get(word, unknown) for code in evidence if code in lists}
    least = min(costs.values(), default=unknown)
    if least < unknown:
        for code in evidence:
            evidence[code] -= WEIGHT * costs.get(code, (least + unknown) / 2)


@cache
def _costs() -> dict[str, dict[str, float]]:
    """By language and word: the logarithm of how rare it is."""
    return {code: {word: log(rank) for rank, word in enumerate(words, FIRST)} for code, words in _lists().items()}


def frequent_words(code: str) -> list[str]:
    """Words of a language that shares its alphabet with others, the most frequent first. Raises KeyError."""
    return _lists()[code]


@cache
def _lists() -> dict[str, list[str]]:
    lines = files("veille.processors").joinpath("data", "language_words.txt").read_text("utf-8").splitlines()
    return {code: words.split() for code, _, words in (line.partition(":") for line in lines if line[0] != "#")}
