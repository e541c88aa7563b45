"""The stage between a broker and receivers on loopback that take, refuse, hang and come back; killed, begun again."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from itertools import count
from pathlib import Path

import msgspec
import pytest

from alerts import NOON, alert
from awaited import until
from notify_stands import MailServer, Stand, Webhook
from overheard import Overheard
from services.server import free_port
from veille import delivery
from veille.action import Action
from veille.alert import Alert
from veille.brief import Brief
from veille.clock import Clock, SystemClock
from veille.delivery import Delivery
from veille.embedded import EmbeddedBroker
from veille.errors import Misused, Unavailable
from veille.kafka import open_producer, read_all
from veille.routes import Route
from veille.settings import KafkaSettings, Settings
from veille.sinks.notify.notifier import Notifier, Send, open_desk
from veille.sinks.notify.outbox import ATTEMPTS, LONGEST_PAUSE
from veille.sinks.notify.receivers import receivers
from veille.sinks.notify.sending import send
from veille.sinks.notify.wording import Wording
from veille.stage import Order
from veille.supervisor import Supervisor
from veille.topics import ACTIONS, ALERTS, DEAD, DELIVERIES, Topic

PATIENCE_S = 120.0


class Hurried(SystemClock):
    """Goes 600 times as fast, so that pauses of minutes pass by; begins at noon of the alerts."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def now(self) -> datetime:
        return NOON + timedelta(seconds=600 * (time.monotonic() - self._began))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(SystemClock(), tmp_path_factory.mktemp("broker") / "log")
    yield broker
    broker.stop()


@pytest.fixture
def kafka(broker: EmbeddedBroker) -> KafkaSettings:
    """A broker that remembers nothing of the test before."""
    broker.stop()
    return broker.start()


@pytest.fixture(autouse=True)
def nothing_secret_is_told(overheard: Overheard) -> Iterator[None]:
    """Whatever becomes of the messages of a test: no receiver's address beyond its host, and no word of an alert."""
    yield
    overheard.nothing_of("hush", "desk@", "veille@", "did:plc", "Bad buzz", "kettle", "/alerts/")


def route(address: str) -> Route:
    return Route(address, address, cooldown=timedelta(), language="en")


def publish(kafka: KafkaSettings, topic: Topic, values: Mapping[str, Alert | Action | Delivery] | list[Alert]) -> None:
    pairs = values.items() if isinstance(values, Mapping) else [(each.id, each) for each in values]
    producer = open_producer(kafka, idempotent=False)
    for key, value in pairs:
        producer.send(topic.full_name(kafka.prefix), key=key.encode(), value=msgspec.json.encode(value))
    producer.flush()
    producer.close()


def written(kafka: KafkaSettings) -> dict[str, Delivery]:
    """What is written down now, by key."""
    records = read_all(kafka, DELIVERIES.full_name(kafka.prefix))
    return {(record.key or b"").decode(): delivery.decode(record.value or b"") for record in records}


def no_brief(_now: datetime) -> Brief:
    raise AssertionError("no receiver asks for a brief")


