"""The brief: what happened since somebody last looked, gathered from one archive.

alerts, stories, questions without an answer, share of voice against last week, what was not read --> Brief

Every number is counted as the page counts it that its link leads to, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from veille.alert import Alert
from veille.archive import Archive
from veille.coverage import parts_of, share_seen
from veille.gap import Gap, touching
from veille.mention import Mention
from veille.own import OwnAccounts
from veille.query.tree import And, Node, Operator, Or
from veille.questions import FOLD, Done, Question, asked, longest_waiting
from veille.settings import Settings, Watch
from veille.voice import Row, Tally, compared, standing, tally

EVENING = time(18)
"""Without a visit to go on from, the brief begins at six in the evening of the day before."""

WEEK = timedelta(days=7)
LONGEST = WEEK
"""A brief looks back no further."""

LEAST_COPIES = 2
MOST_STORIES, MOST_ALERTS = 3, 1000
MOST_NAMED = 20
"""Watches that one search names; of more of them all mentions are counted, of whatever watch."""

HOUR_S, DAY_S = 3600, 86_400


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
    about: Sequence[str]
    """Watches whose mentions are counted, brands and competitors; none named: all of them."""
    mentions: int
    stories: Sequence[Story]
    """Those with the most mentions."""
    alerts: Sequence[Alert]
    """Open at any time of it, those that began last first."""
    unanswered: Sequence[Question]
    """Asked by others within two days, and still waiting; longest waiting first."""
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
    until = until.replace(microsecond=0)
    since = max(since, until - LONGEST).replace(microsecond=0)
    about = _about(settings.watches)
    query = any_of(about)
    found = asked(archive, OwnAccounts(settings.own), watch=None, since=until - FOLD, until=until, done=done).questions
    return Brief(
        since=since,
        until=until,
        about=about,
        mentions=archive.count(query, since=since, until=until),
        stories=_stories(archive, query, since, until),
        alerts=archive.alerts(since=since, until=until, limit=MOST_ALERTS),
        unanswered=longest_waiting(found, until),
        voice=_voice(archive, settings, gaps, since, until),
        gaps=touching(gaps, since, until),
        coverage=share_seen(gaps, parts_of(settings), since, until),
    )


def any_of(watches: Sequence[str]) -> Node | None:
    """What finds the mentions of any of these; None where none is named."""
    named = tuple(Operator("watch", watch, 0) for watch in watches)
    return None if not named else named[0] if len(named) == 1 else Or(named)


def _about(watches: Sequence[Watch]) -> list[str]:
    ids = [watch.id for watch in compared(watches)]
    return ids if len(ids) <= MOST_NAMED else []


def _voice(archive: Archive, settings: Settings, gaps: Sequence[Gap], since: datetime, until: datetime) -> list[Row]:
    watches = compared(settings.watches)

    def tallies(start: datetime, end: datetime) -> dict[str, Tally]:
        whole = share_seen(gaps, parts_of(settings), start, end)
        return {
            watch.id: tally(archive.window_sums(watch.id, since=start, until=end, interval=HOUR_S), whole)
            for watch in watches
        }

    now = {watch: _counted(archive, watch, sums, since, until) for watch, sums in tallies(since, until).items()}
    return standing(watches, now, tallies(since - WEEK, until - WEEK))


def _counted(archive: Archive, watch: str, sums: Tally, since: datetime, until: datetime) -> Tally:
    """All mentions and negative ones, of one question: bars of days, put together again."""
    days = archive.histogram(Operator("watch", watch, 0), since=since, until=until, interval=DAY_S)
    negative = sum(day.negative for day in days)
    others = sum(day.neutral + day.positive + day.unsure for day in days)
    return replace(sums, mentions=negative + others, negative=negative)


def _stories(archive: Archive, query: Node | None, since: datetime, until: datetime) -> list[Story]:
    found = []
    for story, mentions in archive.stories(query, since=since, until=until, limit=MOST_STORIES):
        if mentions >= LEAST_COPIES:
            known = And((Operator("story", story, 0), *((query,) if query else ())))
            first = archive.search(known, since=since, until=until, limit=1, order="oldest").hits
            found += [Story(story, mentions, each) for each in first]
    return found
