"""Feeds as a source: asks for each when it is time, some side by side, and tells what is new in them.

    due --> a thread each, at most 16 --> Fetched --> document --> new, changed entries         Received, Broken
                                      |-> 304, nothing new --> the gap, if there was one        GapClosed
                                      `-> away, refused, no feed any more --> backoff           GapOpened, Broken

A gap belongs to one feed. It is repaired when the feed still holds something that was read before it; where it does
not, and also where a feed has simply moved on faster than it is asked for, entries may have been missed.
"""

from __future__ import annotations

import logging
import math
import random
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus
from queue import Empty, Queue

import msgspec

from veille.clock import Clock
from veille.errors import Invalid, Misused, Unavailable
from veille.identity import microseconds
from veille.producers.feeds import caching
from veille.producers.feeds.address import Gate, Refused, Resolve, resolve
from veille.producers.feeds.document import Document, NotAFeed
from veille.producers.feeds.feed import Feed, named, readable
from veille.producers.feeds.fetch import LARGEST, Fetched, Fetcher
from veille.producers.feeds.json_feed import looks_like_json, read_json
from veille.producers.feeds.state import FeedState, decode, encode, share
from veille.producers.feeds.syndication import read_xml
from veille.producers.http import WHOLE_S, Http
from veille.producers.source import Broken, Event, GapClosed, GapOpened, Received, Skipped
from veille.settings import FeedsSettings

SIDE_BY_SIDE = 16
POLL_S = 0.25
"""How long `close` may go unnoticed."""

LASTING_S = 21_600.0
"""When to ask again where asking again hardly helps: robots.txt, a private address."""

BURIED = 64 << 10
"""Bytes of a document that is no feed which its dead letter keeps."""

NEVER_WAS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
NEVER_WILL = frozenset({"forbidden", "not_a_feed", "unsafe_xml", "too_large"})
"""What an address answers that never was a feed; from one that was, it is a fault of the moment."""

log = logging.getLogger(__name__)


