"""Why an alert: what is over-represented, each beside what is usual, with the search that shows its mentions.

alert.why --drivers--> Reason: label, lift, search        archive --authors of all mentions of the watch--> Reason

Alerts know authors by keyed hashes alone. Who has the most mentions in its time the archive says, by their number and
by nothing else; of who may not be shown nothing is said but that number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from veille.alert import Alert, Driver
from veille.archive import Archive
from veille.facets import asking, quoted
from veille.formats import Formats
from veille.mention import Mention
from veille.query import QueryError, Use, parse
from veille.query.tree import And, Node, Operator
from veille.showing import hidden
from veille.web.asking import search_between
from veille.web.card import card
from veille.web.places import name
from veille.web.quoting import stories

BLOCKS = ("terms", "stories", "authors", "links", "places")

ASKED = frozenset({"stories", "authors", "links"})
"""Those that the archive is asked for."""

USUAL = timedelta(hours=2)
"""What came before the onset is usual."""

MOST_AUTHORS, LEAST = 5, 2
LOOKED_AT = 5
"""Mentions of a link that are asked for the title of its page."""

LONG, NONE = 10, 0.05
"""A lift of so much is told without decimals; of what is usually less than that there is none."""


@dataclass(frozen=True)
class Reason:
    """A driver, and the address of the search that shows its mentions; None where there is none."""

    driver: Driver
    label: str
    search: str | None
    beside: str = ""
    """What else names it: the address of a link, the handle of an author."""
    first: datetime | None = None
    """When an author was first heard here."""
    followers: int | None = None
    quoted: str = ""
    """The public id of the post whose first words the label is."""

    @property
    def lift(self) -> float | None:
        """How many times the usual; None where that is next to nothing."""
        usual = self.driver.usual
        times = self.driver.count / usual if usual >= NONE else None
        return times if times is None else round(times) if times >= LONG else round(times, 1)


@dataclass(frozen=True)
class Block:
    """The reasons of a kind; `most`: what the longest bar stands for."""

    reasons: list[Reason]

    @property
    def most(self) -> float:
        """The highest of all counts, now and usual."""
        return max((max(one.driver.count, one.driver.usual) for one in self.reasons), default=1.0)


class Reasons:
    """Finds them, for one page."""

    def __init__(self, archive: Archive, alert: Alert, now: datetime, *, signed_in: bool) -> None:
        self._archive, self._alert, self._signed_in = archive, alert, signed_in
        self._until = alert.closed_at or now
        self._watch = Operator("watch", alert.watch, 0) if alert.watch else None

    def names(self) -> list[str]:
        """Of the blocks that have any."""
        return [block for block in BLOCKS if getattr(self._alert.why, block)]

    def block(self, name: str, formats: Formats) -> Block:
        """One of them. Raises Unavailable."""
        return Block(list(self._of(name, formats)))

    def _of(self, block: str, formats: Formats) -> Iterator[Reason]:
        drivers: list[Driver] = getattr(self._alert.why, block)
        if block == "authors":
            yield from list(self._authors()) or [Reason(driver, "", None) for driver in drivers]
        elif block == "links":
            yield from map(self._link, drivers)
        elif block == "stories":
            yield from self._stories(drivers)
        else:
            labels = self._labels(block, [driver.value for driver in drivers], formats)
            for driver in drivers:
                yield Reason(driver, labels.get(driver.value, ""), self._search(_asked(block, driver.value)))

    def _labels(self, block: str, values: list[str], formats: Formats) -> Mapping[str, str]:
        """What to call values, those that have a name."""
        if block == "places":
            lands = [formats.country(code.partition("-")[0]) for code in values]
            return {code: ", ".join(filter(None, (name(code), land))) for code, land in zip(values, lands, strict=True)}
        return {value: value for value in values}

    def _stories(self, drivers: list[Driver]) -> Iterator[Reason]:
        """By their first words, those that may be shown."""
        begun = stories(self._archive, [driver.value for driver in drivers])
        for driver in drivers:
            words, post = begun.get(driver.value, ("", ""))
            yield Reason(driver, words, self._search(_asked("stories", driver.value)), quoted=post)

    def _link(self, driver: Driver) -> Reason:
        """By the title of its page, where a mention that may be shown brought one; else by its address."""
        asked = _asked("links", driver.value)
        shown = (hit for hit in self._hits(asked) if not hidden(hit, signed_in=self._signed_in))
        title = next((title for hit in shown if (title := _title(hit, driver.value))), "")
        return Reason(driver, title or driver.value, self._search(asked), driver.value if title else "")

    def _hits(self, asked: str) -> list[Mention]:
        """Some mentions of a link; none where no search can be made of it."""
        try:
            query = self._with(parse(asked, Use.SEARCH).tree)
        except QueryError:
            return []
        return self._archive.search(query, since=self._alert.since, until=self._until, limit=LOOKED_AT).hits

    def _authors(self) -> Iterator[Reason]:
        """Who has more mentions of the watch in its time than just before, the most first."""
        if self._watch is None:
            return
        since, until = self._alert.since, self._until
        (found,) = self._archive.facets(self._watch, ["author"], since=since, until=until, limit=MOST_AUTHORS)
        share = (until - since) / USUAL
        for value in found.values:
            known = self._with(Operator("from", value.value, 0))
            count = self._archive.count(known, since=since, until=until)
            usual = round(self._archive.count(known, since=since - USUAL, until=since) * share, 1)
            first = self._archive.search(known, since=since, until=until, limit=1, order="oldest").hits
            if count >= LEAST and count > usual and first:
                yield self._author(Driver("", count, usual), first[0], asking("author", value.value))

    def _author(self, driver: Driver, first: Mention, asked: str) -> Reason:
        if hidden(first, signed_in=self._signed_in):
            return Reason(driver, "", None)
        author, shown = first.author, card(first)
        label = author.name or author.handle or shown.name or ""
        handle = f"@{author.handle}" if author.handle and author.name else ""
        return Reason(driver, label, self._search(asked), handle, first.created_at, author.followers)

    def _with(self, query: Node) -> Node:
        return And((self._watch, query)) if self._watch is not None else query

    def _search(self, asked: str) -> str:
        query = f"{asked} watch:{self._alert.watch}" if self._alert.watch else asked
        return search_between(query, self._alert.since, self._alert.closed_at)


def _asked(block: str, value: str) -> str:
    """What finds the mentions of a driver."""
    match block:
        case "terms":
            return quoted(value)
        case "stories":
            return f"story:{value}"
        case "places":
            return f"{'region' if '-' in value else 'country'}:{value}"
        case _:
            return f"url:{quoted(value)}"


def _title(mention: Mention, address: str) -> str:
    """The title of a link's page, as the network sent it with a post."""
    links = mention.entities.links or ()
    return next((link.title for link in links if link.title and address in (link.expanded, link.url)), "")
