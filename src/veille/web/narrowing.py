"""Facets as the page shows them: each value with its count, its share, and the queries that keep or leave it out.

archive --facets, with one deadline--> panels     one that is late or fails keeps its place, and says so
        `--values that are sought among all of one facet
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from veille.archive import Archive, Facet
from veille.facets import FIELDS, asking, quoted
from veille.formats import LOCALES
from veille.query import Query, QueryError, parse
from veille.query.operators import CORRECTED
from veille.query.parser import LIMITS
from veille.query.tree import And, Node, Operator, Or
from veille.query.use import Use
from veille.text.folding import fold
from veille.web.panels import Begun, Outcome, Panels
from veille.web.pool import Pool
from veille.web.quoting import stories

WITHIN_S = 0.8
"""How long a page waits for its facets."""

SHOWN = 10
"""Values of one facet."""

EVERY, MANY = "*", 100
"""What is looked for where all values are wanted, and how many of them one facet then has."""

NAMED = 6
"""Mentions that are read for each author, to say who it is."""

FACETS, AT_ONCE = Pool(4, "facets"), 2
"""The threads of all facets, and how many count those of one page at first: they are many, and not cheap."""

CORRECTIONS, TOGETHER = "corrections", "together"
"""What is counted beside them, and those of `FEW_VALUES`, as the log tells it."""

State = Literal["ok", "empty", "partial", "error"]


class Called(NamedTuple):
    """What a value is called; `quoted`: the public id of the post whose first words that are, if any."""

    name: str = ""
    quoted: str = ""


Counted = tuple[Facet, Mapping[str, Called]]
"""A facet, and what to call those of its values that have names of their own."""

NAMED_BY = {"language": "languages", "country": "territories"}
"""Facets of codes, and what Babel keeps their names under."""

PUT_RIGHT = " OR ".join(f"corrected:{label}" for label in CORRECTED)
"""What finds the mentions that people put right, whatever label of theirs it was."""

FEW_VALUES = frozenset({"source", "watch", "sentiment", "language", "country", "kind", "question", "assigned"})
"""Facets that are counted together: none of them takes long, and what is searched has to be found once for all."""

SEEKABLE = ("watch", "language", "country", "hashtag", "domain", "author", "assigned")
"""Facets whose values can be looked through."""

MOST_SOUGHT = 100
"""Characters of what is looked for."""

MOST_CODES = 500
"""Codes of one facet."""


@dataclass(frozen=True)
class Line:
    """One value: what to call it, and what to ask for to keep it or to leave it out; None where that is too long."""

    value: str
    name: str
    count: int
    share: float
    only: str | None
    but: str | None
    quoted: str = ""


@dataclass(frozen=True)
class Panel:
    """One facet; `partial` while it is not counted, `error` where it cannot be now."""

    field: str
    state: State
    lines: tuple[Line, ...] = ()
    found: Facet | None = None
    rest_share: float = 0.0
    sought: str = ""
    """What its values were looked through for."""


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

    def facets(self, archive: Archive, fields: Sequence[str]) -> list[Facet]:
        """Facets of it, as far as they are shown."""
        return archive.facets(self.tree, fields, since=self.since, until=self.until, limit=SHOWN)

    def facet(
        self, archive: Archive, field: str, *, limit: int = SHOWN, holding: str = "", narrower: Node | None = None
    ) -> Facet:
        """One facet of it, or of what a narrower question finds."""
        tree = And((self.tree, narrower)) if self.tree and narrower else narrower or self.tree
        (found,) = archive.facets(tree, [field], since=self.since, until=self.until, limit=limit, holding=holding)
        return found

    def put_right(self, archive: Archive) -> int:
        """How many of it people put right."""
        corrected = parse(PUT_RIGHT, Use.SEARCH).tree
        tree = And((self.tree, corrected)) if self.tree else corrected
        return archive.count(tree, since=self.since, until=self.until)

    def with_term(self, term: str) -> str | None:
        """The query with one more thing that must hold."""
        text = self.text.strip()
        if self.query is not None and isinstance(self.query.tree, Or):
            text = f"({text})"
        longer = f"{text} {term}".strip()
        return longer if len(longer) <= LIMITS[Use.SEARCH] else None


@dataclass(frozen=True)
class Sought:
    """What is looked for among all the values of one facet; nothing where `text` is empty."""

    field: str = ""
    text: str = ""


def sought_in(field: str, text: str) -> Sought:
    """What the address asks for; nothing, where its values cannot be looked through."""
    text = text.strip()[:MOST_SOUGHT]
    return Sought(field, text) if field in SEEKABLE and text else Sought()


@dataclass(frozen=True)
class Counting:
    """Facets on their way, begun before the rest of the page."""

    asked: Asked
    sought: Sought
    begun: Begun

    def told(self, total: int, left_s: float) -> tuple[list[Panel], int]:
        """What is counted within the time that a page has, and has left; then how many mentions people put right.

        0 also where that could not be counted in time.
        """
        outcomes = self.begun.outcomes(min(WITHIN_S, left_s))
        corrected = outcomes[CORRECTIONS].result()
        panels = [self._panel(name, outcomes.get(name, outcomes[TOGETHER]), total) for name in FIELDS]
        return panels, corrected if isinstance(corrected, int) else 0

    def _panel(self, name: str, outcome: Outcome[Mapping[str, Counted]], total: int) -> Panel:
        sought = self.sought.text if self.sought.field == name else ""
        counted = outcome.result()
        if isinstance(counted, str):
            return Panel(name, counted, sought=sought)
        found, names = counted[name]
        lines = tuple(
            Line(
                each.value,
                names.get(each.value, Called()).name,
                each.count,
                each.count / max(total, 1),
                self.asked.with_term(asking(name, each.value)),
                self.asked.with_term("-" + asking(name, each.value)),
                names.get(each.value, Called()).quoted,
            )
            for each in found.values
        )
        return Panel(name, "ok" if lines else "empty", lines, found, found.rest / max(total, 1), sought)


def begin(panels: Panels, archive: Archive, asked: Asked, sought: Sought) -> Counting:
    """Have all facets counted, side by side; of the one that is looked through, what is sought."""

    def count(names: tuple[str, ...]) -> Callable[[], Mapping[str, Counted]]:
        def counted() -> Mapping[str, Counted]:
            found = [seek(archive, asked, sought)] if names == (sought.field,) else asked.facets(archive, names)
            return {name: (facet, _named(archive, facet)) for name, facet in zip(names, found, strict=True)}

        return counted

    together = tuple(name for name in FIELDS if name in FEW_VALUES and name != sought.field)
    looks: dict[str, Callable[[], Any]] = {CORRECTIONS: lambda: asked.put_right(archive), TOGETHER: count(together)}
    looks |= {name: count((name,)) for name in FIELDS if name not in together}
    return Counting(asked, sought, panels.begin(looks, threads=AT_ONCE))


def _named(archive: Archive, found: Facet) -> Mapping[str, Called]:
    return _NAMES[found.field](archive, found) if found.field in _NAMES and found.values else {}


def seek(archive: Archive, asked: Asked, sought: Sought) -> Facet:
    """Of all values those that are sought: by a part, of languages and countries also by name, of authors by name."""
    if sought.text == EVERY:
        return asked.facet(archive, sought.field, limit=MANY)
    if sought.field == "author":
        try:
            node = parse(f"author:{quoted(sought.text)}", Use.SEARCH).tree
        except QueryError:
            return Facet(field="author", values=[])
        return asked.facet(archive, "author", narrower=node)
    if sought.field in NAMED_BY:
        every, wanted = asked.facet(archive, sought.field, limit=MOST_CODES), fold(sought.text)
        held = [
            each for each in every.values if any(wanted in fold(name) for name in _called(sought.field, each.value))
        ]
        return Facet(field=sought.field, values=held[:SHOWN])
    return asked.facet(archive, sought.field, holding=sought.text)


def _called(field: str, code: str) -> list[str]:
    return [code, *(getattr(locale, NAMED_BY[field]).get(code, "") for locale in LOCALES.values())]


def _authors(archive: Archive, found: Facet) -> dict[str, Called]:
    """Handles of authors by id, as their newest mentions have them."""
    authors = Or(tuple(Operator("from", each.value, 0) for each in found.values))
    hits = archive.search(authors, limit=NAMED * len(found.values)).hits
    return {hit.author.id.casefold(): Called(f"@{hit.author.handle}") for hit in reversed(hits) if hit.author.handle}


def _stories(archive: Archive, found: Facet) -> dict[str, Called]:
    return {story: Called(*begun) for story, begun in stories(archive, [each.value for each in found.values]).items()}


_NAMES: dict[str, Callable[[Archive, Facet], dict[str, Called]]] = {"author": _authors, "story": _stories}
