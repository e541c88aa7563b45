"""Writing into the SQLite archive: versioned, in one transaction a batch, and clean of what was deleted.

records --> what is newer than what is there --> rows out, rows in --> one commit
                  ^ while the words of one part are indexed, the next part is decoded
tend    --> minutes after a delete or an edit: index merged, log emptied, so that no byte of it is left
"""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

import msgspec

from veille.clock import Clock, SystemClock
from veille.document import document
from veille.errors import Corrupt, Invalid, Unavailable
from veille.identity import public_id
from veille.mention import Mention
from veille.sinks.sink import Outcome, Record, Verdict, decode_mention, judge, unusable
from veille.sinks.sqlite.tables import connect_writer, meanings

SCRUB_AFTER_S = 300.0
"""A deleted text stays in the file no longer than this, a minute until the next `tend`, and the scrub itself."""

PART = 250
"""Records that are decoded while the words of as many others are indexed, in a thread of its own."""

FREE_PAGES = 2_000
"""Pages given back to the file system at a time."""

MARKER, HIDDEN = 1, 2
"""In the column `deleted`; 0: shown."""

APPLIED = Verdict(Outcome.APPLIED)

log = logging.getLogger(__name__)


INDEX_WORDS = """
INSERT INTO words (rowid, own, quoted, links, terms)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]'), json_extract(value, '$[4]')
FROM json_each(?)
"""

OF_AUTHOR = """
SELECT doc_id, version, mention FROM documents
WHERE deleted <> 1 AND json_extract(mention, '$.author.id') = ? AND json_extract(mention, '$.source') = ?
"""


class Held(NamedTuple):
    """What is in effect of a doc id; `id` is its row's, 0 where there is none yet."""

    id: int
    version: int
    deleted: bool


