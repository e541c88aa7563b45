"""Searching the SQLite archive: hits, counts, bars and facets, all from one mask of what a query finds.

query --bounded.py--> mask --columns--> numbers      a few rows of it --> mentions
"""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

import msgspec
import numpy as np

from veille.archive import Bucket, Facet, Matches, Page, Searches, Value, Wanted, Within
from veille.document import facets as facets_of
from veille.errors import Corrupt, Misused
from veille.mention import Mention
from veille.query.best import wanted
from veille.query.plan import Words, plan_sqlite, term_match
from veille.query.terms import matched
from veille.query.tree import Node
from veille.sinks.paging import Position, buckets, ends, position_of, starts
from veille.sinks.sqlite.bounded import find
from veille.sinks.sqlite.columns import LABELS, Mask, Numbers, alike, hash_of
from veille.sinks.sqlite.folding import fold
from veille.sinks.sqlite.found import Finder
from veille.sinks.sqlite.hits import Hits
from veille.sinks.sqlite.scan import read_mention

MOST_TIED = 500
"""Values of one count that are read to be told apart by name; of more, so many."""

PREFIXES = {"hashtag": "#", "domain": "domain:"}
"""How the terms begin that have a value of a facet as it is."""

VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, col)"
TERMS = "SELECT term FROM temp.vocabulary WHERE term >= ? AND term < ? AND col = 'terms'"

RECORDS = "SELECT id, mention FROM documents WHERE id IN (SELECT value FROM json_each(?))"


