"""Asks X what has become of all its posts in the archive: its stream tells of no delete (batch compliance).

    archive --ids--> job at X --poll--> JSON lines --> deleted: tombstone    author suspended, protected, gone: order
         ^                                             places to go: order   back again: order
         `-- again after `compliance_hours`, by one job at a time

Only what X lists has changed: an author whose posts are listed no more is back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from msgspec import Struct

from veille.archive import Archive
from veille.author import CAUSES, Cause, Order
from veille.clock import Clock
from veille.errors import Misused, Unavailable
from veille.identity import DELETED, public_id, version
from veille.kafka import Producer
from veille.producers.place import read_place, write_place
from veille.producers.x.client import Client, Lost, Refused, is_x
from veille.producers.x.refusals import terminal
from veille.producers.x.tweet import INVENTED_IDS
from veille.producers.x.wire import Job, Redacted
from veille.settings import KafkaSettings, XSettings
from veille.topics import ORDERS, POSTS, headers

NAME = "x-compliance"
"""Key of its cursor."""

DOC_ID = "x:"
GONE = frozenset({"deleted", "bounced"})
"""Reasons that are for good."""

POLL_S = 60.0
AGAIN = timedelta(hours=1)
"""After a job that X gave up or did not take, and while there is nothing to ask about."""

SOONEST = timedelta(minutes=1)
"""After a refusal: the end of X's limit may lie behind us, if only by our clock."""

LOOK_S = 5.0

log = logging.getLogger(__name__)


class Place(Struct, frozen=True, omit_defaults=True):
    """Where it stands; all that a restart knows."""

    due: datetime | None = None
    """When the next job is; None: at once."""
    began: datetime | None = None
    """When the last job that came to its end had begun: nothing in the archive has waited for longer."""
    started: datetime | None = None
    job: str = ""
    """The job under way."""
    hidden: dict[str, Cause] = {}
    """Authors whose posts were hidden by the last result, and why."""


class Said(Protocol):
    """Where what was found out goes; each returns once it is acknowledged, or raises Unavailable."""

    def gone(self, doc_id: str, at: int) -> None:
        """A post was deleted; the version of its delete."""

    def ordered(self, order: Order) -> None:
        """Something happened to an account."""


