"""One feed: what was seen of it, what a new document of it adds, and how it has been doing.

document --> entries that are new or say something else --> Received, Broken          the rest was published before
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from veille.errors import Invalid
from veille.identity import EARLIEST
from veille.producers.feeds.document import Document, Entry
from veille.producers.feeds.entry import Read, moment_of, post_of, read_entry
from veille.producers.feeds.state import HALF, FeedState, Seen
from veille.producers.source import Broken, Received


def named(url: str) -> str:
    """What a feed is called in messages and gaps: its address without what may be secret in it."""
    parts = urlsplit(url)
    name = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    return f"{name}?{blake2b(url.encode(), digest_size=3).hexdigest()}" if parts.query else name


class Feed:
    """A feed as it stands in this process."""

    def __init__(self, url: str, state: FeedState) -> None:
        """Raises Corrupt for a state that cannot be read."""
        self.url, self.name, self.state = url, named(url), state
        self._seen = Seen(state.seen)
        self._partial: dict[str, bytes] = {}
        self._told_at = state.read_at
        """Nothing that was published of it is newer."""
        self.due = 0.0
        """When it is asked for next, monotonic; infinite while it is being asked for."""
        self.failures = 0
        """In a row."""
        self.fresh_s = 0.0
        """How long its last document said that it stays as it is."""
        self._document = b""
        self.resumed = True
        """Whether it was not read yet in this process: an earlier one may have left a gap open."""
        self.away = False
        """Whether a gap was opened."""
        self.problem = ""
        """What was said of it last, so that it is said once."""
        self.unusable = ""
        """Why only a person can help; empty while it can be hoped for."""

    def same(self, body: bytes) -> bool:
        """Whether this is the last whole document again; reading it takes a thousand times longer."""
        return self._document == blake2b(body, digest_size=16).digest()

    def remember(self, body: bytes, fresh_s: float) -> None:
        """Note a whole document that was read."""
        self._document, self.fresh_s = blake2b(body, digest_size=16).digest(), fresh_s

    def reaches_back(self, found: Found) -> bool:
        """Whether a document holds something of what was read before: then all that came since is in it.

        Where nothing was, whether it holds anything that is older.
        """
        if len(self._seen):
            return not found.entries or any(self._seen.content(each.key) is not None for each in found.entries)
        since = self.state.read_at
        return not found.entries or any((each.moment or since) < since for each in found.entries)

    def take(self, document: Document, found: Found, received: datetime, most: int) -> list[Received | Broken]:
        """What has not been published yet, oldest first; from now on it counts as published.

        What a document told that ended in the middle is kept apart until a whole one comes: it must not look as if
        that one reached back.
        """
        events: list[Received | Broken] = []
        for key, content, each in reversed(found.rows):
            before = self._partial.get(key) or self._seen.content(key)
            if before == content:
                continue
            if isinstance(each, Broken):
                events.append(each)
            else:
                post = post_of(each, document, self.url, received, known_at=None if before is None else self._told_at)
                events.append(Received(post))
        self._told_at = received
        rows = {key: content for key, content, _ in found.rows}
        if document.whole:
            self._partial = {}
            self._seen.update(rows, most + most // 2)
            self.state.seen = self._seen.packed()
        else:
            self._partial |= rows
        return events


class Found(NamedTuple):
    """The entries of a document that count: what each is called, what it says, and what it is."""

    rows: list[tuple[str, bytes, Read | Broken]]

    @property
    def entries(self) -> list[Read]:
        """Those that can be used."""
        return [each for _, _, each in self.rows if isinstance(each, Read)]


def readable(document: Document, name: str, received: datetime, most: int) -> Found:
    """The newest entries, each once, in their order, those that cannot be used among them."""
    newest = sorted(document.entries, key=lambda each: moment_of(each, received) or received, reverse=True)[:most]
    chosen = {id(each) for each in newest}
    rows: dict[str, tuple[str, bytes, Read | Broken]] = {}
    for entry in document.entries:
        if id(entry) not in chosen:
            continue
        row = _row(entry, name, received)
        held = rows.get(row[0])
        if held is None or _moment(row[2]) > _moment(held[2]):
            rows[row[0]] = row
    return Found(list(rows.values()))


def _row(entry: Entry, name: str, received: datetime) -> tuple[str, bytes, Read | Broken]:
    try:
        read = read_entry(entry, received)
    except Invalid as error:
        raw = json.dumps(msgspec.to_builtins(entry), default=str).encode()
        digest = blake2b(raw, digest_size=HALF).digest()
        return f"broken\n{digest.hex()}", digest, Broken(raw, error.reason, f"{name}: {error.detail}")
    return read.key, read.content, read


def _moment(each: Read | Broken) -> datetime:
    return EARLIEST if isinstance(each, Broken) or each.moment is None else each.moment
