"""Dead letters as a source: read once more, by today's code.

letter of a source --its line reader--> events
letter of a stage  --post or mention--> the post of it, to go through everything again
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from veille.clock import Clock
from veille.errors import Invalid
from veille.letters import Letter
from veille.post import Origin
from veille.producers.forms import OWN, read_line
from veille.producers.source import Broken, Event, Received


def events_of(letter: Letter, clock: Clock) -> Iterator[Event]:
    """What a letter says today; one `Broken` when it still cannot be read. Times of receipt are the letter's own."""
    received = _buried(letter) or clock.now()
    if letter.source == "bluesky" and not letter.topic and not any(mark in letter.value for mark in OWN):
        return _frame(letter.value, received)
    origin: Origin = "replay" if letter.source == "files" else "live"
    events = read_line(letter.value, received, origin=origin, repair=True)
    return _of_stage(letter, events) if letter.topic else events


def _of_stage(letter: Letter, events: Iterator[Event]) -> Iterator[Event]:
    """Posts and mentions are one form; X's word on which watches match is kept."""
    if not letter.value:
        yield Broken(b"", "no_version", "a delete, of which the version was not kept")
    for event in events:
        settled = isinstance(event, Received) and any(match.rules for match in event.post.matched)
        yield msgspec.structs.replace(event, trusted=True) if settled else event


def _frame(raw: bytes, received: datetime) -> Iterator[Event]:
    from veille.producers.bluesky.payload import Reader
    from veille.producers.bluesky.wire import FirstWire, SecondWire

    reader = Reader(SecondWire("") if b'"payload"' in raw else FirstWire(""), "")
    try:
        yield reader.event(reader.frame(raw), raw, received, None)
    except Invalid as error:
        yield Broken(raw, error.reason, error.detail)


def _buried(letter: Letter) -> datetime | None:
    try:
        return datetime.fromisoformat(letter.at).astimezone(UTC)
    except ValueError:
        return None


class ReplaySource:
    """Reads letters and ends; it has no cursor, since doing it twice is harmless."""

    name = "replay"
    can_wait = True
    in_order = False

    def __init__(self, letters: Iterable[Letter], clock: Clock) -> None:
        self._letters, self._clock = letters, clock
        self._closed = threading.Event()

    def read(self, cursor: str | None) -> Iterator[Event]:  # noqa: ARG002  # the protocol's
        """The events of every letter, in order."""
        for letter in self._letters:
            if self._closed.is_set():
                return
            yield from events_of(letter, self._clock)

    def close(self) -> None:
        """End after the letter in hand."""
        self._closed.set()
