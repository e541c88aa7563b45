"""The tables of the SQLite archive, how a connection is set up, and what its errors mean.

`documents` holds one row a doc id, markers included; its `id` grows with every change, so it is also the order of
arrival. `words` is the full-text index over it, `packed` the columns that searches look through (`columns.py`), both by
the same `id`. The view `mentions` is for people and SQL tools.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from veille.errors import Corrupt, Misused, Unavailable
from veille.query.plan import FUNCTIONS
from veille.sinks.sqlite import quarters
from veille.sinks.sqlite.shared import Reading, Shared

SCHEMA = 7
"""Kept in the file's `user_version`."""

MARKER, HIDDEN = 1, 2
"""In the column `deleted`; 0: shown."""

APPLICATION_ID = 0x7665_696C
"""`veil`, kept in the file's header, so that no other program's file is taken for an archive."""

BUSY_MS = 10_000
"""How long a connection waits for another writer (the sink and the checkpoint write to the same file)."""

LOG_PAGES = 16_000
"""The log is emptied into the file once it has so many (64 MB): pages change many times, and go over once. At SQLite's
own thousand that is half of the work [measured]."""

MMAP_BYTES = 1 << 28

TABLES = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the number of its latest change
    doc_id TEXT NOT NULL UNIQUE,
    public_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL,              -- 1: a marker, all that follows is NULL; 2: hidden for now
    created_at INTEGER,                    -- microseconds since 1970, UTC
    sentiment TEXT,
    score REAL,
    followers INTEGER,                     -- these and those that follow: as received
    following INTEGER,
    posts INTEGER,
    listed INTEGER,
    likes INTEGER,
    replies INTEGER,
    reposts INTEGER,
    born INTEGER NOT NULL,                 -- the number of its first change; `id` since it was last deleted
    mention TEXT                           -- the whole record, JSON
);
CREATE INDEX documents_by_public_id ON documents (public_id);
CREATE INDEX documents_by_time ON documents (created_at, doc_id) WHERE deleted = 0;
CREATE VIRTUAL TABLE words USING fts5 (
    own, quoted, links, names, terms,
    columnsize = 0,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
);
CREATE TABLE packed (
    name TEXT NOT NULL,
    block INTEGER NOT NULL,                -- of 8,192 ids
    content BLOB NOT NULL,
    UNIQUE (name, block)
);
CREATE VIEW mentions AS SELECT
    doc_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000000.0, 'unixepoch') AS created_at,
    json_extract(mention, '$.source') AS source,
    coalesce(json_extract(mention, '$.kind'), 'post') AS kind,
    json_extract(mention, '$.author.handle') AS author,
    json_extract(mention, '$.text') AS text,
    json_extract(mention, '$.url') AS url,
    sentiment,
    score,
    json_extract(mention, '$.language.code') AS language,
    json_extract(mention, '$.geo.country') AS country,
    mention
