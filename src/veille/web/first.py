"""The first run: nothing has come yet, and why. What each source has read, what each watch matched of it, as they say.

cursor records, gaps --first_run--> a line a source, a line a watch          what nobody has said is unknown, never 0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from veille.coverage import LIVE
from veille.gap import Gap
from veille.reading import SILENT, Heard, Reading
from veille.settings import Settings, Watch
from veille.web.render import SOURCES

FEW = 3
"""Watches that are named with their counts in the line of each source; more have their sums in the list of watches."""


@dataclass(frozen=True)
class SourceLine:
    """What one source said last; files end, and are silent then."""

    name: str
    reading: Reading | None
    """None: it has said nothing yet, or not under the watches of now."""
    lasted: timedelta
    """How long it had been reading when it said so."""
    silent_since: datetime | None
    """When it said something last, where that is so long ago that it may have ended."""
    gap: Gap | None
    """What it cannot read now."""


@dataclass(frozen=True)
class WatchLine:
    """What one watch matched of all that was read."""

    watch: Watch
    matched: int | None
    """None: no source has said so."""
    file: str
    """The settings file; empty where it names no such watch."""


@dataclass(frozen=True)
class FirstRun:
    """All of it."""

    sources: Sequence[SourceLine]
    watches: Sequence[WatchLine]
    posts: int | None
    """By all sources; None: none has said so."""
    few: bool
    """Whether there are so few watches that each source's line names them."""

    @property
    def coming(self) -> bool:
        """Whether something has matched, and must be on its way."""
        return any(line.reading is not None and line.reading.matched for line in self.sources)


def first_run(settings: Settings, said: Mapping[str, Heard], gaps: Sequence[Gap], now: datetime) -> FirstRun:
    """What there is to say while there is nothing to show."""
    enabled, under = [name for name in SOURCES if getattr(settings, name) is not None], settings.watches_hash
    sources = [_source(name, said.get(name), under, gaps, now) for name in enabled]
    known = [line.reading for line in sources if line.reading is not None]
    watches = [
        WatchLine(
            watch, sum(each.matched.get(watch.id, 0) for each in known) if known else None, _file(watch, settings)
        )
        for watch in settings.watches
    ]
    posts = sum(each.posts for each in known) if known else None
    return FirstRun(sources, watches, posts, few=len(watches) <= FEW)


def _source(name: str, heard: Heard | None, under: str, gaps: Sequence[Gap], now: datetime) -> SourceLine:
    away = next((gap for gap in gaps if gap.source == name and gap.until is None and not gap.part), None)
    reading = heard.reading if heard and heard.watches == under else None
    at = heard.at if heard else None
    if reading is None or at is None:
        return SourceLine(name, None, timedelta(), None, away)
    silent = name in LIVE and now - at > SILENT
    return SourceLine(name, reading, at - reading.since, at if silent else None, away)


def _file(watch: Watch, settings: Settings) -> str:
    return settings.path.name if settings.path is not None and watch.line is not None else ""
