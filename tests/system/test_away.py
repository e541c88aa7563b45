"""Brokers and an archive that do not answer any more, and everything is told to stop: it ends by itself, and soon."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from awaited import until
from services.server import free_port
from system.stages import running, written
from veille.clock import SystemClock
from veille.embedded import EmbeddedBroker
from veille.kafka import end_offsets
from veille.settings import KafkaSettings
from veille.starter import reachable
from veille.supervisor import STOP_S
from veille.topics import MENTIONS, POSTS

UNDER_WAY_S = 150.0
"""Until seven processes have started on a busy machine."""

STAGES = ("world", "enrich", "windows", "sweep", "notify", "web")


class Frozen(EmbeddedBroker):
    """A broker that can stop to answer, with all connections open."""

    def freeze(self) -> None:
        """From now on nothing is answered."""
        self._signal(signal.SIGSTOP)

    def stop(self) -> None:
        """End it, frozen or not."""
        self._signal(signal.SIGCONT)
        super().stop()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Frozen]:
    made = Frozen(SystemClock(), tmp_path / "broker.log")
    yield made
    made.stop()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("archive", ["sqlite", pytest.param("elasticsearch", marks=pytest.mark.soak)])
def test_stages_that_wait_for_brokers_and_an_archive_that_do_not_answer_end_by_themselves(
    broker: Frozen, tmp_path: Path, archive: str
) -> None:
    kafka, log, page = broker.start(), tmp_path / "log", free_port()
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as silent,
        running(described(tmp_path, kafka, silent.getsockname()[1], page, archive), log, *STAGES, archive) as process,
    ):
        topic = (MENTIONS if archive == "sqlite" else POSTS).full_name(kafka.prefix)
        until(lambda: sum(end_offsets(kafka, topic).values()), "something has passed", UNDER_WAY_S)
        if archive == "sqlite":
            until(lambda: reachable(f"http://127.0.0.1:{page}"), "the page is there", UNDER_WAY_S)
        broker.freeze()
        until(lambda: "wait for Kafka" in log.read_text(), "somebody waits for the broker")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(3 * STOP_S) == 0
    said = log.read_text()
    assert "does not end: killed" not in said  # as each is that takes longer than STOP_S
    assert "a mistake in veille itself" not in said


def described(folder: Path, kafka: KafkaSettings, silent: int, page: int, archive: str) -> Path:
    """Settings of all stages; Elasticsearch is a port that takes connections, and answers nothing."""
    return written(
        folder,
        {
            "data": str(folder / "data"),
            "kafka": {"servers": list(kafka.servers), "partitions": kafka.partitions, "replication": 1},
            "watches": {"acme": {"role": "brand", "query": "acme"}},
            "sources": {"world": {"seed": 3, "rate": 50.0}},
            "notify": [{"to": f"json://127.0.0.1:{silent}/alerts"}],
            "web": {"port": page},
            **({"elasticsearch": {"url": f"http://127.0.0.1:{silent}"}} if archive == "elasticsearch" else {}),
        },
    )
