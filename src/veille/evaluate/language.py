"""`veille eval language`: the language of a text, as `processors.language` detects it; `und` is no answer.

{"text": "Guten Morgen", "language": "de"}
"""

from __future__ import annotations

from msgspec import Struct

from veille.evaluate.figures import classified
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.processors.language import UNDETERMINED, detect


class Case(Struct, frozen=True):
    """A text and the code of its language, ISO 639-1 where there is one."""

    text: str
    language: str


def judge(file: LabelledFile) -> Report:
    """What the network declares is left aside: here only the text is looked at."""
    return classified([(case.language, _detected(case.text)) for case in file.rows(Case)])


def _detected(text: str) -> str | None:
    code = detect(text).code
    return None if code == UNDETERMINED else code