class SearchReader(Searches):
    """Searches it; see `veille.archive.Archive`. Totals are always exact."""

    def _page(self, wanted: Wanted) -> Page:
        """A view is the number of the last change when the first page was read."""
        order, at = wanted.order, position_of(wanted)
        back = at is not None and at.back
        with self._finding(*wanted.within) as (finder, all_found):
            known = None if at is None else _view(at)
            view = self._last_change(finder) if wanted.hold and known is None else known
            found = all_found if known is None else all_found & (finder.columns.dense("born") <= known)
            scores = _scores(finder, wanted.within.query, found) if order == "best" else None
            latest = order != "oldest"
            folded = fold(finder.connection, finder.columns, found, scores, latest=latest) if wanted.fold else None
            if folded is not None and order == "copied":
                scores = folded.sizes
            pages = Hits(finder.connection, finder.columns, scores, down=latest is not back)
            hits = pages.page(folded.tops if folded else found, wanted.limit + 1, at)
            total = int(np.count_nonzero(found))
            shown = hits[: wanted.limit][:: -1 if back else 1]
            sizes = (
                folded.sizes_of(finder.columns.places(np.array([hit.id for hit in shown], np.int64))) if folded else []
            )
        more, places = len(hits) > wanted.limit, [hit[:3] for hit in shown]
        after, before = ends(places, more=more, order=order, asked=at, view=None if view is None else str(view))
        return Page(
            [read_mention(hit.mention) for hit in shown],
            total,
            after=after,
            before=before,
            stories=folded.stories if folded else None,
            sizes=sizes,
        )

    def _count(self, within: Within) -> int:
        with self._finding(*within) as (_, found):
            return int(np.count_nonzero(found))

    def histogram(self, query: Node | None, *, since: datetime, until: datetime, interval: int) -> list[Bucket]:
        """Counts per interval (seconds) and sentiment."""
        starts(since, until, interval)
        with self._finding(query, since, until) as (finder, found):
            number = finder.columns.dense("created")[found] // (interval * 1_000_000)
            labels = finder.columns.shown[found].astype(np.int64) - 1
        counts: dict[int, dict[str, int]] = {}
        for both, times in zip(*_counted(number * len(LABELS) + labels), strict=True):
            bucket, label = divmod(both, len(LABELS))
            counts.setdefault(bucket * interval, {})[LABELS[label]] = times
        return buckets(counts, since, until, interval)

    def _facets(self, within: Within, fields: Sequence[str], limit: int, holding: str) -> list[Facet]:
        """Exact, but for the order of those of one count past `MOST_TIED`."""
        with self._finding(*within) as (finder, found):
            if holding:
                return [_holding(finder, field, found, limit, holding) for field in fields]
            return [_facet(finder, field, found, limit) for field in fields]

    def _matches(self, within: Within, watch: str, terms: Sequence[str]) -> Matches:
        with self._finding(*within) as (finder, found):
            by_term = {term: finder.find(Words(term_match(matched(watch, term))), found) for term in terms}
            rest = found.copy()
            for mask in by_term.values():
                rest &= ~mask
            counts = {term: int(np.count_nonzero(mask)) for term, mask in by_term.items()}
            return Matches(int(np.count_nonzero(found)), counts, int(np.count_nonzero(rest)))

    def _latest(
        self, query: Node, since: datetime, until: datetime, limit: int, known: Container[int]
    ) -> tuple[list[int], dict[int, str]]:
        """Of the newest that match the numbers of their changes, and the records of those that are not known."""
        with self._finding(query, since, until) as (finder, found):
            ids = Hits(finder.connection, finder.columns, None, down=True).first(found, limit)
            unknown = msgspec.json.encode([each for each in ids if each not in known]).decode()
            return ids, dict(finder.connection.execute(RECORDS, (unknown,)).fetchall())

    @contextmanager
    def _finding(
        self, query: Node | None, since: datetime | None, until: datetime | None
    ) -> Iterator[tuple[Finder, Mask]]:
        """What a query finds in a stretch of time, and the archive as it is meanwhile."""
        with self._reading() as connection:
            yield find(connection, query, since, until)

    @staticmethod
    def _last_change(finder: Finder) -> int:
        return int(finder.connection.execute("SELECT coalesce(max(id), 0) FROM documents").fetchall()[0][0])

    @abstractmethod
    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection within one transaction: all that is read agrees."""


def _view(at: Position) -> int | None:
    if at.view is None:
        return None
    if not at.view.isascii() or not at.view.isdigit() or len(at.view) > 18:
        raise Misused("this is no position in a list of hits: take `after` of the page before as it is")
    return int(at.view)


def _scores(finder: Finder, query: Node | None, found: Mask) -> Numbers:
    """Twice the terms that a mention holds, and one more for what is no repost."""
    scores: Numbers = (finder.columns.dense("repost") == 0).astype(np.int16)
    for leaf in wanted(query):
        scores[finder.find(plan_sqlite(leaf), found)] += 2
    return scores


def _counted(numbers: Numbers) -> tuple[list[int], list[int]]:
    found, times = np.unique(numbers, return_counts=True)
    return found.tolist(), times.tolist()


def _facet(finder: Finder, field: str, found: Mask, limit: int) -> Facet:
    places, hashes = finder.columns.entries(field, found)
    one, times = _each(hashes)
    named: list[Value] = []
    if limit and len(one):
        edge = np.partition(times, -limit)[-limit] if len(times) > limit else times.min()
        most = np.concatenate([np.flatnonzero(times > edge), _some(np.flatnonzero(times == edge), hashes[one])])
        named = _named(finder, field, (places, hashes), one[most], times[most])[:limit]
    with_any = np.zeros(len(found), np.bool_)
    with_any[places] = True
    return Facet(
        field=field,
        values=named,
        others=len(one) - len(named),
        rest=len(hashes) - sum(each.count for each in named),
        without=int(np.count_nonzero(found)) - int(np.count_nonzero(with_any)),
    )


def _each(hashes: Numbers) -> tuple[Numbers, Numbers]:
    """Where one of each hash stands, and how many there are of it."""
    times = np.bincount(alike(hashes))
    one = np.flatnonzero(times)
    return one, times[one]


def _some(tied: Numbers, values: Numbers) -> Numbers:
    """Of values with one count those that are read, always the same ones."""
    return tied if len(tied) <= MOST_TIED else tied[np.argpartition(values[tied], MOST_TIED)[:MOST_TIED]]


def _holding(finder: Finder, field: str, found: Mask, limit: int, text: str) -> Facet:
    """The most frequent of the values that hold a text: of fields with a sign in the index those, or else of all."""
    places, hashes = finder.columns.entries(field, found)
    one, times = _each(hashes)
    if field in PREFIXES:
        names = {hash_of(name): name for name in _indexed(finder, PREFIXES[field]) if text in name.casefold()}
        held = np.isin(hashes[one], np.array([*names], hashes.dtype))
        values = zip(hashes[one[held]].tolist(), times[held].tolist(), strict=True)
        counted = _in_order(Value(names[value], count) for value, count in values)
    else:
        named = _named(finder, field, (places, hashes), one, times)
        counted = [each for each in named if text in each.value.casefold()]
    return Facet(field=field, values=counted[:limit])


def _in_order(values: Iterable[Value]) -> list[Value]:
    return sorted(values, key=lambda each: (-each.count, each.value))


def _indexed(finder: Finder, prefix: str) -> list[str]:
    """The rest of each term of the full-text index that begins so."""
    finder.connection.execute(VOCABULARY)
    rows = finder.connection.execute(TERMS, (prefix, f"{prefix}\U0010ffff")).fetchall()
    return [term[len(prefix) :] for (term,) in rows]


def _by_hash(mention: Mention, field: str) -> dict[int, str]:
    return {hash_of(value): value for value in facets_of(mention).get(field, ())}


def _named(finder: Finder, field: str, entries: tuple[Numbers, Numbers], some: Numbers, times: Numbers) -> list[Value]:
    """Some entries with how many there are of each, in order; what their hashes stand for is read from a mention."""
    places, hashes = entries
    ids = finder.columns.ids(places[some])
    listed = msgspec.json.encode(sorted(set(ids.tolist()))).decode()
    records = dict(finder.connection.execute(RECORDS, (listed,)).fetchall())
    held = {row: _by_hash(read_mention(record), field) for row, record in records.items()}
    try:
        names = [held[row][value] for row, value in zip(ids.tolist(), hashes[some].tolist(), strict=True)]
    except KeyError as error:
        raise Corrupt("the columns of the archive disagree with its records; replay the mentions") from error
    return _in_order(Value(name, count) for name, count in zip(names, times.tolist(), strict=True))
