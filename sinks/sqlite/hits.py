"""Which of the found mentions stand on a page: the first in an order, after or before a position.

    mask --times, partition--> places --rows--> hits     ties of one instant: through the index of times, by doc id

Nothing is sorted but what is shown, so that a page costs the same however many are found, and however far it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from veille.sinks.paging import Position
from veille.sinks.sqlite.columns import Columns, Mask, Numbers

ROWS = "SELECT created_at, doc_id, id, mention FROM documents WHERE id IN (SELECT value FROM json_each(?))"
AT_ONE_INSTANT = """
SELECT id, doc_id FROM documents INDEXED BY documents_by_time
WHERE deleted = 0 AND created_at = ? AND doc_id {sign} ? ORDER BY doc_id {way}
"""
BEYOND = "\U0010ffff"
"""Comes after every doc id."""


class Hit(NamedTuple):
    """One hit, and where it stands in the order."""

    score: int
    created_at: int
    doc_id: str
    id: int
    mention: str


class Hits:
    """Pages of found mentions. `scores`: one small number a place by which they are ordered first, or None."""

    def __init__(self, connection: sqlite3.Connection, columns: Columns, scores: Numbers | None, *, down: bool) -> None:
        """`down`: later ones first; among those of one score, too."""
        self._connection, self._columns, self._scores, self._down = connection, columns, scores, down

    def page(self, found: Mask, limit: int, after: Position | None) -> list[Hit]:
        """The first `limit` of them, or those that follow a position."""
        hits: list[Hit] = []
        for score, places in self._levels(np.flatnonzero(found), after):
            from_here = after if after is not None and after.score == score else None
            hits += self._rows(self._of_level(places, limit - len(hits), from_here), score)
            if len(hits) >= limit:
                break
        return hits

    def first(self, found: Mask, limit: int) -> list[int]:
        """Ids of the first by time alone, in no order."""
        return self._of_level(np.flatnonzero(found), limit, None)

    def _levels(self, places: Numbers, after: Position | None) -> Iterator[tuple[int, Numbers]]:
        """Places by score, in order; those that a position has passed are left out."""
        if self._scores is None:
            yield 0, places
            return
        scores = self._scores.take(places)
        levels = np.unique(scores).tolist()
        for score in reversed(levels) if self._down else levels:
            if after is None or (score <= after.score if self._down else score >= after.score):
                yield score, places[scores == score]

    def _of_level(self, places: Numbers, limit: int, after: Position | None) -> list[int]:
        """Ids of the first of some places, which rise, behind a position."""
        times, ids = self._columns.dense("created").take(places), list[int]()
        if after is not None:
            ids = self._at(after.created_at, places, limit, after.doc_id)
            left = np.flatnonzero(times < after.created_at if self._down else times > after.created_at)
            places, times = places.take(left), times.take(left)
        if len(ids) < limit and len(places):
            ids += self._first(places, times, limit - len(ids))
        return ids

    def _first(self, places: Numbers, times: Numbers, limit: int) -> list[int]:
        """Ids of the first by time; where the last instant has more than there is room for, the first by doc id."""
        if len(places) > limit:
            ordered = -times if self._down else times
            edge = np.partition(ordered, limit - 1)[limit - 1]
            sure = self._columns.ids(places[ordered < edge]).tolist()
            return [*sure, *self._at(int(-edge if self._down else edge), places, limit - len(sure), None)]
        return list(self._columns.ids(places).tolist())

    def _at(self, instant: int, places: Numbers, limit: int, after: str | None) -> list[int]:
        """Ids of what was published at one instant, by doc id, behind one of them."""
        if limit <= 0 or not len(places):
            return []
        sign, way = ("<", "DESC") if self._down else (">", "ASC")
        start = after if after is not None else (BEYOND if self._down else "")
        rows = self._connection.execute(AT_ONE_INSTANT.format(sign=sign, way=way), (instant, start))
        ids: list[int] = []
        while len(ids) < limit and (some := rows.fetchmany(1000)):
            of_some = np.array([row for row, _ in some], np.int64)
            sought = self._columns.places(of_some)
            held = places.take(np.searchsorted(places, sought), mode="clip") == sought
            ids += of_some[held][: limit - len(ids)].tolist()
        return ids

    def _rows(self, ids: list[int], score: int) -> list[Hit]:
        rows = self._connection.execute(ROWS, (msgspec.json.encode(ids).decode(),)).fetchall()
        return [Hit(score, *row) for row in sorted(rows, key=lambda row: row[:2], reverse=self._down)]
