"""Reading the SQLite archive.

search.py: hits, counts, facets     findings.py, turns.py: what else is read     here: single mentions, and what changed
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from veille.archive import Status
from veille.document import repeating
from veille.errors import Misused
from veille.identity import EPOCH, instant, microseconds
from veille.mention import Mention
from veille.query.plan import term_match
from veille.query.terms import term
from veille.sinks.lately import Lately
from veille.sinks.sqlite.connections import Connections
from veille.sinks.sqlite.findings import FindingsReader
from veille.sinks.sqlite.scan import ScanReader, read_mention
from veille.sinks.sqlite.search import SearchReader
from veille.sinks.sqlite.shared import Shared
from veille.sinks.sqlite.tables import MARKER, connect_reader, meanings
from veille.sinks.sqlite.turns import TurnsReader

BY_AUTHOR = """
SELECT 1 FROM documents WHERE deleted <> 1 AND id IN (SELECT rowid FROM words WHERE words MATCH ?)
    AND json_extract(mention, '$.source') = ? AND json_extract(mention, '$.author.id') = ?
LIMIT 1
"""

NEWEST = "SELECT (SELECT coalesce(max(id), 0) FROM documents), (SELECT coalesce(max(number), 0) FROM joined)"
CHANGED = "SELECT id, public_id, deleted, mention FROM documents WHERE id > ? ORDER BY id LIMIT ?"
JOINED = """
SELECT number, mention FROM joined JOIN documents ON id = document
WHERE number > ? AND document <= ? AND deleted = 0 ORDER BY number LIMIT ?
"""

STATUS = """
SELECT (SELECT count(*) FROM documents WHERE deleted = 0), (SELECT count(*) FROM documents WHERE deleted = 1),
    (SELECT max(created_at) FROM documents WHERE deleted = 0)
"""
"""Each from an index by itself: asked for together, a million rows are looked at for the newest."""

POSITION = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18}))?")


class Position(NamedTuple):
    """Among the changes: the number of the last one, and of the last time that a mention got its story."""

    change: int
    joined: int

    def __str__(self) -> str:
        return f"{self.change}.{self.joined}"


class SqliteArchive(SearchReader, FindingsReader, TurnsReader, ScanReader):
    """The archive in one file. Any number of threads and processes may read it, one connection a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lately, self._shared = Lately[int](), Shared()
        self._connections = Connections(lambda: connect_reader(path, self._shared))

    def arrivals(self, after: str | None, limit: int = 50) -> tuple[list[Mention], list[str], str]:
        """What changed since a position: first the mentions that got their story after they were told.

        What is yet to be told is told with the story that it has by then, once.
        """
        with self._reading() as connection:
            newest = Position(*connection.execute(NEWEST).fetchone())
            if after is None:
                return [], [], str(newest)
            seen = _position(after)
            if newest.change < seen.change or newest.joined < seen.joined:
                raise Misused(
                    "the archive is behind this position: an older copy was put in its place, or it is another one; "
                    "begin anew (an export: without its state file)"
                )
            joined = connection.execute(JOINED, (seen.joined, seen.change, limit)).fetchall()
            rows = connection.execute(CHANGED, (seen.change, limit - len(joined))).fetchall()
        told = newest.joined if len(joined) < limit else joined[-1][0]
        position = Position(rows[-1][0] if rows else seen.change, told)
        stored = [mention for _, mention in joined] + [mention for _, _, away, mention in rows if not away]
        return [*map(read_mention, stored)], [name for _, name, away, _ in rows if away], str(position)

    def mention(self, public_id: str) -> Mention | Literal["deleted"] | None:
        """One mention by its public id."""
        rows = self._rows("SELECT deleted, mention FROM documents WHERE public_id = ?", [public_id])
        if not rows:
            return None
        return "deleted" if rows[0][0] == MARKER else read_mention(rows[0][1])

    def deleted_at(self, public_id: str) -> datetime | None:
        """When its marker says that it was deleted."""
        rows = self._rows("SELECT version FROM documents WHERE public_id = ? AND deleted = ?", [public_id, MARKER])
        return instant(rows[0][0]) if rows else None

    def holds(self, doc_ids: Iterable[str]) -> set[str]:
        """Which of these doc ids are there and not deleted."""
        rows = self._rows(
            "SELECT doc_id FROM documents WHERE deleted <> 1 AND doc_id IN (SELECT value FROM json_each(?))",
            [msgspec.json.encode(list(doc_ids)).decode()],
        )
        return {row[0] for row in rows}

    def holds_authors(self, authors: Iterable[str]) -> set[str]:
        """Of which of these authors mentions are there."""
        return {author for author in set(authors) if self._holds_author(*author.partition(":")[::2])}

    def _holds_author(self, source: str, author: str) -> bool:
        return bool(self._rows(BY_AUTHOR, [term_match(term("from", author)), source, author]))

    def reposts_of(self, source: str, native_id: str) -> set[str]:
        """Doc ids of the reposts of a post that are there."""
        rows = self._rows(
            "SELECT doc_id FROM documents WHERE deleted <> 1 "
            "AND id IN (SELECT rowid FROM words WHERE words MATCH ?) "
            "AND json_extract(mention, '$.source') = ? AND json_extract(mention, '$.ref.repost_of') = ?",
            [term_match(repeating(native_id)), source, native_id],
        )
        return {row[0] for row in rows}

    def expired(self, source: str, before: datetime, limit: int) -> list[str]:
        """Doc ids of mentions of a source from before then, the oldest first."""
        rows = self._rows(
            "SELECT doc_id FROM documents WHERE deleted <> 1 AND created_at < ? "
            "AND json_extract(mention, '$.source') = ? ORDER BY created_at LIMIT ?",
            [microseconds(before), source, limit],
        )
        return [row[0] for row in rows]

    def versions(self) -> Iterator[tuple[str, int, bool]]:
        """Every (doc id, version, deleted), markers included."""
        for doc_id, version, deleted in self._rows("SELECT doc_id, version, deleted FROM documents"):
            yield doc_id, version, deleted == MARKER

    def status(self) -> Status:
        """Counts of now."""
        mentions, deleted, newest = self._rows(STATUS)[0]
        return Status(mentions, deleted, None if newest is None else EPOCH + timedelta(microseconds=newest))

    def close(self) -> None:
        """Let go of every thread's connection, and break off what it reads; safe to call twice."""
        self._connections.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with meanings(self._path), self._connections.mine() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with meanings(self._path), self._connections.mine() as connection:
            return connection.execute(statement, values).fetchall()


def _position(after: str) -> Position:
    if not (found := POSITION.fullmatch(after)):
        raise Misused("this is no position among the changes: take the one that you were given, as it is")
    return Position(int(found[1]), int(found[2] or 0))