class SqliteSink:
    """The SQLite archive as a sink. `clock` decides when a scrub is due.

    `scrubs`: False where another process writes into the file and scrubs it; this one only notes that it must.
    """

    name = "sqlite"

    def __init__(self, path: Path, clock: Clock | None = None, *, scrubs: bool = True) -> None:
        self._path, self._clock, self._scrubs = path, clock or SystemClock(), scrubs
        self._connection: sqlite3.Connection | None = None
        self._indexer: ThreadPoolExecutor | None = None
        self._dirty_since: float | None = None

    def open(self) -> None:
        """Open the file, or make it, and scrub what an earlier process left to scrub."""
        self.close()
        self._connection = connect_writer(self._path)
        self._indexer = ThreadPoolExecutor(1, thread_name_prefix="index")
        if self._scrubs and self._dirty():
            self._dirty_since = self._clock.monotonic() - SCRUB_AFTER_S  # if it cannot be now, then at the first `tend`
            self.scrub()

    def write(self, records: Sequence[Record]) -> list[Verdict]:
        """Bring all of them in, in one transaction. Raises Unavailable (locked, disk full) or Corrupt."""
        return self._write(records, again=False)

    def rewrite(self, records: Sequence[Record]) -> list[Verdict]:
        """The same, and over what is there at the very same version."""
        return self._write(records, again=True)

    def of_author(self, source: str, author: str) -> list[Record]:
        """All mentions of an author, as they are stored."""
        with meanings(self._path):
            rows = self._opened()[0].execute(OF_AUTHOR, (author, source)).fetchall()
        return [Record(doc_id, version, mention.encode(), source) for doc_id, version, mention in rows]

    def _write(self, records: Sequence[Record], *, again: bool) -> list[Verdict]:
        connection, indexer = self._opened()
        with meanings(self._path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                verdicts, replaced = _bring_in(connection, indexer, records, again=again)
                if replaced and self._dirty_since is None:
                    mark = msgspec.json.encode(uuid.uuid4().hex).decode()
                    connection.execute("INSERT OR REPLACE INTO named VALUES ('dirty', ?)", (mark,))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        if replaced and self._dirty_since is None and self._scrubs:
            self._dirty_since = self._clock.monotonic()
        return verdicts

    def tend(self) -> None:
        """Scrub when something was deleted or replaced a while ago, by another process too (`veille erase`)."""
        if self._dirty_since is None and self._dirty():
            self._dirty_since = self._clock.monotonic()
        if self._dirty_since is not None and self._clock.monotonic() - self._dirty_since >= SCRUB_AFTER_S:
            self.scrub()

    def scrub(self) -> None:
        """Leave no byte of what was deleted or replaced in the file and its log. Raises Unavailable while read.

        Rows are overwritten as they go (`secure_delete`). The full-text index only notes a removal, until all its
        segments are merged into one; the log holds old pages until it is emptied, which waits for readers.
        """
        connection, _ = self._opened()
        with meanings(self._path):
            mark = self._dirty()
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            connection.execute(f"PRAGMA incremental_vacuum({FREE_PAGES})").fetchall()
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                # A mark that another process made meanwhile stays, for the next time.
                connection.execute("DELETE FROM named WHERE name = 'dirty' AND value = ?", (mark,))
                self._dirty_since = None

    def close(self) -> None:
        """Scrub if there is anything to scrub, and let go of the file. What cannot be scrubbed is at the next start."""
        if self._connection is not None:
            try:
                if self._dirty_since is not None:
                    self.scrub()
            except Unavailable as error:
                log.warning("not scrubbed before the end: %s", error)
            finally:
                self._connection.close()
                self._connection = None
                if self._indexer is not None:
                    self._indexer.shutdown()
                self._dirty_since = None

    def _opened(self) -> tuple[sqlite3.Connection, ThreadPoolExecutor]:
        if self._connection is None or self._indexer is None:
            raise Corrupt("the SQLite sink is used before it is opened")
        return self._connection, self._indexer

    def _dirty(self) -> str:
        """The mark of what is to be scrubbed; empty when there is nothing."""
        with meanings(self._path):
            found = self._opened()[0].execute("SELECT value FROM named WHERE name = 'dirty'").fetchone()
        return "" if found is None else str(found[0])


def _bring_in(
    connection: sqlite3.Connection, indexer: ThreadPoolExecutor, records: Sequence[Record], *, again: bool
) -> tuple[list[Verdict], bool]:
    """Verdicts, and whether something that was in the file goes; the connection is free again afterwards."""
    refused = [unusable(record) for record in records]
    held = _held(connection, records, refused)
    verdicts: list[Verdict] = []
    replaced = False
    indexing: Future[None] | None = None
    try:
        for start in range(0, len(records), PART):
            part = Part(records[start : start + PART], refused[start : start + PART], held, again=again)
            if indexing is not None:
                indexing.result()
            part.apply(connection)
            indexing = indexer.submit(part.index, connection)
            verdicts += part.verdicts
            replaced |= part.replaced
    finally:
        if indexing is not None:
            wait([indexing])
    if indexing is not None:
        indexing.result()
    return verdicts, replaced


class Row(NamedTuple):
    """What is written of one record: its columns of `documents` after `doc_id`, and of `words` (None: a marker)."""

    version: int
    document: tuple[object, ...]
    words: tuple[str, str, str, str] | None


class Part:
    """Some records of a batch against what the archive holds: a verdict for each, and the rows that change."""

    def __init__(
        self, records: Sequence[Record], refused: Sequence[Verdict | None], held: dict[str, Held], *, again: bool
    ) -> None:
        """`held` is brought up to date. `again`: what is there at the same version is replaced."""
        self._held, self._again = held, again
        self._out: list[int] = []
        self._rows: dict[str, Row] = {}
        self._first = 0
        self.verdicts = [refusal or self._take(record) for record, refusal in zip(records, refused, strict=True)]

    @property
    def replaced(self) -> bool:
        """Whether something that was in the file goes."""
        return bool(self._out)

    def apply(self, connection: sqlite3.Connection) -> None:
        """Write the documents, inside the caller's transaction."""
        if self._out:
            out = [(row,) for row in self._out]
            connection.executemany("DELETE FROM words WHERE rowid = ?", out)
            connection.executemany("DELETE FROM documents WHERE id = ?", out)
        self._first = _next_id(connection)
        connection.executemany(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT))",
            [(number, doc_id, *row.document) for number, (doc_id, row) in enumerate(self._rows.items(), self._first)],
        )
        for number, (doc_id, row) in enumerate(self._rows.items(), self._first):
            self._held[doc_id] = Held(number, row.version, row.words is None)

    def index(self, connection: sqlite3.Connection) -> None:
        """Write their words, after `apply`: one statement, during which Python goes on in another thread."""
        words = [(number, *row.words) for number, row in enumerate(self._rows.values(), self._first) if row.words]
        connection.execute(INDEX_WORDS, (msgspec.json.encode(words).decode(),))

    def _take(self, record: Record) -> Verdict:
        try:
            mention = None if record.value is None else decode_mention(record)
        except Invalid as error:
            return Verdict(Outcome.REFUSED, error.reason, error.detail)
        held = self._held.get(record.doc_id)
        if held is not None:
            verdict = judge(record, held.version, deleted=held.deleted)
            if verdict is not None and not (self._again and verdict.outcome is Outcome.REPEATED):
                return verdict
            if held.id:
                self._out.append(held.id)
        self._rows[record.doc_id] = _row(record, mention)
        self._held[record.doc_id] = Held(0, record.version, mention is None)
        return APPLIED


def _row(record: Record, mention: Mention | None) -> Row:
    opaque = public_id(record.doc_id)
    if mention is None:
        return Row(record.version, (opaque, record.version, MARKER, None, None, None, None), None)
    index = document(mention)
    found = mention.sentiment
    return Row(
        record.version,
        (
            opaque,
            record.version,
            HIDDEN if mention.visibility == "hidden" else 0,
            index.created_at,
            found.label,
            found.score,
            record.value,
        ),
        (index.own, index.quoted, index.links, " ".join(index.terms)),
    )


def _held(
    connection: sqlite3.Connection, records: Sequence[Record], refused: Sequence[Verdict | None]
) -> dict[str, Held]:
    usable = [record.doc_id for record, refusal in zip(records, refused, strict=True) if refusal is None]
    doc_ids = msgspec.json.encode(usable).decode()
    rows = connection.execute(
        "SELECT doc_id, id, version, deleted FROM documents WHERE doc_id IN (SELECT value FROM json_each(?))",
        (doc_ids,),
    )
    return {doc_id: Held(row, version, deleted == MARKER) for doc_id, row, version, deleted in rows}


def _next_id(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'documents'").fetchone()
    return int(row[0]) + 1 if row else 1
