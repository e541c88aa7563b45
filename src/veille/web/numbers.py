"""Numbers as JSON has them: 3 and 3.0 are the same, "3" and true are none."""

from __future__ import annotations

from pydantic import BeforeValidator


def _number(given: object) -> object:
    """Pydantic would read strings and truths as numbers."""
    if isinstance(given, str | bool):
        raise ValueError("expected a number")
    return given


NUMBER = BeforeValidator(_number)
"""Beside `int` or `float`, after their bounds: the document would lack those."""
