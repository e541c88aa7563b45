"""A search as a watch: the lines for veille.yaml, or why no watch can ask it; and how X would be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from veille.errors import Misused
from veille.query import Use, parse, x_rule
from veille.query.x_printer import LIMIT
from veille.settings import Settings


@dataclass(frozen=True)
class Saved:
    """`yaml` is empty where `fault` says what is in the way.

    `rules` are X's, of up to `limit` characters each; None where `not_x` says what is in the way of those.
    """

    yaml: str = ""
    fault: str = ""
    rules: tuple[str, ...] | None = None
    not_x: str = ""
    limit: int = LIMIT


def as_watch(text: str, settings: Settings) -> Saved:
    """Read a search as a watch."""
    try:
        query = parse(text, Use.WATCH)
    except Misused as error:
        return Saved(fault=str(error))
    name = _free({watch.id for watch in settings.watches}, text)
    yaml = f"{name}:\n  role: market\n  query: {_quoted(text.strip())}\n"
    try:
        return Saved(yaml, rules=tuple(x_rule(query)))
    except Misused as error:
        return Saved(yaml, not_x=str(error))


def _quoted(text: str) -> str:
    """A string as YAML has it between double quotes, whatever stands in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


def _free(taken: set[str], text: str) -> str:
    """A name for it: its first word, with a number where that is taken."""
    words = re.findall(r"[a-z][a-z0-9]+", text.lower())
    name = next((word for word in words if word not in {"or", "from", "is", "has", "lang"}), "watch")[:30]
    return next(each for each in (name, *(f"{name}{number}" for number in range(2, 10_000))) if each not in taken)