class Compliance:
    """One job after the other; `run` in a thread of its own."""

    def __init__(self, settings: XSettings, archive: Archive, said: Said, clock: Clock) -> None:
        self._client = Client(settings.bearer_token, settings.base_url)
        self._archive, self._said, self._clock = archive, said, clock
        self._every = timedelta(hours=settings.compliance_hours)
        self._simulated = not is_x(settings.base_url)
        self.place = Place()

    def step(self) -> None:
        """Begin a job, or see what has become of it, when it is time. Raises Unavailable; Misused for a remedy."""
        now = self._clock.now()
        if self.place.due is not None and now < self.place.due:
            return
        try:
            if self.place.job:
                self._look(self._client.job(self.place.job), now)
            else:
                self._begin(now)
        except Lost as lost:
            raise Unavailable(f"x, compliance job: {lost}") from lost
        except Refused as refused:
            self._refused(refused, now)

    def _begin(self, now: datetime) -> None:
        if not any(True for _ in self._ids()):
            self.place = msgspec.structs.replace(self.place, due=now + AGAIN, began=now)
            return
        job = self._client.create_job()
        self.place = msgspec.structs.replace(self.place, job=job.id, started=now, due=now)
        self._look(job, now)

    def _ids(self) -> Iterable[str]:
        for doc_id, _, deleted in self._archive.versions():
            number = doc_id.removeprefix(DOC_ID)
            ours = not deleted and doc_id.startswith(DOC_ID) and number.isascii() and number.isdigit()
            if ours and (int(number) >= INVENTED_IDS) == self._simulated:
                yield number

    def _look(self, job: Job, now: datetime) -> None:
        if job.status == "complete":
            self._apply(self._client.download(job.download_url), now)
        elif job.status in {"failed", "expired"}:
            log.warning("x: the compliance job %s has %s: another one in an hour", job.id, job.status)
            self.place = msgspec.structs.replace(self.place, job="", due=now + AGAIN)
        else:
            if job.status == "created":
                self._client.upload(job.upload_url, "\n".join(self._ids()).encode())
            self.place = msgspec.structs.replace(self.place, due=now + timedelta(seconds=POLL_S))

    def _refused(self, refused: Refused, now: datetime) -> None:
        """Ask again when X's limit ends, or in an hour; a job that X does not know is begun anew."""
        reset = None if refused.reset is None else timedelta(seconds=refused.reset - now.timestamp())
        job = "" if refused.status == 404 else self.place.job
        self.place = msgspec.structs.replace(self.place, job=job, due=now + max(SOONEST, reset or AGAIN))
        if refused.status != 404 and (misused := terminal(refused.status, refused.answer)) is not None:
            raise misused from refused
        log.warning("x: compliance job: %s, again at %s", refused, f"{self.place.due:%Y-%m-%d %H:%M:%S} UTC")

    # --- what has become of them --------------------------------------------------------------------------------------

    def _apply(self, result: bytes, now: datetime) -> None:
        """All of a result; then what is listed no more is back."""
        hidden: dict[str, Cause] = {}
        scrubbed: dict[str, int] = {}
        for line in map(_read, result.splitlines()):
            doc_id = DOC_ID + line.id
            if line.reason in GONE:
                self._said.gone(doc_id, version(None, now, DELETED))
            elif (author := self._author_of(doc_id)) is None:
                continue
            elif line.reason in CAUSES:
                hidden[author] = line.reason
            elif line.reason == "scrub_geo":
                scrubbed[author] = max(scrubbed.get(author, 0), int(line.id))
            else:
                log.warning("x: a compliance job names a reason that is not known here: %.40s", line.reason)
        for order in self._orders(hidden, scrubbed, now):
            self._said.ordered(order)
        self.place = Place(due=now + self._every, began=self.place.started, hidden=hidden)

    def _orders(self, hidden: dict[str, Cause], scrubbed: dict[str, int], now: datetime) -> Iterable[Order]:
        before = self.place.hidden
        for author, cause in before.items():
            if hidden.get(author) != cause:
                yield Order(source="x", author=author, kind="restored", cause=cause, at=now)
        for author, cause in hidden.items():
            if before.get(author) != cause:
                yield Order(source="x", author=author, kind=cause, at=now)
        for author, number in scrubbed.items():
            yield Order(source="x", author=author, kind="geo_scrubbed", up_to=str(number), at=now)

    def _author_of(self, doc_id: str) -> str | None:
        mention = self._archive.mention(public_id(doc_id))
        return None if mention is None or mention == "deleted" else mention.author.id or None


def _read(line: bytes) -> Redacted:
    """Raises Unavailable for a line that cannot be read: the result is asked for once more."""
    try:
        return msgspec.json.decode(line, type=Redacted)
    except msgspec.DecodeError as error:
        raise Unavailable(f"x: a line of a compliance job's result cannot be read: {error}") from error


class Topics:
    """Publishes what was found out as a source would."""

    def __init__(self, producer: Producer, kafka: KafkaSettings) -> None:
        self._producer = producer
        self._posts, self._orders = POSTS.full_name(kafka.prefix), ORDERS.full_name(kafka.prefix)

    def gone(self, doc_id: str, at: int) -> None:
        """See Said."""
        self._producer.send(self._posts, key=doc_id.encode(), value=None, headers=headers(at, "delete", "x"))
        self._producer.flush()

    def ordered(self, order: Order) -> None:
        """See Said."""
        self._producer.send(self._orders, key=order.key, value=msgspec.json.encode(order))
        self._producer.flush()


def unasked_since(cursor: str) -> datetime | None:
    """Since when the mention that waited longest has not been asked about, of its cursor; None: none was so far."""
    return msgspec.json.decode(cursor, type=Place).began


def run(compliance: Compliance, producer: Producer, kafka: KafkaSettings, stop: threading.Event) -> None:
    """Until `stop`; brokers, archive and X may all be away meanwhile. Raises Corrupt for a cursor that is none."""
    written: Place | None = None
    wait = LOOK_S
    while not stop.wait(wait):
        wait = POLL_S
        try:
            if written is None:
                written = compliance.place = read_place(kafka, NAME, Place) or Place()
            try:
                compliance.step()
            finally:
                if compliance.place != written:
                    write_place(producer, kafka, NAME, compliance.place)
                    written = compliance.place
            wait = LOOK_S
        except (Unavailable, Misused) as error:
            log.warning("the archive's posts of X cannot be checked now: %s", error)
