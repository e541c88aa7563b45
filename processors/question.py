"""Whether a text asks a question, in French or English."""

from __future__ import annotations


def asks(text: str) -> bool:
    """Whether a question is asked."""
    return "?" in text
