"""Reading the archive: what search, page, API and command line need from either archive. Sinks implement it.

Deleted mentions are never found, nor hidden ones (`visibility`). A query of None finds everything else.

    search(query, since=...) --Wanted--> _page          one signature for who asks, one record for each archive's answer
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import msgspec
from msgspec import Struct

from veille.errors import Misused
from veille.facets import SOUGHT
from veille.findings import Findings
from veille.mention import Mention
from veille.query.tree import Node, Operator
from veille.turn import Turns

Order = Literal["newest", "oldest", "best", "copied"]
"""By event time, then by doc id. `best`: first what holds most of the query's words and tags (each counts once, however
often it stands there), of as many the posts that are no reposts, of those the newest. `copied`: stories, first those
that most of the matches belong to, of as many the one whose newest match is newest."""


class Page(Struct, frozen=True):
    """Some of the hits, and where to go on. `total` counts all matches; when not `exact` it is a lower bound."""

    hits: list[Mention]
    total: int
    exact: bool = True
    after: str | None = None
    """Opaque; hand it to the next `search` for the following page. None: this was the last."""
    before: str | None = None
    """The same for the page before this one. None: this is the first."""
    stories: int | None = None
    """Folded: how many hits all pages have together. Elasticsearch estimates numbers above 40,000."""
    sizes: list[int] = msgspec.field(default_factory=list)
    """Folded: of each hit, how many of the matches are of its story, the hit itself included."""


class Within(NamedTuple):
    """Mentions that match, `since` included, `until` not."""

    query: Node | None
    since: datetime | None = None
    until: datetime | None = None


class Wanted(NamedTuple):
    """The page that `Searches.search` was asked for."""

    within: Within
    limit: int
    after: str | None
    order: Order
    hold: bool
    fold: bool
    begin: datetime | None


class Value(Struct, frozen=True):
    """Mentions that count under one value of a facet."""

    value: str
    count: int


class Facet(Struct, frozen=True, kw_only=True):
    """The mentions of a search by the values of one field (`veille.facets`), the most frequent first, then by value.

    A mention with several values counts under each.
    """

    field: str
    values: list[Value]
    others: int = 0
    """How many further values there are."""
    rest: int = 0
    """What those count together."""
    without: int = 0
    """Mentions without any value."""
    exact: bool = True
    """Whether all numbers are exact; if not, those of rare values may be too low."""


class Bucket(Struct, frozen=True):
    """Mentions whose event time falls into `[start, start + interval)`, by sentiment."""

    start: datetime
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unsure: int = 0


class Matches(Struct, frozen=True):
    """What a watch has its mentions for."""

    total: int
    """All mentions of the watch."""
    by_term: dict[str, int]
    """Mentions that it has for each term; one that it has for several counts for each."""
    rest: int
    """Mentions that it has for none of the terms asked about."""


class Status(Struct, frozen=True):
    """How much the archive holds."""

    mentions: int
    deleted: int
    newest: datetime | None


class Searches(Protocol):
    """Searching one archive. Methods raise Unavailable when it does not answer, Misused for what it cannot be asked."""

    def search(
        self,
        query: Node | None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: str | None = None,
        order: Order = "newest",
        hold: bool = False,
        fold: bool = False,
        begin: datetime | None = None,
    ) -> Page:
        """Mentions in an order, `since` included, `until` not.

        `after` is a position of a page before, of the same search. `hold`: the pages that follow are those of this
        moment, as long as the archive can tell (minutes in Elasticsearch): nothing that comes meanwhile moves them;
        what is deleted or hidden meanwhile is left out, what is edited is shown as it is then. `fold`: of each story
        the match alone that comes first in the order; a mention of no story stands for itself. In the order `copied`
        stories are always folded. `begin`: in an order of time, instead of the first page the one that begins there:
        with what was published before it, or, the oldest first, from it on.
        """
        fold = fold or order == "copied"
        return self._page(Wanted(Within(query, since, until), limit, after, order, hold, fold, begin))

    def facets(
        self,
        query: Node | None,
        fields: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 10,
        holding: str = "",
    ) -> list[Facet]:
        """Of all mentions that match, the `limit` most frequent values of each of these fields, in their order.

        `holding`: of the values that hold this text alone, whatever its case; what else there is is not told then.
        Fields are some of `veille.facets.SOUGHT` then.
        """
        if holding and (others := [field for field in fields if field not in SOUGHT]):
            raise Misused(f"values of {', '.join(others)} are not looked through: expected {', '.join(sorted(SOUGHT))}")
        return self._facets(Within(query, since, until), fields, limit, holding.casefold())

    def stories(self, query: Node | None, *, since: datetime, until: datetime, limit: int) -> list[tuple[str, int]]:
        """The stories with the most mentions that match, and how many; of as many, by name."""
        (found,) = self.facets(query, ["story"], since=since, until=until, limit=limit)
        return [(each.value, each.count) for each in found.values]

    def count(self, query: Node | None, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many match, exactly."""
        return self._count(Within(query, since, until))

    def histogram(self, query: Node | None, *, since: datetime, until: datetime, interval: int) -> list[Bucket]:
        """Counts per `interval` seconds, empty buckets included, aligned to multiples of the interval since 1970."""

    def matches(
        self,
        watch: str,
        terms: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Matches:
        """Which term of a watch's query brings how many of its mentions: `tags.watches[].terms`, written as there."""
        return self._matches(Within(Operator("watch", watch, 0), since, until), watch, terms)

    @abstractmethod
    def _page(self, wanted: Wanted) -> Page: ...

    @abstractmethod
    def _facets(self, within: Within, fields: Sequence[str], limit: int, holding: str) -> list[Facet]: ...

    @abstractmethod
    def _count(self, within: Within) -> int: ...

    @abstractmethod
    def _matches(self, within: Within, watch: str, terms: Sequence[str]) -> Matches: ...


class Archive(Findings, Turns, Searches, Protocol):
    """One archive, open for reading. Methods raise Unavailable when it does not answer."""

    def scan(
        self, query: Node | None, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Mention]:
        """Every mention that matches, each once and in no order, from one view of the archive; memory stays flat."""

    def among(
        self,
        query: Node | None,
        doc_ids: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> set[str]:
        """Which of these doc ids match."""

    def arrivals(self, after: str | None, limit: int = 50) -> tuple[list[Mention], list[str], str]:
        """What changed since an opaque position: new or edited mentions, public ids gone or hidden, the next position.

        `after` None gives no mentions, only the position of now. In order of arrival in the archive.
        """

    def mention(self, public_id: str) -> Mention | Literal["deleted"] | None:
        """One mention by its public id, a hidden one too; `deleted` where only its marker is left."""

    def deleted_at(self, public_id: str) -> datetime | None:
        """When that marker says that it was deleted; None where there is none."""

    def holds(self, doc_ids: Iterable[str]) -> set[str]:
        """Which of these doc ids are there and not deleted."""

    def holds_authors(self, authors: Iterable[str]) -> set[str]:
        """Of which of these authors (`source:id`) mentions are there."""

    def reposts_of(self, source: str, native_id: str) -> set[str]:
        """Doc ids of the reposts of a post that are there, hidden ones too."""

    def expired(self, source: str, before: datetime, limit: int) -> list[str]:
        """Doc ids of mentions of a source that were published before then, hidden ones too; at most so many."""

    def versions(self) -> Iterable[tuple[str, int, bool]]:
        """Every (doc id, version, deleted), markers included; for the account and for tests."""

    def status(self) -> Status:
        """Counts of now."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
