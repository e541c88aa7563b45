"""The services of a run are one for all of its processes, and end with the process that leads it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from awaited import until
from services.server import Server
from services.shared import Desk, SharedServices

TESTS = Path(__file__).parent.parent


class Sleeper(Server):
    """Stands for a service: it does nothing, and is there."""

    name = "sleeper"

    def command(self) -> list[str | Path]:
        """Longer than any test."""
        return ["sleep", "600"]

    def ready(self) -> bool:
        """At once."""
        return True


def start(running: ExitStack) -> int:
    """Its process."""
    process = running.enter_context(Sleeper())._process  # what a test may ask of no other service
    assert process is not None
    return process.pid


def lead() -> None:
    """A process that leads a run, until its standard input ends."""
    with SharedServices({"kafka": start}) as shared:
        print(shared.desk.kafka(), flush=True)  # noqa: T201  for the test that started it
        sys.stdin.read()


def runs(pid: object) -> bool:
    """Whether the process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def python(code: str) -> Iterator[subprocess.Popen[str]]:
    """A process of these tests' modules."""
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        yield process
        process.kill()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with SharedServices({"kafka": start}) as shared:
        yield shared.desk


def test_every_process_has_the_same_and_it_ends_with_the_run() -> None:
    with SharedServices({"kafka": start}) as shared:
        asking = f"from services.shared import Desk; print(Desk{astuple(shared.desk)!r}.kafka())"
        with python(asking) as one, python(asking) as other:
            told = {int(each.communicate(timeout=60)[0]) for each in (one, other)}
        (pid,) = {*told, shared.desk.kafka()}
        assert runs(pid), "it outlives those who asked"
    assert not runs(pid)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None], ids=str)
def test_however_the_leading_process_ends_no_service_is_left(ending: signal.Signals | None) -> None:
    with python("from services.test_shared import lead; lead()") as leading:
        assert leading.stdout is not None
        pid = int(leading.stdout.readline())
        assert runs(pid)
        if ending is None:
            leading.communicate(timeout=60)
        else:
            leading.send_signal(ending)
            leading.wait(60)
        until(lambda: not runs(pid), "the service has ended")


def test_one_that_dies_while_it_asks_or_is_a_stranger_stops_nobody(desk: Desk) -> None:
    Client((desk.host, desk.port), authkey=desk.key).close()
    with pytest.raises(AuthenticationError):
        Client((desk.host, desk.port), authkey=b"guessed")
    assert runs(desk.kafka())


def test_a_service_that_does_not_start_is_told_to_whoever_asks() -> None:
    def fail(_: ExitStack) -> None:
        raise RuntimeError("kafka did not start")

    with SharedServices({"kafka": fail}) as shared:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="kafka did not start"):
                shared.desk.kafka()
