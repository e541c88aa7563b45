"""The seeded world as a source: invented posts about brands that do not exist, for a first look and for the tests.

    fresh start   2 h of history at once --> live from now on, at the set rate; a bad buzz 20 s later
    cursor        the world goes on with the event after it, the same to the byte
    limit         that many events without waiting: the world went live long enough ago for all of them to have happened

Every event is a function of the settings, the moment at which the world went live, and its number (`plot.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event as Flag

import msgspec
from msgspec import Struct

from veille.clock import Clock
from veille.errors import Corrupt, Misused
from veille.post import encode
from veille.producers.simulate.plot import Plot
from veille.producers.simulate.timetable import HOURS, Timetable
from veille.producers.source import Broken, Deleted, Event, GapClosed, GapOpened, Received
from veille.settings import Watch, WorldSettings

WATCHES: tuple[Watch, ...] = (
    Watch("bouillance", "brand", "bouillance OR #bouillance"),
    Watch("boilwick", "competitor", "boilwick OR #boilwick"),
    Watch("kettles", "market", 'bouilloire OR bouilloires OR "electric kettle" OR "electric kettles"'),
)
"""What to watch in this world: a brand, its competitor and the market. None of the names exists."""

HISTORY = timedelta(hours=2)
"""What a fresh world knows of the time before it; also how old a cursor may be, so that nobody waits for a week."""

LONGEST_S = 3650 * 86_400.0
"""How long ago a limited world may have gone live: its posts must have been possible then."""

PATIENCE_S = 0.2
"""How long one wait lasts at most before `close` is looked at."""


class Place(Struct, frozen=True):
    """Where a world was left: the cursor. Under other settings the same number would be another event."""

    live: datetime
    """When this world went live."""
    number: int
    """Of the last event that was told; -1 before the first."""
    seed: int
    rate: float
    faults: bool
    history: bool

    def same_settings(self, other: Place) -> bool:
        """Whether both are places of worlds with the same settings."""
        return msgspec.structs.replace(other, live=self.live, number=self.number) == self


class WorldSource:
    """The world; see the protocol in `source.py`."""

    name = "world"
    can_wait = True
    in_order = False

    def __init__(self, settings: WorldSettings, clock: Clock) -> None:
        """`settings.limit` also leaves out history and every wait."""
        self._settings = settings
        self._clock = clock
        self._closed = Flag()

    def read(self, cursor: str | None) -> Iterator[Event]:
        """Yield events from just after `cursor` until closed or at the limit.

        A cursor older than `HISTORY`, or of other settings, begins a fresh world; for the first there is a gap.
        Raises Corrupt for a cursor that is none, Misused for a limit too high for the rate.
        """
        place = fresh = self._begin()
        if cursor is not None and (left := _read_cursor(cursor)).same_settings(fresh):
            place = left
        told = max(place.live, self._timetable(place).moment(max(0, place.number)))
        if self._settings.limit is None and told < fresh.live - HISTORY:
            yield GapOpened(told, "expired")
            yield GapClosed(fresh.live - HISTORY, repaired=False)
            place = fresh
        yield from self._events(place)

    def close(self) -> None:
        """End `read`, also in the middle of a wait."""
        self._closed.set()

    def _begin(self) -> Place:
        """A world that goes live now; with a limit, so long ago that even at night all of it is over by now."""
        settings = self._settings
        ago = 0.0 if settings.limit is None else settings.limit / (settings.rate * min(HOURS))
        if ago > LONGEST_S:
            raise Misused(
                f"a world of {settings.limit:,} events at a rate of {settings.rate:g} would take {ago / 86_400:,.0f} "
                f"days, expected at most {LONGEST_S / 86_400:,.0f}: take a lower limit or a higher rate"
            )
        live = self._clock.now() - timedelta(seconds=ago)
        return Place(live, -1, settings.seed, settings.rate, settings.faults, settings.limit is None)

    def _timetable(self, place: Place) -> Timetable:
        return Timetable(place.rate, place.live - HISTORY if place.history else place.live, place.live)

    def _events(self, place: Place) -> Iterator[Event]:
        timetable = self._timetable(place)
        plot = Plot(place.seed, timetable, faults=place.faults)
        number = place.number + 1
        while (self._settings.limit is None or number < self._settings.limit) and self._wait(timetable.moment(number)):
            yield plot.event(number, _cursor(place, number))
            number += 1

    def _wait(self, moment: datetime) -> bool:
        """Until a moment has come; False when closed."""
        while not self._closed.is_set():
            left = (moment - self._clock.now()).total_seconds()
            if left <= 0:
                return True
            self._clock.wait(min(left, PATIENCE_S))
        return False


def _cursor(place: Place, number: int) -> str:
    return msgspec.json.encode(msgspec.structs.replace(place, number=number)).decode()


def _read_cursor(cursor: str) -> Place:
    try:
        return msgspec.json.decode(cursor, type=Place)
    except msgspec.DecodeError as error:
        raise Corrupt(f"the cursor of the world is no place in it: {cursor[:100]!r}: {error}") from error


def line(event: Event) -> bytes | None:
    """An event as a line that the source `files` reads, without its end; None where such a file has no word for it."""
    match event:
        case Received(post=post):
            return encode(post)
        case Deleted(tombstone=gone):
            fields = {"op": "delete", "doc_id": gone.doc_id, "version": str(gone.version), "source": gone.source}
            return msgspec.json.encode(fields)
        case Broken(raw=raw):
            return raw
    return None
