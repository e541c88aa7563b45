"""French typography: blanks at which no line may be broken."""

from __future__ import annotations

import re

_KEPT = re.compile(r" (?=[:;?!»%])|(?<=«) |(?<=\}) (?=min\b)")
"""The blank before a sign, after an opening quotation mark, and between a number and its unit."""


def kept_together(words: str) -> str:
    """`words` with no-break spaces where French wants them."""
    return _KEPT.sub("\N{NO-BREAK SPACE}", words)
