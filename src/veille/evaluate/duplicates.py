"""`veille eval duplicates`: whether two texts say nearly the same, as their fingerprints show.

{"one": "Acme kettles are 20 % off", "other": "RT @acme: Acme kettles are 20% off!", "same": true}
"""

from __future__ import annotations

from msgspec import Struct

from veille.evaluate.figures import retrieved
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.processors.fingerprint import fingerprint, nearly_the_same


class Case(Struct, frozen=True):
    """Two texts, and whether people would call one a copy of the other."""

    one: str
    other: str
    same: bool


def judge(file: LabelledFile) -> Report:
    """Precision and recall of pairs that are the same; a text too short for a fingerprint is the same as no other."""
    judged = [(case.same, _same(case)) for case in file.rows(Case)]
    right, given = judged.count((True, True)), sum(found for _, found in judged)
    report = retrieved(len(judged), right=right, given=given, wanted=sum(wanted for wanted, _ in judged))
    report.accuracy = round(sum(wanted == found for wanted, found in judged) / max(1, len(judged)), 4)
    return report


def _same(case: Case) -> bool:
    one, other = fingerprint(case.one), fingerprint(case.other)
    return one is not None and other is not None and nearly_the_same(one, other)
