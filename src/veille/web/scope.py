"""The scope bar: time, watch, and whether copies count; the same on every screen, and always in the address.

address --> Bar, what a screen goes by --> links to the same screen under another scope
       `--> carried: what every link to another screen takes along
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from veille.query import Query
from veille.query.tree import And, Operator, Or
from veille.web.asking import RANGES
from veille.web.span import Span

CARRIED = ("last", "since", "until", "watch", "group")
"""Parameters of an address that say what is looked at; all others are a screen's own."""

_WRITTEN = re.compile(r'watch:(?:"(?:\\.|[^"\\])*"|[^\s()]*)', re.IGNORECASE)
"""A watch as a search names it, from its first character on."""

GROUPS = {"story": "", "mention": "mention"}
"""By what a card is of, what the address says of it; nothing where that is usual."""


@dataclass(frozen=True)
class Bar:
    """What a screen goes by. `watch`, `group`: None where it does not; `watch` is empty for all of them."""

    span: Span | None = None
    """What it looks at; None where the address names no time, or none that the screen can go by."""
    usual: str = ""
    """The word for what it looks at then; empty where one of the ranges is that."""
    ranges: Sequence[str] = tuple(RANGES)
    dates: bool = True
    """Whether it can go by two dates as well."""
    watch: str | None = ""
    watches: Mapping[str, str] = field(default_factory=dict)
    """Addresses of it under each watch, and under none, where more than `watch` changes in them."""
    group: str | None = None
    """What a card is of, a story or a mention; None where that is no choice."""
    groups: Mapping[str, str] = field(default_factory=lambda: GROUPS)
    order: str = ""
    """Of a list that can be put in several."""

    @property
    def named(self) -> str | None:
        """The range that is chosen: its name, empty for two dates, None for what is usual."""
        return None if self.span is None else self.span.name


def changed(parameters: Mapping[str, str], **changes: str) -> str:
    """The address of a view with some of its parameters changed, or left out where empty."""
    return "?" + urlencode({name: value for name, value in {**parameters, **changes}.items() if value})


def scope_of(parameters: Mapping[str, str], **known: str) -> dict[str, str]:
    """The scope of an address, but for what is known better of it; nothing of what is usual."""
    asked = {name: known.get(name, parameters.get(name, "")) for name in CARRIED}
    if asked["since"] or asked["until"]:
        asked["last"] = ""
    return {name: value for name, value in asked.items() if value}


def carried(parameters: Mapping[str, str], **known: str) -> str:
    """What a link to another screen ends with."""
    return changed(scope_of(parameters, **known)).rstrip("?")


def watch_in(query: Query | None) -> Operator | None:
    """The one watch that a search keeps to, whatever else it asks for."""
    if query is None:
        return None
    parts = query.tree.items if isinstance(query.tree, And) else (query.tree,)
    found = [part for part in parts if isinstance(part, Operator) and part.name == "watch"]
    return found[0] if len(found) == 1 else None


def under(watch: str, text: str, query: Query | None) -> str:
    """A search that was read, kept to another watch than before, or to none where that is empty."""
    term, named = f"watch:{watch}" if watch else "", watch_in(query)
    if named is None:
        several = query is not None and isinstance(query.tree, Or)
        return _joined(f"({text.strip()})" if several else text, term)
    before, after = text[: named.at].rstrip(), _WRITTEN.sub("", text[named.at :], count=1).lstrip()
    while before.endswith("(") and after.startswith(")"):
        before, after = before[:-1].rstrip(), after[1:].lstrip()
    return _joined(before, after, term)


def _joined(*parts: str) -> str:
    return " ".join(part.strip() for part in parts if part.strip())
