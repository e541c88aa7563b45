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

START_S = 60.0


def run() -> dict[str, object]:
    """Median, p99 and longest in seconds; every alert about a watch of its own, so that none waits for a cool-down."""
    with tempfile.TemporaryDirectory() as folder, Noting() as mail:
        clock = SystemClock()
        broker, supervisor = EmbeddedBroker(clock, Path(folder) / "log"), Supervisor(clock)
        kafka = broker.start()
        route = Route(mail.address, mail.address, cooldown=timedelta())
        try:
            supervisor.start("notify", Order(Settings(notify=(route,), data=Path(folder)), kafka, embedded=True))
            producer = open_producer(kafka, idempotent=False)
            sent = {}
            for name in ("warm", *(f"a{number}" for number in range(ALERTS_SENT))):
                one = alert(name, at=datetime.now(UTC), watch=name)
                producer.send(ALERTS.full_name(kafka.prefix), key=name.encode(), value=msgspec.json.encode(one))
                producer.flush()
                sent[f"{name}/1"] = datetime.now(UTC)
                if name == "warm":
                    mail.wait(lambda: len(mail.taken) == 1, START_S)
                else:
                    time.sleep(1 / RATE)
            mail.wait(lambda: len(mail.taken) == len(sent), START_S)
            producer.close()
        finally:
            supervisor.stop("notify")
            broker.stop()
    delays = sorted((at - sent[name]).total_seconds() for name, at in mail.at.items() if not name.startswith("warm"))
    figures = {
        "alerts": len(delays),
        "median": round(statistics.median(delays), 3),
        "p99": round(delays[int(len(delays) * 0.99)], 3),
        "longest": round(delays[-1], 3),
    }
    return {**figures, "reached": {f"p99 under {LIMIT_S:.0f} s": figures["p99"] < LIMIT_S}}
