"""A search as a watch: the lines for veille.yaml, or why no watch can ask it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from veille.query import QueryError, Use, parse
from veille.settings import Settings
from veille.web.faults import Fault, fault_of


@dataclass(frozen=True)
class Saved:
    """`yaml` is empty where `fault` says what is in the way."""

    yaml: str = ""
    fault: Fault | None = None


def as_watch(text: str, settings: Settings, language: str) -> Saved:
    """Read a search as a watch; what is in the way is said in `language`."""
    try:
        parse(text, Use.WATCH)
    except QueryError as error:
        return Saved(fault=fault_of(error, language))
    name = _free({watch.id for watch in settings.watches}, text)
    return Saved(f"{name}:\n  role: market\n  query: {_quoted(text.strip())}\n")


def _quoted(text: str) -> str:
    """A string as YAML has it between double quotes, whatever stands in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


def _free(taken: set[str], text: str) -> str:
    """A name for it: its first word, with a number where that is taken."""
    words = re.findall(r"[a-z][a-z0-9]+", text.lower())
    name = next((word for word in words if word not in {"or", "from", "is", "has", "lang"}), "watch")[:30]
    return next(each for each in (name, *(f"{name}{number}" for number in range(2, 10_000))) if each not in taken)
