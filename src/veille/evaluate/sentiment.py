"""`veille eval sentiment`: how a text sounds, as `processors.sentiment` hears it.

    {"text": "J'adore cette bouilloire", "label": "positive", "lang": "fr", "set": "ours"}

The figures are of the likeliest label, as if there were no `unsure`; `coverage` says how many were sure, and `by` has
the same for each language, each collection of a language, each label, and what was surely said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from veille.evaluate.figures import classified, retrieved, share
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.mention import SentimentLabel
from veille.processors.language import detect
from veille.processors.sentiment import Heard, heard
from veille.processors.sentiment_tiers import Asked, Tiers

TOGETHER = 256
"""Cases that are heard at once."""

SURE = "sure "
"""Before a label in `by`: cases that were surely called so."""


class Case(Struct, frozen=True):
    """A text, how it sounds, its language (ISO 639-1; detected when left out) and the collection that it is from."""

    text: str
    label: SentimentLabel
    lang: str | None = None
    set: str = ""


class Judged(Struct, frozen=True):
    """A case, the likeliest label, and whether it is sure."""

    case: Case
    likeliest: str
    sure: bool


def judge(file: LabelledFile, tiers: Tiers | None = None) -> Report:
    """All figures of the likeliest label, by the shipped model or by both tiers; those of sure labels in `by`."""
    judged = [_judged(case, sounds) for case, sounds in _heard(file.rows(Case), tiers)]
    report = _figures(judged)
    report.by |= {f"{SURE}{label}": _sure(judged, label) for label in ("negative", "neutral", "positive")}
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        if each.case.lang:
            groups[each.case.lang].append(each)
        if each.case.lang and each.case.set:
            groups[f"{each.case.lang} {each.case.set}"].append(each)
    report.by |= {name: _figures(groups[name]) for name in sorted(groups)}
    return report


def _heard(cases: Iterator[Case], tiers: Tiers | None) -> Iterator[tuple[Case, Heard]]:
    while some := list(islice(cases, TOGETHER)):
        asked = [Asked(case.text, case.lang or detect(case.text).code) for case in some]
        yield from zip(some, tiers.heard(asked) if tiers else (heard(*each) for each in asked), strict=True)


def _judged(case: Case, sounds: Heard) -> Judged:
    return Judged(case, sounds.likeliest, sure=sounds.label != "unsure")


def _figures(judged: Sequence[Judged]) -> Report:
    report = classified([(each.case.label, each.likeliest) for each in judged])
    report.coverage = share(sum(each.sure for each in judged), len(judged))
    return report


def _sure(judged: Sequence[Judged], label: str) -> Report:
    """How often a label is right where it is sure, and how many of its cases are found that way."""
    given: list[str] = [each.case.label for each in judged if each.sure and each.likeliest == label]
    there = sum(each.case.label == label for each in judged)
    return retrieved(len(judged), right=given.count(label), given=len(given), wanted=there)
