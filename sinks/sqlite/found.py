"""What a query finds in the SQLite archive, as a mask over the packed columns.

plan --full-text index: ids; columns: numbers; records: one by one, last--> mask --> counts, bars, facets, hits
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import numpy as np

from veille.identity import microseconds
from veille.query.plan import All, Between, Either, Except, Looked, Near, Plan, Words
from veille.sinks.sqlite import columns as columns_of
from veille.sinks.sqlite.answers import keeps
from veille.sinks.sqlite.columns import Mask, Numbers
from veille.sinks.sqlite.shared import answers, columns, state_of

WORDS = "SELECT group_concat(rowid) FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?"
NEAR = """
SELECT group_concat(rowid) FROM words
WHERE rowid IN (SELECT value FROM json_each(?)) AND (proximity(own, ?, ?) OR proximity(quoted, ?, ?))
"""
HOLDS = """
SELECT group_concat(id) FROM documents
WHERE id IN (SELECT value FROM json_each(?)) AND holds(mention, ?, ?, ?)
"""


EVER, NEVER = int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max)
"""Bounds of a time that has none."""


class Finder:
    """Follows plans within one transaction of a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.columns = columns(connection)
        self._answers, self._state = answers(connection), state_of(connection)

    def in_time(self, since: datetime | None, until: datetime | None) -> Mask:
        """What is shown and was published from `since` on, and before `until`."""
        first = EVER if since is None else microseconds(since)
        return self.columns.between(first, NEVER if until is None else microseconds(until))

    def find(self, plan: Plan, within: Mask | None = None) -> Mask:
        """The shown mentions that a plan finds; `within`: those that may count, others need not be looked at."""
        return self._found(plan, self.columns.all() if within is None else within)

    def _found(self, plan: Plan, within: Mask) -> Mask:  # noqa: PLR0911 -- one case for each kind of plan
        match plan:
            case All(items=items):
                for item in sorted(items, key=_cost):
                    within = self._found(item, within)
                return within
            case Either(items=items):
                found = self.columns.none()
                for item in sorted(items, key=_cost):
                    found = found | self._found(item, within & ~found)
                return found
            case Except(item=item):
                return within & ~self._found(item, within)
            case Between(column=column, low=low, high=high):
                numbers = self.columns.dense(column)
                return within & (numbers >= low) & (numbers <= high)
            case Words(match=match):
                return within & self._words(match, within)
            case Near():
                return self._near(plan, within)
            case Looked():
                return self._looked(plan, within)

    def _words(self, match: str, within: Mask) -> Mask:
        """Between the rows that may count: of the last hour a common word costs next to nothing [measured]."""
        if not within.any():
            return within
        ends = np.array([within.argmax(), within.tobytes().rfind(1)])  # a tenth of looking at it backwards [measured]
        first, last = self.columns.ids(ends).tolist()
        found = self._kept(match, ends.tolist()) if keeps(match) else None
        return self.columns.mask(self._between(match, first, last)) if found is None else found

    def _kept(self, match: str, ends: Sequence[int]) -> Mask | None:
        """As it was answered before, brought on; None where that cannot be."""
        first, last = (place // columns_of.BLOCK for place in ends)
        needed = self.columns.blocks[first : last + 1]
        if self._state is None:
            return None
        return self._answers.mask(match, self.columns, self._state, needed, partial(self._between, match))

    def _between(self, match: str, first: int, last: int) -> Numbers:
        return self._numbers(WORDS, [match, first, last])

    def _near(self, plan: Near, within: Mask) -> Mask:
        """What has the tokens side by side is sure; of the rest the stored words are looked at."""
        sure = self._words(plan.phrase, within)
        listed = self._listed(within & ~sure & self._words(plan.match, within))
        wanted = " ".join(plan.tokens)
        return within & (sure | self._ids(NEAR, [listed, wanted, plan.slop, wanted, plan.slop]))

    def _looked(self, plan: Looked, within: Mask) -> Mask:
        operator, listed = plan.operator, self._listed(self._found(plan.worth, within))
        return self._ids(HOLDS, [listed, operator.name, operator.value, " ".join(operator.tokens)])

    def _listed(self, found: Mask) -> str:
        return f"[{','.join(map(str, self.columns.ids(np.flatnonzero(found)).tolist()))}]"

    def _ids(self, statement: str, values: Sequence[object]) -> Mask:
        return self.columns.mask(self._numbers(statement, values))

    def _numbers(self, statement: str, values: Sequence[object]) -> Numbers:
        """One text of all ids: a row for each would take ten times as long [measured]."""
        ((text,),) = self.connection.execute(statement, values).fetchall()
        return np.fromstring(text, np.int64, sep=",") if text else np.zeros(0, np.int64)


def _cost(plan: Plan) -> int:
    """What is quicker, and so comes first: it spares the rest work."""
    match plan:
        case Between():
            return 0
        case Words():
            return 1
        case Near():
            return 3
        case Looked():
            return 4
        case Except(item=item):
            return _cost(item)
        case All(items=items) | Either(items=items):
            return max(map(_cost, items), default=0)
