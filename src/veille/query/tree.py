"""The tree of a parsed rule; matching and each compiler walk it.

`at` is the first character of the term in the rule (0-based code points, its minus aside).
After parsing it is simplified: no And in an And, no Or in an Or, no double negation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class And:
    """All of them hold."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """At least one of them holds."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """It does not hold."""

    item: Node


@dataclass(frozen=True)
class Text:
    """A keyword (one token), a phrase (several, slop 0) or a proximity (slop 1 to 6).

    `raw` is what was written, without quotation marks and `~`.
    """

    tokens: tuple[str, ...]
    raw: str
    at: int
    slop: int = 0


@dataclass(frozen=True)
class Tag:
    """`#`, `@` or `$` and a name, folded as the field it is compared with; `raw` as written, sign included."""

    kind: Literal["hashtag", "handle", "cashtag"]
    value: str
    at: int
    raw: str = ""


@dataclass(frozen=True)
class Operator:
    """`name:value` under its present name; the value is checked, and as `veille.query.operators` says normalised."""

    name: str
    value: str
    at: int
    tokens: tuple[str, ...] = ()


Node = And | Or | Not | Text | Tag | Operator
