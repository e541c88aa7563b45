"""Turns in the SQLite archive: the latest that match, and what answers them, by two indices over what posts answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from veille.errors import Corrupt
from veille.identity import microseconds
from veille.mention import Mention
from veille.query.tree import Node
from veille.sinks.lately import Lately
from veille.turn import Turn

TURN, MENTION = msgspec.json.Decoder(Turn), msgspec.json.Decoder(Mention)

NAMES = 2_000
"""Names in one question: all answers to them are in memory at once."""

ANSWERING = """
SELECT documents.id, mention FROM json_each(?) AS name
CROSS JOIN documents ON json_extract(mention, '$.ref.{field}') = name.value
WHERE deleted = 0 AND json_extract(mention, '$.ref.reply_to') IS NOT NULL AND created_at >= ?
"""
"""Spelled as the index is, or it would not be used; joined, since a list for `IN` is sorted first, which takes most
of the time [measured]."""

ANSWERS = tuple(ANSWERING.format(field=field) for field in ("reply_to", "conversation"))


class TurnsReader:
    """Reads them; see `veille.turn.Turns`."""

    _lately: Lately[int]

    def turns(self, query: Node, *, since: datetime, until: datetime, limit: int) -> list[Turn]:
        """The latest that match."""
        known = self._lately.known()
        changes, records = self._latest(query, since, until, limit, known)
        turns = {each: known[each] if each in known else _read(TURN, records[each]) for each in changes}
        self._lately.keep(turns)
        return sorted(turns.values(), key=lambda turn: (turn.created_at, turn.doc_id), reverse=True)

    def replies(self, names: Sequence[str], *, since: datetime) -> Iterator[Turn]:
        """What answers posts of these names, or stands in a thread of theirs."""
        known: set[int] = set()
        for start in range(0, len(names), NAMES):
            values = [_listed(names[start : start + NAMES]), microseconds(since)]
            for number, mention in (row for statement in ANSWERS for row in self._rows(statement, values)):
                if number not in known:
                    known.add(number)
                    yield _read(TURN, mention)

    def mentions(self, public_ids: Sequence[str]) -> dict[str, Mention]:
        """Mentions by their public ids."""
        rows = self._rows(
            "SELECT public_id, mention FROM documents WHERE deleted = 0 "
            "AND public_id IN (SELECT value FROM json_each(?))",
            [_listed(public_ids)],
        )
        return {public_id: _read(MENTION, mention) for public_id, mention in rows}

    @abstractmethod
    def _latest(
        self, query: Node, since: datetime, until: datetime, limit: int, known: Container[int]
    ) -> tuple[list[int], dict[int, str]]:
        """Of the newest that match the numbers of their changes, and the records of those that are not known."""

    @abstractmethod
    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of a statement."""


def _listed(values: Sequence[str]) -> str:
    return msgspec.json.encode(list(values)).decode()


def _read(decoder: msgspec.json.Decoder[Any], stored: str) -> Any:
    try:
        return decoder.decode(stored)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"a mention in the archive cannot be read: {error}") from error
