"""What is wrong with what somebody asked, or worth knowing about it, in the reader's language where that is known.

QueryError --French, the part around its place--> Fault, shown with a caret by `fault.html`
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from veille.errors import Misused
from veille.query import QueryError
from veille.query.fault_french import in_french

BEFORE, AFTER = 28, 60
"""Characters around the place that are shown. With so many before it the caret stands on the narrowest screen."""


@dataclass(frozen=True)
class Said:
    """A sentence, and the language that it is in."""

    text: str
    language: str


@dataclass(frozen=True)
class Fault:
    """What is wrong; `at` counts characters from 0, None where no place is to blame.

    `shown` is the part of the query around it, `before` the room that its characters take up to there. `language` is
    what it is said in.
    """

    message: str
    hint: str = ""
    at: int | None = None
    language: str = "en"
    shown: str = ""
    before: str = ""


def said(sentence: str, language: str) -> Said:
    """A sentence of the query language as this reader is told it; in English where nobody has translated it."""
    french = in_french(sentence) if language == "fr" else None
    return Said(sentence, "en") if french is None else Said(french, "fr")


def fault_of(error: Misused, language: str) -> Fault:
    """A mistake as this reader is told it."""
    if not isinstance(error, QueryError):
        return Fault(str(error))
    message, hint = said(error.message, language), said(error.hint, language)
    shown, before = _around(error.text, error.at)
    if message.language == hint.language:
        return Fault(message.text, hint.text, error.at, message.language, shown, before)
    return Fault(error.message, error.hint, error.at, "en", shown, before)


def _around(text: str, at: int) -> tuple[str, str]:
    """The part around a place, and blanks as wide as what stands before the place in it."""
    first, last = max(0, at - BEFORE), at + AFTER
    signs = [sign if sign.isprintable() else " " for sign in text[first:last]]
    begin, end = "…" if first else "", "…" if last < len(text) else ""
    before = "".join(_blank(sign) for sign in (*begin, *signs[: at - first]))
    return begin + "".join(signs) + end, before


def _blank(sign: str) -> str:
    if unicodedata.combining(sign):
        return ""
    return "\N{IDEOGRAPHIC SPACE}" if unicodedata.east_asian_width(sign) in {"W", "F"} else " "
