"""X's filtered stream as a source.

    rules in step --> connect --> lines --read_line--> events
         ^                           |
         `-- wait as X asks <-- lost or refused: GapOpened ... connected again: GapClosed

On its common plans X's stream gives nothing back of what was missed. The cursor is the highest post id seen: it says
from when on a restart has missed posts, and is the `since_id` of a search that would fill the gap.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from veille.clock import Clock
from veille.errors import Misused
from veille.identity import snowflake_time
from veille.post import Origin
from veille.producers.source import Event, GapClosed, GapOpened, Received, Skipped
from veille.producers.x.backoff import TOO_MANY, Backoff
from veille.producers.x.client import STALL_S, Client, Lost, Refused
from veille.producers.x.payload import problems, read_line
from veille.producers.x.refusals import terminal
from veille.producers.x.rules import keep_in_step, wanted_rules
from veille.settings import Watch, XSettings

DELIVERY = timedelta(seconds=10)
"""X delivers within 6 to 7 s in 99 of 100 cases (docs.x.com): what was published as long before the last line may be
missing as well."""

LOOK_S = 0.2
"""How long one wait lasts at most before `close` is looked at."""

OWN_HOSTS = (".x.com", ".twitter.com")

log = logging.getLogger(__name__)


class XSource:
    """The filtered stream; see the protocol in `source.py`."""

    name = "x"
    can_wait = False
    in_order = True

    def __init__(
        self, settings: XSettings, watches: Sequence[Watch], clock: Clock, *, stall_s: float = STALL_S
    ) -> None:
        """Raises Misused without a usable token or watch."""
        token = settings.bearer_token
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise Misused(
                "x: there is no usable bearer token: put the app's (console.x.com, Keys and tokens) into "
                "VEILLE_X_BEARER_TOKEN, or the path of a file that holds it into VEILLE_X_BEARER_TOKEN_FILE"
            )
        self._client = Client(token, settings.base_url, stall_s=stall_s)
        self._origin: Origin = "live" if _is_x(settings.base_url) else "simulated"
        self._rules = wanted_rules(watches)
        self._watches = frozenset(watch.id for watch in watches)
        self._clock = clock
        self._backoff = Backoff()
        self._closed = threading.Event()
        self._newest = 0
        self._gap_open = False

    def read(self, cursor: str | None) -> Iterator[Event]:
        """Yield events until closed. Raises Misused for what only a person can mend: token, plan, credits, a rule."""
        if cursor is not None and (left := snowflake_time(cursor)) is not None:
            self._newest = int(cursor)
            yield from self._open_gap(left - DELIVERY, "stopped")
        self._alive = self._clock.now()
        while not self._closed.is_set():
            try:
                yield from self._connection()
            except Lost as lost:
                wait, cause = self._backoff.lost(), lost.cause
                log.warning("x: %s (%s), again in %.2f s", cause, lost, wait)
            except Refused as refused:
                if (misused := terminal(refused.status, refused.answer)) is not None:
                    raise misused from refused
                wait, cause = self._refused(refused)
            else:
                continue  # closed
            yield from self._open_gap(self._alive - DELIVERY, cause)
            self._wait(wait)

    def close(self) -> None:
        """End `read` within a fraction of a second, also in the middle of a wait."""
        self._closed.set()
        self._client.close()

    # --- one connection -----------------------------------------------------------------------------------------------

    def _connection(self) -> Iterator[Event]:
        keep_in_step(self._client, self._rules)
        since: float | None = None
        try:
            with closing(self._client.lines()) as lines:
                for line in lines:
                    self._alive = self._clock.now()
                    if since is None:
                        since = self._clock.monotonic()
                        yield from self._close_gap()
                    if line:
                        yield from self._events(line)
        finally:
            if since is not None:
                self._backoff.lived(self._clock.monotonic() - since)

    def _events(self, line: bytes) -> Iterator[Event]:
        for event in read_line(line, self._alive, origin=self._origin):
            if isinstance(event, Received):
                yield self._settled(event)
            else:
                if isinstance(event, Skipped) and event.reason == "not_a_post":
                    self._heed(line)
                yield event

    def _settled(self, event: Received) -> Received:
        """With the cursor; watches that are not ours, of rules just deleted or of other programs, do not count."""
        post = event.post
        self._newest = max(self._newest, int(post.native_id))
        post.matched = [match for match in post.matched if match.id in self._watches]
        return msgspec.structs.replace(event, cursor=str(self._newest), trusted=bool(post.matched))

    def _heed(self, line: bytes) -> None:
        """What X says before it closes the stream."""
        for problem in problems(line):
            log.warning("x: told in the stream: %s", problem.title)
            if (misused := terminal(200, problem)) is not None:
                raise misused

    # --- between connections ------------------------------------------------------------------------------------------

    def _refused(self, refused: Refused) -> tuple[float, str]:
        reset_in = None if refused.reset is None else refused.reset - self._clock.now().timestamp()
        wait = self._backoff.refused(refused.status, reset_in)
        limited = refused.status == TOO_MANY
        if refused.answer.connection_issue == "TooManyConnections":
            log.warning(
                "x: X still counts another connection of this app, perhaps one that broke; if another program reads "
                "with this token, stop it. Again in %.0f s",
                wait,
            )
        else:
            log.warning("x: %s, again in %.0f s", refused, wait)
        return wait, "limited" if limited else "unavailable"

    def _wait(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while not self._closed.is_set() and (left := until - self._clock.monotonic()) > 0:
            self._clock.wait(min(left, LOOK_S))

    def _open_gap(self, since: datetime, cause: str) -> Iterator[Event]:
        if not self._gap_open:
            self._gap_open = True
            yield GapOpened(since, cause)

    def _close_gap(self) -> Iterator[Event]:
        if self._gap_open:
            self._gap_open = False
            yield GapClosed(self._alive, repaired=False)


def _is_x(base_url: str) -> bool:
    return f".{urlsplit(base_url).hostname or ''}".endswith(OWN_HOSTS)
