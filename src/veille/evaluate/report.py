"""What an evaluation says; the keys of `veille eval --json`."""

from __future__ import annotations

from msgspec import Struct


class Report(Struct, kw_only=True, omit_defaults=True):
    """Shares from 0 to 1, those that the task has; None where there was nothing to divide by."""

    cases: int
    """How many were judged."""
    precision: float | None = None
    """Right among those that were given."""
    recall: float | None = None
    """Right among those that there are."""
    f1: float | None = None
    """Harmonic mean of precision and recall."""
    macro_f1: float | None = None
    """Mean of the labels' F1."""
    macro_recall: float | None = None
    """Mean of the labels' recall."""
    accuracy: float | None = None
    """Cases right among those that were answered."""
    coverage: float | None = None
    """Cases that were answered, among all: the others are `unsure`, `und`, or empty."""
    confusion: dict[str, dict[str, int]] = {}
    """How often each label was answered how; `-` for no answer."""
    by: dict[str, Report] = {}
    """The same for parts of the file or of the question."""
