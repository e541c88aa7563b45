"""Reading the SQLite archive.

query --compile_sqlite--> condition --> documents, words --> mentions
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from veille.archive import Bucket, Matches, Page, Status
from veille.document import repeating
from veille.errors import Corrupt, Misused
from veille.identity import EPOCH, microseconds
from veille.mention import Mention
from veille.query.sqlite import compile_sqlite, term_match
from veille.query.terms import matched, term
from veille.query.tree import Node, Operator
from veille.sinks.paging import buckets, page_position, read_page_position, starts
from veille.sinks.sqlite.findings import FindingsReader
from veille.sinks.sqlite.scan import ScanReader
from veille.sinks.sqlite.sink import MARKER
from veille.sinks.sqlite.tables import connect_reader, meanings
from veille.sinks.sqlite.turns import TurnsReader

MENTION = msgspec.json.Decoder(Mention)

COUNTED = "count(*) FILTER (WHERE id IN (SELECT rowid FROM words WHERE words MATCH ?))"

BY_AUTHOR = """
SELECT 1 FROM documents WHERE deleted <> 1 AND id IN (SELECT rowid FROM words WHERE words MATCH ?)
    AND json_extract(mention, '$.source') = ? AND json_extract(mention, '$.author.id') = ?
LIMIT 1
"""


class SqliteArchive(FindingsReader, TurnsReader, ScanReader):
    """The archive in one file. Any number of threads and processes may read it, one connection a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = threading.local()
        self._all: list[sqlite3.Connection] = []

    def search(
        self,
        query: Node | None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: str | None = None,
        order: Literal["newest", "oldest"] = "newest",
    ) -> Page:
        """Mentions by event time; see `veille.archive.Archive.search`. The total is always exact."""
        condition, values = self._condition(query, since, until)
        total = self._select("count(*)", condition, values)[0][0]
        if after is not None:
            condition += f" AND (created_at, doc_id) {'<' if order == 'newest' else '>'} (?, ?)"
            values = [*values, *read_page_position(after)]
        way = "DESC" if order == "newest" else "ASC"
        condition += f" ORDER BY created_at {way}, doc_id {way} LIMIT ?"
        rows = self._select("mention, created_at, doc_id", condition, [*values, limit + 1])
        more = len(rows) > limit
        hits = [_mention(row[0]) for row in rows[:limit]]
        return Page(hits, total, after=page_position(*rows[limit - 1][1:]) if more and limit else None)

    def count(self, query: Node | None, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many match, exactly."""
        condition, values = self._condition(query, since, until)
        return int(self._select("count(*)", condition, values)[0][0])

    def histogram(self, query: Node | None, *, since: datetime, until: datetime, interval: int) -> list[Bucket]:
        """Counts per interval (seconds) and sentiment."""
        starts(since, until, interval)
        condition, values = self._condition(query, since, until)
        columns = f"created_at / {int(interval) * 1_000_000}, sentiment, count(*)"
        rows = self._select(columns, f"{condition} GROUP BY 1, 2", values)
        counts: dict[int, dict[str, int]] = {}
        for bucket, sentiment, times in rows:
            counts.setdefault(bucket * interval, {})[sentiment] = times
        return buckets(counts, since, until, interval)

    def stories(self, query: Node | None, *, since: datetime, until: datetime, limit: int) -> list[tuple[str, int]]:
        """The stories with the most mentions that match."""
        condition, values = self._condition(query, since, until)
        grouped = f"{condition} AND story IS NOT NULL GROUP BY story ORDER BY 2 DESC, 1 LIMIT ?"
        rows = self._select("json_extract(mention, '$.story') AS story, count(*)", grouped, [*values, limit])
        return [(story, number) for story, number in rows]

    def matches(
        self, watch: str, terms: Sequence[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> Matches:
        """Which term of a watch's query brings how many of its mentions, in one pass."""
        condition, values = self._condition(Operator("watch", watch, 0), since, until)
        sought = [matched(watch, each) for each in terms]
        has = [*map(term_match, sought), *([term_match(*sought)] if sought else [])]
        columns = ", ".join(["count(*)", *([COUNTED] * len(has))])
        total, *counts = self._select(columns, condition, [*has, *values])[0]
        return Matches(total, dict(zip(terms, counts, strict=False)), total - (counts[-1] if counts else 0))

    def arrivals(self, after: str | None, limit: int = 50) -> tuple[list[Mention], list[str], str]:
        """What changed since a position, which is the number of a change."""
        if after is None:
            return [], [], str(self._rows("SELECT coalesce(max(id), 0) FROM documents")[0][0])
        rows = self._rows(
            "SELECT id, public_id, deleted, mention FROM documents WHERE id > ? ORDER BY id LIMIT ?",
            [_change(after), limit],
        )
        mentions = [_mention(row[3]) for row in rows if not row[2]]
        return mentions, [row[1] for row in rows if row[2]], str(rows[-1][0]) if rows else after

    def mention(self, public_id: str) -> Mention | Literal["deleted"] | None:
        """One mention by its public id."""
        rows = self._rows("SELECT deleted, mention FROM documents WHERE public_id = ?", [public_id])
        if not rows:
            return None
        return "deleted" if rows[0][0] == MARKER else _mention(rows[0][1])

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
        mentions, newest = self._rows("SELECT count(*), max(created_at) FROM documents WHERE deleted = 0")[0]
        deleted = self._rows("SELECT count(*) FROM documents WHERE deleted = 1")[0][0]
        return Status(mentions, deleted, None if newest is None else EPOCH + timedelta(microseconds=newest))

    def close(self) -> None:
        """Let go of every thread's connection; safe to call twice."""
        while self._all:
            self._all.pop().close()
        self._mine = threading.local()

    def _condition(
        self, query: Node | None, since: datetime | None, until: datetime | None
    ) -> tuple[str, list[object]]:
        condition, values = compile_sqlite(query)
        for sign, moment in ((">=", since), ("<", until)):
            if moment is not None:
                condition += f" AND created_at {sign} ?"
                values = [*values, microseconds(moment)]
        return f"deleted = 0 AND ({condition})", values

    def _select(self, columns: str, condition: str, values: Sequence[object]) -> list[Any]:
        return self._rows(f"SELECT {columns} FROM documents WHERE {condition}", values)  # noqa: S608  # values are bound

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with meanings(self._path):
            return self._connection().execute(statement, values).fetchall()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = connect_reader(self._path)
            self._mine.connection = connection
            self._all.append(connection)
        return connection


def _mention(stored: str) -> Mention:
    try:
        return MENTION.decode(stored)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"a mention in the archive cannot be read: {error}") from error


def _change(after: str) -> int:
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise Misused("this is no position among the changes: take the one that `arrivals` gave as it is")
    return int(after)
