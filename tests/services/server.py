"""One server as a process group of its own: started, waited for, stopped, killed, started again on the same data."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

START_S = 120
STOP_S = 30
POLL_S = 0.05

PORTS_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST_PORT = 10_000
"""Those below are where people and their programs look for something."""

MEMORY = Path("/dev/shm")
ROOM = 2 << 30
"""Bytes that must be free there; the servers of the tests fill some hundred millions at most."""


def free_port() -> int:
    """A port of the loopback address that nothing listens on now."""
    return free_ports(1)[0]


def free_ports(number: int) -> list[int]:
    """So many of them, no two the same.

    None is of those that the system gives to whoever connects, or asks for any port: before a server listens on it,
    hundreds of others of this machine's tests do either.
    """
    probes: list[socket.socket] = []
    with ExitStack() as stack:
        while len(probes) < number:
            probe = stack.enter_context(socket.socket())
            with suppress(OSError):  # somebody listens there
                probe.bind(("127.0.0.1", LOWEST_PORT + secrets.randbelow(_given_from() - LOWEST_PORT)))
                probes.append(probe)
        return [int(probe.getsockname()[1]) for probe in probes]


def _given_from() -> int:
    """The first port that the system gives by itself."""
    told = PORTS_GIVEN.read_text() if PORTS_GIVEN.exists() else "32768"
    return max(int(told.split()[0]), 2 * LOWEST_PORT)


@contextmanager
def in_memory() -> Iterator[Path | None]:
    """A folder for a server's data that waits for no disk; None, for one on a disk, where there is no room for it.

    A killed server finds there what it wrote, as on a disk. To wait for one took four fifths of most tests that write
    to Elasticsearch [measured].
    """
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="veille-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Server(ABC):
    """A server on loopback with its data in `folder` (made, and removed at the end, when not given).

    `stop` ends it cleanly, `kill` with SIGKILL; `restart` brings it back on the same ports and data.
    """

    name: str

    def __init__(self, folder: Path | None = None) -> None:
        self._own_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix=f"veille-{self.name}-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "server.log"
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str | Path]:
        """What to run."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers; asked again and again after the start."""

    def start(self) -> Self:
        """Start it and wait until it answers; RuntimeError with the end of its log when it does not."""
        if self._process is not None and self._process.poll() is None:
            return self
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [*_dies_with_us(), *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.folder,
            )
        atexit.register(self.stop)
        deadline = time.monotonic() + START_S
        while not self.ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.name} did not start; the end of {self.log}:\n{self.log_end()}")
            time.sleep(POLL_S)  # until the deadline: it tells nobody that it is ready
        return self

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return None if self._process is None else self._process.returncode

    def stop(self) -> None:
        """End it cleanly, by force after half a minute; remove its folder unless it was given or is wanted again."""
        self._end(signal.SIGTERM)
        atexit.unregister(self.stop)
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL, as a power cut for the process; its data stays for `restart`."""
        self._end(signal.SIGKILL)

    def restart(self) -> Self:
        """End it cleanly if it runs, and start it on the same ports and data."""
        self._end(signal.SIGTERM)
        return self.start()

    def log_end(self, lines: int = 30) -> str:
        """The last lines that it wrote."""
        written = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(written.splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self, first: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, first)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _dies_with_us() -> list[str | Path]:
    """So that a killed test run leaves no server behind. Holds for the thread that calls `start`."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "KILL", "--"] if program else []
