"""Which status is on which instance, and since when: what the people of the seeded world say on Mastodon, federated.

the world's events --at once--> the instance of their author
                   --a few seconds later, mostly--> the others, under ids of their own; times lose their fractions

Edits and deletes travel the same way. Boosts stand in no public timeline, so nothing is made of them.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from random import Random
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from veille.clock import Clock
from veille.identity import microseconds
from veille.post import Post
from veille.producers.simulate import mastodon_status
from veille.producers.simulate.people import INSTANCES
from veille.producers.simulate.plot import Plot
from veille.producers.simulate.timetable import Timetable
from veille.producers.source import Deleted, Received

FEDERATED = 0.8
"""Share of posts that reach another instance."""

SLOWEST_S = 8.0


class Held(NamedTuple):
    """A post as an instance holds it."""

    post: Post
    local_id: int
    edited: datetime | None = None


class Delivery(NamedTuple):
    """What an instance learns, and when; `post` None: the post with this URI is deleted."""

    at: datetime
    number: int
    instance: str
    uri: str
    post: Post | None
    edited: datetime | None


class Fediverse:
    """The instances of the world; all methods may be called from any thread."""

    def __init__(
        self,
        seed: int,
        rate: float,
        clock: Clock,
        *,
        end: int | None = None,
        skews: Mapping[str, timedelta] | None = None,
    ) -> None:
        """It begins now. `rate`: events a second in all of the world, a third of them here; `end`: how many events.

        `skews`: how far the clock of an instance is ahead.
        """
        self._clock, self._end, self._skews = clock, end, skews or {}
        live = clock.now()
        self._seed = seed
        self._timetable = Timetable(rate, live, live)
        self._plot = Plot(seed, self._timetable, faults=False)
        self._next = 0
        self._order = count()
        self._coming: list[tuple[datetime, int, Delivery]] = []
        self._held: dict[str, dict[str, Held]] = {name: {} for name in INSTANCES}
        self._ids: dict[str, list[int]] = {name: [] for name in INSTANCES}
        self._uris: dict[str, dict[int, str]] = {name: {} for name in INSTANCES}
        self._known: dict[str, str] = {}
        self._edited: dict[str, datetime] = {}
        self._lock = Lock()
        self.deleted: dict[str, datetime] = {}
        """URIs of deleted posts, and when their authors deleted them."""

    def now(self, instance: str) -> datetime:
        """The time, as the clock of an instance has it."""
        return self._clock.now() + self._skews.get(instance, timedelta())

    def page(
        self, instance: str, limit: int, *, tag: str | None, local: bool, above: int, below: int | None, oldest: bool
    ) -> list[dict[str, Any]]:
        """Statuses of a timeline between two ids, the newest first: those next to `above`, or the newest of all."""
        with self._lock:
            self._advance()
            ids = self._ids[instance]
            first, last = bisect_right(ids, above), len(ids) if below is None else bisect_left(ids, below)
            chosen = range(first, last) if oldest else range(last - 1, first - 1, -1)
            found: list[Held] = []
            for place in chosen:
                held = self._held[instance].get(self._uris[instance][ids[place]])
                if held is not None and _shown(held.post, instance, tag=tag, local=local):
                    found.append(held)
                    if len(found) == limit:
                        break
            return [self._status(instance, held) for held in (reversed(found) if oldest else found)]

    def status(self, instance: str, local_id: int) -> dict[str, Any] | None:
        """One status; None where it is not there, or not any more."""
        with self._lock:
            self._advance()
            held = self._held[instance].get(self._uris[instance].get(local_id, ""))
            return None if held is None else self._status(instance, held)

    def statuses(self) -> dict[str, dict[str, Held]]:
        """What every instance holds now, by URI."""
        with self._lock:
            self._advance()
            return {name: dict(held) for name, held in self._held.items()}

    # --- what happens -------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        now = self._clock.now()
        while self._end is None or self._next < self._end:
            if (moment := self._timetable.moment(self._next)) > now:
                break
            self._tell(self._next, moment)
            self._next += 1
        while self._coming and self._coming[0][0] <= now:
            self._deliver(heapq.heappop(self._coming)[2])

    def _tell(self, number: int, moment: datetime) -> None:
        event = self._plot.event(number, "")
        if isinstance(event, Received) and event.post.source == "mastodon" and event.post.kind != "repost":
            post = event.post
            uri = post.uri or ""
            skew = self._skews.get(post.instance or "", timedelta())
            self._known[post.doc_id] = uri
            edited = moment + skew if post.op == "update" else None
            if edited and not self._apart(uri, edited):
                return
            post = msgspec.structs.replace(post, created_at=post.created_at + skew)
            self._send(Delivery(moment, number, post.instance or "", uri, post, edited))
        elif isinstance(event, Deleted) and (gone := self._known.get(event.tombstone.doc_id)) is not None:
            self.deleted[gone] = moment
            self._send(Delivery(moment, number, gone.split("/")[2], gone, None, None))

    def _apart(self, uri: str, edited: datetime) -> bool:
        """Whether an edit is not of the same second as the last: that is how fine instances tell each other of them."""
        last = self._edited.get(uri)
        self._edited[uri] = edited
        return last is None or _whole(last) != _whole(edited)

    def _send(self, told: Delivery) -> None:
        """To the author's own instance at once, to the others in a while: to all that get their posts."""
        reached = Random(f"{self._seed}/{told.uri}/reach")  # noqa: S311  # a story, no secret
        delays = Random(f"{self._seed}/{told.number}/delay")  # noqa: S311  # a story, no secret
        for instance in INSTANCES:
            gets, delay = reached.random() < FEDERATED, delays.uniform(0.5, SLOWEST_S)
            if instance == told.instance:
                self._push(told)
            elif gets:
                post = told.post and msgspec.structs.replace(told.post, created_at=_whole(told.post.created_at))
                at, edited = told.at + timedelta(seconds=delay), told.edited and _whole(told.edited)
                self._push(told._replace(at=at, instance=instance, post=post, edited=edited))

    def _push(self, delivery: Delivery) -> None:
        heapq.heappush(self._coming, (delivery.at, next(self._order), delivery))

    def _deliver(self, delivery: Delivery) -> None:
        instance, uri, post = delivery.instance, delivery.uri, delivery.post
        held = self._held[instance]
        if post is None:
            held.pop(uri, None)
        elif uri in held:
            if _newer(delivery.edited, held[uri].edited):
                held[uri] = Held(post, held[uri].local_id, delivery.edited)
        elif delivery.edited is None and uri not in self.deleted:
            at = delivery.at + self._skews.get(instance, timedelta())
            local_id = (microseconds(at) // 1000 << 16) + delivery.number % (1 << 16)
            local_id = max([local_id, *(each + 1 for each in self._ids[instance][-1:])])
            held[uri] = Held(post, local_id)
            self._ids[instance].append(local_id)
            self._uris[instance][local_id] = uri

    def _status(self, instance: str, held: Held) -> dict[str, Any]:
        def local_id_of(uri: str) -> str | None:
            there = self._held[instance].get(uri)
            return None if there is None else str(there.local_id)

        return mastodon_status.status(held.post, str(held.local_id), held.edited, local_id_of, instance)


def _shown(post: Post, instance: str, *, tag: str | None, local: bool) -> bool:
    if local and post.instance != instance:
        return False
    return tag is None or tag.casefold() in {each.casefold() for each in post.entities.hashtags or ()}


def _newer(edited: datetime | None, known: datetime | None) -> bool:
    """Edits overtake each other on their way; an instance keeps the last."""
    return known is None or (edited is not None and edited >= known)


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
