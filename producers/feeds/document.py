"""What a feed's document holds, whichever format it was written in.

RSS, RSS 1.0, Atom --syndication.py--> Document of entries <--json_feed.py-- JSON Feed
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from veille.errors import Invalid


class NotAFeed(Invalid):
    """A document that is no feed at all; `reason` says why, `detail` what it is instead."""


class Entry(Struct, kw_only=True):
    """One entry as it was written; `title` and `summary` are HTML."""

    guid: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    author: str = ""
    """A name, never an address of mail."""
    published: datetime | None = None
    updated: datetime | None = None
    dates: str = ""
    """What was claimed as its date."""
    language: str = ""
    categories: list[str] = field(default_factory=list)
    point: tuple[float, float] | None = None
    """Longitude, latitude."""
    media: list[str] = field(default_factory=list)
    """MIME types, or the first part of them."""


class Document(Struct, kw_only=True):
    """A feed at one moment."""

    entries: list[Entry]
    title: str = ""
    language: str = ""
    fresh_s: float = 0.0
    """How long the publisher says that it stays as it is, in seconds (RSS `ttl`, `sy:updatePeriod`)."""
    whole: bool = True
    """Whether its end was there."""
