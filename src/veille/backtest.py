"""A back-test: what a query would have brought as a watch, by what the archive holds.

query --archive--> mentions a day, minute by minute --the alerts of the product--> those that would have rung
                                                  `-> what X would have charged

The archive holds only what earlier watches matched: a query that asks for more finds too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import get_args
from zoneinfo import ZoneInfo

from veille.alert import Alert
from veille.archive import Archive, Bucket
from veille.formats import Formats
from veille.mention import Mention
from veille.post import Source
from veille.processors.alerts import WatchAlerts
from veille.processors.seen import Seen
from veille.query import Query
from veille.query.tree import And, Node, Operator
from veille.settings import Watch
from veille.telling import Telling
from veille.web.alerts import OF_A_MOOD
from veille.web.days import DAY_S, UTC_ZONE, timeline
from veille.window import Window

DAY = timedelta(days=1)
MINUTE_S = 60
MONTH_DAYS = 30
EXAMPLES = 5
WATCH = "backtest"
SOURCES: tuple[str, ...] = get_args(Source)


@dataclass(frozen=True)
class Rang:
    """An alert that would have rung."""

    kind: str
    since: datetime
    opened_at: datetime
    closed_at: datetime | None
    """None: it would still be open."""
    severity: int
    """The highest."""
    mentions: int
    """Those that it counted when it was gravest: an alert counts the last two hours, and ends with few."""
    words: str
    """How many that were and how many were expected, and which rule fired."""
    query: str
    """What finds those mentions."""
    counted_since: datetime
    """They lie from then on."""
    counted_until: datetime
    """And before then."""


@dataclass(frozen=True)
class Backtest:
    """What a query would have brought in `[since, until)`."""

    since: datetime
    until: datetime
    days: dict[date, int]
    """Mentions of each day of one zone, days without any included."""
    by_source: dict[str, int]
    rang: Sequence[Rang]
    examples: list[Mention]
    usd_a_month: float
    """What X would charge for the posts of X, at this pace."""
    oldest: datetime | None
    """The archive's oldest mention in the time, of any watch; None: it holds none."""

    @property
    def mentions(self) -> int:
        """How many in all."""
        return sum(self.days.values())

    @property
    def a_day(self) -> float:
        """Mentions a day, from the archive's oldest mention on."""
        begun = max(self.since, self.oldest or self.until)
        return self.mentions / max((self.until - begun) / DAY, 1.0)


def backtest(
    archive: Archive, query: Query, *, since: datetime, until: datetime, price: float, zone: ZoneInfo
) -> Backtest:
    """Run a query over the archive as if it had been a watch. `price`: US dollars for a post of X; `zone`: of its days.

    Raises Unavailable.
    """
    tree = query.tree
    days = {
        bucket.start.astimezone(zone).date(): total(bucket)
        for bucket in timeline(partial(_histogram, archive, tree), since, until, DAY_S, zone).buckets
    }
    counts = {
        name: archive.count(And((tree, Operator("source", name, 0))), since=since, until=until) for name in SOURCES
    }
    first = archive.search(None, since=since, until=until, limit=1, order="oldest").hits
    oldest = first[0].created_at if first else None
    found = Backtest(
        since=since,
        until=until,
        days=days,
        by_source={name: number for name, number in counts.items() if number},
        # time before the archive's first mention was not read, and is no calm that what follows would stand out from
        rang=ring(_minutes(archive, query, oldest, until), query.text) if oldest and any(days.values()) else (),
        examples=archive.search(tree, since=since, until=until, limit=EXAMPLES).hits,
        usd_a_month=0.0,
        oldest=oldest,
    )
    return _charged(found, counts.get("x", 0), price)


def _charged(found: Backtest, posts: int, price: float) -> Backtest:
    share = posts / found.mentions if found.mentions else 0.0
    return Backtest(**{**vars(found), "usd_a_month": found.a_day * share * MONTH_DAYS * price})


def ring(minutes: Iterable[Bucket], query: str) -> list[Rang]:
    """The alerts of the product on minutes in order, each judged as it closes; of what came before nothing is known."""
    alerts = WatchAlerts(_Nothing(), [Watch(WATCH, "brand", WATCH)], past=lambda _ago: ())
    latest: dict[str, Alert] = {}
    gravest: dict[str, Alert] = {}
    for bucket in minutes:
        for alert in alerts.take([_window(bucket)], bucket.start + timedelta(seconds=MINUTE_S)):
            latest[alert.id] = alert
            gravest[alert.id] = max(gravest.get(alert.id, alert), alert, key=_gravity)
    in_order = sorted(latest.values(), key=lambda each: (each.opened_at, each.id))
    return [_rang(each, gravest[each.id], query) for each in in_order]


def _gravity(alert: Alert) -> tuple[int, int]:
    return alert.severity, alert.observed


def _rang(alert: Alert, gravest: Alert, query: str) -> Rang:
    told = Telling(gravest, Formats("en", UTC_ZONE), "")
    return Rang(
        kind=alert.kind,
        since=alert.since,
        opened_at=alert.opened_at,
        closed_at=alert.closed_at,
        severity=alert.highest,
        mentions=gravest.observed,
        words=f"{told.counts} {told.rule[:1].upper()}{told.rule[1:]}.",
        query=f"({query}){OF_A_MOOD[alert.kind]}" if alert.kind in OF_A_MOOD else query,
        counted_since=gravest.updated_at - timedelta(minutes=gravest.minutes),
        counted_until=gravest.updated_at,
    )


class _Nothing:
    """A memory without mentions: counts alone are judged."""

    def between(self, watch: str, since: datetime, until: datetime) -> Iterator[Seen]:  # noqa: ARG002  # the protocol's
        """Nothing."""
        return iter(())


def _window(bucket: Bucket) -> Window:
    number = total(bucket)
    return Window(
        watch=WATCH,
        since=bucket.start,
        revision=1,
        mentions=number,
        stories=number,
        begun=number,
        negative=bucket.negative,
        neutral=bucket.neutral,
        positive=bucket.positive,
        unsure=bucket.unsure,
    )


def total(bucket: Bucket) -> int:
    """Mentions of a bucket, whatever their sentiment."""
    return bucket.negative + bucket.neutral + bucket.positive + bucket.unsure


def _histogram(archive: Archive, tree: Node, since: datetime, until: datetime, interval: int) -> list[Bucket]:
    return archive.histogram(tree, since=since, until=until, interval=interval)


def _minutes(archive: Archive, query: Query, since: datetime, until: datetime) -> Iterator[Bucket]:
    """Minute by minute, a day at a time."""
    start = since.replace(second=0, microsecond=0)
    while start < until:
        end = min(start + DAY, until)
        yield from archive.histogram(query.tree, since=start, until=end, interval=MINUTE_S)
        start = end
