"""`veille eval towards`: how a text sounds towards one of the names in it, as `processors.towards` hears it.

{"text": "Back from Vaporine to Norvik, at last", "target": "Norvik", "others": ["Vaporine"], "label": "positive"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from veille.evaluate.figures import classified
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.mention import SentimentLabel
from veille.processors.language import detect
from veille.processors.sentiment import model
from veille.processors.towards import Span, towards


class Case(Struct, frozen=True):
    """A text, a name in it, how the text sounds towards it, the other names in it, and its language (else detected)."""

    text: str
    target: str
    label: SentimentLabel
    others: list[str] = []
    lang: str | None = None


def judge(file: LabelledFile) -> Report:
    """The likeliest label towards the name; `by` has each language, and `whole` what the text as a whole gives."""
    cases = list(file.rows(Case))
    report = classified([(case.label, _label(case)) for case in cases])
    for code in sorted({case.lang for case in cases if case.lang}):
        report.by[code] = classified([(case.label, _label(case)) for case in cases if case.lang == code])
    report.by["whole"] = classified([(case.label, model().opinion(case.text).label) for case in cases])
    return report


def _label(case: Case) -> str:
    code = case.lang or detect(case.text).code
    return towards(case.text, _spans(case.text, [case.target]), _spans(case.text, case.others), code).label


def _spans(text: str, names: Iterable[str]) -> list[Span]:
    return [found.span() for name in names for found in re.finditer(re.escape(name), text, re.IGNORECASE)]
