"""`veille eval language`: the language of a text, as `processors.language` detects it.

`und` is no answer, but where the label is `und` too.

{"text": "Guten Morgen", "language": "de"}
"""

from __future__ import annotations

from msgspec import Struct

from veille.evaluate.figures import classified
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.processors.language import UNDETERMINED, detect


class Case(Struct, frozen=True):
    """A text and the code of its language, ISO 639-1 where there is one; `und` where nobody could tell."""

    text: str
    language: str


def judge(file: LabelledFile) -> Report:
    """What the network declares is left aside: here only the text is looked at."""
    return classified([(case.language, _detected(case)) for case in file.rows(Case)])


def _detected(case: Case) -> str | None:
    code = detect(case.text).code
    return None if code == UNDETERMINED != case.language else code
