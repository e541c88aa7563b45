"""The source against the stand-in, on a clock that moves when somebody waits; and what is published of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from patience import Patience
from veille.clock import FakeClock
from veille.gap import Gap
from veille.identity import is_delete
from veille.post import Post, decode
from veille.producers.cursors import CursorRecord
from veille.producers.judge import Judge
from veille.producers.mastodon import MastodonSource
from veille.producers.simulate.mastodon import MastodonStandIn
from veille.producers.source import Event, GapClosed, GapOpened
from veille.settings import KafkaSettings, MastodonSettings, Watch


class EndingClock(FakeClock):
    """Calls `at_end` once so many seconds have passed."""

    def __init__(self) -> None:
        super().__init__(datetime(2026, 11, 1, 12, tzinfo=UTC))
        self.end = 0.0
        self.at_end: Callable[[], None] = lambda: None
        self.at: tuple[float, Callable[[], None]] = (0.0, lambda: None)
        """What happens meanwhile, and after how many seconds."""

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        if self.monotonic() >= self.at[0]:
            self.at[1]()
        if self.monotonic() >= self.end:
            self.at_end()


def settings_of(stand_in: MastodonStandIn, **fields: object) -> MastodonSettings:
    """All its instances, and their whole public timelines."""
    wanted = {"public": True, "local": False, "instances": tuple(stand_in.urls.values())}
    return msgspec.convert({**wanted, **fields}, MastodonSettings)


def read(
    clock: EndingClock,
    settings: MastodonSettings,
    seconds: float,
    *,
    cursor: str | None = None,
    watches: Sequence[Watch] = (),
    most: int | None = None,
    jitter: float = 0.5,
    patience: Patience | None = None,
) -> list[Event]:
    """What the source yields in so many seconds of the clock, or until it has yielded `most`.

    `patience`: what the stand-in's slow answers are given; without one they are waited for.
    """
    source = MastodonSource(settings, watches, clock, jitter=lambda: jitter, http=(patience or Patience()).http)
    clock.end, clock.at_end = clock.monotonic() + seconds, source.close
    events = []
    for event in source.read(cursor):
        events.append(event)
        if most is not None and len(events) >= most:
            source.close()
            break
    return events


def gaps_of(events: Iterable[Event]) -> list[tuple[str, str] | bool]:
    """Cause and part of each gap that opens, and of each that closes whether it is repaired."""
    return [
        (event.cause, event.part) if isinstance(event, GapOpened) else event.repaired
        for event in events
        if isinstance(event, GapOpened | GapClosed)
    ]


class Published:
    """What the loop around every source makes of events: the records, and what is in effect by version alone."""

    def __init__(self, clock: FakeClock, watches: Sequence[Watch] = ()) -> None:
        self._clock, self._watches = clock, watches
        self._record = CursorRecord(source="mastodon")
        self.versions: dict[str, int] = {}
        self.posts: dict[str, Post | None] = {}
        """By doc id; None: deleted."""
        self.gaps: dict[str, Gap] = {}

    @property
    def cursor(self) -> str | None:
        """Where the source resumes."""
        return self._record.cursor

    def take(self, events: Sequence[Event]) -> CursorRecord:
        """Publish, as one process does between its start and its end; returns where it then stands."""
        judge = Judge(self._record, KafkaSettings(), self._watches, self._clock, lambda _: set(), in_order=False)
        for row in judge.rows(events):
            if row.topic == "veille.gaps.v1":
                gap = msgspec.json.decode(row.value or b"", type=Gap)
                self.gaps[gap.id] = gap
            elif row.topic == "veille.posts.v1":
                self._apply((row.key or b"").decode(), int(dict(row.headers)["version"]), row.value)
        self._record = judge.record("test")
        assert self._record.counts.closes()
        return self._record

    def _apply(self, doc_id: str, at: int, value: bytes | None) -> None:
        assert (value is None) is is_delete(at)
        if at > self.versions.get(doc_id, -1):
            self.versions[doc_id] = at
            self.posts[doc_id] = None if value is None else decode(value)
