"""Looks again at what the archive holds of Mastodon: no timeline tells of an edit or a delete.

    archive, oldest first --20 of one instance--> recheck (client.py) --> gone or hidden: tombstone    edited: the post
          ^                                                        `- away: later, in the end next round
          `-- round after round, at most one a day, from where the last process stood

The source itself looks after the posts of the last hours (checks.py); these are all the others. An instance that is
away, or refuses, says nothing of its posts: none of them is deleted for it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from veille.archive import Archive
from veille.clock import Clock
from veille.errors import Misused, Unavailable
from veille.identity import DELETED, PUBLISHED, at_revision, version
from veille.kafka import Producer
from veille.mention import Mention
from veille.post import encode
from veille.producers.http import Http
from veille.producers.mastodon.client import BATCH, Client, Refused, recheck
from veille.producers.mastodon.status import read_status
from veille.producers.matching import Matching
from veille.producers.place import read_place, write_place
from veille.producers.source import Received, Skipped
from veille.query import Use, parse
from veille.settings import KafkaSettings, MastodonSettings, Watch
from veille.settings_followed import FollowedSettings
from veille.topics import POSTS, headers

NAME = "mastodon-rechecks"
"""Key of its cursor."""

EVERY_S = 10.0
"""Between two batches: of the limit of an instance, what the timelines leave (instance.py) is a request in 5 s."""

ONE_BY_ONE = 2
"""Ids of a batch where an instance can only be asked for each by itself."""

ROUND = timedelta(days=1)
"""From the beginning of a round to that of the next, at least."""

PAGE = 200
TRIES = 3
"""An instance that is away is asked so often for a batch; then the batch waits for the next round."""

AWAY_S = 60.0

Op = Literal["create", "update", "delete"]
Publish = Callable[[str, bytes | None, int, Op], None]
"""Publishes doc id, the post or None, version and op; returns once that is acknowledged. Raises Unavailable."""

log = logging.getLogger(__name__)


class Place(Struct, frozen=True):
    """Where the round stands: what was published up to `until` is looked at, from `after` on."""

    began: datetime
    until: datetime
    after: str | None = None
    over: bool = False


class Batch(Struct, frozen=True):
    """Mentions of one instance, and how often it could not be asked for them."""

    instance: str
    mentions: list[Mention]
    failures: int = 0


class Rechecks:
    """One round after the other; `run` in a thread of its own."""

    def __init__(
        self,
        settings: MastodonSettings,
        watches: Sequence[Watch],
        archive: Archive,
        *,
        publish: Publish,
        clock: Clock,
        http: Http,
    ) -> None:
        self._archive, self._publish, self._clock = archive, publish, clock
        self._clients = {
            client.name: client for client in (Client(address, http, clock) for address in settings.instances)
        }
        self._fresh = timedelta(hours=settings.recheck_hours)
        self._matching = Matching(watches)
        self._query = parse("source:mastodon", Use.SEARCH).tree
        self._batches: deque[Batch] = deque()
        self._following: Place | None = None
        self.place: Place | None = None
        """Where a restart goes on."""

    def watch(self, watches: Sequence[Watch]) -> None:
        """Match under these from now on."""
        self._matching = Matching(watches)

    @property
    def oldest(self) -> datetime | None:
        """Since when the mention that was looked at longest ago has waited; None before the first round."""
        return None if self.place is None else self.place.began

    def step(self) -> int:
        """One batch, if there is one now; how many mentions are gone or edited. Raises Unavailable, of ours."""
        now = self._clock.now()
        if not self._batches and not self._more(now):
            return 0
        changed = self._looked(self._batches[0])
        self._batches.popleft()  # only now: what could not be published is looked at again
        if not self._batches and self._following is not None:
            self.place, self._following = self._following, None
        return changed

    def _more(self, now: datetime) -> bool:
        """Get the next page; whether there is one."""
        place = self.place
        if place is None or (place.over and now - place.began >= ROUND):
            place = self.place = Place(now, now - self._fresh)
        if place.over:
            return False
        page = self._archive.search(self._query, until=place.until, limit=PAGE, after=place.after, order="oldest")
        following = msgspec.structs.replace(place, after=page.after, over=page.after is None)
        self._batches.extend(self._split(page.hits))
        if not self._batches:
            self.place = following
            return False
        self._following = following
        return True

    def _split(self, mentions: Iterable[Mention]) -> Iterable[Batch]:
        """By instance; those of instances that are read no more, and invented posts, are nobody's to ask for."""
        found: dict[str, list[Mention]] = {}
        for mention in mentions:
            if mention.instance in self._clients:
                found.setdefault(mention.instance, []).append(mention)
        for name, some in found.items():
            size = BATCH if self._clients[name].takes_batches else ONE_BY_ONE
            for start in range(0, len(some), size):
                yield Batch(name, some[start : start + size])

    def _looked(self, batch: Batch) -> int:
        client = self._clients[batch.instance]
        by_id = {mention.native_id: mention for mention in batch.mentions}
        try:
            if client.wait_s:
                raise Unavailable(f"{client.name}: the limit is used up", client.wait_s)
            found = recheck(client, list(by_id))
        except Refused as refusal:
            log.warning("mastodon: what is in the archive cannot be looked at again: %s", refusal)
            return 0
        except Unavailable as error:
            if batch.failures + 1 < TRIES:
                self._batches.append(msgspec.structs.replace(batch, failures=batch.failures + 1))
            log.info("mastodon: %s", error)
            return 0
        return sum(self._told(by_id[status_id], raw) for status_id, raw in found.items())

    def _told(self, mention: Mention, raw: Raw | None) -> bool:
        """What has become of one mention; whether anything has."""
        now = self._clock.now()
        event = None if raw is None else read_status(raw, mention.instance or "", now)
        if raw is None or isinstance(event, Skipped):
            self._publish(mention.doc_id, None, version(None, now, DELETED), "delete")
            return True
        if not isinstance(event, Received) or int(event.post.version) <= at_revision(int(mention.version), PUBLISHED):
            return False
        if event.post.doc_id != mention.doc_id:
            return False
        if self._matching.settle(event):
            self._publish(mention.doc_id, encode(event.post), int(event.post.version), event.post.op)
        else:
            self._publish(mention.doc_id, None, at_revision(int(event.post.version), DELETED), "delete")
        return True


def run(
    rechecks: Rechecks,
    producer: Producer,
    kafka: KafkaSettings,
    stop: threading.Event,
    followed: FollowedSettings,
) -> None:
    """Until `stop`; brokers, archive and instances may be away meanwhile. Raises Corrupt for a cursor that is none."""
    known, written = False, None
    while not stop.wait(EVERY_S):
        try:
            if not known:
                written = rechecks.place = read_place(kafka, NAME, Place)
                known = True
            if settings := followed.look():
                rechecks.watch(settings.watches)
            rechecks.step()
            if rechecks.place is not None and rechecks.place != written:
                written = rechecks.place
                write_place(producer, kafka, NAME, written)
        except (Unavailable, Misused) as error:
            log.warning("mastodon: looking at the archive's posts again waits: %s", error)
            stop.wait(AWAY_S)


def publisher(producer: Producer, kafka: KafkaSettings) -> Publish:
    """Publishes posts as the source does."""
    topic = POSTS.full_name(kafka.prefix)

    def publish(doc_id: str, value: bytes | None, at: int, op: Op) -> None:
        producer.send(topic, key=doc_id.encode(), value=value, headers=headers(at, op, "mastodon"))
        producer.flush()

    return publish