class FeedsSource:
    """RSS, Atom and JSON Feed, by address."""

    name = "feeds"
    can_wait = True
    in_order = True

    def __init__(
        self,
        settings: FeedsSettings,
        clock: Clock,
        *,
        jitter: Callable[[], float] = random.random,
        resolver: Resolve = resolve,
        http: Callable[[], Http] = lambda: Http(whole_s=WHOLE_S, largest=LARGEST),
    ) -> None:
        """`http` makes what a thread asks with. Raises Misused where no feed is named."""
        if not settings.urls:
            raise Misused('sources.feeds.urls: names no feed; expected a list of addresses, ["https://host/feed.xml"]')
        self._settings, self._clock, self._jitter = settings, clock, jitter
        gate = Gate(settings.allow_private, resolver)
        self._fetcher = Fetcher(gate, clock, http)
        self._every_s = settings.every * 60
        self._most = share(len(settings.urls))
        self._feeds: list[Feed] = []
        self._done: Queue[tuple[Feed, Fetched | BaseException]] = Queue()
        self._asking = 0
        self._closing = threading.Event()

    def close(self) -> None:
        """Make `read` end within moments."""
        self._closing.set()
        self._fetcher.close()

    def read(self, cursor: str | None) -> Iterator[Event]:
        """See Source. Raises Misused when no feed can be used, Corrupt for a cursor that is no cursor."""
        yield from self._resume({} if cursor is None else decode(cursor))
        try:
            while not self._closing.is_set():
                self._ask_due()
                yield from self._next()
        finally:
            self._fetcher.close()

    def _resume(self, states: dict[str, FeedState]) -> Iterator[Event]:
        urls = tuple(dict.fromkeys(self._settings.urls))
        new = FeedState(read_us=microseconds(self._clock.now()))
        self._feeds = [Feed(url, states.get(url) or msgspec.structs.replace(new)) for url in urls]
        now = self._clock.monotonic()
        for feed in self._feeds:
            feed.due = now + caching.first(self._every_s, len(urls), self._jitter())
            if feed.state.ended:
                self._end(feed)
        self._need_one()
        for url in states.keys() - set(urls):
            yield GapClosed(self._clock.now(), repaired=False, part=named(url))
        if set(urls) - states.keys():
            yield from self._with_cursor([Skipped("not_a_post")])  # from now on they are watched, read or not

    # --- asking -----------------------------------------------------------------------------------------------------

    def _ask_due(self) -> None:
        now = self._clock.monotonic()
        for feed in sorted(self._feeds, key=lambda each: each.due):
            if feed.due > now or self._asking >= SIDE_BY_SIDE:
                break
            feed.due = math.inf
            self._asking += 1
            threading.Thread(target=self._ask, args=(feed,), name=f"feed {feed.name}", daemon=True).start()

    def _ask(self, feed: Feed) -> None:
        """In a thread of its own."""
        state = feed.state
        try:
            found: Fetched | BaseException = self._fetcher.fetch(
                feed.url, url=state.moved or None, headers=state.conditions(), turn=feed.failures
            )
        except BaseException as error:
            found = error
        self._done.put((feed, found))

    def _next(self) -> Iterator[Event]:
        """What the next answer says; nothing when none comes for a moment."""
        if not self._asking:
            left = min(feed.due for feed in self._feeds) - self._clock.monotonic()
            self._clock.wait(max(0.0, min(left, POLL_S)))
            return
        try:
            feed, found = self._done.get(timeout=POLL_S)
        except Empty:
            return
        self._asking -= 1
        if not self._closing.is_set():
            yield from self._told(feed, found)

    def _told(self, feed: Feed, found: Fetched | BaseException) -> Iterator[Event]:
        match found:
            case Fetched():
                yield from self._answered(feed, found)
            case Invalid():
                yield from self._broken(feed, b"", found)
            case Unavailable():
                yield from self._away(feed, found)
            case _:
                raise found
        self._need_one()

    # --- what came --------------------------------------------------------------------------------------------------

    def _answered(self, feed: Feed, fetched: Fetched) -> Iterator[Event]:
        if fetched.status == HTTPStatus.NOT_MODIFIED or feed.same(fetched.body):
            yield from self._back(feed, fetched.asked, reaches_back=True)
            feed.state.read(fetched.asked)
            self._rest(feed, fetched)
            return
        try:
            document = _document(fetched, feed.url)
        except NotAFeed as error:
            yield from self._broken(feed, fetched.body, error)
            return
        yield from self._document(feed, fetched, document)

    def _document(self, feed: Feed, fetched: Fetched, document: Document) -> Iterator[Event]:
        received = self._clock.now()
        entries = readable(document, feed.name, received, self._most)
        if not document.whole:
            yield from self._away(feed, Refused("truncated", "its document ends in the middle"))
            yield from feed.take(document, entries, received, self._most)
            return
        yield from self._back(feed, fetched.asked, reaches_back=feed.reaches_back(entries))
        events: list[Event] = [*feed.take(document, entries, received, self._most)]
        if fetched.moved and fetched.moved != feed.state.moved:
            feed.state.moved = fetched.moved
            events = events or [Skipped("not_a_post")]
        feed.state.read(fetched.asked)
        feed.state.note(fetched.headers)
        feed.remember(fetched.body, document.fresh_s)
        self._rest(feed, fetched)
        yield from self._with_cursor(events)

    def _back(self, feed: Feed, asked: datetime, *, reaches_back: bool) -> Iterator[Event]:
        """It was read: the gap is over, and where it does not reach back to what was read before, there is one."""
        if not reaches_back and not feed.away:
            yield GapOpened(min(feed.state.read_at, asked), "overtaken", part=feed.name)
        if feed.away or feed.resumed or not reaches_back:
            yield GapClosed(asked, repaired=reaches_back, part=feed.name)
        if feed.problem:
            log.warning("feeds: %s is read again", feed.name)
        feed.away = feed.resumed = False
        feed.failures, feed.problem, feed.unusable = 0, "", ""

    def _rest(self, feed: Feed, fetched: Fetched) -> None:
        seconds = caching.pause(self._every_s, fetched.headers, feed.fresh_s, self._clock.now(), self._jitter())
        feed.due = self._clock.monotonic() + seconds

    # --- what did not -----------------------------------------------------------------------------------------------

    def _broken(self, feed: Feed, body: bytes, error: Invalid) -> Iterator[Event]:
        """It is no feed: a dead letter, once, and asked for again later."""
        if feed.problem != error.detail:
            yield Broken(body[:BURIED], error.reason, f"{feed.name}: {error.detail}", size=len(body) or None)
        yield from self._away(feed, Refused(error.reason, error.detail))

    def _away(self, feed: Feed, error: Unavailable) -> Iterator[Event]:
        """It cannot be read for now: a gap, and a longer pause each time."""
        feed.failures += 1
        told = Refused("disconnected", str(error), retry_after=error.retry_after)
        told = error if isinstance(error, Refused) else told
        if told.status == HTTPStatus.GONE and not feed.state.moved:
            yield from self._gone(feed)
            return
        feed.state.moved = ""  # what it was moved to may be what is wrong
        if not feed.away:
            feed.away = True
            yield GapOpened(feed.state.read_at, told.cause, part=feed.name)
        if feed.problem != (problem := str(error)):
            log.warning("feeds: %s cannot be read: %s", feed.name, problem)
            feed.problem = problem
        never = not feed.state.good and (told.status in NEVER_WAS or told.cause in NEVER_WILL)
        lasting = never or told.cause == "robots"
        feed.unusable = f"{feed.name}: {problem}" if lasting else ""
        seconds = LASTING_S if lasting else caching.backoff(feed.failures, error.retry_after, self._jitter())
        feed.due = self._clock.monotonic() + seconds

    def _gone(self, feed: Feed) -> Iterator[Event]:
        """410: its server says that it will never come back."""
        feed.state.ended = True
        self._end(feed)
        if feed.away or feed.resumed:
            yield GapClosed(self._clock.now(), repaired=False, part=feed.name)
        yield from self._with_cursor([Skipped("not_a_post")])

    def _end(self, feed: Feed) -> None:
        feed.due = math.inf
        feed.unusable = f"{feed.name}: it is gone for good (HTTP status 410)"
        log.warning("feeds: %s has ended, its server says for good: take it out of sources.feeds.urls", feed.name)

    def _need_one(self) -> None:
        """Raises Misused when no feed can be used and only a person can change that."""
        if all(feed.unusable for feed in self._feeds):
            told = "; ".join(feed.unusable for feed in self._feeds[:3])
            more = f"; and {len(self._feeds) - 3} more" if len(self._feeds) > 3 else ""
            raise Misused(
                f"sources.feeds.urls: none of its feeds can be read ({told}{more}): name addresses of RSS, Atom or "
                "JSON Feed there that may be read from here"
            )

    def _with_cursor(self, events: list[Event]) -> Iterator[Event]:
        """The events of one document; the cursor moves on with the last of them."""
        if not events:
            return
        yield from events[:-1]
        last = events[-1]
        assert isinstance(last, Received | Broken | Skipped)
        yield msgspec.structs.replace(last, cursor=encode({feed.url: feed.state for feed in self._feeds}))


def _document(fetched: Fetched, url: str) -> Document:
    """Read a feed by what it is, not by what its server calls it. Raises NotAFeed."""
    if looks_like_json(fetched.body):
        return read_json(fetched.body, url)
    return read_xml(fetched.body, fetched.headers.get("content-type", ""), url)