@contextmanager
def running(
    kafka: KafkaSettings,
    *stands: Stand | str | Route,
    send: Send = send,
    clock: Clock | None = None,
    briefed: Callable[[datetime], Brief] = no_brief,
) -> Iterator[None]:
    addresses = [each.address if isinstance(each, Stand) else each for each in stands]
    settings = Settings(notify=tuple(route(each) if isinstance(each, str) else each for each in addresses))
    desk = open_desk(settings)
    producer = open_producer(kafka, idempotent=False)
    wording = Wording(desk.zone, settings.web.base)
    notifier = Notifier(
        desk, kafka, producer, send=send, wording=wording, gaps_now=list, briefed=briefed, clock=clock or Hurried()
    )
    stop = threading.Event()
    thread = threading.Thread(target=notifier.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        producer.close()
        assert not thread.is_alive()


LATER = NOON + timedelta(days=9)
"""After the receivers came to be, also by a clock that hurries."""


def life(name: str, began: datetime = LATER) -> list[Alert]:
    return [
        alert(name, at=began, watch=name),
        alert(name, 2, "updated", 9, at=began + timedelta(minutes=5), watch=name),
        alert(name, 3, "closed", 1, at=began + timedelta(minutes=9), watch=name, highest=9),
    ]


def test_each_state_is_delivered_once_to_each_receiver_also_after_a_restart(
    kafka: KafkaSettings, mail: MailServer, hook: Webhook
) -> None:
    opened, updated, closed = life("a1")
    with running(kafka, mail, hook):
        publish(kafka, ALERTS, [opened])
        mail.wait(lambda: len(mail.taken) == 1)
        publish(kafka, ALERTS, [updated])
        mail.wait(lambda: len(mail.taken) == 2)
        hook.wait(lambda: len(hook.taken) == 2)
    with running(kafka, mail, hook):
        publish(kafka, ALERTS, [closed])
        mail.wait(lambda: len(mail.taken) == 3)
        hook.wait(lambda: len(hook.taken) == 3)
    ids = ["a1/1", "a1/2", "a1/3"]
    assert [each["id"] for each in hook.taken] == ids
    assert [each["X-Veille-Message"] for each in mail.mails] == ids
    assert [str(each["subject"]).split(" – ")[0] for each in mail.mails] == ["Alert 7/10", "Now 9/10", "Closed"]
    assert all(each.told == 3 for each in written(kafka).values() if each.alert)


class Stopped(SystemClock):
    """At five past eight, for good."""

    def now(self) -> datetime:
        return datetime(2026, 12, 2, 8, 5, tzinfo=UTC)


def test_a_brief_that_the_archive_refuses_holds_back_no_alert(kafka: KafkaSettings, hook: Webhook) -> None:
    def refused(_now: datetime) -> Brief:
        asked.set()
        raise Misused("the API key may not do this")

    asked, clock = threading.Event(), Stopped()
    early = replace(route(hook.address), brief=time_of_day(8))
    (receiver,) = receivers([early])
    known = Delivery(receiver=receiver.id, since=clock.now() - timedelta(days=2))
    publish(kafka, DELIVERIES, {known.key: known})
    publish(kafka, ALERTS, [alert("a1", at=clock.now())])
    with running(kafka, early, clock=clock, briefed=refused):
        hook.wait(lambda: len(hook.taken) == 1)
        assert asked.wait(PATIENCE_S)
        publish(kafka, ALERTS, [alert("a2", at=clock.now(), watch="rival")])
        hook.wait(lambda: len(hook.taken) == 2)
    assert [each["id"] for each in hook.taken] == ["a1/1", "a2/1"]


def test_what_receivers_refuse_drop_or_leave_hanging_arrives_once_they_are_back(
    kafka: KafkaSettings, mail: MailServer, hook: Webhook, overheard: Overheard
) -> None:
    secret = hook.address.replace("json://", "json://me:hush-1@") + "?token=hush-2"
    hook.mood = mail.mood = "refuse"
    nobody = f"mmost://127.0.0.1:{free_port()}/{'hush3' * 5}"
    with running(kafka, mail, secret, nobody, send=hook.hurried(send)):
        publish(kafka, ALERTS, life("a1"))
        hook.wait(lambda: hook.asked >= 2)
        for mood in ("drop", "hang"):
            hook.becomes(mood)
            mail.mood = "drop"
            asked = hook.asked
            hook.wait(lambda asked=asked: hook.asked >= asked + 2)  # type: ignore[misc]  # mypy knows no lambda's default
        hook.becomes("take")
        mail.mood = "take"
        hook.wait(lambda: len(hook.taken) == 1)
        mail.wait(lambda: len(mail.taken) == 1)
    # It was over before anybody took a message of it: the end says all that there is to say.
    assert [each["id"] for each in hook.taken] == ["a1/3"]
    assert [each["X-Veille-Message"] for each in mail.mails] == ["a1/3"]
    for told in ("mailto://127.0.0.1:", "json://127.0.0.1:", "mmost://… did not take a notification"):
        assert told in overheard.text


def test_many_alerts_reach_a_receiver_that_hung_in_their_order_and_what_is_over_by_then_together(
    kafka: KafkaSettings, hook: Webhook
) -> None:
    names = [f"a{number:02}" for number in range(60)]
    lives = {name: life(name) for name in names}
    hook.mood = "hang"
    with running(kafka, hook, send=hook.hurried(send)):
        publish(kafka, ALERTS, [lives[name][0] for name in names])
        hook.wait(lambda: hook.asked >= 2)
        publish(kafka, ALERTS, [each for name in names[:20] for each in lives[name][1:]])
        asked = hook.asked
        hook.becomes("take", asked + 4 + asked % 2)  # two are tried of what is handed over together
        hook.wait(lambda: len(hook.taken) == 41)
    assert [each["id"] for each in hook.taken] == ["a00/3/digest", *(f"{name}/1" for name in names[20:])]
    assert all(f"/alerts/{name}" in hook.taken[0]["message"] for name in names[:20])
    assert {each.told for each in written(kafka).values() if each.alert in names[:20]} == {3}
    assert len([each for each in written(kafka).values() if each.told]) == 60


class Impatient(SystemClock):
    """Two looks are as far apart as half of the longest pause."""

    def __init__(self) -> None:
        self._looks = count()

    def now(self) -> datetime:
        return NOON + LONGEST_PAUSE / 2 * next(self._looks)


def test_what_is_given_up_is_counted_and_a_dead_letter_and_holds_up_nobody(kafka: KafkaSettings, hook: Webhook) -> None:
    tried: Counter[str] = Counter()

    def refusing(address: str, text: object, message_id: str) -> None:
        tried[message_id] += 1
        if address != hook.address:
            raise Unavailable("answered 503")
        hook.took({"id": message_id})

    publish(kafka, ALERTS, [alert()])
    with running(kafka, "json://away.example", hook, send=refusing, clock=Impatient()):
        hook.wait(lambda: len(hook.taken) == 1)
        (letter,) = until(lambda: list(read_all(kafka, DEAD.full_name(kafka.prefix))), "a dead letter", PATIENCE_S)
    assert dict(letter.headers)["reason"] == b"undelivered"
    assert dict(letter.headers)["detail"] == b"json://away.example: answered 503"
    assert letter.key == b"a1"
    assert tried["a1/1"] == ATTEMPTS + 1
    assert sorted((each.told, each.failed) for each in written(kafka).values() if each.alert) == [(0, 1), (1, 0)]


def test_what_people_did_is_heeded(kafka: KafkaSettings, hook: Webhook) -> None:
    mute = Action(of="watch", subject="quiet", field="muted", value="yes", at=NOON)
    seen = Action(of="alert", subject="seen", field="acknowledged", value="yes", at=NOON)
    publish(kafka, ACTIONS, {each.key: each for each in (mute, seen)})
    publish(kafka, ALERTS, [*life("quiet")[:1], *life("seen")[:2], *life("loud")[:1]])
    with running(kafka, hook):
        hook.wait(lambda: len(hook.taken) == 1)
        publish(kafka, ACTIONS, {mute.key: msgspec.structs.replace(mute, value="", at=NOON + timedelta(hours=1))})
        hook.wait(lambda: len(hook.taken) == 2)
    assert [each["id"] for each in hook.taken] == ["loud/1", "quiet/1/digest"]


@pytest.mark.slow
def test_a_stage_that_is_killed_at_any_moment_delivers_each_state_at_least_once(
    kafka: KafkaSettings, hook: Webhook, tmp_path: Path
) -> None:
    supervisor = Supervisor(SystemClock())
    order = Order(Settings(notify=(route(hook.address),), data=tmp_path), kafka, embedded=True)
    names = [f"a{number}" for number in range(4)]
    lives = [life(name, datetime.now(UTC) + timedelta(hours=1)) for name in names]
    try:
        for some in lives:
            before = hook.asked
            supervisor.start("notify", order)
            publish(kafka, ALERTS, some)
            hook.wait(lambda before=before: hook.asked > before)  # type: ignore[misc]  # mypy knows no lambda's default
            process = supervisor.children["notify"].process
            assert process is not None
            process.kill()
            process.wait()
            supervisor.stop("notify")  # what is left of it
        supervisor.start("notify", order)
        wanted = {f"{name}/3" for name in names}  # what it began with may be told by it, or before it
        hook.wait(lambda: {each["id"] for each in hook.taken} >= wanted)
    finally:
        supervisor.stop("notify")
    times = Counter(each["id"] for each in hook.taken)
    assert times.keys() - wanted <= {f"{name}/{revision}" for name in names for revision in (1, 2)}
    # What was sent and not yet written down at a kill comes again: at most a message of each alert that there was then.
    assert sum(count - 1 for count in times.values()) <= sum(range(1, len(names) + 1))
