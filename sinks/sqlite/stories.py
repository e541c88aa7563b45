"""Stories, brought onto mentions of the SQLite archive where they stand: no text moves, nothing is to be scrubbed.

The mention keeps its place among the changes, which its columns are packed by; that it joined is numbered apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from veille.query.terms import term
from veille.sinks.sqlite.columns import replace_value
from veille.sinks.sqlite.tables import MARKER
from veille.story import Membership

STORED = """
SELECT doc_id, id, version, deleted, json_extract(mention, '$.story') FROM documents
WHERE doc_id IN (SELECT value FROM json_each(?))
"""
NOTE = "UPDATE documents SET mention = json_set(mention, '$.story', ?) WHERE id = ?"
TELL = "INSERT INTO joined (document) VALUES (?)"
INDEX = "UPDATE words SET terms = terms || ' ' || ? WHERE rowid = ?"
INDEX_ANOTHER = "UPDATE words SET terms = replace(terms, ?, ?) WHERE rowid = ?"


def join(connection: sqlite3.Connection, memberships: Sequence[Membership]) -> list[Membership]:
    """See `Sink.join`; inside the caller's transaction."""
    doc_ids = msgspec.json.encode([each.doc_id for each in memberships]).decode()
    stored = {doc_id: rest for doc_id, *rest in connection.execute(STORED, (doc_ids,))}
    early: list[Membership] = []
    for each in memberships:
        row, version, deleted, story = stored.get(each.doc_id, (0, 0, 0, None))
        if deleted == MARKER or (version >= int(each.version) and story == each.story):
            continue
        if version < int(each.version):
            early.append(each)
            continue
        connection.execute(NOTE, (each.story, row))
        connection.execute(TELL, (row,))
        if story is None:
            connection.execute(INDEX, (term("story", each.story), row))
        else:
            connection.execute(INDEX_ANOTHER, (term("story", story), term("story", each.story), row))
        if not deleted:
            replace_value(connection, "story", row, story, each.story)
        stored[each.doc_id] = [row, version, deleted, each.story]
    return early
