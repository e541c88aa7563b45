"""Fills a gap by recent search: every query of every watch, page after page, from the gap's beginning on.

    searches, since --since_id--> a page a step, newest first --next_token--> ... --> over | given up

It takes its time beside the stream, as X's limit of 450 searches in 15 minutes has it. A page that was charged once is
free for the rest of the day, so an interrupted repair starts anew.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from veille.clock import Clock
from veille.identity import EPOCH, X_EPOCH_MS
from veille.producers.x.asked import Search
from veille.producers.x.backoff import Backoff
from veille.producers.x.client import Client, Lost, Refused
from veille.producers.x.refusals import terminal
from veille.producers.x.wire import PageEnd, PageMeta

REACH = timedelta(days=7) - timedelta(hours=1)
"""How far back X's recent search goes, and an hour: X refuses a `since_id` beyond, and a repair takes its time."""

TRIES = 8
"""Failures in a row before a repair is given up; the pauses between them add up to a quarter of an hour."""

NOT_TAKEN = 400
NOT_ALLOWED = frozenset({403, 404})

log = logging.getLogger(__name__)


def id_at(moment: datetime) -> str:
    """The id that X would have given to a post of that moment (its ids hold the time)."""
    return str(max(0, (moment - EPOCH) // timedelta(milliseconds=1) - X_EPOCH_MS) << 22)


def page_end(raw: bytes) -> PageMeta:
    """What a page says of itself. Raises Lost for an answer that is none."""
    try:
        return msgspec.json.decode(raw, type=PageEnd).meta
    except msgspec.DecodeError as error:
        raise Lost("disconnected", "an answer that is no page") from error


class Repair:
    """One gap being filled. `page` gives its next page, when it is time for one."""

    def __init__(
        self,
        client: Client,
        searches: Iterable[Search],
        since: datetime,
        clock: Clock,
        *,
        settle_s: float,
        page_s: float,
    ) -> None:
        """`settle_s`: seconds until X's index holds all of the gap; `page_s`: at least between two pages."""
        self._client, self._clock, self._page_s = client, clock, page_s
        self._left = deque(searches)
        self._since_id = id_at(since)
        self._token: str | None = None
        self._backoff = Backoff()
        self._failures = 0
        self._due = clock.monotonic() + settle_s
        self.refused: set[str] = set()
        """Watches whose query X's search does not take."""
        self.given_up = not self._left
        """The gap stays as it is."""

    @property
    def over(self) -> bool:
        """Nothing is left to ask."""
        return self.given_up or not self._left

    def page(self) -> tuple[bytes, Search] | None:
        """The next page and what was asked; None as long as there is none. Raises Misused where a person must help."""
        if self.over or self._clock.monotonic() < self._due:
            return None
        search = self._left[0]
        try:
            raw = self._client.search(search.query, self._since_id, self._token)
            self._token = page_end(raw).next_token
        except Lost as lost:
            self._fail(self._backoff.refused(0, None), str(lost))
            return None
        except Refused as refused:
            self._refused(refused, search)
            return None
        self._failures = 0
        self._wait(self._page_s)
        if self._token is None:
            self._left.popleft()
        return raw, search

    def _refused(self, refused: Refused, search: Search) -> None:
        if refused.status == NOT_TAKEN:
            log.warning("x: search does not take the query of watch %s: %s", search.watch, refused.answer.detail)
            self.refused.add(search.watch)
            self._left.popleft()
            self._token = None
        elif refused.status in NOT_ALLOWED:
            log.warning("x: this app may not search (%s): gaps stay as they are", refused)
            self.given_up = True
        elif (misused := terminal(refused.status, refused.answer)) is not None:
            raise misused from refused
        else:
            reset_in = None if refused.reset is None else refused.reset - self._clock.now().timestamp()
            self._fail(self._backoff.refused(refused.status, reset_in), str(refused))

    def _fail(self, wait: float, why: str) -> None:
        self._failures += 1
        self.given_up = self._failures >= TRIES
        self._wait(wait)
        log.warning(
            "x: search for what was missed: %s, %s", why, "given up" if self.given_up else f"again in {wait:.0f} s"
        )

    def _wait(self, seconds: float) -> None:
        self._due = self._clock.monotonic() + seconds
