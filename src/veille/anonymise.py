"""Makes what is kept of authors anonymous: without the secret of its keys nobody can tell whose it is.

a Kafka          null under the secret's key --compaction--> gone from the log within a day
a data folder    out of the archive's file and its log at once
"""

from __future__ import annotations

from veille.author import SECRET_KEY
from veille.claim import claim
from veille.kafka import open_producer
from veille.settings import Settings
from veille.sinks import archive_path
from veille.sinks.sqlite import SqliteSink, SqliteState
from veille.topics import AUTHORS


def anonymise(settings: Settings) -> None:
    """Take the secret away; doing it again is harmless. Raises Unavailable, Misused while a run uses the data folder.

    From then on everybody is unknown, those who were erased included. A process that runs still has it in memory.
    """
    if settings.kafka is not None:
        producer = open_producer(settings.kafka)
        try:
            producer.send(AUTHORS.full_name(settings.kafka.prefix), key=SECRET_KEY, value=None)
            producer.flush()
        finally:
            producer.close()
        return
    path = archive_path(settings)
    with claim(settings.data):
        state = SqliteState(path)
        try:
            state.save_author(SECRET_KEY, None)
        finally:
            state.close()
        sink = SqliteSink(path)
        sink.open()
        try:
            sink.scrub()
        finally:
            sink.close()
