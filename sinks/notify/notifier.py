"""The stage: alerts and actions from their topics to the desk, its messages out, what was delivered written down.

alerts, actions --Tail--> Desk --Message--> a thread a receiver --> Apprise
                          ^  |                    |
     veille.deliveries.v1 |  `-- sent or failed --'        given up --> veille.dead.v1 too

Exactly one runs. What is taken is written down before the same receiver gets more, so that a restart tells nothing
twice; what is killed between the two is told again.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import datetime
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from veille import action as actions
from veille import alert as alerts
from veille import delivery as deliveries
from veille.alert import Alert
from veille.brief import Brief, default_since, gather
from veille.clock import Clock
from veille.dead import dead_record
from veille.errors import Invalid, Misused, Unavailable
from veille.gap import Gap, GapsNow
from veille.kafka import Producer, Record, Tail
from veille.settings import KafkaSettings, Settings
from veille.sinks import open_archive
from veille.sinks.notify.desk import LATE, Desk
from veille.sinks.notify.message import Message
from veille.sinks.notify.outbox import IN_A_ROW
from veille.sinks.notify.receivers import receivers
from veille.sinks.notify.wording import Text, Wording
from veille.topics import ACTIONS, ALERTS, DEAD, DELIVERIES

NAME = "notify"
LOOK_S = 0.2
"""How often the topics are looked at."""

AWAY_S = 5.0
LAST_WORDS_S = 13.0
"""How long the end waits for what is being sent."""

MOST = 1_000
"""Alerts of the archive."""

Send = Callable[[str, Text, str], None]
"""Hands a text over to an address, under an id; raises Unavailable with the reason."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Row(NamedTuple):
    """A record to be written."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


class Notifier:
    """One run of the stage."""

    def __init__(
        self,
        desk: Desk,
        kafka: KafkaSettings,
        producer: Producer,
        *,
        send: Send,
        wording: Wording,
        gaps_now: GapsNow,
        briefed: Callable[[datetime], Brief],
        clock: Clock,
        earlier: Sequence[Alert] = (),
    ) -> None:
        """`briefed`: the brief as of a moment, or Unavailable.

        `earlier`: alerts that the archive has and a broker that forgets has not.
        """
        self._briefed = briefed
        self._desk, self._kafka, self._producer, self._send = desk, kafka, producer, send
        self._wording, self._gaps_now, self._clock, self._earlier = wording, gaps_now, clock, earlier
        self._alerts, self._actions = ALERTS.full_name(kafka.prefix), ACTIONS.full_name(kafka.prefix)
        self._deliveries, self._dead = DELIVERIES.full_name(kafka.prefix), DEAD.full_name(kafka.prefix)
        self._outcomes: queue.Queue[tuple[Message, str | None]] = queue.Queue()
        """Messages, and why they were not taken; empty: they were; None: they were not tried."""
        self._pools = {each.id: ThreadPoolExecutor(1, f"notify-{each.id}") for each in desk.receivers}
        self._sending = 0
        self._ending = threading.Event()
        self._unwritten: list[Row] = []

    def run(self, stop: threading.Event) -> None:
        """Until `stop`, and then until what is being sent is sent. Raises Corrupt, Misused."""
        try:
            self._follow(stop)
            self._finish()
        finally:
            for pool in self._pools.values():
                pool.shutdown(wait=False, cancel_futures=True)

    def _follow(self, stop: threading.Event) -> None:
        tail: Tail | None = None
        begun = False
        try:
            while not stop.is_set():
                try:
                    tail = tail or Tail(self._kafka, [self._deliveries, self._actions, self._alerts])
                    self._take(tail.read(), begun=begun)
                    begun = True
                    self._hand_over()
                    self._hear(LOOK_S)
                    self._write()
                except Unavailable as error:
                    log.warning("notifications wait for Kafka: %s", error)
                    stop.wait(AWAY_S)
        finally:
            if tail is not None:
                tail.close()

    def _finish(self) -> None:
        """What is being sent is waited for, and written down; what waits behind it is not begun."""
        self._ending.set()
        deadline = self._clock.monotonic() + LAST_WORDS_S
        while self._sending and self._clock.monotonic() < deadline:
            self._hear(LOOK_S)
        try:
            self._write()
        except Unavailable as error:
            log.warning("what was delivered last cannot be written down, and may be told again: %s", error)

    # --- in ---------------------------------------------------------------------------------------------------------

    def _take(self, records: Sequence[Record], *, begun: bool) -> None:
        """What people did before the alerts that they did it about; at the beginning what was delivered before all."""
        now = self._clock.now()
        if not begun:
            self._desk.remember(_values(records, self._deliveries, deliveries.decode))
            self._desk.begin(now)
        for action in _values(records, self._actions, actions.decode):
            self._desk.act(action)
        earlier = [] if begun else list(self._earlier)
        self._desk.take([*earlier, *_values(records, self._alerts, alerts.decode)], now)

    # --- out --------------------------------------------------------------------------------------------------------

    def _hand_over(self) -> None:
        """Only once all that was delivered is written down: then a restart tells nothing twice."""
        self._write()
        messages = self._desk.due(self._clock.now())
        gaps = self._known_gaps() if messages else []
        worded: dict[str, list[tuple[Message, Text]]] = {}
        for message in messages:
            self._sending += 1
            try:
                worded.setdefault(message.receiver.id, []).append((message, self._text(message, gaps)))
            except (Unavailable, Misused) as error:  # the archive's: alerts need none, and go on
                self._outcomes.put((message, f"the archive gives no brief: {error}"))
        for receiver, some in worded.items():
            self._pools[receiver].submit(self._attempt_all, some)

    def _text(self, message: Message, gaps: list[Gap]) -> Text:
        if message.kind != "brief":
            return self._wording.text(message, gaps)
        return self._wording.brief(self._briefed(self._clock.now()), message.receiver.language)

    def _known_gaps(self) -> list[Gap]:
        try:
            return self._gaps_now()
        except Unavailable:
            return []

    def _attempt_all(self, some: Sequence[tuple[Message, Text]]) -> None:
        """In the receiver's thread: until it takes none any more, or the end has come."""
        refused = 0
        for message, text in some:
            if refused == IN_A_ROW or (message.instead and not refused) or self._ending.is_set():
                self._outcomes.put((message, None))
                continue
            why = self._attempt(message, text)
            refused = refused + 1 if why else 0
            self._outcomes.put((message, why))

    def _attempt(self, message: Message, text: Text) -> str:
        """Why it was not taken; empty where it was."""
        try:
            self._send(message.receiver.address, text, message.id)
        except Unavailable as error:
            return str(error)
        except Exception as error:  # a service that fails by a mistake of its own must not stop the others
            return type(error).__name__
        return ""

    def _hear(self, seconds: float) -> None:
        """What became of messages: of the first within so many seconds, and of all that are there by then."""
        with suppress(queue.Empty):
            self._heard(*self._outcomes.get(timeout=seconds))
            while True:
                self._heard(*self._outcomes.get_nowait())

    def _heard(self, message: Message, why: str | None) -> None:
        self._sending -= 1
        now, shown = self._clock.now(), message.receiver.shown
        if why is None:
            self._desk.untried(message)
        elif not why:
            self._desk.sent(message, now)
        else:
            log.warning("%s did not take a notification (attempt %d): %s", shown, message.attempt, why)
            given_up = self._desk.failed(message, now, why)
            if given_up:
                log.error("a notification to %s is given up after %d attempts", shown, message.attempt)
            for alert in message.alerts:
                if alert.id in given_up:
                    self._bury(alert, f"{shown}: {why}")

    def _bury(self, alert: Alert, detail: str) -> None:
        key, value = alert.id.encode(), msgspec.json.encode(alert)
        letter = dead_record(
            stage=NAME,
            reason="undelivered",
            key=key,
            value=value,
            at=self._clock.now(),
            detail=detail,
            topic=self._alerts,
        )
        self._unwritten.append(Row(self._dead, key, letter.value, letter.headers))

    def _write(self) -> None:
        """Raises Unavailable: what could not be written is still to be."""
        for each in self._desk.noted():
            self._unwritten.append(Row(self._deliveries, each.key.encode(), msgspec.json.encode(each)))
        for row in self._unwritten:
            self._producer.send(row.topic, key=row.key, value=row.value, headers=row.headers)
        if self._unwritten:
            self._producer.flush()
            self._unwritten.clear()


def open_desk(settings: Settings) -> Desk:
    """The desk of an installation."""
    return Desk(receivers(settings.notify), ZoneInfo(settings.web.zone))


def brief_now(settings: Settings, gaps_now: GapsNow, now: datetime) -> Brief:
    """The brief as of now, since yesterday evening. Raises Unavailable."""
    since = default_since(now, ZoneInfo(settings.web.zone))
    with closing(open_archive(settings)) as archive:
        return gather(archive, settings, gaps_now(), since=since, until=now)


def from_archive(settings: Settings, now: datetime) -> list[Alert]:
    """What may still have to be told of what the archive has; nothing where there is none yet."""
    with closing(open_archive(settings)) as archive, suppress(Unavailable):
        return sorted(archive.alerts(since=now - LATE, limit=MOST), key=lambda each: each.updated_at)
    return []


def _values(records: Iterable[Record], topic: str, decode: Callable[[bytes], T]) -> Iterator[T]:
    """What stands on one of the topics. An alert that cannot be read is a dead letter of the archive, and left out."""
    for record in records:
        if record.topic == topic and record.value is not None:
            try:
                yield decode(record.value)
            except Invalid as error:
                log.warning("a record of %s cannot be read (offset %d): %s", topic, record.offset, error.reason)
