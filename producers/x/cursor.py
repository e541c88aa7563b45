"""Where the reading of X stands: the cursor's text, JSON, is all that a restart knows.

heard, newest, gap --> from when on posts may be missed    own --> since_id of each own timeline    spend --> the bill
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from veille.errors import Corrupt
from veille.identity import snowflake_time
from veille.post import utc
from veille.producers.x.followed import Thread
from veille.producers.x.spend import Spend


class OpenGap(Struct, frozen=True):
    """A gap that is not repaired yet: a restart goes back to its beginning, and it stays the same gap."""

    since: datetime
    cause: str


class Cursor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One cursor, made anew with every event."""

    heard: datetime | None = None
    """When X last said anything."""
    newest: str = ""
    """The highest post id of X's own that was read; a check on our clock."""
    gap: OpenGap | None = None
    own: dict[str, str] = {}
    """By handle, the newest post of the own mentions timeline that was read."""
    conversations: dict[str, Thread] = {}
    """Those that are followed, by id."""
    paused: bool = False
    """Whether they are left out, since most of the budget is spent."""
    spend: Spend = msgspec.field(default_factory=Spend)

    @property
    def left(self) -> datetime | None:
        """Up to when everything had come, by our clock or by X's, whichever says earlier."""
        times = [utc(moment) for moment in (self.heard, snowflake_time(self.newest)) if moment is not None]
        return min(times, default=None)


def read_cursor(text: str | None) -> Cursor:
    """Read a cursor; a number alone is the newest post, as before there was a bill. Raises Corrupt."""
    if text is None or text.isdigit():
        return Cursor(newest=text or "")
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.DecodeError as error:
        raise Corrupt(
            f"the cursor of the source x cannot be read: {error}. Publish a null under the key x on the cursors topic "
            "to start anew"
        ) from error


def cursor_text(cursor: Cursor) -> str:
    """The text that `read_cursor` reads."""
    return msgspec.json.encode(cursor).decode()
