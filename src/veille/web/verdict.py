"""The verdict as the page asks for it: the last hour of the first brand, and what such an hour leads to expect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from veille.alert import Alert, Role
from veille.archive import Archive
from veille.clock import Clock
from veille.coverage import parts_of
from veille.expected import Expected
from veille.formats import Formats
from veille.gap import Gap, GapsNow
from veille.gap_telling import source_named
from veille.identity import public_id
from veille.query.tree import Operator
from veille.reading import NOT_BEGUN
from veille.settings import Settings
from veille.showing import hidden
from veille.verdict import HOUR, YOUNG_HOURS, Band, Verdict, verdict
from veille.web.card import card
from veille.web.quoting import beginning
from veille.web.receivers import FailingInfo
from veille.words import speaker

LEARNED = timedelta(days=28)
HOUR_S, HOUR_MIN = 3600, 60
SPREAD = 2.0
"""Standard deviations of chance on either side of what is expected: some 95 % of hours lie between."""

HALF = timedelta(minutes=30)
MORE = 2
"""Posts that are quoted beside the first one."""

QUOTED: tuple[Role, ...] = ("first", "most_copied", "typical")
"""Of which samples."""


class Verdicts:
    """Asks the archive; what is learned from past windows is kept for the hour."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, gaps_now: GapsNow) -> None:
        self._archive, self._clock, self._gaps_now = archive, clock, gaps_now
        self._parts = parts_of(settings)
        brands = [watch.id for watch in settings.watches if watch.role == "brand"]
        self._watch = next(iter(brands or [watch.id for watch in settings.watches]), "")
        self._band: tuple[datetime, Band | None] | None = None

    def now(self) -> Verdict:
        """The verdict of this moment. Raises Unavailable."""
        now = self._clock.now()
        about = Operator("watch", self._watch, 0) if self._watch else None
        mentions = self._archive.count(about, since=now - HOUR, until=now)
        return verdict(
            watch=self._watch,
            mentions=mentions,
            last=None if mentions else self._last(about, now),
            band=self._expected(now) if self._watch else None,
            alerts=self._archive.alerts(only_open=True),
            gaps=self._gaps_now(),
            parts=self._parts,
            now=now,
        )

    def _last(self, about: Operator | None, now: datetime) -> datetime | None:
        hits = self._archive.search(about, until=now, limit=1).hits
        return hits[0].created_at if hits else None

    def _expected(self, now: datetime) -> Band | None:
        """What the hour that most of the last 60 minutes lie in leads to expect."""
        until = (now - HALF).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self._band is None or self._band[0] != until:
            self._band = (until, self._learned(until))
        return self._band[1]

    def _learned(self, until: datetime) -> Band | None:
        sums = self._archive.window_sums(self._watch, since=until - LEARNED, until=until, interval=HOUR_S)
        known = [each for number, each in enumerate(sums) if any(earlier.minutes for earlier in sums[: number + 1])]
        if len(known) < YOUNG_HOURS:
            return None
        begins = known[0].start
        expected = Expected(HOUR_MIN, (begins.weekday() * 24 + begins.hour) * 60)
        for each in known:
            expected.take(each.mentions)
        low = expected.low - SPREAD * math.sqrt(expected.low)
        return Band(max(0, math.floor(low)), math.ceil(expected.high + SPREAD * math.sqrt(expected.high)))


def not_read(gaps: Sequence[Gap], now: datetime, formats: Formats) -> str:
    """`Bluesky not read since 14:02 (8 min).`, and how many more gaps there are; of none that all was not read."""
    say = speaker(formats.language)
    if not gaps:
        return say("verdict_lacking")
    first, more = gaps[0], len(gaps) - 1
    named = source_named(first.source, formats) + (f", {first.part}" if first.part else "")
    times = {"since": _at(first.since, now, formats), "until": _at(first.until or now, now, formats)}
    lasts = formats.lasting((first.until or now) - first.since)
    key = "verdict_gap_open" if first.until is None else "verdict_gap"
    if first.cause == NOT_BEGUN:
        key = "verdict_not_begun"
    told = say(key, source=named[:1].upper() + named[1:], lasts=lasts, **times)
    return f"{told} {say('verdict_gaps_more_one' if more == 1 else 'verdict_gaps_more', n=more)}" if more else told


def untold(failing: Sequence[FailingInfo] | None, now: datetime, formats: Formats) -> str:
    """`Notifications fail since 14:02.`; empty where none is known to."""
    say = speaker(formats.language)
    return say("verdict_untold", time=_at(failing[0].since, now, formats)) if failing else ""


def started(archive: Archive, alert: Alert, *, signed_in: bool) -> Started | None:
    """Who wrote the first mention of an alert that is still there and may be shown. Raises Unavailable."""
    first = next((sample for sample in alert.samples if sample.role == "first"), None)
    found = archive.mention(public_id(first.doc_id)) if first else None
    if found is None or found == "deleted" or hidden(found, signed_in=signed_in):
        return None
    shown = card(found)
    return Started(shown.reposter or shown.name or "", found.public_id, beginning(found))


def typical(archive: Archive, alert: Alert, *, signed_in: bool) -> list[Typical]:
    """Posts quoted beside the first, in words of their own: the most copied, typical ones. Raises Unavailable."""
    chosen = sorted((each for each in alert.samples if each.role in QUOTED), key=lambda each: QUOTED.index(each.role))
    found = archive.mentions([public_id(each.doc_id) for each in chosen])
    told: dict[str, Typical] = {}
    for each in chosen:
        mention = found.get(public_id(each.doc_id))
        if mention is not None and not hidden(mention, signed_in=signed_in) and (begins := beginning(mention)):
            told.setdefault(begins, Typical(each.role, mention.public_id, begins))
    return [each for each in told.values() if each.role != QUOTED[0]][:MORE]


def host_of(address: str) -> str:
    """Where a link leads; all of it where that cannot be told."""
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address


@dataclass(frozen=True)
class Started:
    """Whose post was first, its page, and its first words where a line may show them."""

    name: str
    public_id: str
    begins: str


@dataclass(frozen=True)
class Typical:
    """Why a post is to be read, its page, and its first words."""

    role: Role
    public_id: str
    begins: str


def _at(moment: datetime, now: datetime, formats: Formats) -> str:
    """The minute, with the day where that is another."""
    zone = formats.zone
    same_day = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return formats.minute(moment) if same_day else f"{formats.day(moment)}, {formats.minute(moment)}"
