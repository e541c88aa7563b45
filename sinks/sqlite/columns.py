"""Columns of the shown mentions, packed beside the rows: a million numbers are looked through in milliseconds.

    table `packed`: (name, block) --> the column's numbers of 8,192 mentions in a row, by `documents.id`

Dense columns (`DENSE`) have one number a mention, 0 where there is none or it is not shown. Facets have lists: the
number of entries, then each as (place in the block) << 48 | (48 bits of the value's hash), 0 where it was taken out.
Hashes are turned back into values by reading one mention that has them: no value stands here, and none can be left
behind. At 48 bits the chance that any two of 100,000 values of a facet meet is 1 in 56,000.

Beside them `cleared` marks when something was last taken out of a block, so that whoever keeps it reads it again.

Everything is written in place, in the writer's transaction: what is read beside the rows agrees with them.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from veille.facets import Pair
from veille.query.plan import SHOWN

Numbers = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

BLOCK_BITS = 13
BLOCK = 1 << BLOCK_BITS
"""Mentions in one block."""

SLOT_SHIFT = 48
HASH = (1 << SLOT_SHIFT) - 1
LIST = np.dtype("<u8")
FIRST_ROOM = 1 << 9
"""Entries that a new list has room for; it doubles when it is full, so that one a mention fill a block's exactly."""

TABLE_BITS = 18
"""Of a hash, by which entries are told apart first: 100,000 stories meet seldom, and the table stays near at hand."""

LABELS = tuple(SHOWN)

COUNTED = ("followers", "following", "posts", "listed", "likes", "replies", "reposts")
"""Columns of counts: 1 more than the count, 0 where it is not known."""

DENSE: dict[str, np.dtype[Any]] = {
    "shown": np.dtype("<u1"),  # by the label of the sentiment
    "created": np.dtype("<i8"),  # microseconds since 1970
    "born": np.dtype("<i8"),  # the number of the first change
    "score": np.dtype("<f8"),
    "share": np.dtype("<u1"),  # for `sample:`
    "repost": np.dtype("<u1"),
    **dict.fromkeys(COUNTED, np.dtype("<i8")),
}


CLEARED = "cleared"
"""By block, a mark that is another each time that mentions are taken out of it."""

MARK = """
INSERT INTO packed (name, block, content) VALUES (?, ?, randomblob(16))
ON CONFLICT (name, block) DO UPDATE SET content = excluded.content
"""


class Packed(NamedTuple):
    """What columns hold of one mention."""

    id: int
    dense: tuple[float, ...]
    """In the order of `DENSE`."""
    facets: Sequence[Pair]


@lru_cache(maxsize=1 << 14)
def hash_of(value: str) -> int:
    """48 bits, never 0."""
    return int.from_bytes(hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=6).digest(), "big") or 1


def put(connection: sqlite3.Connection, rows: Sequence[Packed]) -> None:
    """Bring mentions in, inside the caller's transaction; their ids rise, and were never there before."""
    for block, of_block in _by_block(rows, lambda row: row.id).items():
        slots = [row.id & (BLOCK - 1) for row in of_block]
        places = np.array(slots)
        for name, numbers in zip(DENSE, zip(*[row.dense for row in of_block], strict=True), strict=True):
            _put_dense(connection, name, block, places, numbers)
        entries: dict[str, list[int]] = defaultdict(list)
        for slot, row in zip(slots, of_block, strict=True):
            place = slot << SLOT_SHIFT
            for field, value in row.facets:
                entries[field].append(place | hash_of(value))
        for field, found in entries.items():
            _append(connection, field, block, np.array(found, LIST))


