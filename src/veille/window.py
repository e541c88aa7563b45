"""The window: what was counted of one watch in one minute. Value of `veille.windows.v1`.

Counted by event time, and again whenever an edit, a delete or a late post changes it: the highest revision is right.
It holds doc ids and author keys, never a text or a name: what was erased is gone from here too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from veille.errors import Invalid

MINUTE_S = 60

WINDOWS_FOR = timedelta(days=400)
"""How long windows and visits are kept, as on their topics. Alerts stay."""


class Counted(Struct, frozen=True, gc=False):
    """A term, an author key, an address or a place, and how many mentions have it."""

    value: str
    """Words are folded; places are ISO 3166-1 or -2 codes; authors as `veille.author` keys them."""
    count: int
    """Mentions."""


class Window(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One watch, one minute."""

    watch: str
    """Id of the watch."""
    since: datetime
    """Where the minute begins, UTC."""
    revision: int
    """Grows each time that the minute is counted anew."""
    mentions: int = 0
    """Distinct posts, reposts too."""
    authors: int = 0
    """Distinct authors."""
    stories: int = 0
    """Distinct stories: a mention without copies is one of its own."""
    begun: int = 0
    """Stories that begin with a mention of this minute: these add up over minutes, distinct stories do not."""
    own: int = 0
    """Mentions by our own accounts."""
    negative: int = 0
    """Surely negative."""
    neutral: int = 0
    """Surely neutral."""
    positive: int = 0
    """Surely positive."""
    unsure: int = 0
    """Of no likely label."""
    questions: int = 0
    """Mentions that ask something."""
    reach: int = 0
    """Followers of the distinct authors of whom the network says how many they have."""
    reach_known: int = 0
    """Of how many authors that is."""
    coverage: float = 1.0
    """Share of the seconds of all enabled sources that lie in no gap, 0 to 1."""
    sources: dict[str, int] = msgspec.field(default_factory=dict)
    """Mentions by source."""
    shared: dict[str, int] = msgspec.field(default_factory=dict)
    """Mentions that another watch matches as well, by its id."""
    terms: list[Counted] = msgspec.field(default_factory=list)
    """The most frequent words, each used by two authors at least; most frequent first, as all that follow."""
    top_authors: list[Counted] = msgspec.field(default_factory=list)
    """Keys of the authors with the most mentions."""
    links: list[Counted] = msgspec.field(default_factory=list)
    """The most shared addresses."""
    places: list[Counted] = msgspec.field(default_factory=list)
    """Where most of the authors are."""


def window_key(watch: str, since: datetime) -> str:
    """The record key: a later count of the same minute replaces this one."""
    return f"{watch}/{since:%Y-%m-%dT%H:%MZ}"


_DECODER = msgspec.json.Decoder(Window)


def decode(value: bytes) -> Window:
    """Read a record's value. Raises Invalid (`not_json`)."""
    try:
        return _DECODER.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("not_json", str(error)) from error
