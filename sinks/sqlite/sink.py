"""Writing into the SQLite archive: versioned, in one transaction a batch, and clean of what was deleted.

records --> what is newer than what is there --> rows out, rows in --> one commit
tend    --> minutes after a delete or an edit: index merged step by step, log emptied, so that no byte of it is left
"""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from veille.clock import Clock, SystemClock
from veille.document import Document, carrying, document
from veille.errors import Corrupt, Invalid, Unavailable
from veille.identity import public_id
from veille.mention import Mention
from veille.post import hidden
from veille.query.facts import share
from veille.query.plan import SHOWN, term_match
from veille.query.terms import MOST, term
from veille.sinks.sink import Changed, Outcome, Record, Verdict, decode_mention, judge, unusable, with_story
from veille.sinks.sqlite import columns
from veille.sinks.sqlite.stories import join
from veille.sinks.sqlite.tables import HIDDEN, MARKER, connect_writer, in_place, meanings
from veille.story import Membership

SCRUB_AFTER_S = 300.0
"""A deleted text stays in the file no longer than this, a minute until the next `tend`, and the scrub itself."""

MERGED_PAGES = 500
"""Of the full-text index merged in one step, 2 MB: a tenth of a second in which nobody else writes."""

IN_VAIN = 10
"""So many attempts, a minute apart, that a reader was in the way of: then it is told."""

FREE_PAGES = 2_000
"""Pages given back to the file system at a time."""

APPLIED = Verdict(Outcome.APPLIED)
UNCOUNTED, NONE_KNOWN = (None,) * 7, (0,) * 7

log = logging.getLogger(__name__)


OF_AUTHOR = """
SELECT doc_id, version, mention FROM documents
WHERE deleted <> 1 AND id IN (SELECT rowid FROM words WHERE words MATCH ?) AND json_extract(mention, '$.source') = ?
"""
OF_PUBLIC_IDS = """
SELECT public_id, doc_id, version, deleted, mention FROM documents
WHERE public_id IN (SELECT value FROM json_each(?))
"""
FORGET = "DELETE FROM actions WHERE key > ? AND key < ?"
INSERT_DOCUMENT = f"INSERT INTO documents VALUES ({'?, ' * 16} CAST(? AS TEXT))"  # noqa: S608  # places of values
INSERT_WORDS = "INSERT INTO words (rowid, own, quoted, links, names, terms) VALUES (?, ?, ?, ?, ?, ?)"


class Held(NamedTuple):
    """What is in effect of a doc id; `id` is its row's, 0 where there is none yet, `born` as in the table."""

    id: int
    version: int
    deleted: bool
    born: int
    story: str | None = None


