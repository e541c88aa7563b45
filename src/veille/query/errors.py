"""A rule that cannot be used: what was found, where, why, and what to write instead."""

from __future__ import annotations

from veille.errors import Misused

SHOWN = 60
"""Characters of a long rule that are shown around the place of an error."""


class Fault(Exception):
    """A value that its operator cannot take; the parser adds the place and makes a `QueryError` of it."""

    def __init__(self, kind: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint


class QueryError(Misused):
    """`kind` is a word of a closed list (docs of the query language); `at` counts characters from 0."""

    def __init__(self, kind: str, at: int, message: str, hint: str = "", text: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.at = at
        self.message = message
        self.hint = hint
        self.text = text

    def __str__(self) -> str:
        """The message with its place counted from 1, the part of the rule with a caret, and the hint."""
        lines = [f"{self.message} (character {self.at + 1})"]
        if self.text.strip():
            first = max(0, self.at - SHOWN // 2)
            part = self.text[first : first + SHOWN]
            lines += ["    " + "".join(char if char.isprintable() else " " for char in part)]
            lines += ["    " + " " * (self.at - first) + "^"]
        return "\n".join([*lines, self.hint] if self.hint else lines)
