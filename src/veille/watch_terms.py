"""What of a watch's query brings what: its terms with their mentions, so that noise is seen.

query --terms_of--> terms as typed --archive.matches--> Brought: most first, the loud one, the idle ones
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from veille.archive import Archive
from veille.query import Query
from veille.query.parser import LIMITS
from veille.query.tree import Tag, Text
from veille.query.use import Use
from veille.query.warnings import leaves_of
from veille.settings import Watch

LOUD, TIMES, LEAST = 2 / 3, 3, 30
"""A term is called loud that brings so much of at least so many mentions, and so many times what the next one does."""

ROOM = 100
"""Characters of a search that are left for its times."""


@dataclass(frozen=True)
class Brought:
    """What one term brings."""

    term: str
    """As typed in the query."""
    count: int
    share: float
    """Of all mentions of the watch, 0 to 1; a mention may come by several terms."""
    search: str
    """Finds exactly these mentions."""


@dataclass(frozen=True)
class Terms:
    """All terms of one watch."""

    watch: str
    total: int
    """Mentions of the watch."""
    rest: int
    """Those that came by none of the terms: replies that are followed, X's own matches, terms of an older query."""
    rest_search: str | None
    """Finds exactly these; None where no search is that long."""
    brought: tuple[Brought, ...]
    """Most first; of as many, in the order of the query."""

    @property
    def search(self) -> str:
        """Finds all mentions of the watch."""
        return f"watch:{self.watch}"

    @property
    def loud(self) -> Brought | None:
        """The term that drowns the others, where there is one: if the watch brings noise, it is likely there."""
        if self.total < LEAST or len(self.brought) < 2:
            return None
        first, second = self.brought[:2]
        return first if first.share >= LOUD and first.count >= TIMES * second.count else None

    @property
    def idle(self) -> tuple[Brought, ...]:
        """Terms that brought nothing, where the watch has anything at all."""
        return tuple(each for each in self.brought if not each.count) if self.total else ()


def terms_of(query: Query) -> list[str]:
    """The terms that a query may hold by, as typed, each once, in order; nothing that it excludes, no operator."""
    leaves = leaves_of(query.tree)
    written = (leaf.raw for leaf, negated in leaves if isinstance(leaf, Text | Tag) and not negated)
    return list(dict.fromkeys(written))


def brought(archive: Archive, watch: Watch, query: Query, *, since: datetime, until: datetime) -> Terms:
    """What each term brings in a stretch of time. Raises Unavailable."""
    terms = terms_of(query)
    found = archive.matches(watch.id, terms, since=since, until=until)
    rows = [
        Brought(
            term, found.by_term[term], found.by_term[term] / found.total if found.total else 0.0,
            f"watch:{watch.id} {_matched(watch.id, term)}",
        )
        for term in terms
    ]  # fmt: skip
    rest = " ".join([f"watch:{watch.id}", *(f"-{_matched(watch.id, term)}" for term in terms)])
    return Terms(
        watch=watch.id,
        total=found.total,
        rest=found.rest,
        rest_search=rest if len(rest) <= LIMITS[Use.SEARCH] - ROOM else None,
        brought=tuple(sorted(rows, key=lambda each: -each.count)),
    )


def _matched(watch: str, term: str) -> str:
    value = f"{watch}/{term}".replace("\\", "\\\\").replace('"', '\\"')
    return f'matched:"{value}"'
