"""The stage: alerts and actions from their topics to the desk, its messages out, what was delivered written down.

alerts, actions --Tail--> Desk --Message--> a thread a receiver --> Apprise
                          ^  |                    |
     veille.deliveries.v1 |  `-- sent or failed --'        given up --> veille.dead.v1 too

One process tells, by `Leads`, and begins with what is written down; others stand by. What is taken is written down
before the same receiver gets more, so that a restart tells nothing twice; what is killed between the two is told again.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from veille import action as actions
from veille import alert as alerts
from veille import delivery as deliveries
from veille.alert import Alert
from veille.brief import Brief, default_since, gather
from veille.clock import Clock
from veille.dead import dead_record
from veille.delivery import Delivery
from veille.errors import Invalid, Misused, Unavailable
from veille.gap import Gap, GapsNow
from veille.kafka import Producer, Record, Tail, read_all
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

WRITTEN_S = 5.0
"""How long the brokers may take before what was delivered is written again."""

STANDS_BY_S = 15.0
"""When it says so: longer than brokers wait for a process that was killed."""

MOST = 1_000
"""Alerts of the archive."""


class Leads(Protocol):
    """Whether this process is the one that tells; `veille.kafka.Leadership`."""

    def begin(self) -> bool:
        """Whether it is."""

    def holds(self) -> bool:
        """Whether it has been ever since `begin`. Asked for while nothing is being sent: it may let others go first."""

    def confirm(self) -> bool:
        """Whether the brokers say so now."""

    @property
    def sure(self) -> bool:
        """Whether a message may be begun. Asked for by any thread."""


class Alone:
    """There is no other process: the embedded run's folder is claimed by one."""

    sure = True

    def begin(self) -> bool:
        """It tells."""
        return True

    holds = confirm = begin


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
        leads: Leads | None = None,
    ) -> None:
        """`briefed`: the brief as of a moment, or Unavailable.

        `earlier`: alerts that the archive has and a broker that forgets has not. `leads`: None where no other can be.
        """
        self._leads = leads or Alone()
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
        self._noted: list[Delivery] = []
        self._letters: list[Row] = []
        """Dead letters. Both are kept until they are written down."""

    def run(self, stop: threading.Event) -> None:
        """Until `stop`, or it leads no more; then until what is being sent is sent. Raises Corrupt, Misused."""
        try:
            still_leads = self._follow(stop)
            self._finish(still_leads=still_leads)
        finally:
            for pool in self._pools.values():
                pool.shutdown(wait=False, cancel_futures=True)

    def _follow(self, stop: threading.Event) -> bool:
        """Returns whether it still leads."""
        tail: Tail | None = None
        begun = False
        try:
            while not stop.is_set():
                try:
                    if not self._may_go_on():
                        return False
                    tail = tail or Tail(self._kafka, [self._deliveries, self._actions, self._alerts], stop)
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
        return True

    def _may_go_on(self) -> bool:
        if self._sending:
            self._leads.confirm()  # for what waits behind it; whether it leads no more is seen once that has come back
            return True
        return self._leads.holds()

    def _finish(self, *, still_leads: bool) -> None:
        """What is being sent is waited for, and written down; what waits behind it is not begun."""
        self._ending.set()
        deadline = self._clock.monotonic() + LAST_WORDS_S
        while self._sending and self._clock.monotonic() < deadline:
            self._hear(LOOK_S)
        try:
            if not (still_leads and self._write()):
                self._write_what_is_new()
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
        if not self._write():
            return
        messages = self._desk.due(self._clock.now())
        gaps = self._known_gaps() if messages else []
        worded: dict[str, list[tuple[Message, Text]]] = {}
        for message in messages:
            self._sending += 1
            try:
                worded.setdefault(message.receiver.id, []).append((message, self._text(message, gaps)))
            except (Unavailable, Misused) as error:  # the archive's: alerts need none, and go on
                self._outcomes.put((message, f"the archive gives no brief: {error}"))
        if worded:
            self._leads.confirm()
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
        """In the receiver's thread: until it takes none any more, another process may tell it, or the end has come."""
        refused = 0
        for message, text in some:
            if refused == IN_A_ROW or (message.instead and not refused) or not self._may_begin():
                self._outcomes.put((message, None))
                continue
            why = self._attempt(message, text)
            refused = refused + 1 if why else 0
            self._outcomes.put((message, why))

    def _may_begin(self) -> bool:
        return self._leads.sure and not self._ending.is_set()

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
        self._letters.append(Row(self._dead, key, letter.value, letter.headers))

    def _write(self) -> bool:
        """Whether all is written down; nothing is while another process may lead. Raises Unavailable: do it again."""
        self._noted += self._desk.noted()
        if not self._noted and not self._letters:
            return True
        if not self._leads.confirm():
            return False
        self._publish(self._noted)
        return True

    def _write_what_is_new(self) -> None:
        """What was told while it led, unless whoever leads now has settled as much: that is not to be put back."""
        self._noted += self._desk.noted()
        found = _values(read_all(self._kafka, self._deliveries), self._deliveries, deliveries.decode)
        stands = {each.key: each.settled for each in found}
        self._publish([each for each in self._noted if each.key not in stands or each.settled > stands[each.key]])

    def _publish(self, noted: Iterable[Delivery]) -> None:
        rows = [Row(self._deliveries, each.key.encode(), msgspec.json.encode(each)) for each in noted]
        for row in (*rows, *self._letters):
            self._producer.send(row.topic, key=row.key, value=row.value, headers=row.headers)
        self._producer.flush(WRITTEN_S)
        self._noted.clear()
        self._letters.clear()


def stand_by(leads: Leads, stop: threading.Event, clock: Clock) -> bool:
    """Wait until this process is the one that tells; False once `stop` is set. Raises Misused."""
    began, said = clock.monotonic(), False
    while not stop.is_set():
        try:
            if leads.begin():
                return True
            if not said and clock.monotonic() - began > STANDS_BY_S:
                log.info("another process tells people; this one stands by")
                said = True
        except Unavailable as error:
            log.warning("notifications wait for Kafka: %s", error)
            stop.wait(AWAY_S)
        stop.wait(LOOK_S)
    return False


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
