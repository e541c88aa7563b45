"""Turns: as much of a mention as a conversation is made of, so that thousands of them are read at once.

mention --without its text and all that was found in it--> Turn
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import msgspec
from msgspec import Struct

from veille.identity import bluesky_doc_id, public_id, x_doc_id
from veille.mention import Mention
from veille.post import Reference
from veille.query.tree import Node

PUBLIC_ID = lru_cache(maxsize=1 << 14)(public_id)
"""The same turns are asked for again and again."""


class Speaker(Struct, frozen=True, gc=False):
    """Who said it, as the network names them."""

    id: str = ""
    handle: str | None = None
    name: str | None = None


class Watched(Struct, frozen=True, gc=False):
    """A watch that matched it."""

    id: str


class Found(Struct, frozen=True, gc=False):
    """What was found in it."""

    watches: list[Watched] = msgspec.field(default_factory=list)


class Turn(Struct, frozen=True, gc=False):
    """Fields of a mention, under its names: a mention's JSON is read as a turn."""

    doc_id: str
    source: str
    native_id: str
    created_at: datetime
    author: Speaker = Speaker()
    uri: str | None = None
    ref: Reference = msgspec.field(default_factory=Reference)
    tags: Found = msgspec.field(default_factory=Found)

    @property
    def public_id(self) -> str:
        """What its page is called, and what people do about it is filed under."""
        return PUBLIC_ID(self.doc_id)

    @property
    def watches(self) -> list[str]:
        """Ids of the watches that matched."""
        return [watch.id for watch in self.tags.watches]

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which answers know it: its network's id, and its global address."""
        return (self.native_id, self.uri) if self.uri and self.uri != self.native_id else (self.native_id,)


def answered(said: Turn | Mention) -> str | None:
    """Doc id of what it answers, where its network's name for that tells it."""
    name = said.ref.reply_to or ""
    if said.source == "x" and name:
        return x_doc_id(name)
    if said.source == "bluesky" and name.startswith("at://"):
        did, _, rest = name.removeprefix("at://").partition("/")
        return bluesky_doc_id(did, rest.rpartition("/")[2])
    return None


class Turns(Protocol):
    """Turns of one archive; deleted and hidden ones are never found. Methods raise Unavailable."""

    def turns(self, query: Node, *, since: datetime, until: datetime, limit: int) -> list[Turn]:
        """The latest that match, published in `[since, until)`, newest first; of as late ones, by doc id."""

    def replies(self, names: Sequence[str], *, since: datetime) -> Iterator[Turn]:
        """What answers posts of these names, or stands in a thread that one of them began, and was published since.

        On whatever network: whoever asks compares sources. Each once, in no order.
        """

    def mentions(self, public_ids: Sequence[str]) -> dict[str, Mention]:
        """Mentions by their public ids; those that are not there, or hidden, are left out. A few hundred at most."""