class SqliteSink:
    """The SQLite archive as a sink. `clock` decides when a scrub is due.

    `scrubs`: False where another process writes into the file and scrubs it; this one only notes that it must.
    """

    name = "sqlite"

    def __init__(self, path: Path, clock: Clock | None = None, *, scrubs: bool = True) -> None:
        self._path, self._clock, self._scrubs = path, clock or SystemClock(), scrubs
        self._connection: sqlite3.Connection | None = None
        self._dirty_since: float | None = None
        self._scrubbing: str | None = None
        """The mark that a scrub began with, while its steps are not all done."""
        self._in_vain = 0

    def open(self) -> None:
        """Open the file, or make it, and scrub what an earlier process left to scrub."""
        self.close()
        self._connection = connect_writer(self._path)
        if self._scrubs and self._dirty():
            self._dirty_since = self._clock.monotonic() - SCRUB_AFTER_S  # if it cannot be now, then at the first `tend`
            self.scrub()

    def write(self, records: Sequence[Record]) -> list[Verdict]:
        """Bring all of them in, in one transaction. Raises Unavailable (locked, disk full) or Corrupt."""
        return self._write(records, again=False)

    def write_at(self, records: Sequence[Record], numbers: Iterable[int]) -> list[Verdict]:
        """The same, of an archive that has none of them: each under the number of a change, rising, that it had."""
        return self._write(records, again=False, numbers=iter(numbers))

    def rewrite(self, records: Sequence[Record]) -> list[Verdict]:
        """The same, and over what is there at the very same version."""
        return self._write(records, again=True)

    def of_author(self, source: str, author: str) -> list[Record]:
        """See Sink."""
        match = term_match(term("from", author), carrying(source, author))
        with meanings(self._path):
            rows = self._opened().execute(OF_AUTHOR, (match, source)).fetchall()
        return [Record(doc_id, version, mention.encode(), source) for doc_id, version, mention in rows]

    def join(self, memberships: Sequence[Membership]) -> list[Membership]:
        """See Sink; in one transaction."""
        with meanings(self._path), _transaction(self._opened()) as connection:
            return join(connection, memberships)

    def change(self, public_ids: Sequence[str], how: Callable[[Record], Record]) -> Changed:
        """See Sink; in one transaction, so nothing comes between. No text goes: there is nothing to scrub."""
        done = Changed([], [], [])
        with meanings(self._path), _transaction(self._opened()) as connection:
            records: list[Record] = []
            names = msgspec.json.encode(list(public_ids)).decode()
            for name, doc_id, version, deleted, mention in connection.execute(OF_PUBLIC_IDS, (names,)).fetchall():
                if deleted == MARKER:
                    done.gone.append(name)
                    continue
                record = Record(doc_id, version, mention.encode())
                changed = how(record)
                if changed is not record:
                    records.append(changed)
                    done.changed.append(name)
            if records:
                Changes(connection, records, _numbers(connection), again=True).apply(connection)
        return done

    def _write(self, records: Sequence[Record], *, again: bool, numbers: Iterator[int] | None = None) -> list[Verdict]:
        connection = self._opened()
        with meanings(self._path), _transaction(connection):
            changes = Changes(connection, records, numbers or _numbers(connection), again=again)
            changes.apply(connection)
            changes.forget_actions(connection)
            if changes.replaced and (self._dirty_since is None or self._scrubbing is not None):
                mark = msgspec.json.encode(uuid.uuid4().hex).decode()
                connection.execute("INSERT OR REPLACE INTO named VALUES ('dirty', ?)", (mark,))
        if changes.replaced and self._dirty_since is None and self._scrubs:
            self._dirty_since = self._clock.monotonic()
        return changes.verdicts

    def tend(self) -> bool:
        """One step of a scrub, when something was deleted or replaced a while ago, by another process too.

        Returns whether there are more steps.
        """
        if self._dirty_since is None and self._dirty():
            self._dirty_since = self._clock.monotonic()
        if self._dirty_since is None or self._clock.monotonic() - self._dirty_since < SCRUB_AFTER_S:
            return False
        return self._scrub_step()

    def scrub(self) -> None:
        """Leave no byte of what was deleted or replaced in the file and its log. Raises Unavailable while read.

        Rows are overwritten as they go (`secure_delete`). The full-text index only notes a removal, until all its
        segments are merged into one; the log holds old pages until it is emptied, which waits for readers.
        """
        self._scrubbing = None  # a scrub under way knows nothing of what went since
        while self._scrub_step():
            pass

    def _scrub_step(self) -> bool:
        """Merge some of the index, or, when all of it is, empty the log; returns whether there are more steps.

        A negative number of pages makes one merge of all segments, positive ones carry it on; one that changes fewer
        than two rows had nothing to merge (https://www.sqlite.org/fts5.html#the_merge_command).
        """
        connection = self._opened()
        with meanings(self._path):
            pages = MERGED_PAGES
            if self._scrubbing is None:
                self._scrubbing, pages = self._dirty(), -MERGED_PAGES
            before = connection.total_changes
            connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
            if connection.total_changes - before > 1:
                return True
            self._empty_log(connection)
        return False

    def _empty_log(self, connection: sqlite3.Connection) -> None:
        """The end of a scrub."""
        columns.drop_empty_blocks(connection)
        connection.execute(f"PRAGMA incremental_vacuum({FREE_PAGES})").fetchall()
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            # A mark that was made since it began stays, for the next time.
            connection.execute("DELETE FROM named WHERE name = 'dirty' AND value = ?", (self._scrubbing,))
            self._dirty_since = None
        self._scrubbing = None
        self._in_vain = self._in_vain + 1 if busy else 0
        if self._in_vain and self._in_vain % IN_VAIN == 0:
            log.warning("%s: somebody reads on and on: its log grows, and holds what was deleted", self._path)

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
                self._dirty_since = self._scrubbing = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise Corrupt("the SQLite sink is used before it is opened")
        return in_place(self._connection, self._path)

    def _dirty(self) -> str:
        """The mark of what is to be scrubbed; empty when there is nothing."""
        with meanings(self._path):
            found = self._opened().execute("SELECT value FROM named WHERE name = 'dirty'").fetchone()
        return "" if found is None else str(found[0])


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class Changes:
    """Records against what the archive holds: a verdict for each, and the rows that change."""

    def __init__(
        self, connection: sqlite3.Connection, records: Sequence[Record], numbers: Iterator[int], *, again: bool
    ) -> None:
        """`numbers`: those of the changes, as many as are needed. `again`: what is at the same version is replaced."""
        refused = [unusable(record) for record in records]
        taken = [record.doc_id for record, verdict in zip(records, refused, strict=True) if verdict is None]
        self._held, self._again, self._numbers = _held(connection, taken), again, numbers
        self._out: list[tuple[int]] = []
        self._documents: dict[str, tuple[object, ...]] = {}
        self._words: dict[str, tuple[object, ...]] = {}
        self._packed: dict[str, columns.Packed] = {}
        self._gone: list[str] = []
        self.verdicts = [verdict or self._take(record) for record, verdict in zip(records, refused, strict=True)]

    @property
    def replaced(self) -> bool:
        """Whether something that was in the file goes."""
        return bool(self._out)

    def apply(self, connection: sqlite3.Connection) -> None:
        """Write the rows, inside the caller's transaction."""
        connection.executemany("DELETE FROM words WHERE rowid = ?", self._out)
        connection.executemany("DELETE FROM documents WHERE id = ?", self._out)
        connection.executemany(INSERT_DOCUMENT, self._documents.values())
        connection.executemany(INSERT_WORDS, self._words.values())
        columns.clear(connection, [gone for (gone,) in self._out])
        columns.put(connection, sorted(self._packed.values()))

    def forget_actions(self, connection: sqlite3.Connection) -> None:
        """What people did about a mention goes with it: a note may say anything."""
        connection.executemany(FORGET, [(f"mention/{name}/", f"mention/{name}0") for name in self._gone])

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
                self._out.append((held.id,))
            if mention is not None and mention.story is None and held.story is not None:
                record, mention.story = with_story(record, held.story), held.story
        number = next(self._numbers)
        born = number if held is None or held.deleted else held.born
        self._put(record, mention, number, born)
        story = mention.story if mention else None
        self._held[record.doc_id] = Held(0, record.version, mention is None, born, story)
        return APPLIED

    def _put(self, record: Record, mention: Mention | None, number: int, born: int) -> None:
        doc_id = record.doc_id
        name = number, doc_id, public_id(doc_id), record.version
        self._packed.pop(doc_id, None)
        if mention is None:
            self._documents[doc_id] = (*name, MARKER, *[None] * 10, born, None)
            self._words.pop(doc_id, None)
            self._gone.append(name[2])
            return
        index, found, counts, away = document(mention), mention.sentiment, _counts(mention), hidden(mention)
        self._documents[doc_id] = (
            *name,
            HIDDEN if away else 0,
            index.created_at,
            found.label,
            found.score,
            *counts,
            born,
            record.value,
        )
        if not away:
            self._packed[doc_id] = packed(number, born, mention, index, counts)
        self._words[doc_id] = (number, index.own, index.quoted, index.links, index.names, " ".join(index.terms))


