"""How far each feed was read: the cursor of the source, small enough to be written every second.

    {"v": 1, "feeds": {url: [etag, last-modified, moved to, read at, seen, good, ended]}}

`seen` holds eight bytes for each entry, four of who it is and four of what it said: an entry is missed only where both
halves are by chance those of another one, and taken for an edit where the first half is.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec
from msgspec import Struct

from veille.errors import Corrupt
from veille.identity import EPOCH, microseconds

HALF = 4
MOST_SEEN = 40_000
"""Entries that are remembered, over all feeds: half a megabyte of cursor."""

MOST_A_FEED, LEAST_A_FEED = 1_000, 40
"""Entries of one document that are looked at, the newest of them; fewer where there are many feeds."""

LONGEST_TAG = 200
"""Characters of an ETag that is worth remembering."""


class FeedState(Struct, array_like=True):
    """Where one feed stands."""

    etag: str = ""
    modified: str = ""
    moved: str = ""
    """Where it is for good now; empty: where it was configured."""
    read_us: int = 0
    """When it was read last, in microseconds since 1970; before that, since when it is to be read."""
    seen: str = ""
    good: bool = False
    """Whether it was ever read."""
    ended: bool = False
    """Whether its server said that it is gone for good."""

    @property
    def read_at(self) -> datetime:
        """From when on something may be missing."""
        return EPOCH + timedelta(microseconds=self.read_us)

    def read(self, at: datetime) -> None:
        """Note that it was read."""
        self.good = True
        self.read_us = max(self.read_us, microseconds(at))

    def conditions(self) -> dict[str, str]:
        """Headers that ask for it only if it has changed."""
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in said.items() if value}

    def note(self, headers: Mapping[str, str]) -> None:
        """What to ask with the next time."""
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        self.etag = etag if len(etag) <= LONGEST_TAG and etag.isascii() else ""
        self.modified = modified if len(modified) <= LONGEST_TAG and modified.isascii() else ""


class Seen:
    """The entries of one feed that were published, the ones of its last document first."""

    def __init__(self, packed: str = "") -> None:
        """Raises Corrupt for what `packed` did not make."""
        try:
            raw = b64decode(packed, validate=True)
        except binascii.Error:
            raw = b"?"
        if len(raw) % (2 * HALF):
            raise Corrupt("the entries that were seen of a feed cannot be read")
        self._held = {raw[at : at + HALF]: raw[at + HALF : at + 2 * HALF] for at in range(0, len(raw), 2 * HALF)}

    def __len__(self) -> int:
        return len(self._held)

    def content(self, key: str) -> bytes | None:
        """What an entry said; None for one that was never seen."""
        return self._held.get(_short(key))

    def update(self, present: Mapping[str, bytes], most: int) -> None:
        """Take in a document: its entries first, then those that have left it, at most so many of both."""
        held = {_short(key): content for key, content in present.items()}
        for key, content in self._held.items():
            held.setdefault(key, content)
        self._held = dict(list(held.items())[:most])

    def packed(self) -> str:
        """As text."""
        return b64encode(b"".join(key + content for key, content in self._held.items())).decode()


def share(feeds: int) -> int:
    """How many entries of each of so many feeds are looked at."""
    return max(LEAST_A_FEED, min(MOST_A_FEED, MOST_SEEN // max(feeds, 1) * 2 // 3))


def _short(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "replace"), digest_size=HALF).digest()


class _Cursor(Struct):
    v: int
    feeds: dict[str, FeedState]


def encode(feeds: Mapping[str, FeedState]) -> str:
    """The cursor."""
    return msgspec.json.encode(_Cursor(1, dict(feeds))).decode()


def decode(cursor: str) -> dict[str, FeedState]:
    """Read a cursor back. Raises Corrupt: only this source writes it."""
    try:
        found = msgspec.json.decode(cursor, type=_Cursor)
    except msgspec.DecodeError as error:
        raise _corrupt(str(error)) from error
    if found.v != 1:
        raise _corrupt(f"version {found.v}")
    return found.feeds


def _corrupt(found: str) -> Corrupt:
    return Corrupt(
        f"the cursor of feeds cannot be read ({found}), expected version 1 as this source writes it: publish a null "
        "under the key `feeds` to veille.cursors.v1 to read every feed anew"
    )
