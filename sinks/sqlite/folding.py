"""Found mentions folded by story: of each story the one that comes first in the order.

    mask --entries of `story`, those alike--> groups --score, time, doc id--> tops: mask, sizes: by place

Nothing but numbers is looked at; doc ids are read only of mentions of one story, one score and one instant.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np

from veille.sinks.sqlite.columns import Columns, Mask, Numbers, alike

DOC_IDS = "SELECT id, doc_id FROM documents WHERE id IN (SELECT value FROM json_each(?))"


class Folded(NamedTuple):
    """What stands for its story, or is of none; and of each such place how many mentions of the mask it stands for."""

    tops: Mask
    sizes: Numbers

    @property
    def stories(self) -> int:
        """How many there are."""
        return int(np.count_nonzero(self.tops))

    def sizes_of(self, places: Numbers) -> list[int]:
        """Of some of them."""
        return [int(size) for size in self.sizes[places]]


def fold(
    connection: sqlite3.Connection, columns: Columns, found: Mask, scores: Numbers | None, *, latest: bool
) -> Folded:
    """Fold what was found; the highest score comes first, then the latest, or else the earliest."""
    tops, sizes = found.copy(), np.ones(len(found), np.int32)
    places, stories = columns.entries("story", found)
    if not len(places):
        return Folded(tops, sizes)
    groups = alike(stories)
    counts = np.bincount(groups, minlength=len(groups))
    times = columns.dense("created").take(places)
    keys = [times if latest else -times] if scores is None else [scores.take(places), times if latest else -times]
    first = _highest(keys, groups)
    tied = first & (np.bincount(groups[first], minlength=len(groups)) > 1).take(groups)
    if tied.any():
        first &= ~tied
        first[_by_doc_id(connection, columns, places, groups, np.flatnonzero(tied), latest=latest)] = True
    tops[places] = False
    tops[places[first]] = True
    sizes[places[first]] = counts[groups[first]]
    return Folded(tops, sizes)


def _highest(keys: Iterable[Numbers], groups: Numbers) -> Mask:
    """Those with the highest first key of their group, of these the highest second one."""
    left = np.ones(len(groups), np.bool_)
    for key in keys:
        counted = np.where(left, key, np.iinfo(key.dtype).min)
        highest = np.full(len(groups), np.iinfo(key.dtype).min, key.dtype)
        np.maximum.at(highest, groups, counted)
        left &= counted == highest.take(groups)
    return left


def _by_doc_id(
    connection: sqlite3.Connection,
    columns: Columns,
    places: Numbers,
    groups: Numbers,
    tied: Numbers,
    *,
    latest: bool,
) -> list[int]:
    """Of each group the one with the last doc id, or else the first."""
    ids = columns.ids(places[tied]).tolist()
    names = dict(connection.execute(DOC_IDS, (msgspec.json.encode(ids).decode(),)).fetchall())
    chosen: dict[int, tuple[str, int]] = {}
    for group, number, at in zip(groups[tied].tolist(), ids, tied.tolist(), strict=True):
        before = chosen.get(group)
        if before is None or (names[number] > before[0]) is latest:
            chosen[group] = names[number], at
    return [at for _, at in chosen.values()]
