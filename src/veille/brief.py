"""The brief: what happened since somebody last looked, gathered from one archive.

stories, alerts, questions without an answer, share of voice against last week, what was not read --> Brief
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from veille.alert import Alert
from veille.archive import Archive
from veille.coverage import parts_of, share_seen
from veille.gap import Gap, touching
from veille.mention import Mention
from veille.own import OwnAccounts
from veille.query.tree import And, Operator, Or
from veille.questions import Done, Question, asked, waiting_first
from veille.settings import Settings, Watch
from veille.voice import Row, Tally, compared, standing, tally

EVENING = time(18)
"""Without a visit to go on from, the brief begins at six in the evening of the day before."""

WEEK = timedelta(days=7)
LONGEST = WEEK
"""A brief looks back no further."""

LEAST_COPIES = 2
MOST_STORIES, MOST_ALERTS = 3, 100
FOLD = timedelta(hours=48)
HOUR_S = 3600


@dataclass(frozen=True)
class Story:
    """One story, its mentions since then, and the first of them that the archive has."""

    id: str
    mentions: int
    first: Mention


@dataclass(frozen=True)
class Brief:
    """What happened in `[since, until)`."""

    since: datetime
    until: datetime
    mentions: int
    """Of brands and competitors."""
    stories: Sequence[Story]
    """Those with the most mentions."""
    opened: Sequence[Alert]
    closed: Sequence[Alert]
    unanswered: Sequence[Question]
    """Asked by others, longest waiting first."""
    voice: Sequence[Row]
    """Of those that are compared; `change` is against as long a time a week before."""
    gaps: Sequence[Gap]
    coverage: float


def default_since(now: datetime, zone: ZoneInfo) -> datetime:
    """Yesterday at 18:00, by the clocks of a zone."""
    local = now.astimezone(zone)
    return datetime.combine(local.date() - timedelta(days=1), EVENING, zone).astimezone(now.tzinfo)


def gather(
    archive: Archive,
    settings: Settings,
    gaps: Sequence[Gap],
    *,
    since: datetime,
    until: datetime,
    done: Done | None = None,
) -> Brief:
    """The brief of `[since, until)`, a week at most; `done` as in `veille.questions.asked`. Raises Unavailable."""
    since = max(since, until - LONGEST)
    voice = _voice(archive, settings, gaps, since, until)
    alerts = archive.alerts(since=since, until=until, limit=MOST_ALERTS)
    found = asked(archive, OwnAccounts(settings.own), watch=None, since=since, until=until, done=done).questions
    return Brief(
        since=since,
        until=until,
        mentions=sum(row.tally.mentions for row in voice),
        stories=_stories(archive, settings.watches, since, until),
        opened=[alert for alert in alerts if alert.opened_at >= since],
        closed=[alert for alert in alerts if alert.closed_at is not None and alert.closed_at < until],
        unanswered=[each for each in waiting_first(found, until, FOLD) if each.waits and not each.ours],
        voice=voice,
        gaps=touching(gaps, since, until),
        coverage=share_seen(gaps, parts_of(settings), since, until),
    )


def _voice(archive: Archive, settings: Settings, gaps: Sequence[Gap], since: datetime, until: datetime) -> list[Row]:
    watches = compared(settings.watches)

    def tallies(start: datetime, end: datetime) -> dict[str, Tally]:
        whole = share_seen(gaps, parts_of(settings), start, end)
        return {
            watch.id: tally(archive.window_sums(watch.id, since=start, until=end, interval=HOUR_S), whole)
            for watch in watches
        }

    return standing(watches, tallies(since, until), tallies(since - WEEK, until - WEEK))


def _stories(archive: Archive, watches: Sequence[Watch], since: datetime, until: datetime) -> list[Story]:
    about = tuple(Operator("watch", watch.id, 0) for watch in compared(watches))
    query = None if not about else about[0] if len(about) == 1 else Or(about)
    found = []
    for story, mentions in archive.stories(query, since=since, until=until, limit=MOST_STORIES):
        if mentions >= LEAST_COPIES:
            known = And((Operator("story", story, 0),))
            first = archive.search(known, since=since, until=until, limit=1, order="oldest").hits
            found += [Story(story, mentions, each) for each in first]
    return found
