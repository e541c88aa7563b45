"""X's stand-in, a source that reads it in a thread of its own, and somebody who posts: what tests of X need."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

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
DEADLINE_S = 20.0
STALL_S = 30.0
"""No test waits that long, by the clock of TCP; where a stall is among the faults, it is `SHORT_STALL_S`."""

SHORT_STALL_S = 0.6
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LACKING = "quotes, reposts"
"""What a search cannot bring back for these watches."""


class Reading:
    """A source read in a thread of its own, as the publisher does; leaving the block closes it."""

    def __init__(self, source: XSource, cursor: str | None = None) -> None:
        self.source = source
        self.events: list[Event] = []
        self.error: Exception | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(cursor,))

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
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()


class World:
    """The stand-in, somebody who posts, and the source that reads it."""

    def __init__(self, x: XStandIn, clock: Clock, stall_s: float) -> None:
        self.x, self.clock, self._stall_s = x, clock, stall_s
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
            pace=pace or Pace(self._stall_s, 0, 0, 0),
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
        """Let time pass until something has come about."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < deadline
            self.clock.wait(step_s)
            threading.Event().wait(0.01)  # the reader's turn

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
    clock = clock or FakeClock(NOW)
    plan = itertools.chain(faults, itertools.repeat(None))
    with XStandIn(faults=plan, keep_alive_s=0.05, search_lag_s=0, clock=clock) as x:
        yield World(x, clock, SHORT_STALL_S if Fault.STALL in faults else STALL_S)
