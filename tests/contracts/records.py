"""What the contract tests write: records made from a few fields, and the system that they are written into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from veille.archive import Archive
from veille.identity import DELETED, REVISIONS
from veille.mention import Enrichment, Mention, Sentiment, decode, encode
from veille.post import Author, Post
from veille.sinks.sink import Record, Sink

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class System(NamedTuple):
    """One archive from both sides. `settle` returns once all that was written can be found."""

    sink: Sink
    archive: Archive
    settle: Callable[[], None]


def at(instant: int, revision: int = 1) -> int:
    """The version of an instant (a small number) under a revision of the enrichment."""
    return instant * REVISIONS + revision


def record(doc_id: str, version: int = at(1), text: str = "acme kettle", **fields: Any) -> Record:
    """A record of a mention; `fields` are the post's, `found` is what enrichment adds."""
    found = fields.pop("found", Enrichment(sentiment=Sentiment(label="neutral")))
    post = Post(
        **{
            "doc_id": doc_id,
            "version": str(version),
            "source": "bluesky",
            "native_id": "1",
            "created_at": NOON,
            "received_at": NOON,
            "author": Author(id="did:plc:ana", handle="ana.example"),
            "text": text,
            **fields,
        }
    )
    return Record(doc_id, version, encode(post, found), "bluesky")


def tombstone(doc_id: str, instant: int = 2) -> Record:
    """A record of a delete."""
    return Record(doc_id, at(instant, DELETED), None, "bluesky")


def mention_of(written: Record) -> Mention:
    """What a record must be read back as."""
    return decode(written.value or b"")
