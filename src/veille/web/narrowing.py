"""Facets as the page shows them: each value with its count, its share, and the queries that keep or leave it out.

archive --facets, each with the same deadline--> panels     one that is late or fails keeps its place, and says so
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from veille.archive import Archive, Facet
from veille.errors import Unavailable
from veille.facets import FIELDS, asking
from veille.query import Query
from veille.query.parser import LIMITS
from veille.query.tree import Node, Operator, Or
from veille.query.use import Use

WITHIN_S = 0.8
"""How long a page waits for its facets."""

SHOWN = 10
"""Values of one facet."""

NAMED = 60
"""Mentions that are read to say who an author or what a story is."""

POOL = ThreadPoolExecutor(4, thread_name_prefix="facets")

log = logging.getLogger(__name__)

State = Literal["ok", "empty", "partial", "error"]


@dataclass(frozen=True)
class Line:
    """One value: what to call it, and what to ask for to keep it or to leave it out; None where that is too long."""

    value: str
    name: str
    count: int
    share: float
    only: str | None
    but: str | None


@dataclass(frozen=True)
class Panel:
    """One facet; `partial` while it is not counted, `error` where it cannot be now."""

    field: str
    state: State
    lines: tuple[Line, ...] = ()
    found: Facet | None = None
    rest_share: float = 0.0


@dataclass(frozen=True)
class Asked:
    """What is searched, as it was typed and as it was read."""

    text: str
    query: Query | None
    since: datetime
    until: datetime | None

    @property
    def tree(self) -> Node | None:
        """None finds everything."""
        return self.query.tree if self.query else None

    def with_term(self, term: str) -> str | None:
        """The query with one more thing that must hold."""
        text = self.text.strip()
        if self.query is not None and isinstance(self.query.tree, Or):
            text = f"({text})"
        longer = f"{text} {term}".strip()
        return longer if len(longer) <= LIMITS[Use.SEARCH] else None


@dataclass(frozen=True)
class Counting:
    """Facets on their way, begun before the rest of the page."""

    asked: Asked
    waiting: Mapping[str, Future[tuple[Facet, Mapping[str, str]]]] = field(default_factory=dict)

    def panels(self, total: int) -> list[Panel]:
        """What is counted within the time that a page has."""
        wait(self.waiting.values(), timeout=WITHIN_S)
        return [self._panel(name, future, total) for name, future in self.waiting.items()]

    def _panel(self, name: str, future: Future[tuple[Facet, Mapping[str, str]]], total: int) -> Panel:
        if not future.done():
            future.cancel()
            return Panel(name, "partial")
        try:
            found, names = future.result()
        except Unavailable as error:
            log.warning("a facet cannot be counted: %s", error)
            return Panel(name, "error")
        lines = tuple(
            Line(
                each.value,
                names.get(each.value, ""),
                each.count,
                each.count / max(total, 1),
                self.asked.with_term(asking(name, each.value)),
                self.asked.with_term("-" + asking(name, each.value)),
            )
            for each in found.values
        )
        return Panel(name, "ok" if lines else "empty", lines, found, found.rest / max(total, 1))


def begin(archive: Archive, asked: Asked) -> Counting:
    """Have all facets counted, side by side."""

    def counted(name: str) -> Callable[[], tuple[Facet, Mapping[str, str]]]:
        def count() -> tuple[Facet, Mapping[str, str]]:
            (found,) = archive.facets(asked.tree, [name], since=asked.since, until=asked.until, limit=SHOWN)
            return found, _NAMES[name](archive, found) if name in _NAMES and found.values else {}

        return count

    return Counting(asked, {name: POOL.submit(counted(name)) for name in FIELDS})


def _authors(archive: Archive, found: Facet) -> dict[str, str]:
    """Handles of authors by id, as their newest mentions have them."""
    hits = archive.search(_any("from", found), limit=NAMED).hits
    return {hit.author.id.casefold(): f"@{hit.author.handle}" for hit in reversed(hits) if hit.author.handle}


def _stories(archive: Archive, found: Facet) -> dict[str, str]:
    """How stories begin."""
    hits = archive.search(_any("story", found), limit=NAMED).hits
    return {hit.story: " ".join(hit.text.split())[:80] for hit in reversed(hits) if hit.story}


def _any(operator: str, found: Facet) -> Node:
    return Or(tuple(Operator(operator, each.value, 0) for each in found.values))


_NAMES: dict[str, Callable[[Archive, Facet], dict[str, str]]] = {"author": _authors, "story": _stories}
