"""X's stand-in, a source that reads it in a thread of its own, and somebody who posts: what tests of X need."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from socket import socket
from types import TracebackType
from typing import Any
from unittest.mock import patch

import requests

from awaited import until
from veille.clock import Clock, FakeClock
from veille.errors import Misused
from veille.producers.simulate.x import XStandIn
from veille.producers.simulate.x_faults import Fault
from veille.producers.simulate.x_posts import FIRST_ID, Inventor, wire_entities
from veille.producers.source import Event, GapClosed, GapOpened, Received
from veille.producers.x.pace import Pace
from veille.producers.x.stream import XSource
from veille.settings import Watch, XSettings

WATCHES = (Watch("acme", "brand", "acme OR #acme"), Watch("kettle", "market", '"electric kettle" OR bouilloire'))
DEADLINE_S = 60.0
STALL_S = 30.0
"""No test waits that long, by the clock of TCP; at a stall it is `SHORT_STALL_S`."""

SHORT_STALL_S = 0.1
READER, STREAM = "reader", "x-stream"
"""Names of threads: who reads a source, and the source's own for its stream."""

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LACKING = "quotes, reposts"
"""What a search cannot bring back for these watches."""


class Looks(FakeClock):
    """Counts how often a source that is read has looked at it."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.looks = 0

    def monotonic(self) -> float:
        if threading.current_thread().name == READER:
            self.looks += 1
        return super().monotonic()

    def looked_at_since(self, looks: int) -> Callable[[], bool]:
        return lambda: self.looks > looks


class Reading:
    """A source read in a thread of its own, as the publisher does; leaving the block closes it."""

    def __init__(self, source: XSource, cursor: str | None = None) -> None:
        self.source = source
        self.events: list[Event] = []
        self.error: Exception | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(cursor,), name=READER)

    def _read(self, cursor: str | None) -> None:
        try:
            for event in self.source.read(cursor):
                with self._changed:
                    self.events.append(event)
                    self._changed.notify_all()
        except Misused as error:
            self.error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def until(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, DEADLINE_S), [type(event).__name__ for event in self.events[-20:]]

    def ended(self) -> bool:
        return self._ended

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in list(self.events) if isinstance(event, kind)]

    def ids(self) -> list[str]:
        return [event.post.native_id for event in self.of(Received)]

    def whole(self) -> bool:
        """Whether no gap is open."""
        return len(self.of(GapOpened)) == len(self.of(GapClosed))

    def doc_ids(self) -> set[str]:
        return doc_ids(list(self.events))

    def __enter__(self) -> Reading:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.source.close()
        streams = [each for each in threading.enumerate() if each.name == STREAM]  # one may only just be asked for
        for thread in (self._thread, *streams):
            thread.join(DEADLINE_S)
            assert not thread.is_alive()


class World:
    """The stand-in, somebody who posts, and the source that reads it."""

    def __init__(self, x: XStandIn, clock: Clock) -> None:
        self.x, self.clock = x, clock
        self.sent: list[dict[str, Any]] = []
        """The posts that were published for the watches."""
        self._inventor = Inventor(7, clock.now)
        self._said = 0

    def source(
        self,
        watches: Sequence[Watch] = WATCHES,
        *,
        pace: Pace | None = None,
        own: Sequence[str] = (),
        **options: Any,
    ) -> XSource:
        """One whose settings are these; a repair begins at once and goes on without a pause."""
        return XSource(
            XSettings("any", self.x.url, **options),
            watches,
            self.clock,
            own=own,
            pace=pace or Pace(STALL_S, 0, 0, 0),
        )

    def post(self, number: int = 1) -> None:
        """Publish so many posts that rules match, once a stream is open."""
        self.listened()
        for _ in range(number):
            while not self.x.project.publish(made := self._inventor.message([q.tree for q in self.x.project.queries])):
                pass
            self.sent.append(made)

    def say(self, text: str, **more: Any) -> str:
        """Publish a post of these words, whether a rule matches or not; returns its id."""
        self._said += 1
        post_id = str(FIRST_ID + int(self.clock.now().timestamp() * 1000) * 1000 + self._said)
        data = {"id": post_id, "text": text, "author_id": "1", "entities": wire_entities(text), **more}
        self.sent.append({"data": data, "includes": {"users": [{"id": "1", "username": "a", "name": "A"}]}})
        self.x.project.publish(self.sent[-1])
        return post_id

    def say_once_heard(self, text: str) -> str:
        self.listened()
        return self.say(text)

    def listened(self) -> None:
        until(lambda: self.x.project.listened)

    def pass_until(self, holds: Callable[[], bool], step_s: float = 20.0) -> None:
        """Let time pass until something has come about; not before the reader has seen what the time is by now."""
        assert isinstance(self.clock, Looks)
        while not holds():
            self.clock.wait(step_s)
            until(self.clock.looked_at_since(self.clock.looks))

    def waits(self) -> list[float]:
        """Seconds from each request for the stream to the next."""
        return [round(later - earlier, 3) for earlier, later in itertools.pairwise(self.x.connected_at)]


def doc_ids(events: Sequence[Event]) -> set[str]:
    """What came, by the first id of its history."""
    return {event.post.doc_id.removeprefix("x:") for event in events if isinstance(event, Received)}


def first_id(message: dict[str, Any]) -> str:
    """The first id of a post's history."""
    return str(message["data"].get("edit_history_tweet_ids", [message["data"]["id"]])[0])


def is_repost(message: dict[str, Any]) -> bool:
    """Whether a post repeats another."""
    return any(each["type"] == "retweeted" for each in message["data"].get("referenced_tweets", ()))


@contextmanager
def world(*faults: Fault | None, clock: Clock | None = None) -> Iterator[World]:
    """`faults` befall the first lines of the stream, one each."""
    opened: dict[Any, socket] = {}
    ask = requests.Session.request

    def noted(session: requests.Session, *arguments: Any, **options: Any) -> requests.Response:
        answer = ask(session, *arguments, **options)
        if options.get("stream") and answer.ok:
            assert answer.raw.connection is not None
            reader = answer.raw.connection.sock
            opened[reader.getsockname()] = reader
        return answer

    def plan() -> Iterator[Fault | None]:
        for fault in faults:
            if fault is Fault.STALL and x.streaming is not None:
                _lose_patience(opened, x.streaming.client_address)
            yield fault
        yield from itertools.repeat(None)

    with (
        patch.object(requests.Session, "request", noted),
        XStandIn(faults=plan(), keep_alive_s=0.05, search_lag_s=0, clock=clock or Looks()) as x,
    ):
        yield World(x, x.clock)


def _lose_patience(opened: Mapping[Any, socket], reader: Any) -> None:
    """Who reads this stream waits for the next byte a moment only: no other silence is a stall, however slow we are."""
    until(lambda: reader in opened)
    with suppress(OSError):  # it has left
        opened[reader].settimeout(SHORT_STALL_S)
