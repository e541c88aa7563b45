"""Every mention that a query finds in the SQLite archive, from one view of the file, whatever is written meanwhile."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from veille.errors import Corrupt
from veille.mention import Mention
from veille.query.tree import Node
from veille.sinks.sqlite.bounded import find
from veille.sinks.sqlite.columns import Mask
from veille.sinks.sqlite.found import Finder
from veille.sinks.sqlite.shared import Shared
from veille.sinks.sqlite.tables import connect_reader, meanings

MENTION = msgspec.json.Decoder(Mention)
AT_ONCE = 1_000
"""Rows in memory."""

RECORDS = "SELECT mention FROM documents WHERE id IN (SELECT value FROM json_each(?))"
NAMED = "SELECT id, doc_id FROM documents WHERE deleted = 0 AND doc_id IN (SELECT value FROM json_each(?))"


class ScanReader:
    """Reads them; see `veille.archive.Archive.scan`."""

    _path: Path
    _shared: Shared

    def scan(
        self, query: Node | None, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Mention]:
        """Every mention that matches, on a connection of its own: the log of the file grows as long as this goes on.

        What matches is found before the first one is given, in the time that a search has; then it takes what it takes.
        """
        with meanings(self._path), closing(connect_reader(self._path, self._shared)) as connection:
            connection.execute("BEGIN")
            finder, found = find(connection, query, since, until)
            ids = finder.columns.ids(np.flatnonzero(found))
            for start in range(0, len(ids), AT_ONCE):
                listed = msgspec.json.encode(ids[start : start + AT_ONCE].tolist()).decode()
                for (mention,) in connection.execute(RECORDS, (listed,)).fetchall():
                    yield read_mention(mention)

    def among(
        self,
        query: Node | None,
        doc_ids: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> set[str]:
        """Which of these doc ids match."""
        with self._finding(query, since, until) as (finder, found):
            rows = finder.connection.execute(NAMED, (msgspec.json.encode(list(doc_ids)).decode(),)).fetchall()
            places = finder.columns.places(np.array([row for row, _ in rows], np.int64))
        return {doc_id for (_, doc_id), held in zip(rows, found[places].tolist(), strict=True) if held}

    @abstractmethod
    def _finding(
        self, query: Node | None, since: datetime | None, until: datetime | None
    ) -> AbstractContextManager[tuple[Finder, Mask]]:
        """What a query finds in a stretch of time."""


def read_mention(stored: str) -> Mention:
    """A stored record. Raises Corrupt."""
    try:
        return MENTION.decode(stored)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"a mention in the archive cannot be read: {error}") from error
