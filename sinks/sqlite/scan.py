"""Every mention that a query finds in the SQLite archive, from one view of the file, whatever is written meanwhile."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from veille.errors import Corrupt
from veille.mention import Mention
from veille.query.tree import Node
from veille.sinks.sqlite.tables import connect_reader, meanings

MENTION = msgspec.json.Decoder(Mention)
AT_ONCE = 1_000
"""Rows in memory."""


class ScanReader:
    """Reads them; see `veille.archive.Archive.scan`."""

    _path: Path

    def scan(
        self, query: Node | None, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Mention]:
        """Every mention that matches, on a connection of its own: the log of the file grows as long as this goes on."""
        condition, values = self._condition(query, since, until)
        statement = f"SELECT mention FROM documents WHERE {condition}"  # noqa: S608  # values are bound
        with meanings(self._path), closing(connect_reader(self._path)) as connection:
            rows = connection.execute(statement, values)
            while some := rows.fetchmany(AT_ONCE):
                yield from (_read(mention) for (mention,) in some)

    def among(
        self,
        query: Node | None,
        doc_ids: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> set[str]:
        """Which of these doc ids match."""
        condition, values = self._condition(query, since, until)
        listed = msgspec.json.encode(list(doc_ids)).decode()
        chosen = f"doc_id IN (SELECT value FROM json_each(?)) AND {condition}"  # noqa: S608  # values are bound
        return {row[0] for row in self._select("doc_id", chosen, [listed, *values])}

    @abstractmethod
    def _condition(
        self, query: Node | None, since: datetime | None, until: datetime | None
    ) -> tuple[str, list[object]]: ...

    @abstractmethod
    def _select(self, columns: str, condition: str, values: Sequence[object]) -> list[Any]: ...


def _read(stored: str) -> Mention:
    try:
        return MENTION.decode(stored)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"a mention in the archive cannot be read: {error}") from error
