"""What tests of Bluesky need: a flow of events to tell, a source read in a thread of its own, a hurried clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Empty, Queue
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from veille.clock import Clock, FakeClock
from veille.identity import microseconds
from veille.producers.bluesky import BlueskySource
from veille.producers.simulate.bluesky import FIRST, SECOND, Jetstream
from veille.producers.simulate.bluesky_faults import Fault
from veille.producers.simulate.bluesky_flow import POSTS, WorldFlow
from veille.producers.source import Deleted, Event, Received, Reposted, Source
from veille.settings import BlueskySettings

BEGIN = datetime(2026, 11, 1, 10, tzinfo=UTC)
NOW = BEGIN + timedelta(hours=2)
OVERLAP = timedelta(seconds=5)
"""Events may come so much too late; hence the replay goes back that far, and gaps begin that early."""

DEADLINE_S = 60.0
WIRES = pytest.mark.parametrize("wire", [FIRST, SECOND], ids=["v1", "v2"])


class HurriedClock(FakeClock):
    """A clock that moves only while somebody waits on it, and then 100 seconds in one: a slow machine ages nothing."""

    SPEED = 100.0

    def __init__(self, start: datetime = NOW) -> None:
        super().__init__(start)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds / self.SPEED)  # the other threads' turn: what the reader waits for is theirs
        self.advance(seconds)


class Told:
    """A flow of invented events, all of them over by now, and what is in it."""

    def __init__(self, end: int = 400, rate: float = 20.0, seed: int = 7) -> None:
        world = WorldFlow(seed, rate, BEGIN, end)
        self.end: int | None = end
        self.events = [world.event(number) for number in range(end)]
        self.times = [world.due(number) for number in range(end)]

    def event(self, number: int) -> dict[str, Any] | None:
        return self.events[number]

    def due(self, number: int) -> datetime:
        return self.times[number]

    def since(self, time_us: int) -> int:
        return sum(microseconds(moment) < time_us for moment in self.times)

    @property
    def wanted(self) -> list[int]:
        """Numbers of the events about posts and reposts."""
        return [number for number, event in enumerate(self.events) if event]

    def what(self, number: int) -> tuple[str, str, str]:
        event = self.events[number]
        assert event is not None
        commit = event["commit"]
        name = commit["rkey"] if commit["collection"] == POSTS else f"repost/{commit['rkey']}"
        return commit["operation"], f"bluesky:{event['did']}/{name}", commit.get("record", {}).get("text", "")

    def repeated(self, number: int) -> str | None:
        """Doc id of what an event repeats."""
        uri = ((self.events[number] or {})["commit"].get("record") or {}).get("subject", {}).get("uri")
        return uri and f"bluesky:{uri.split('/')[2]}/{uri.split('/')[4]}"

    def cursor(self, number: int) -> str:
        return str(microseconds(self.times[number]))


TOLD = Told()


def what(event: Event) -> tuple[str, str, str] | None:
    """Operation, doc id and text."""
    if isinstance(event, Received | Reposted):
        return event.post.op, event.post.doc_id, event.post.text
    return ("delete", event.tombstone.doc_id, "") if isinstance(event, Deleted) else None


class Reading:
    """A source that is read in a thread of its own, as the publisher does."""

    def __init__(self, source: Source, cursor: str | None = None) -> None:
        self.source, self.events = source, list[Event]()
        self._queue: Queue[Event | BaseException | None] = Queue()
        self._thread = threading.Thread(target=self._read, args=(cursor,))
        self._thread.start()

    def _read(self, cursor: str | None) -> None:
        try:
            for event in self.source.read(cursor):
                self._queue.put(event)
            self._queue.put(None)
        except BaseException as error:
            self._queue.put(error)

    def until(self, enough: Callable[[Event], bool]) -> Event:
        """Take events until one is enough."""
        limit = time.monotonic() + DEADLINE_S
        while True:
            try:
                event = self._queue.get(timeout=max(0.01, limit - time.monotonic()))
            except Empty:
                raise AssertionError(f"nothing of that kind came; {len(self.events)} others did") from None
            if isinstance(event, BaseException):
                raise event
            assert event is not None, "the source has ended"
            self.events.append(event)
            if enough(event):
                return event

    def until_told(self, number: int) -> Event:
        return self.until(lambda event: what(event) == TOLD.what(number))

    def of(self, *kinds: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]

    def end(self) -> float:
        """Close it; how many seconds it took to end."""
        began = time.monotonic()
        self.source.close()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        return time.monotonic() - began

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def reading(stand_in: Jetstream, wire: str, clock: Clock, cursor: str | None = None) -> Reading:
    return Reading(BlueskySource(BlueskySettings(stand_in.url(wire)), clock), cursor)


@contextmanager
def broken(faults: dict[int, Fault], clock: Clock, wire: str) -> Iterator[tuple[Jetstream, Reading]]:
    """Everything there is to tell, told with faults."""
    stand_in = Jetstream(TOLD, clock, faults=faults.get)
    with stand_in, reading(stand_in, wire, clock, TOLD.cursor(0)) as source:
        yield stand_in, source


def asked(stand_in: Jetstream) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(path).query) for path in stand_in.asked]
