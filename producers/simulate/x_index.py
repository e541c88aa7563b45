"""What the stand-in for X remembers of posts: its recent search and its mentions timelines read it.

    publish --> Index --search(query) | mentions(handle)--> pages, newest first

As at X a search finds no reposts, no quotes by what they quote, nothing older than seven days or younger than half a
minute, and of an edited post its newest version (docs.x.com, search).
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from veille.clock import Clock
from veille.identity import EPOCH, snowflake_time
from veille.post import Post
from veille.producers.simulate.x_fields import shown
from veille.producers.simulate.x_posts import FIRST_ID
from veille.producers.source import Received
from veille.producers.x.payload import read_line
from veille.query import Use, parse
from veille.query.match import Matcher
from veille.query.operators import ARCHIVE_ONLY, OPERATORS

REMEMBERED = 10_000
"""Posts, some 30 MB; X remembers all of them for seven days."""

HOUR, REACH = timedelta(hours=1), timedelta(days=7)
LAG_S = 30.0
SEARCH_LIMIT = 512
TIMELINE = 800
NOT_SEARCHABLE = {"sample", "bio", "bio_name", "bio_location"} | {
    operator.name for operator in OPERATORS if operator.watch is ARCHIVE_ONLY
}


class Paging(NamedTuple):
    """Which page: of posts after an id, so many, after the page that gave the token."""

    since_id: str
    size: int
    token: str | None


class Posted(NamedTuple):
    """A post and its number in the order in which all were published."""

    number: int
    message: Mapping[str, Any]
    post: Post
    at: datetime


class Index:
    """The newest posts, whatever rules match; its methods are called under the project's lock."""

    def __init__(self, clock: Clock, *, lag_s: float = LAG_S) -> None:
        self._clock, self._lag_s = clock, lag_s
        self._posts: deque[Posted] = deque(maxlen=REMEMBERED)
        self._number = 0

    def add(self, message: Mapping[str, Any]) -> Post | None:
        """Remember a post; None for what is none."""
        raw = json.dumps({name: message[name] for name in ("data", "includes") if name in message}).encode()
        event = next(read_line(raw, self._clock.now()), None)
        if not isinstance(event, Received):
            return None
        self._number += 1
        self._posts.append(Posted(self._number, message, event.post, self._clock.now()))
        return event.post

    def search(self, query: str, paging: Paging, fields: Mapping[str, str]) -> dict[str, Any]:
        """A page of a recent search. Raises ValueError for what X does not take, QueryError for what nobody reads."""
        if paging.since_id and time_of(paging.since_id) < self._clock.now() - REACH:
            raise ValueError("Invalid 'since_id': it must be a post id created within the last 7 days")
        return self._page(self._found(query, paging.since_id), paging, fields)

    def counts(self, query: str) -> dict[str, Any]:
        """How many posts a recent search finds, hour by hour, seven days of them. Raises as `search` does."""
        now = self._clock.now()
        times = Counter(int((now - posted.at) // HOUR) for posted in self._found(query, ""))
        hours = [
            {"end": _stamp(now - ago * HOUR), "start": _stamp(now - (ago + 1) * HOUR), "tweet_count": times[ago]}
            for ago in reversed(range(REACH // HOUR))
        ]
        return {"data": hours, "meta": {"total_tweet_count": sum(each["tweet_count"] for each in hours)}}

    def _found(self, query: str, since_id: str) -> Iterable[Posted]:
        """What a search finds, newest first."""
        if len(query) > SEARCH_LIMIT:
            raise ValueError(f"Invalid 'query': it may have {SEARCH_LIMIT} characters, and has {len(query)}")
        if lacking := sorted(name for name in NOT_SEARCHABLE if f"{name}:" in query):
            raise ValueError(f"Invalid operator: {', '.join(lacking)}")
        matcher = Matcher({"query": parse(query, Use.WATCH)})
        latest = self._clock.now() - timedelta(seconds=self._lag_s)

        def finds(posted: Posted) -> bool:
            post = posted.post
            if post.kind == "repost" or posted.at > latest or not after(post.native_id, since_id):
                return False
            quoted, post.quoted = post.quoted, None
            try:
                return bool(matcher.match(post))
            finally:
                post.quoted = quoted

        return self._newest(finds)

    def mentions(self, handle: str, paging: Paging, fields: Mapping[str, str]) -> dict[str, Any]:
        """A page of an account's mentions timeline: replies and quotes too, no reposts."""

        def finds(posted: Posted) -> bool:
            named = {name.lower() for name in posted.post.entities.handles or ()}
            return posted.post.kind != "repost" and handle in named

        found = list(self._newest(finds))[:TIMELINE]
        newer = (each for each in found if after(each.post.native_id, paging.since_id))
        return self._page(newer, paging, fields)

    def _newest(self, finds: Callable[[Posted], bool]) -> Iterable[Posted]:
        """Newest first, and of each edited post its newest version alone."""
        replaced: set[str] = set()
        for posted in reversed(self._posts):
            history = posted.message["data"].get("edit_history_tweet_ids", [])
            if posted.post.native_id not in replaced and finds(posted):
                yield posted
            replaced.update(history)

    def _page(self, found: Iterable[Posted], paging: Paging, fields: Mapping[str, str]) -> dict[str, Any]:
        left = [each for each in found if paging.token is None or each.number < int(paging.token)]
        page = left[: paging.size]
        meta: dict[str, Any] = {"result_count": len(page)}
        if not page:
            return {"meta": meta}
        ids = [each.post.native_id for each in page]
        meta |= {"newest_id": max(ids, key=int), "oldest_id": min(ids, key=int)}
        meta |= {"next_token": str(page[-1].number)} if len(left) > len(page) else {}
        told = [shown(each.message, fields) for each in page]
        return {"data": [each["data"] for each in told], "includes": _joined(told), "meta": meta}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of(post_id: str) -> datetime:
    """When an id was made, X's or one of the stand-in's."""
    made = snowflake_time(post_id)
    return made if made is not None else EPOCH + timedelta(milliseconds=max(0, int(post_id) - FIRST_ID) // 1000)


def after(post_id: str, since_id: str) -> bool:
    """Whether a post is newer than an id; ids of X and of the stand-in are compared by their times."""
    if not since_id:
        return True
    if (int(post_id) >= FIRST_ID) == (int(since_id) >= FIRST_ID):
        return int(post_id) > int(since_id)
    return time_of(post_id) > time_of(since_id)


def _joined(messages: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """What the posts of a page refer to, once each."""
    joined: dict[str, dict[str, Any]] = {}
    for message in messages:
        for name, some in message.get("includes", {}).items():
            for each in some:
                joined.setdefault(name, {}).setdefault(each.get("id") or each["media_key"], each)
    return {name: list(some.values()) for name, some in joined.items()}
