"""Stages are started again when they fail, not when that is no use, and end in good order."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from awaited import until
from veille.clock import FakeClock
from veille.settings import KafkaSettings, Settings
from veille.stage import Order
from veille.supervisor import LONGEST_PAUSE_S, STEADY_S, Supervisor

ORDER = Order(Settings(), KafkaSettings(servers=("127.0.0.1:1",)), embedded=True)

STAGE = """#!/bin/sh
# In the place of `python -m veille.stage NAME FD`: notes that it was started, and ends as its name says.
echo started >> "{folder}/$3"
case "$3" in
    ends-*) exit "${{3#ends-}}" ;;
    deaf) trap '' TERM ;;
    hears) exec "{python}" "{folder}/hears.py" "$4" ;;
esac
echo ready >> "{folder}/$3"
while read -r line; do :; done < "/dev/fd/$4" # until we are gone
"""

HEARS = """
import os, pathlib, signal, sys

told = pathlib.Path(__file__).with_name("hears").open("a")
signal.signal(signal.SIGINT, lambda *_: print("interrupted", file=told, flush=True))
print("ready", file=told, flush=True)
while os.read(int(sys.argv[1]), 1 << 16):
    pass
"""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def supervisor(clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    program = tmp_path / "stage"
    program.write_text(STAGE.format(folder=tmp_path, python=sys.executable))
    (tmp_path / "hears.py").write_text(HEARS)
    program.chmod(0o755)
    monkeypatch.setattr("veille.supervisor.sys.executable", str(program))
    supervisor = Supervisor(clock)
    yield supervisor
    supervisor.stop(*supervisor.children, patience=0)


def poll_until_ended(supervisor: Supervisor, name: str) -> None:
    def ended() -> bool:
        supervisor.poll(ORDER)
        return not supervisor.children[name].running

    until(ended)


def lines(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text().split() if (folder / name).exists() else []


@pytest.mark.parametrize(("code", "corrupt"), [(0, False), (2, False), (4, True)])
def test_a_stage_that_is_done_or_that_a_person_must_help_is_not_started_again(
    supervisor: Supervisor, clock: FakeClock, tmp_path: Path, code: int, corrupt: bool
) -> None:
    name = f"ends-{code}"
    supervisor.start(name, ORDER)
    poll_until_ended(supervisor, name)
    clock.advance(10 * LONGEST_PAUSE_S)
    supervisor.poll(ORDER)
    assert supervisor.children[name].code == code
    assert lines(tmp_path, name) == ["started"]
    assert (supervisor.failed() is not None) is corrupt


def test_a_stage_that_falls_is_started_again_after_pauses_that_grow(supervisor: Supervisor, clock: FakeClock) -> None:
    supervisor.start("ends-1", ORDER)
    child, pauses = supervisor.children["ends-1"], list[float]()
    for _ in range(9):
        poll_until_ended(supervisor, "ends-1")
        assert child.again_at is not None
        pauses.append(child.again_at - clock.monotonic())
        clock.advance(pauses[-1] - 0.01)
        supervisor.poll(ORDER)
        assert not child.running
        clock.advance(0.02)
        supervisor.poll(ORDER)
        assert child.running
    assert pauses[0] <= 1
    assert pauses[1:] == pytest.approx([min(2 * pause, LONGEST_PAUSE_S) for pause in pauses[:-1]])
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE_S)
    assert child.code is None


def test_a_stage_that_ran_steadily_starts_with_the_first_pause_again(supervisor: Supervisor, clock: FakeClock) -> None:
    supervisor.start("stays", ORDER)
    child = supervisor.children["stays"]
    child.pause = LONGEST_PAUSE_S
    clock.advance(STEADY_S + 1)
    assert child.process is not None
    child.process.kill()
    poll_until_ended(supervisor, "stays")
    assert child.again_at is not None
    assert child.again_at - clock.monotonic() < 1


def test_stopping_ends_a_stage_and_kills_one_that_does_not_listen(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stays", "deaf"):
        supervisor.start(name, ORDER)
    until(lambda: all("ready" in lines(tmp_path, name) for name in ("stays", "deaf")))
    deaf = supervisor.children["deaf"].process
    assert deaf is not None
    wait = deaf.wait
    # Whoever listens has all the time that a busy machine takes, and who does not is not waited for as long.
    monkeypatch.setattr(deaf, "wait", lambda patience=None: wait(patience and 0.2))
    supervisor.stop("stays", "deaf", "never-started", patience=60)
    assert {name: child.code for name, child in supervisor.children.items()} == {"stays": -15, "deaf": -9}
    assert supervisor.worst() == 128 + signal.SIGKILL
    supervisor.poll(ORDER)
    assert not any(child.running for child in supervisor.children.values())


def test_stages_that_end_when_they_are_told_to_are_no_failure(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("stays", ORDER)
    until(lambda: "ready" in lines(tmp_path, "stays"))
    supervisor.stop("stays")
    assert supervisor.worst() == 0


def test_ctrl_c_is_the_supervisors_to_hear_even_where_a_stage_listens(supervisor: Supervisor, tmp_path: Path) -> None:
    """It reaches all of a terminal's group, and what ends by itself is in no last checkpoint."""
    supervisor.start("hears", ORDER)
    until(lambda: "ready" in lines(tmp_path, "hears"))
    child = supervisor.children["hears"]
    assert child.process is not None
    assert child.lifeline is not None
    child.process.send_signal(signal.SIGINT)
    child.lifeline.close()
    until(lambda: child.process is not None and child.process.poll() == 0)
    assert lines(tmp_path, "hears") == ["started", "ready"]


def test_a_stage_whose_supervisor_has_gone_notices(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("stays", ORDER)
    until(lambda: "ready" in lines(tmp_path, "stays"))
    child = supervisor.children["stays"]
    assert child.lifeline is not None
    child.lifeline.close()  # as the system does for a process that was killed
    until(lambda: child.process is not None and child.process.poll() == 0)