FROM documents WHERE deleted = 0;
CREATE TABLE cursors (source TEXT PRIMARY KEY, cursor TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE gaps (id TEXT PRIMARY KEY, gap BLOB NOT NULL);
CREATE TABLE dead (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB, value BLOB NOT NULL, headers TEXT NOT NULL,
                   at TEXT NOT NULL);
CREATE TABLE named (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE orders (value BLOB PRIMARY KEY, key BLOB NOT NULL, at TEXT NOT NULL);
CREATE TABLE authors (key BLOB PRIMARY KEY, value BLOB NOT NULL);
"""

ADDED = """
CREATE TABLE IF NOT EXISTS windows (
    watch TEXT NOT NULL,
    since INTEGER NOT NULL,                -- when the minute begins, seconds since 1970
    revision INTEGER NOT NULL,
    coverage REAL NOT NULL,
    mentions INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    own INTEGER NOT NULL,
    negative INTEGER NOT NULL,
    neutral INTEGER NOT NULL,
    positive INTEGER NOT NULL,
    unsure INTEGER NOT NULL,
    questions INTEGER NOT NULL,
    window TEXT NOT NULL,                  -- the whole record, JSON
    PRIMARY KEY (watch, since)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS windows_by_time ON windows (since);
CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    watch TEXT NOT NULL,
    since INTEGER NOT NULL,                -- microseconds since 1970, as the next
    closed_at INTEGER,
    open INTEGER NOT NULL,
    alert TEXT NOT NULL                    -- the whole record, JSON
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alerts_by_time ON alerts (since);
CREATE TABLE IF NOT EXISTS deliveries (key BLOB PRIMARY KEY, value BLOB NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS actions (key TEXT PRIMARY KEY, version INTEGER NOT NULL, action TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS visits (
    link TEXT NOT NULL,                    -- its key: host, path and parameters
    since INTEGER NOT NULL,                -- seconds since 1970, as the next
    until INTEGER NOT NULL,
    version INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    conversions INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (link, since, until)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS joined (
    number INTEGER PRIMARY KEY,            -- of the change: a mention got its story after it was written
    document INTEGER NOT NULL              -- its `documents.id`, which may be gone since
);
CREATE VIEW IF NOT EXISTS done AS SELECT
    json_extract(action, '$.of') AS of,
    json_extract(action, '$.subject') AS subject,
    json_extract(action, '$.field') AS field,
    json_extract(action, '$.value') AS value,
    json_extract(action, '$.until') AS until,
    json_extract(action, '$.at') AS at,
    json_extract(action, '$.by') AS by
FROM actions WHERE json_extract(action, '$.value') <> '';
CREATE INDEX IF NOT EXISTS documents_marked ON documents (id) WHERE deleted = 1;
CREATE INDEX IF NOT EXISTS documents_by_reply ON documents (json_extract(mention, '$.ref.reply_to'))
    WHERE deleted = 0 AND json_extract(mention, '$.ref.reply_to') IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_by_conversation ON documents (json_extract(mention, '$.ref.conversation'))
    WHERE deleted = 0 AND json_extract(mention, '$.ref.reply_to') IS NOT NULL;
"""
"""Tables and indices that archives of the same schema may lack: made when one is opened for writing."""

TUNING = """
INSERT INTO words (words, rank) VALUES ('hashsize', 16777216);
"""
"""FTS5 keeps 16 MiB of a transaction's words in memory before it writes a segment."""


@contextmanager
def meanings(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours: locked or full is Unavailable, a damaged file Corrupt."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the archive {path} cannot be used now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise Corrupt(f"the archive {path} is damaged: {error}; restore it, or move it away and replay") from error


class Writing(sqlite3.Connection):
    """A connection for writing, with the file that it opened: device and number."""

    file = (0, 0)


def in_place(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """The connection, while its file is the one of that name. Raises Corrupt: what it writes would be in none."""
    found = None
    with suppress(FileNotFoundError):
        found = path.stat()
    if isinstance(connection, Writing) and (found is None or (found.st_dev, found.st_ino) != connection.file):
        raise Corrupt(
            f"the archive {path} was moved, replaced or removed while veille wrote into it: stop veille before you do "
            "that. Start it again: what the sources can still give comes back"
        )
    return connection


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open for writing; makes the file and its tables where there are none. Raises Unavailable, Misused, Corrupt."""
    with meanings(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000, factory=Writing
        )
        try:
            connection.file = _opened(path)  # at once: another may be put in its place while it is made
            connection.execute("PRAGMA secure_delete = ON")
            _make(connection, path)
            # NORMAL: a power cut may take the last commits, cursors with them, so the source gives them again.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA cache_size = -65536")
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        except BaseException:
            connection.close()
            raise
    return connection


def connect_reader(path: Path, shared: Shared | None = None) -> sqlite3.Connection:
    """Open for reading; `shared` is for all connections of one reader to one file.

    Raises Unavailable when there is no archive yet, Misused when it is no archive.
    """
    not_yet = Unavailable(f"there is no archive at {path} yet: `veille run` makes it")
    if not path.exists():
        raise not_yet
    with meanings(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False,
            timeout=BUSY_MS / 1000, factory=Reading,
        )  # fmt: skip
        try:
            connection.shared, connection.file = shared, _opened(path)
            if _tables(connection, path) == 0:  # its writer has just begun it
                raise not_yet
            _check(connection, path)
            connection.execute(f"PRAGMA mmap_size = {MMAP_BYTES}")
            connection.execute("PRAGMA temp_store = MEMORY")  # no text in files that nobody scrubs
            connection.execute("PRAGMA cache_size = -32768")
            for name, arguments, function in FUNCTIONS:
                connection.create_function(name, arguments, function, deterministic=True)
        except BaseException:
            connection.close()
            raise
    return connection


def _make(connection: sqlite3.Connection, path: Path) -> None:
    if _tables(connection, path) == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        if _tables(connection, path) == 0:  # nobody else was quicker
            for statement in f"{TABLES}{TUNING}{ADDED}".split(";\n"):  # at once: a reader sees all or none
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    _check(connection, path)
    for statement in ADDED.split(";\n"):
        connection.execute(statement)
    quarters.keep(connection)


def _opened(path: Path) -> tuple[int, int]:
    """Device and number of the file that was opened just now. Raises Unavailable."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise Unavailable(f"the archive {path} was moved or removed just now") from error
    return found.st_dev, found.st_ino


def _tables(connection: sqlite3.Connection, path: Path) -> int:
    try:
        return int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error):
            raise Misused(_foreign(path)) from error
        raise


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise Misused(_foreign(path))
    found = _pragma(connection, "user_version")
    if found != SCHEMA:
        raise Misused(
            f"{path} has archive schema {found}, this veille reads {SCHEMA}: "
            + ("install the newer veille" if found > SCHEMA else "`veille upgrade` brings it up to date")
        )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _foreign(path: Path) -> str:
    return f"{path} is no archive of veille: move it away, or choose another data folder"
