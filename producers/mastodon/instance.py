"""One instance: which request is next, what comes of it, and what is said when it cannot be asked.

    timelines, checks --the one that is due first--> one request --> events
                                                        |-> Unavailable: a gap, wait as told or with full jitter
                                                        `-> Refused: that timeline alone is left for an hour

A gap ends when every timeline has been read to its end again. It is repaired if each of them still held what is older
than where it stood: then `min_id` has brought everything in between. One that never showed anything was empty.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Raw

from veille.clock import Clock
from veille.errors import Misused, Unavailable
from veille.producers.mastodon.checks import Checks
from veille.producers.mastodon.client import BATCH, PAGE, Client, Garbled, Limited, Refused, id_of, recheck
from veille.producers.mastodon.cursor import BEGINNING, Left, Place, id_at, rank, set_back, time_of
from veille.producers.source import Event, GapClosed, GapOpened

POLL_S = 15.0
"""Between two polls of a timeline."""

PACE_S = 1.25
"""Between two requests: 240 in the five minutes in which Mastodon allows 300."""

LATE = timedelta(seconds=20)
"""How far each poll goes back: a status may appear beside newer ones, by so much."""

RECHECK_S = 30.0
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0
REFUSED_S = 3600.0
"""How long a timeline that was refused is left alone."""

log = logging.getLogger(__name__)


@dataclass
class Timeline:
    """One timeline, and how far it was read."""

    path: str
    """Below `/api/v1/timelines/`; also its name."""
    params: Mapping[str, str] = field(default_factory=dict)
    position: str = ""
    """The newest id read; empty before the first answer."""
    floor: str = ""
    """The id that reading began after."""
    head: str | None = None
    """Where a poll that has not come to its end goes on."""
    due: float = 0.0
    """When the next request is, by the monotonic clock."""
    read_at: datetime | None = None
    """When it was last read to its end."""
    owed: bool = True
    """Whether it must be read to its end before a gap is over."""
    check: str | None = None
    """An id: whether the instance still holds it, or an older one, is asked first."""
    short: bool = False
    """Whether it was found not to, in the gap that is open."""
    refused: str = ""
    """Why the instance does not show it; empty while it does."""


class Step(NamedTuple):
    """What came of one request."""

    opening: list[Event]
    """Gaps that begin before what was read."""
    statuses: list[Raw]
    """New ones and some of those before, the oldest first."""
    again: dict[str, Raw | None]
    """Those that were looked at again, by id; None: gone."""
    closing: list[Event]
    """Gaps that end with what was read."""


class Instance:
    """Asks one instance for its timelines and for what was published lately."""

    def __init__(
        self,
        client: Client,
        timelines: list[Timeline],
        checks: Checks,
        clock: Clock,
        *,
        left: Left | None,
        since_hours: int,
        jitter: Callable[[], float],
    ) -> None:
        """`left`: where an earlier process stood; None for a first start, which begins `since_hours` ago."""
        self.client, self.timelines, self._checks, self._clock, self._jitter = client, timelines, checks, clock, jitter
        self.name = client.name
        self.answered = False
        """Whether it has shown anything yet."""
        self._left_at = left.read_at if left else clock.now()
        self._since, self._by_time = timedelta(hours=since_hours), since_hours > 0
        self._begin = self._left_at - self._since
        self._ready = self._check_due = clock.monotonic()
        self._failures = 0
        self._gap = False
        if left is not None:
            checks.restore(self.name, left.lately, clock.now().timestamp())
        for each in timelines:
            each.due = clock.monotonic()
            if left is not None and (place := left.timelines.get(each.path)):
                each.position, each.floor, each.short = place.position, place.floor, place.short

    def show(self, timelines: list[Timeline]) -> list[Event]:
        """Read these from now on: known ones go on, new ones begin as at a first start; ends the gaps of all others."""
        now, known = self._clock.now(), {each.path: each for each in self.timelines}
        for each in timelines:
            each.due, each.read_at = self._clock.monotonic(), now
        self._begin = now - self._since
        self.timelines = [known.pop(each.path, each) for each in timelines]
        return [GapClosed(now, repaired=False, part=self._part(each)) for each in known.values() if each.refused]

    @property
    def due(self) -> float:
        """When the next request is, by the monotonic clock."""
        return max(self._ready, min(self._check_due, *(each.due for each in self.timelines)))

    @property
    def read_at(self) -> datetime:
        """Until when all of it was read."""
        return min(
            (each.read_at or self._left_at for each in self.timelines if not each.refused), default=self._left_at
        )

    @property
    def places(self) -> dict[str, Place]:
        """Where its timelines stand."""
        return {each.path: Place(each.position, each.floor, each.short) for each in self.timelines if each.position}

    def left(self, places: dict[str, Place]) -> Left:
        """Where it stands, for the cursor; its timelines at `places`."""
        return Left(self.read_at, places, self._checks.saved(self.name))

    def step(self) -> Step:
        """One request, rarely some more. Raises Misused for an answer of another shape."""
        asked = self.client.asked
        timeline = min(self.timelines, key=lambda each: each.due)
        statuses: list[Raw] = []
        again: dict[str, Raw | None] = {}
        opening: list[Event] = []
        try:
            if self._check_due < timeline.due:
                again = self._look_again()
            else:
                statuses = self._read(timeline)
                self.answered = True
        except Refused as refusal:
            opening = self._refuse(timeline, refusal)
        except Unavailable as error:
            return Step(self._away(error), [], {}, [])
        self._failures = 0
        self._ready = self._clock.monotonic() + PACE_S * (self.client.asked - asked)
        return Step(opening + self._hold(), statuses, again, self._over(timeline))

    # --- timelines ----------------------------------------------------------------------------------------------------

    def _read(self, timeline: Timeline) -> list[Raw]:
        """One page, the oldest first; before it, where needed, a question about the past."""
        if timeline.check is not None:
            past = self._page(timeline, {"max_id": _after(timeline.check), "limit": "1"})
            timeline.short, timeline.check = timeline.short or not past, None
            return []
        if not timeline.position:
            self._start(timeline)
            return []
        head = timeline.head or set_back(timeline.position, LATE, timeline.floor)
        page = self._page(timeline, {"min_id": head, "limit": str(PAGE)})
        newest = max([head, *(each for each, _ in page)], key=rank)
        timeline.position = max(timeline.position, newest, key=rank)
        if newest != head and (timeline.owed or len(page) >= PAGE // 2):
            timeline.head = newest
        else:
            timeline.head, timeline.owed, timeline.read_at = None, False, self._clock.now()
            timeline.due = self._clock.monotonic() + POLL_S
        return [raw for _, raw in sorted(page, key=lambda each: rank(each[0]))]

    def _page(self, timeline: Timeline, params: Mapping[str, str]) -> list[tuple[str, Raw]]:
        """Statuses with their ids, empty where one cannot be read. Raises Misused where none of them has one."""
        found = self.client.timeline(timeline.path, {**timeline.params, **params})
        page = [(id_of(raw) or "", raw) for raw in found]
        if page and not any(each for each, _ in page):
            raise Misused(
                f"{self.name} answers timelines/{timeline.path} with a list of something that has no id, expected "
                "statuses: it has changed its format. Update veille, or take it out of `sources.mastodon.instances`"
            )
        return page

    def _start(self, timeline: Timeline) -> None:
        """From the first start on, or from the set hours before where ids tell the time; nothing before it is read."""
        newest = max([BEGINNING, *(each for each, _ in self._page(timeline, {"limit": "1"}))], key=rank)
        begin, timeless = id_at(self._begin), newest != BEGINNING and time_of(newest) is None
        if timeless:
            begin = newest
        timeline.position = timeline.floor = begin if self._by_time else min(newest, begin, key=rank)
        if self._gap:
            _owe(timeline)
            timeline.short = timeless

    # --- what was published lately ------------------------------------------------------------------------------------

    def _look_again(self) -> dict[str, Raw | None]:
        now = self._clock.now().timestamp()
        ids = self._checks.due(self.name, now, BATCH)
        self._check_due = self._clock.monotonic() + (PACE_S if len(ids) == BATCH else RECHECK_S)
        if not ids:
            return {}
        try:
            found = recheck(self.client, ids)
            for unsaid in set(ids).difference(found):
                self._checks.looked(self.name, unsaid, now)
            return found
        except Refused as refusal:
            log.warning("mastodon: edits and deletes cannot be looked for: %s", refusal)
            self._check_due = self._clock.monotonic() + REFUSED_S
            return {}
        except Unavailable:
            self._checks.postpone(self.name, ids, now)
            raise

    # --- gaps ---------------------------------------------------------------------------------------------------------

    def open_gap(self, cause: str) -> list[Event]:
        """From the last time on at which all of it was read, posts may be missed.

        While one is open nothing more is said, but all is read and asked about once more: an instance may have
        forgotten at any of its failures.
        """
        known, self._gap = self._gap, True
        since = min(self.read_at, self._clock.now())
        for each in self.timelines:
            if not each.refused:
                _owe(each)
        return [] if known else [GapOpened(since, cause, self.name)]

    def _away(self, error: Unavailable) -> list[Event]:
        """Wait at least as long as told, else a random part of a time that doubles (full jitter)."""
        log.info("mastodon: %s", error)
        longest = min(FIRST_WAIT_S * 2 ** min(self._failures, 10), LONGEST_WAIT_S)
        self._failures += 1
        wait = max(error.retry_after or 0.0, longest * self._jitter(), PACE_S)
        self._ready = self._clock.monotonic() + wait
        return self.open_gap(_cause(error))

    def _hold(self) -> list[Event]:
        """The limit is used up: wait until its end, which is a gap when it lasts longer than between two polls."""
        wait = self.client.wait_s
        self._ready = max(self._ready, self._clock.monotonic() + wait)
        return self.open_gap("limited") if wait > POLL_S else []

    def _refuse(self, timeline: Timeline, refusal: Refused) -> list[Event]:
        known = bool(timeline.refused)
        since = timeline.read_at or self._left_at
        timeline.refused = str(refusal)
        timeline.due = self._clock.monotonic() + REFUSED_S
        if known:
            return []
        log.warning("mastodon: %s; the others go on", refusal)
        _owe(timeline)
        return [GapOpened(min(since, self._clock.now()), "refused", self._part(timeline))]

    def _over(self, timeline: Timeline) -> list[Event]:
        """The gaps that what was read has ended: that of a timeline, and that of the instance."""
        now = self._clock.now()
        over: list[Event] = []
        if timeline.refused and not timeline.owed:
            timeline.refused = ""
            over.append(GapClosed(now, _repaired([timeline]), self._part(timeline)))
        open_ones = [each for each in self.timelines if not each.refused]
        if self._gap and open_ones and not any(each.owed for each in open_ones):
            self._gap = False
            over.append(GapClosed(now, _repaired(open_ones), self.name))
        return over

    def _part(self, timeline: Timeline) -> str:
        return f"{self.name} {timeline.path}"


def _repaired(timelines: list[Timeline]) -> bool:
    """Whether their gap, which is over, left nothing out."""
    short = any(each.short for each in timelines)
    for each in timelines:
        each.short = False
    return not short


def _owe(timeline: Timeline) -> None:
    timeline.owed, timeline.head = True, None
    timeline.check = timeline.position if timeline.position not in {"", BEGINNING} else None


def _after(status_id: str) -> str:
    """What `max_id` must be for this id to be shown."""
    return str(int(status_id) + 1) if status_id.isascii() and status_id.isdigit() else status_id


def _cause(error: Unavailable) -> str:
    if isinstance(error, Limited):
        return "limited"
    return "unreadable" if isinstance(error, Garbled) else "disconnected"
