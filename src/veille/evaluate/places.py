"""`veille eval places`: the places that a text talks about, as `processors.places` finds them.

{"text": "Storm over Lyon", "places": [{"name": "Lyon", "country": "FR"}]}
"""

from __future__ import annotations

from msgspec import Struct

from veille.evaluate.figures import retrieved_in
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.processors.places import places


class Named(Struct, frozen=True):
    """A place as it stands in the text, and its country (ISO 3166-1)."""

    name: str
    country: str


class Case(Struct, frozen=True):
    """A text and all places that it names, in any order; one named twice stands twice."""

    text: str
    places: list[Named]


def judge(file: LabelledFile) -> Report:
    """Precision and recall of names with their countries; `by` has the countries of a text, and the names alone."""
    read = [(case.places, list(places(case.text))) for case in file.rows(Case)]
    named = [[(each.name, each.country) for each in wanted] for wanted, _ in read]
    found = [[(each.name, each.country) for each in given] for _, given in read]
    both = list(zip(named, found, strict=True))
    report = retrieved_in(both)
    report.by = {
        "country": retrieved_in([({c for _, c in wanted}, {c for _, c in given}) for wanted, given in both]),
        "name": retrieved_in([([n for n, _ in wanted], [n for n, _ in given]) for wanted, given in both]),
    }
    return report
