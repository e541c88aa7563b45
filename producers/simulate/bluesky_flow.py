"""What the stand-in for Jetstream has to tell: event number k in v1's form, and when it is due.

the seeded world --(its posts on Bluesky)--> commits       no state: any number, any time, the same again
a file of v1 events, one a line          --> as they are, at the pace at which they were recorded
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import msgspec

from veille.errors import Misused
from veille.identity import microseconds
from veille.post import Post
from veille.producers.simulate.people import tid
from veille.producers.simulate.plot import Plot
from veille.producers.simulate.timetable import Timetable
from veille.producers.source import Received

POSTS = "app.bsky.feed.post"
REPOSTS = "app.bsky.feed.repost"
CID = "bafyreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
"""Stands for every content id: nobody who reads Jetstream's JSON can check one."""


class Flow(Protocol):
    """Events in order, from number 0 on."""

    end: int | None
    """How many there are; None: they never end."""

    def event(self, number: int) -> dict[str, Any] | None:
        """Event number k as v1 sends it; None where nothing happened on Bluesky."""

    def due(self, number: int) -> datetime:
        """When it is sent to those who listen live."""

    def since(self, time_us: int) -> int:
        """Number of the first event that is not older than this."""


class WorldFlow:
    """What the people of the seeded world say on Bluesky; more than half of them are there."""

    def __init__(self, seed: int, rate: float, live: datetime, end: int | None = None) -> None:
        """`rate`: events a second in all of that world, averaged over a day; it begins at `live`."""
        self.end = end
        self._timetable = Timetable(rate, live, live)
        self._plot = Plot(seed, self._timetable, faults=False)
        self._lock = Lock()

    def event(self, number: int) -> dict[str, Any] | None:
        """See Flow."""
        with self._lock:
            told = self._plot.event(number, "")
            gone = self._plot.gone(number)
            moment = self._timetable.moment(number)
        if isinstance(told, Received) and told.post.source == "bluesky":
            return _commit(moment, number, told.post, told.post.op)
        if gone is not None and gone.source == "bluesky":
            return _commit(moment, number, gone, "delete")
        return None

    def due(self, number: int) -> datetime:
        """See Flow."""
        with self._lock:
            return self._timetable.moment(number)

    def since(self, time_us: int) -> int:
        """See Flow."""
        most = 1
        while (self.end is None or most < self.end) and self._time_us(most) < time_us:
            most *= 2
        return bisect_left(range(most if self.end is None else min(most, self.end)), time_us, key=self._time_us)

    def _time_us(self, number: int) -> int:
        return microseconds(self.due(number))


class FileFlow:
    """Recorded v1 events, played from `live` on; their times stay as they were recorded."""

    def __init__(self, path: Path, live: datetime) -> None:
        """Read them all. Raises Misused for a file that holds none."""
        self._events = _recorded(path)
        self.end: int | None = len(self._events)
        self._live = live

    def event(self, number: int) -> dict[str, Any] | None:
        """See Flow."""
        return self._events[number]

    def due(self, number: int) -> datetime:
        """See Flow."""
        return self._live + timedelta(microseconds=self._time_us(number) - self._time_us(0))

    def since(self, time_us: int) -> int:
        """See Flow."""
        later = (number for number in range(len(self._events)) if self._time_us(number) >= time_us)
        return next(later, len(self._events))

    def _time_us(self, number: int) -> int:
        return int(self._events[number]["time_us"])


def _recorded(path: Path) -> list[dict[str, Any]]:
    lines = [line for line in path.read_bytes().splitlines() if line.strip()]
    events: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            event = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise Misused(f"{path}, line {number}: expected an event of Jetstream v1 as JSON: {error}") from error
        if not isinstance(event.get("time_us"), int):
            raise Misused(f"{path}, line {number}: expected an event of Jetstream v1, found no time_us in it")
        events.append(event)
    if not events:
        raise Misused(f"{path}: expected events of Jetstream v1, one a line; the file is empty")
    return events


def _commit(moment: datetime, number: int, post: Post, operation: str) -> dict[str, Any]:
    _, _, did, _, record_key = (post.uri or "").split("/")
    repost = post.kind == "repost"
    commit: dict[str, Any] = {
        "rev": tid(moment, number),
        "operation": operation,
        "collection": REPOSTS if repost else POSTS,
        "rkey": record_key,
    }
    if operation != "delete":
        commit["record"] = _repost(post) if repost else _record(post)
        commit["cid"] = CID
    return {"did": did, "time_us": microseconds(moment), "kind": "commit", "commit": commit}


def _repost(post: Post) -> dict[str, Any]:
    return {"$type": REPOSTS, "createdAt": _time(post.created_at), "subject": _pointer(post.ref.repost_of)}


def _record(post: Post) -> dict[str, Any]:
    record: dict[str, Any] = {"$type": POSTS, "createdAt": _time(post.created_at), "text": post.text}
    if post.langs:
        record["langs"] = post.langs
    if facets := [*_tags(post), *_links(post)]:
        record["facets"] = facets
    if post.ref.reply_to is not None:
        record["reply"] = {"root": _pointer(post.ref.conversation), "parent": _pointer(post.ref.reply_to)}
    if post.ref.quote_of is not None:
        record["embed"] = {"$type": "app.bsky.embed.record", "record": _pointer(post.ref.quote_of)}
    elif post.media:
        record["embed"] = {"$type": "app.bsky.embed.images", "images": [{"alt": ""}] * len(post.media)}
    return record


def _pointer(uri: str | None) -> dict[str, str]:
    return {"uri": uri or "", "cid": CID}


def _tags(post: Post) -> list[dict[str, Any]]:
    return [_facet(post.text, f"#{tag}", {"tag": tag}, "tag") for tag in post.entities.hashtags or ()]


def _links(post: Post) -> list[dict[str, Any]]:
    return [_facet(post.text, link.url, {"uri": link.url}, "link") for link in post.entities.links or ()]


def _facet(text: str, written: str, what: dict[str, str], kind: str) -> dict[str, Any]:
    start = len(text[: max(text.find(written), 0)].encode())
    return {
        "index": {"byteStart": start, "byteEnd": start + len(written.encode())},
        "features": [{"$type": f"app.bsky.richtext.facet#{kind}", **what}],
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
