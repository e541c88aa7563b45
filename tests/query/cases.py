"""The conformance cases."""

from __future__ import annotations

from pathlib import Path

from veille.evaluate.labelled import LabelledFile
from veille.evaluate.query import Case, post_of

__all__ = ["Case", "cases", "post_of"]

CONFORMANCE = Path(__file__).parents[1] / "fixtures" / "conformance" / "rules.jsonl"


def cases() -> list[Case]:
    """All cases, in the order of the file."""
    return list(LabelledFile(CONFORMANCE).rows(Case))
