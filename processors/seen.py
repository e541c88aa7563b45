"""What the windows process keeps in its head of each mention of the last hours: no text, no name.

Mention --memory.py--> Seen --> windows, stories, and what alerts.py asks for
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from veille.alert import Alert
from veille.mention import SentimentLabel
from veille.post import Kind
from veille.settings import Watch
from veille.window import Window


class Seen(Struct, frozen=True, kw_only=True, gc=False):
    """One mention, as its latest version says, and as people say of it."""

    doc_id: str
    version: int
    source: str
    at: datetime
    """When it was published."""
    watches: tuple[str, ...]
    kind: Kind
    author: str
    """Key of the author, as `veille.author` makes it."""
    original: str = ""
    """Key of the author whose post it repeats."""
    own: bool
    """By one of our own accounts."""
    followers: int | None
    story: str
    """Its story; a mention without copies is one of its own."""
    label: SentimentLabel
    score: float
    question: bool
    terms: tuple[str, ...]
    """Words, folded, each once; names and handles of accounts are left out."""
    links: tuple[str, ...]
    country: str | None
    region: str | None
    answers: str | None
    """The post that it answers, by the network's id."""
    found: Seen | None = None
    """As enrichment found it, where people put something right."""


class Memory(Protocol):
    """What may be asked of the last hours."""

    def between(self, watch: str, since: datetime, until: datetime) -> Iterator[Seen]:
        """Mentions of a watch in `[since, until)` by event time, earliest first; deleted and hidden ones are not."""


class Alerts(Protocol):
    """What tells from closed windows that something is unusual. One for all watches, called by one thread."""

    def watch(self, watches: Collection[Watch]) -> None:
        """There are these watches from now on, and no others."""

    def restore(self, alerts: Iterable[Alert]) -> None:
        """Go on with the alerts that are open; called before the first `take`."""

    def take(self, closed: Sequence[Window], now: datetime, changed: Sequence[Window] = ()) -> list[Alert]:
        """What opened, changed or closed: each alert whole, as it is now.

        `closed`: windows whose minute is over, each minute once and in order, one of every watch, empty ones too.
        `changed`: all others that were counted since: of minutes that are not over, or that something came late for.
        Called about every two seconds, mostly without any. After a pause, minutes of long ago come close together:
        `now` tells.
        """
