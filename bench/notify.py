"""Notifications: from an alert's record on its topic to its mail handed over, on loopback, at some alerts a second.

alerts at an even rate --embedded broker--> the stage `notify`, a process of its own --SMTP--> a mail server that notes
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from bench.notified import LIMIT_S, Noting
from veille.clock import SystemClock
from veille.embedded import EmbeddedBroker
from veille.kafka import open_producer
from veille.routes import Route
from veille.settings import Settings
from veille.stage import Order
from veille.supervisor import Supervisor
from veille.topics import ALERTS

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from alerts import alert

ALERTS_SENT, RATE = 200, 4
"""Far more than ever come: a detection allows one false alarm a month."""

AT_ONCE = 400
"""Takes as long as so many mails take: each is a connection of its own, with some 30 ms of a core for its TLS context,
which Apprise makes for plain ones too."""

START_S = 60.0
LAST_S = 600.0


def run() -> dict[str, object]:
    """Seconds from record to mail, one by one and all at once; each alert is about a watch of its own."""
    with tempfile.TemporaryDirectory() as folder, Noting() as mail:
        clock = SystemClock()
        broker, supervisor = EmbeddedBroker(clock, Path(folder) / "log"), Supervisor(clock)
        kafka = broker.start()
        route = Route(mail.address, mail.address, cooldown=timedelta())
        try:
            supervisor.start("notify", Order(Settings(notify=(route,), data=Path(folder)), kafka, embedded=True))
            producer = open_producer(kafka, idempotent=False)

            def publish(names: list[str]) -> dict[str, datetime]:
                for name in names:
                    one = alert(name, at=datetime.now(UTC), watch=name)
                    producer.send(ALERTS.full_name(kafka.prefix), key=name.encode(), value=msgspec.json.encode(one))
                producer.flush()
                return dict.fromkeys((f"{name}/1" for name in names), datetime.now(UTC))

            publish(["warm"])
            mail.wait(lambda: len(mail.taken) == 1, START_S)
            singly: dict[str, datetime] = {}
            for number in range(ALERTS_SENT):
                singly |= publish([f"a{number}"])
                time.sleep(1 / RATE)
            mail.wait(lambda: len(mail.taken) == 1 + len(singly), LAST_S)
            at_once = publish([f"b{number}" for number in range(AT_ONCE)])
            mail.wait(lambda: len(mail.taken) == 1 + len(singly) + len(at_once), LAST_S)
            producer.close()
        finally:
            supervisor.stop("notify")
            broker.stop()
    figures = {"one by one": _spread(mail, singly), "all at once": _spread(mail, at_once)}
    in_order = [message for message in mail.at if message in at_once] == list(at_once)
    one_by_one = f"one by one: p99 under {LIMIT_S:.0f} s"
    reached = {one_by_one: figures["one by one"]["p99"] < LIMIT_S, "all at once: in their order": in_order}
    return {**figures, "reached": reached}


def _spread(mail: Noting, sent: dict[str, datetime]) -> dict[str, float]:
    delays = sorted((mail.at[message] - at).total_seconds() for message, at in sent.items())
    found = {"median": statistics.median(delays), "p99": delays[int(len(delays) * 0.99)], "longest": delays[-1]}
    return {"alerts": len(delays)} | {name: round(seconds, 2) for name, seconds in found.items()}
