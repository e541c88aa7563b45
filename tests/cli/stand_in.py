"""A stand-in for a network as a person starts it: a process of its own, ended with Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class StandIn:
    """`told` is what it printed before it served."""

    def __init__(self, process: subprocess.Popen[str], told: str) -> None:
        self._process = process
        self.told = told

    def interrupt(self) -> tuple[int, str]:
        """End it with Ctrl-C: its exit code, and what it printed since."""
        self._process.send_signal(signal.SIGINT)
        out, _ = self._process.communicate(timeout=20)
        return self._process.returncode, out


@contextmanager
def simulated(network: str, *options: str) -> Iterator[StandIn]:
    """`veille simulate NETWORK` on a free port, once it has told how to point veille at it."""
    command = [sys.executable, "-m", "veille", "simulate", network, "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = ""
            while "in veille.yaml, under `sources:`:" not in told:
                line = process.stdout.readline()
                assert line, f"it ended before it served:\n{told}"
                told += line
            yield StandIn(process, told)
        finally:
            process.kill()