def clear(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Take mentions out, those that are there; inside the caller's transaction."""
    for block, of_block in _by_block(list(ids), int).items():
        slots = np.array([each & (BLOCK - 1) for each in of_block])
        for name, row in connection.execute("SELECT name, rowid FROM packed WHERE block = ?", (block,)).fetchall():
            if name in DENSE:
                _clear_dense(connection, row, DENSE[name].itemsize, slots)
            elif name != CLEARED:
                _clear_list(connection, row, slots)
        connection.execute(MARK, (CLEARED, block))


def replace_value(connection: sqlite3.Connection, field: str, of: int, before: str | None, value: str) -> None:
    """Give a mention that is shown another value of a facet."""
    block, slot = of >> BLOCK_BITS, of & (BLOCK - 1)
    if before is not None and (row := _row(connection, field, block)) is not None:
        _clear_list(connection, row, np.array([slot]))
    _append(connection, field, block, np.array([slot << SLOT_SHIFT | hash_of(value)], LIST))


def drop_empty_blocks(connection: sqlite3.Connection) -> None:
    """Let go of blocks of which no mention is shown any more, but for the one that is being filled."""
    blocks = connection.execute("SELECT block, content FROM packed WHERE name = 'shown' ORDER BY block").fetchall()
    empty = [(block,) for block, content in blocks[:-1] if not any(content)]
    connection.executemany("DELETE FROM packed WHERE block = ?", empty)


def _by_block(rows: Iterable[Any], id_of: Callable[[Any], int]) -> dict[int, list[Any]]:
    blocks: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        blocks[id_of(row) >> BLOCK_BITS].append(row)
    return blocks


def _row(connection: sqlite3.Connection, name: str, block: int) -> int | None:
    found = connection.execute("SELECT rowid FROM packed WHERE name = ? AND block = ?", (name, block)).fetchone()
    return None if found is None else int(found[0])


def _blob(connection: sqlite3.Connection, row: int) -> sqlite3.Blob:
    return connection.blobopen("packed", "content", row)


def _put_dense(connection: sqlite3.Connection, name: str, block: int, slots: Numbers, numbers: Sequence[float]) -> None:
    """From the first slot to the last in one piece; those between them that are left out are not in use.

    Slots are zero before they are used, and so is a block that is not there.
    """
    if not any(numbers) and name != "shown":
        return
    kind, row = DENSE[name], _row(connection, name, block)
    if row is None:
        row = _made(connection, name, block, BLOCK * kind.itemsize)
    first = int(slots[0])
    piece = np.zeros(int(slots[-1]) + 1 - first, kind)
    piece[slots - first] = numbers
    with _blob(connection, row) as blob:
        blob.seek(first * kind.itemsize)
        blob.write(piece.tobytes())


def _made(connection: sqlite3.Connection, name: str, block: int, size: int) -> int:
    made = connection.execute(
        "INSERT INTO packed (name, block, content) VALUES (?, ?, zeroblob(?)) RETURNING rowid", (name, block, size)
    )
    return int(made.fetchall()[0][0])


def _clear_dense(connection: sqlite3.Connection, row: int, size: int, slots: Numbers) -> None:
    with _blob(connection, row) as blob:
        for slot in slots.tolist():
            blob.seek(slot * size)
            blob.write(bytes(size))


def _clear_list(connection: sqlite3.Connection, row: int, slots: Numbers) -> None:
    with _blob(connection, row) as blob:
        entries = np.frombuffer(blob.read(), LIST)
        places = np.flatnonzero(np.isin(entries[1 : int(entries[0]) + 1] >> SLOT_SHIFT, slots)) + 1
        for place in places.tolist():
            blob.seek(place * LIST.itemsize)
            blob.write(bytes(LIST.itemsize))


def _append(connection: sqlite3.Connection, name: str, block: int, entries: Numbers) -> None:
    row = _row(connection, name, block)
    if row is None:
        row = _made(connection, name, block, LIST.itemsize * (FIRST_ROOM + 1))
    blob = _blob(connection, row)
    try:
        used = int.from_bytes(blob.read(LIST.itemsize), "little")
        if (used + len(entries) + 1) * LIST.itemsize > len(blob):
            room = LIST.itemsize * (1 + (1 << (used + len(entries) - 1).bit_length()))
            grown = b"".join([bytes(LIST.itemsize), blob.read(used * LIST.itemsize)]).ljust(room, b"\0")
            blob.close()
            connection.execute("UPDATE packed SET content = ? WHERE rowid = ?", (grown, row))
            blob = _blob(connection, row)
        blob.seek(0)
        blob.write((used + len(entries)).to_bytes(LIST.itemsize, "little"))
        blob.seek((used + 1) * LIST.itemsize)
        blob.write(entries.tobytes())
    finally:
        blob.close()


def alike(hashes: Numbers) -> Numbers:
    """Of each hash the index of one that equals it, the same one for all that are equal.

    Each is written into a table under its last bits, where one stays and is read by all that it equals; the others go
    again. Of values that come several times this takes a tenth of what sorting takes [measured].
    """
    table = np.empty(1 << TABLE_BITS, np.int64)
    slots = (hashes & ((1 << TABLE_BITS) - 1)).view(np.int64)
    found, left = np.arange(len(hashes)), np.arange(len(hashes))
    while len(left):
        slots_left = slots.take(left)
        table[slots_left] = left
        found[left] = stayed = table.take(slots_left)
        left = left[hashes.take(stayed) != hashes.take(left)]
    return found


LAST = int(np.iinfo(np.int64).max)
"""Later than anything."""

KEPT = ("shown", "created")
"""What every question needs."""

BLOCKS = "SELECT block FROM packed WHERE name = 'shown'"
SOME_BLOCKS = """
SELECT block, content FROM packed WHERE name = ? AND block IN (SELECT value FROM json_each(?)) ORDER BY block
"""


class Columns:
    """The columns as one reader sees them within one transaction.

    Places count the mentions of all blocks that are there; a mask says of each place whether it is meant.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        rows = self._rows("shown")
        self._known: dict[str, Numbers] = {
            "shown": np.frombuffer(b"".join(content for _, content in rows), DENSE["shown"])
        }
        self._spans: Numbers | None = None
        """The earliest, and the latest, of what is shown, by block."""
        self._take_blocks(np.array([block for block, _ in rows], np.int64))
        self._cleared = dict(self._rows(CLEARED))

    def _take_blocks(self, blocks: Numbers) -> None:
        self._blocks = blocks
        self._listed: list[int] = blocks.tolist()
        last = int(blocks[-1]) if len(blocks) else -1
        self._starts = np.full(last + 1, -1, np.int64)
        self._starts[blocks] = np.arange(len(blocks)) << BLOCK_BITS

    def _take_spans(self, before: Numbers | None, anew: list[int]) -> None:
        """As they were before, but for some blocks."""
        if before is None:
            self._spans = self._spans_of(slice(None))
            return
        self._spans = np.zeros((2, len(self._blocks)), np.int64)
        self._spans[:, : before.shape[1]] = before
        self._spans[:, anew] = self._spans_of(anew)

    def _spans_of(self, some: slice | list[int]) -> Numbers:
        created, shown = self.dense("created").reshape(-1, BLOCK)[some], self.shown.reshape(-1, BLOCK)[some] != 0
        earliest = np.where(shown, created, LAST).min(axis=1, initial=LAST)
        return np.stack([earliest, np.where(shown, created, -LAST).max(axis=1, initial=-LAST)])

    @property
    def blocks(self) -> Sequence[int]:
        """Those that are there, rising."""
        return self._listed

    @property
    def shown(self) -> Numbers:
        """The label of what is shown, 0 of what is not."""
        return self._known["shown"]

    def seen_by(self, connection: sqlite3.Connection) -> Columns:
        """The same, for a transaction of any connection that sees the same; what it reads more of is not kept."""
        other = copy(self)
        other._connection, other._known = connection, dict(self._known)
        return other

    def brought_on(self, connection: sqlite3.Connection, first: int, last: int) -> Columns:
        """What every question needs as a connection sees it at the change `last`, where this is how it was at `first`.

        Read are the blocks in which mentions were brought since then, and those that others were taken out of; of those
        that were let go of since then not even a mark is left.
        """
        other = self.seen_by(connection)
        other._cleared = dict(other._rows(CLEARED))
        cleared = {block for block, _ in self._cleared.items() ^ other._cleared.items()}
        gone = set(self._listed).difference(block for (block,) in connection.execute(BLOCKS))
        touched = sorted(cleared.union(gone, range(first >> BLOCK_BITS, (last >> BLOCK_BITS) + 1)))
        read = {name: dict(other._of_blocks(name, touched)) for name in KEPT}
        other._take_blocks(np.union1d(self._blocks, np.array([*read["shown"]], np.int64)))  # new ones come last
        of_touched = [(block, int(other._starts[block])) for block in touched if block in other._blocks]
        for name in KEPT:
            numbers = np.zeros(len(other._blocks) << BLOCK_BITS, DENSE[name])
            numbers[: len(self._known[name])] = self._known[name]
            for block, start in of_touched:
                content = read[name].get(block)
                numbers[start : start + BLOCK] = 0 if content is None else np.frombuffer(content, DENSE[name])
            other._known[name] = numbers
        other._take_spans(self._spans, [start >> BLOCK_BITS for _, start in of_touched])
        return other

    def all(self) -> Mask:
        """Every mention that is shown."""
        return np.asarray(self.shown != 0)

    def between(self, first: int, end: int) -> Mask:
        """What is shown and was published in `[first, end)`, in microseconds; only at both ends each is looked at."""
        if self._spans is None:
            self._spans = self._spans_of(slice(None))
        earliest, latest = self._spans
        some = (latest >= first) & (earliest < end)
        whole = (earliest >= first) & (latest < end)
        within = self.none()
        rows, shown = within.reshape(-1, BLOCK), self.shown.reshape(-1, BLOCK)
        rows[whole] = shown[whole] != 0
        some &= ~whole
        created = self.dense("created").reshape(-1, BLOCK)[some]
        rows[some] = (shown[some] != 0) & (created >= first) & (created < end)
        return within

    def none(self) -> Mask:
        """No mention."""
        return np.zeros(len(self.shown), np.bool_)

    def dense(self, name: str) -> Numbers:
        """One number a place."""
        if name not in self._known:
            kind = DENSE[name]
            found = dict(self._rows(name))
            empty = bytes(BLOCK * kind.itemsize) if len(found) < len(self._blocks) else b""
            blocks = b"".join([found.get(int(block), empty) for block in self._blocks])
            self._known[name] = np.frombuffer(blocks, kind)
        return self._known[name]

    def entries(self, field: str, within: Mask) -> tuple[Numbers, Numbers]:
        """Places and hashes of a facet's entries of the mentions within a mask; blocks without one are not read.

        What is meant is taken by its index: chosen by a mask it takes three times as long [measured].
        """
        places, hashes = [], []
        meant_in = self._blocks[within.reshape(-1, BLOCK).any(axis=1)].tolist()
        for block, content in self._of_blocks(field, meant_in):
            entries = np.frombuffer(content, LIST)
            entries = entries[1 : int(entries[0]) + 1]
            start = int(self._starts[block])
            slots = (entries >> SLOT_SHIFT).view(np.int64)
            meant = np.flatnonzero(within[start : start + BLOCK].take(slots) & (entries != 0))
            places.append(slots.take(meant) + start)
            hashes.append(entries.take(meant))
        if not places:
            return np.zeros(0, np.int64), np.zeros(0, LIST)
        return np.concatenate(places), np.concatenate(hashes) & HASH

    def places(self, ids: Numbers) -> Numbers:
        """The places of ids that are there."""
        return np.asarray(self._starts[ids >> BLOCK_BITS] + (ids & (BLOCK - 1)))

    def mask(self, ids: Numbers) -> Mask:
        """The places of ids, those that there are."""
        found = self.none()
        ids = ids[(ids >> BLOCK_BITS) < len(self._starts)]
        ids = ids[self._starts[ids >> BLOCK_BITS] >= 0]
        found[self.places(ids)] = True
        return found

    def ids(self, places: Numbers) -> Numbers:
        """The ids at places."""
        return np.asarray((self._blocks[places >> BLOCK_BITS] << BLOCK_BITS) + (places & (BLOCK - 1)))

    def _rows(self, name: str) -> list[tuple[int, bytes]]:
        return self._connection.execute(
            "SELECT block, content FROM packed WHERE name = ? ORDER BY block", (name,)
        ).fetchall()

    def _of_blocks(self, name: str, blocks: list[int]) -> list[tuple[int, bytes]]:
        return self._connection.execute(SOME_BLOCKS, (name, f"{blocks}")).fetchall()
