"""One of our own accounts' mentions timeline, polled: a fifth of the price of the stream, and nothing is missed.

    since_id --pages, newest first--> Mentions, oldest page first --> since_id moves on

A timeline also gives what came while nobody asked, up to the 800 newest (docs.x.com, timelines). So a stretch in which
it could not be asked is a gap that the next answer repairs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from veille.clock import Clock
from veille.identity import snowflake_time
from veille.producers.source import GapClosed, GapOpened
from veille.producers.x.backoff import TOO_MANY, Backoff
from veille.producers.x.client import PAGE, Client, Lost, Refused
from veille.producers.x.refusals import terminal
from veille.producers.x.repair import page_end

DEEPEST = 800
"""Posts that a timeline goes back."""

log = logging.getLogger(__name__)


class Mentions(Struct, frozen=True):
    """New pages, oldest first; `since_id` holds once all of them have been read."""

    handle: str
    pages: list[bytes]
    since_id: str


class Timeline:
    """The mentions of one account. `poll` gives what is new, when it is time to ask."""

    def __init__(
        self, client: Client, handle: str, user_id: str, since_id: str, clock: Clock, *, every_s: float
    ) -> None:
        self._client, self._user_id, self._clock, self._every_s = client, user_id, clock, every_s
        self._handle, self._part = handle, f"@{handle}"
        self._since_id = since_id
        self._backoff = Backoff()
        self._due = clock.monotonic()
        self._good = snowflake_time(since_id) or clock.now()
        """Nothing is missed of what came before: an earlier process read as far as that post."""
        self._doubtful = True
        """A gap may be open, perhaps from an earlier process."""

    def poll(self) -> Iterator[Mentions | GapOpened | GapClosed]:
        """Nothing before it is time. Raises Misused where a person must help."""
        if self._clock.monotonic() < self._due:
            return
        asked = self._clock.now()
        try:
            pages, newest, whole = self._pages()
        except Lost as lost:
            yield from self._failed(lost.cause, self._backoff.refused(0, None))
        except Refused as refused:
            if (misused := terminal(refused.status, refused.answer)) is not None:
                raise misused from refused
            reset_in = None if refused.reset is None else refused.reset - self._clock.now().timestamp()
            cause = "limited" if refused.status == TOO_MANY else "unavailable"
            yield from self._failed(cause, self._backoff.refused(refused.status, reset_in))
        else:
            yield from self._answered(Mentions(self._handle, pages, newest), asked, whole=whole)

    def _pages(self) -> tuple[list[bytes], str, bool]:
        """All that is new, oldest first; the newest id; whether that cannot have gone past the timeline's end."""
        pages: list[bytes] = []
        token, newest = None, ""
        while len(pages) < DEEPEST // PAGE:
            pages.append(self._client.mentions(self._user_id, self._since_id, token))
            meta = page_end(pages[-1])
            newest, token = newest or meta.newest_id, meta.next_token
            if token is None:
                break
        return pages[::-1], newest or self._since_id, len(pages) < DEEPEST // PAGE

    def _answered(self, found: Mentions, asked: datetime, *, whole: bool) -> Iterator[Mentions | GapOpened | GapClosed]:
        """`asked`: nothing that came later is in it, however long it takes to publish."""
        since, self._good = self._good, asked
        doubtful, self._doubtful = self._doubtful, False
        self._backoff = Backoff()
        self._due = self._clock.monotonic() + self._every_s
        if not whole:
            log.warning("x: %s was named more often than its timeline goes back: older posts are missed", self._part)
            yield GapOpened(since, "limited", self._part)
        yield found
        self._since_id = found.since_id
        if doubtful or not whole:
            yield GapClosed(asked, repaired=whole, part=self._part)

    def _failed(self, cause: str, wait: float) -> Iterator[GapOpened]:
        log.warning("x: the mentions of %s: %s, again in %.0f s", self._part, cause, wait)
        self._due = self._clock.monotonic() + wait
        if not self._doubtful:
            self._doubtful = True
            yield GapOpened(self._good, cause, self._part)
