"""What the shell that starts a command sees of it: a reader that has enough, and Ctrl-C before anything is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "veille")


def test_a_command_ends_quietly_when_its_reader_has_enough() -> None:
    printing = subprocess.Popen(
        [*COMMAND, "simulate", "world"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # without end, so that it can end for one reason alone
    with printing:
        assert printing.stdout is not None
        assert printing.stderr is not None
        assert printing.stdout.readline().startswith(b'{"doc_id":')
        printing.stdout.close()
        assert printing.stderr.read() == b""
        assert printing.wait() == 0


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("doctor", "--grants")])
def test_a_command_whose_output_nobody_reads_ends_quietly(arguments: tuple[str, ...], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*COMMAND, *arguments], check=False, stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path, timeout=60
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_command_that_has_no_room_to_print_says_so() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([*COMMAND, "--version"], check=False, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert ended.stderr == b"veille: standard output cannot be written: No space left on device\n"
    assert ended.returncode == 3


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What is started here hears Ctrl-C, even if the tests were started in the background, which does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_a_command_is_loading_ends_it_quietly(tmp_path: Path) -> None:
    # A package on the way in that takes its time: what a slow disk does, but at a moment that can be told.
    slow = "import sys, time\nsys.stderr.write('loading\\n')\ntime.sleep(60)\n"  # longer than it may live
    (tmp_path / "typer.py").write_text(slow)
    with subprocess.Popen(
        [*COMMAND, "--version"], stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(tmp_path)}
    ) as command:
        assert command.stderr is not None
        assert command.stderr.readline() == b"loading\n"
        command.send_signal(signal.SIGINT)
        assert command.stderr.read() == b""
        assert command.wait() == 130
