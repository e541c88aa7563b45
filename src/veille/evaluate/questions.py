"""`veille eval questions`: whether a text asks a question, as `processors.question` finds it.

{"text": "Anyone know a good repair shop", "question": true, "lang": "en"}
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from veille.evaluate.figures import retrieved
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.processors.question import asks


class Case(Struct, frozen=True):
    """A text, whether its author wants to know something that somebody could answer, and perhaps its language."""

    text: str
    question: bool
    lang: str | None = None


def judge(file: LabelledFile) -> Report:
    """Precision, recall and F1 of questions; `by` has each language that is told."""
    judged = [(case.lang, case.question, asks(case.text)) for case in file.rows(Case)]
    report = _figures([(asked, found) for _, asked, found in judged])
    languages = sorted({lang for lang, _, _ in judged if lang is not None})
    report.by = {lang: _figures([(asked, found) for its, asked, found in judged if its == lang]) for lang in languages}
    return report


def _figures(judged: Sequence[tuple[bool, bool]]) -> Report:
    given, wanted = sum(found for _, found in judged), sum(asked for asked, _ in judged)
    report = retrieved(len(judged), right=judged.count((True, True)), given=given, wanted=wanted)
    report.accuracy = round(sum(asked == found for asked, found in judged) / max(1, len(judged)), 4)
    return report