def packed(number: int, born: int, mention: Mention, index: Document, counts: Sequence[int | None]) -> columns.Packed:
    """What the packed columns hold of a mention that is shown."""
    found = mention.sentiment
    known = NONE_KNOWN if counts == UNCOUNTED else [0 if count is None else min(count + 1, MOST) for count in counts]
    dense = (
        SHOWN[found.label],
        index.created_at,
        born,
        found.score,
        share(mention.doc_id),
        mention.kind == "repost",
        *known,
    )
    return columns.Packed(number, dense, index.facets)


def _counts(mention: Mention) -> Sequence[int | None]:
    """In the order of the columns."""
    author, metrics = mention.author, mention.metrics
    counts = (
        author.followers, author.following, author.posts, author.listed,
        metrics.likes, metrics.replies, metrics.reposts,
    )  # fmt: skip
    return counts if counts == UNCOUNTED else [count and max(-1, min(count, MOST)) for count in counts]


def _held(connection: sqlite3.Connection, doc_ids: Sequence[str]) -> dict[str, Held]:
    rows = connection.execute(
        "SELECT doc_id, id, version, deleted, born, json_extract(mention, '$.story') FROM documents "
        "WHERE doc_id IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(doc_ids).decode(),),
    )
    return {doc_id: Held(row, version, deleted == MARKER, *rest) for doc_id, row, version, deleted, *rest in rows}


def _numbers(connection: sqlite3.Connection) -> Iterator[int]:
    """Those of the next changes."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'documents'").fetchone()
    return count(int(row[0]) + 1 if row else 1)
