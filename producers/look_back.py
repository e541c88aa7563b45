"""What a query would have found on a network before it was watched, for a back-test; nothing is published.

Bluesky: its stream is replayed, 36 hours of it at most         X: its counts of the last seven days, hour by hour
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from veille.clock import Clock
from veille.errors import Unavailable
from veille.identity import microseconds
from veille.post import Post
from veille.producers.bluesky import BlueskySource
from veille.producers.bluesky.wire import OVERLAP_US, Position
from veille.producers.source import GapClosed, GapOpened, Received
from veille.producers.x.asked import searches
from veille.producers.x.client import Client, Lost, Refused
from veille.query import parse
from veille.query.match import Matcher
from veille.settings import BlueskySettings, Watch, XSettings

EXAMPLES = 5
HOUR = timedelta(hours=1)
STARTED, STALLED = "stopped", "stalled"
"""Causes of gaps: of the one with which every replay begins, and of one after half a minute without a word."""


class Found(Struct, frozen=True):
    """What one network had in `[since, until)`."""

    source: str
    since: datetime
    until: datetime
    hours: dict[datetime, int]
    """By the beginning of an hour, how many matched; hours without any may be left out."""
    examples: list[Post]
    """Some that matched, where posts were read."""
    read: int = 0
    """How many posts were looked at, where posts were read."""
    lacking: str = ""
    """What may be missing, in a few words."""

    @property
    def matched(self) -> int:
        """How many in all."""
        return sum(self.hours.values())


def on_bluesky(settings: BlueskySettings, query: str, back: timedelta, clock: Clock) -> Found:
    """Replay Bluesky's public stream from so long ago until now. Raises Unavailable when it breaks off, Misused."""
    until = clock.now()
    since = until - back
    source = BlueskySource(settings, clock)
    matcher = Matcher({"query": parse(query)})
    hours: Counter[datetime] = Counter()
    examples: list[Post] = []
    read, lacking, first, last = 0, "", until, since
    try:
        for event in source.read(str(Position(microseconds(since) + OVERLAP_US))):
            if isinstance(event, GapOpened) and event.cause == STALLED:
                lacking = f"nothing came any more after {last:%Y-%m-%d %H:%M}"
                break
            if isinstance(event, GapOpened) and event.cause != STARTED:
                raise Unavailable(f"bluesky broke off ({event.cause}) after {read:,} posts: look back less, or later")
            if isinstance(event, GapClosed) and not event.repaired:
                lacking = f"what lies before {event.until:%Y-%m-%d %H:%M} is not replayed any more"
            if not isinstance(event, Received):
                continue
            if event.post.created_at >= until:
                break
            read, first, last = read + 1, min(first, event.post.created_at), max(last, event.post.created_at)
            if matcher.match(event.post):
                hours[_hour(event.post.created_at)] += 1
                examples = [*examples, event.post][-EXAMPLES:]
    finally:
        source.close()
    return Found("bluesky", max(since, first), until, dict(hours), examples, read, lacking)


def on_x(settings: XSettings, query: str, clock: Clock) -> Found:
    """Ask X how many posts of the last seven days match. Raises Unavailable, and Misused for what X does not take.

    One request a search, 0.005 USD each whatever it finds (docs.x.com, pricing).
    """
    asked, lacking = searches([Watch("query", "brand", query)], [])
    client = Client(settings.bearer_token, settings.base_url)
    hours: Counter[datetime] = Counter()
    bounds: list[datetime] = []
    try:
        for search in asked:
            for count in client.counts(search.query):
                hours[_hour(count.start)] += count.tweet_count
                bounds += [count.start, count.end]
    except (Refused, Lost) as error:
        raise Unavailable(f"X does not tell how many there were: {error}") from error
    now = clock.now()
    return Found("x", min(bounds, default=now), max(bounds, default=now), dict(hours), [], 0, lacking)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
