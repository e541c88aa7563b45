"""Two processes that tell people, on a real broker: one tells and one stands by, whichever of them freezes or dies."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import msgspec
import pytest

from alerts import alert
from awaited import until
from notify_stands import Webhook
from veille import delivery
from veille.alert import Alert
from veille.brief import Brief
from veille.clock import SystemClock
from veille.delivery import Delivery
from veille.kafka import Leadership, Producer, read_all
from veille.kafka.leading import FORGOTTEN_S
from veille.routes import Route
from veille.settings import KafkaSettings, Settings
from veille.sinks.notify.notifier import Leads, Notifier, Send, open_desk
from veille.sinks.notify.receivers import receivers
from veille.sinks.notify.wording import Text, Wording
from veille.stage import Order
from veille.supervisor import Supervisor
from veille.topics import ALERTS, DELIVERIES, Topic

PATIENCE_S = 120.0
LATER = datetime.now(UTC) + timedelta(hours=1)
"""After the receivers came to be."""

DESK = Route("json://desk.example", "json://desk.example", cooldown=timedelta(), language="en")
(RECEIVER,) = receivers([DESK])


@pytest.fixture
def partitions() -> int:
    """So that what is published first is told first."""
    return 1


def publish(kafka: KafkaSettings, producer: Producer, topic: Topic, values: Mapping[str, Alert | Delivery]) -> None:
    for key, value in values.items():
        producer.send(topic.full_name(kafka.prefix), key=key.encode(), value=msgspec.json.encode(value))
    producer.flush()


def opened(name: str) -> dict[str, Alert]:
    return {name: alert(name, at=LATER, watch=name)}


def told(kafka: KafkaSettings) -> dict[str, int]:
    """The revision of each alert that the desk is down as told of."""
    records = read_all(kafka, DELIVERIES.full_name(kafka.prefix))
    found = {each.key: each for each in (delivery.decode(record.value or b"") for record in records)}
    return {each.alert: each.told for each in found.values() if each.alert}


def no_brief(_now: datetime) -> Brief:
    raise AssertionError("no receiver asks for a brief")


class Scripted:
    """Leads until a test says otherwise."""

    def __init__(self) -> None:
        self.sure = True

    def begin(self) -> bool:
        return self.sure

    holds = confirm = begin


def run(kafka: KafkaSettings, producer: Producer, leads: Leads, send: Send, stop: Event | None = None) -> None:
    """One run of the stage, until it leads no more or is stopped."""
    settings = Settings(notify=(DESK,))
    desk = open_desk(settings)
    wording = Wording(desk.zone, settings.web.base)
    clock = SystemClock()
    Notifier(
        desk, kafka, producer, send=send, wording=wording, gaps_now=list, briefed=no_brief, clock=clock, leads=leads
    ).run(stop or Event())


def test_what_waits_behind_a_message_is_left_to_whoever_leads_then(kafka: KafkaSettings, producer: Producer) -> None:
    sent, leads, stop = list[str](), Scripted(), Event()

    def losing(_address: str, _text: Text, message_id: str) -> None:
        sent.append(message_id)
        leads.sure = False

    def stopping(_address: str, _text: Text, message_id: str) -> None:
        sent.append(message_id)
        stop.set()

    publish(kafka, producer, ALERTS, opened("a1") | opened("a2"))
    run(kafka, producer, leads, losing)
    assert (sent, told(kafka)) == (["a1/1"], {"a1": 1})
    run(kafka, producer, Scripted(), stopping, stop)
    assert (sent, told(kafka)) == (["a1/1", "a2/1"], {"a1": 1, "a2": 1})


def test_whoever_leads_no_more_puts_nothing_back_that_another_one_has_told_since(
    kafka: KafkaSettings, producer: Producer
) -> None:
    leads = Scripted()

    def overtaken(_address: str, _text: Text, _message_id: str) -> None:
        leads.sure = False
        newer = Delivery(receiver=RECEIVER.id, alert="a1", revision=2, told=2, at=datetime.now(UTC))
        publish(kafka, producer, DELIVERIES, {newer.key: newer})

    publish(kafka, producer, ALERTS, opened("a1"))
    run(kafka, producer, leads, overtaken)
    assert told(kafka) == {"a1": 2}


def member(kafka: KafkaSettings) -> Leadership:
    return Leadership(kafka, f"{kafka.prefix}.notify", DELIVERIES.full_name(kafka.prefix))


def test_one_of_two_leads_keeps_to_it_and_is_followed_at_once_when_it_leaves(kafka: KafkaSettings) -> None:
    first, second, beside = member(kafka), member(kafka), ThreadPoolExecutor(1)
    try:
        until(first.begin, "the first leads")
        assert (first.sure, until(first.confirm, "the brokers say so"), first.sure) == (False, True, True)

        def let_in() -> bool:
            standing_by = beside.submit(second.begin)  # a member comes in while the others look, too
            held = first.holds()
            assert not standing_by.result(PATIENCE_S)
            return not held

        until(let_in, "the second is let in, for which the first stops")
        until(first.begin, "the first leads again")
        assert not second.begin()
        until(first.confirm, "the brokers say so")
        assert not second.confirm()
        first.close()
        until(second.begin, "the second leads")
        until(second.confirm, "the brokers say so")
    finally:
        beside.shutdown()
        first.close()
        second.close()


class Process:
    """A process of the stage."""

    def __init__(self, order: Order) -> None:
        self._supervisor, self._order = Supervisor(SystemClock()), order

    def start(self) -> None:
        self._supervisor.start("notify", self._order)

    def signal(self, number: int) -> None:
        process = self._supervisor.children["notify"].process
        assert process is not None
        os.kill(process.pid, number)

    def end(self) -> None:
        self._supervisor.stop("notify")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_of_two_processes_one_tells_and_the_other_goes_on_when_it_freezes_or_dies(
    kafka: KafkaSettings, producer: Producer, hook: Webhook, tmp_path: Path
) -> None:
    there = Route(hook.address, hook.address, cooldown=timedelta(), language="en")
    order = Order(Settings(kafka=kafka, notify=(there,), data=tmp_path), kafka, embedded=False)
    first, second = Process(order), Process(order)
    names: list[str] = []

    def tells(*some: str) -> None:
        names.extend(some)
        for name in some:
            publish(kafka, producer, ALERTS, opened(name))
        hook.wait(lambda: {each["id"] for each in hook.taken} >= {f"{name}/1" for name in names}, PATIENCE_S)
        until(lambda: told(kafka).keys() >= set(names), "what was delivered is written down", PATIENCE_S)

    processes: Sequence[Process] = (first, second)
    try:
        first.start()
        tells("alone")
        second.start()
        tells("b1", "b2", "b3")
        first.signal(signal.SIGSTOP)
        tells("frozen")
        first.signal(signal.SIGCONT)
        tells("woken1", "woken2")
        second.signal(signal.SIGKILL)
        tells("killed")
    finally:
        for process in processes:
            process.end()
    assert Counter(each["id"] for each in hook.taken) == {f"{name}/1": 1 for name in names}
    assert told(kafka) == dict.fromkeys(names, 1)


def test_a_join_that_the_client_forgets_is_done_anew(kafka: KafkaSettings) -> None:
    """As kafka-python 3.0 leaves it where a join ends between two polls: nobody is told of it, and nothing is due."""
    passed = [0.0]
    clock = lambda: time.monotonic() + passed[0]  # noqa: E731  only here
    leads = Leadership(kafka, f"{kafka.prefix}.notify", DELIVERIES.full_name(kafka.prefix), clock)
    try:
        until(leads.begin, "to lead")
        leads._leads = leads._unbroken = leads._joined = False  # no faster way there
        passed[0] = FORGOTTEN_S
        until(leads.begin, "to lead again")
    finally:
        leads.close()
