"""What the SQLite archive holds, by version and by enrichment: for a replay through a newer one.

The revision is the last part of a version, so that no index is needed to find what is older, only a look at each row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from veille.errors import Corrupt, Invalid
from veille.identity import REVISIONS
from veille.mention import as_published
from veille.post import Post
from veille.sinks.sqlite.tables import connect_reader, meanings

PAGE = 1_000
"""Mentions read at a time: the writer's log can be emptied between two pages."""

OLDER = (
    f"SELECT id, mention FROM documents WHERE deleted <> 1 AND version % {REVISIONS} < ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608  # our own number
)
COUNTS = f"SELECT version % {REVISIONS} < ?, count(*) FROM documents WHERE deleted <> 1 GROUP BY 1"  # noqa: S608  # our own number
IN_EFFECT = "SELECT doc_id, version FROM documents WHERE doc_id IN (SELECT value FROM json_each(?))"


class SqliteRevisions:
    """See `veille.revisions.Revisions`. For one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def in_effect(self, doc_ids: Iterable[str]) -> dict[str, int]:
        """By doc id, the version in effect."""
        return dict(self._rows(IN_EFFECT, (msgspec.json.encode(list(doc_ids)).decode(),)))

    def older(self, revision: int) -> Iterator[Post]:
        """Page by page; what is made anew meanwhile has a higher id, and is not met again."""
        after = 0
        while page := self._rows(OLDER, (revision, after, PAGE)):
            for _, mention in page:
                try:
                    yield as_published(mention.encode())
                except Invalid as error:
                    raise Corrupt(f"a mention in the archive cannot be read: {error.detail}") from error
            after = page[-1][0]

    def counts(self, revision: int) -> tuple[int, int]:
        """Older ones, and others."""
        found = dict(self._rows(COUNTS, (revision,)))
        return found.get(1, 0), found.get(0, 0)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rows(self, statement: str, values: Sequence[object]) -> list[Any]:
        if self._connection is None:
            self._connection = connect_reader(self._path)
        with meanings(self._path):
            return self._connection.execute(statement, values).fetchall()
