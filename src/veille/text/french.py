"""French typography, blanks at which no line may be broken; and the French of what is said in English with values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_KEPT = re.compile(r" (?=[:;?!»%])|(?<=«) |(?<=\}) (?=min\b)")
"""The blank before a sign, after an opening quotation mark, and between a number and its unit."""


def kept_together(words: str) -> str:
    """`words` with no-break spaces where French wants them."""
    return _KEPT.sub("\N{NO-BREAK SPACE}", words)


class Sentences:
    """Sentences by how they stand in English, with `{}` for each value, and the same in French."""

    def __init__(self, french: Mapping[str, str], value: Callable[[str], str] = str) -> None:
        """`value`: a value as French writes it."""
        # The longest first: what a shorter one would take for the value of its blank is tried before.
        self._patterns = [
            (re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), kept_together(french[english]))
            for english in sorted(french, key=len, reverse=True)
        ]
        self._value = value

    def of(self, said: str) -> str | None:
        """The same in French; None for what is none of these."""
        if not said:
            return ""
        for pattern, french in self._patterns:
            if found := pattern.fullmatch(said):
                return french.format(*map(self._value, found.groups()))
        return None
