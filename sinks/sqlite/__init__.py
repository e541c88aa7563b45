"""The archive in one SQLite file: writing, reading, and the state of the embedded run.

    Record --> sink.py --> documents, words <-- archive.py <-- search, page
                           state tables     <-> state.py   <-> checkpoints

One process writes mentions, any number read; readers never wait for the writer (WAL).
"""

from veille.sinks.sqlite.archive import SqliteArchive
from veille.sinks.sqlite.revisions import SqliteRevisions
from veille.sinks.sqlite.sink import SqliteSink
from veille.sinks.sqlite.state import DeadLetter, SqliteState, read_deliveries, read_state

__all__ = [
    "DeadLetter",
    "SqliteArchive",
    "SqliteRevisions",
    "SqliteSink",
    "SqliteState",
    "read_deliveries",
    "read_state",
]
