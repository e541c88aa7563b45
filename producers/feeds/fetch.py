"""One feed over HTTP: where it is allowed, through its redirects, and only if it has changed.

Fetcher.fetch --robots.txt, each server judged--> GET --> 200, 304    Fetched
                                                    |-> 301, 302 ...  the next one, at most five
                                                    `-> all the rest  Refused, Unavailable, or Invalid (too_large)
"""

from __future__ import annotations

import threading
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from veille.clock import Clock
from veille.errors import Invalid, Unavailable
from veille.post import utc
from veille.producers.feeds.address import ROBOTS, Gate, Refused, server_of
from veille.producers.http import Answer, Http

LARGEST = 5 << 20
"""Bytes of a feed, unpacked."""

REDIRECTS = 5
MOVED = frozenset({301, 302, 303, 307, 308})
FOR_GOOD = frozenset({301, 308})
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
ROBOT = "veille"
"""Our name in robots.txt."""

ROBOTS_S = 86_400.0
"""How long a robots.txt counts (RFC 9309, 2.4)."""

ROBOTS_BYTES = 500 << 10
"""How much of it counts (RFC 9309, 2.5)."""

LONGEST_ASKED_S = 86_400.0
MESSAGES: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "there is nothing under this address",
    HTTPStatus.GONE: "it is gone for good",
    HTTPStatus.UNAUTHORIZED: "it asks for a name and a password",
    HTTPStatus.FORBIDDEN: "it may not be read from here",
}
LIMITED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Fetched(NamedTuple):
    """What came: `status` is 200, or 304 without a body. `moved`: where the feed is from now on, None: as before."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    asked: datetime
    """What came into the feed after this moment may not be in the answer, however late that is read."""
    moved: str | None = None


class Fetcher:
    """Asks for feeds, several at a time; `fetch` may be called from as many threads as there are."""

    def __init__(self, gate: Gate, clock: Clock, new_http: Callable[[], Http]) -> None:
        """`new_http` makes what one thread asks with."""
        self._gate, self._clock, self._new_http = gate, clock, new_http
        self._closed = threading.Event()
        self._idle: list[Http] = []
        self._busy: set[Http] = set()
        self._pool = threading.Lock()
        self._robots: dict[str, tuple[float, RobotFileParser]] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def close(self) -> None:
        """Break off what is being answered, and ask no more."""
        with self._pool:
            self._closed.set()
            busy = tuple(self._busy)
            while self._idle:
                self._idle.pop().close()
        for http in busy:
            http.abort()

    def fetch(
        self, configured: str, *, url: str | None = None, headers: Mapping[str, str] | None = None, turn: int = 0
    ) -> Fetched:
        """Ask for a feed, at `url` where it has moved for good. `headers`: what it was before, for an answer of 304.

        Raises Refused, Unavailable, and Invalid (`too_large`).
        """

        def judge(target: str) -> None:
            self._ask_robots(target, configured, turn)

        return self._follow(url or configured, configured, {"Accept": ACCEPT, **(headers or {})}, turn, judge)

    def _follow(
        self, url: str, configured: str, headers: Mapping[str, str], turn: int, judge: Callable[[str], None]
    ) -> Fetched:
        moved: str | None = None
        for_good = True
        for _ in range(REDIRECTS + 1):
            judge(url)
            asked = self._clock.now()
            answer = self._get(url, configured, headers, turn)
            if answer.status not in MOVED:
                return Fetched(_good(answer, self._clock.now()), answer.headers, answer.body, asked, moved)
            url = _target(url, answer)
            for_good = for_good and answer.status in FOR_GOOD
            moved = url if for_good else moved
        raise Refused("redirects", f"it is redirected more than {REDIRECTS} times")

    def _get(self, url: str, configured: str, headers: Mapping[str, str], turn: int) -> Answer:
        address = self._gate.address(url, configured, turn)
        with self._borrowed() as http:
            # One connection a request: one that is kept open would belong to whoever else has this address.
            return http.get(url, headers={**headers, "Connection": "close"}, address=address)

    @contextmanager
    def _borrowed(self) -> Iterator[Http]:
        """Something to ask with that nobody else asks with meanwhile. Raises Unavailable once it is closed."""
        with self._pool:
            if self._closed.is_set():
                raise Unavailable("nothing is asked for any more")
            http = self._idle.pop() if self._idle else self._new_http()
            self._busy.add(http)
        try:
            yield http
        finally:
            with self._pool:
                self._busy.discard(http)
                if self._closed.is_set():
                    http.close()
                else:
                    self._idle.append(http)

    # --- robots.txt -------------------------------------------------------------------------------------------------

    def _ask_robots(self, url: str, configured: str, turn: int) -> None:
        """Raises Refused where robots.txt does not want us there; RFC 9309."""
        origin = server_of(url).origin
        with self._locks[origin]:
            read_at, rules = self._robots.get(origin, (None, None))
            if rules is None or read_at is None or self._clock.monotonic() - read_at >= ROBOTS_S:
                rules = self._read_robots(urljoin(url, ROBOTS), configured, turn)
                self._robots[origin] = self._clock.monotonic(), rules
        if not rules.can_fetch(ROBOT, url):
            raise Refused("robots", "its server's robots.txt does not want it to be read by programs")

    def _read_robots(self, url: str, configured: str, turn: int) -> RobotFileParser:
        rules = RobotFileParser()
        try:
            found = self._follow(url, configured, {}, turn, lambda _: None)
        except Refused as error:
            if not 400 <= error.status < 500 or error.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise
            rules.parse([])
        except Invalid as error:
            raise Unavailable(f"its robots.txt cannot be read: {error.detail}") from error
        else:
            # In ASCII: `²` is a digit for the parser, and then no number.
            rules.parse(found.body[:ROBOTS_BYTES].removeprefix(BOM_UTF8).decode("ascii", "replace").splitlines())
        return rules


def _target(url: str, answer: Answer) -> str:
    """Where a redirect leads. Raises Refused."""
    try:
        return urljoin(url, answer.headers.get("location", "")).partition("#")[0]
    except ValueError as error:
        raise Refused("redirects", "it is redirected to what is no address") from error


def _good(answer: Answer, now: datetime) -> int:
    """The status of a good answer. Raises Refused for any other."""
    status = answer.status
    if status in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
        return status
    raise Refused(
        "limited" if status in LIMITED else "refused",
        f"{MESSAGES.get(status, 'it cannot be read')} (HTTP status {status})",
        status=status,
        retry_after=asked_to_wait(answer.headers, now),
    )


def asked_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for (RFC 9110, 10.2.3), a day at most; None when it asks for nothing."""
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return float(min(int(written[:9]), LONGEST_ASKED_S))
    try:
        seconds = (utc(parsedate_to_datetime(written)) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_ASKED_S)
