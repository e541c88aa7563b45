"""Stages of veille as processes that a test can kill, freeze and bring back, and conditions awaited with a deadline."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

NEVER_AGAIN = {0, 2, 4}
"""Exit codes after which no supervisor starts a stage again: done, a person must help, our own state is wrong."""


@contextmanager
def running(config: Path, log: Path, *stages: str) -> Iterator[subprocess.Popen[bytes]]:
    """`veille run` with these stages, and all of its processes dead at the end."""
    command = [sys.executable, "-m", "veille", "run", *stages, "--config", str(config)]
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Stage:
    """`veille run NAME` in a process group of its own; what it says goes into `log`."""

    def __init__(self, name: str, config: Path, folder: Path, label: str = "") -> None:
        self.name, self._config = name, config
        self.log = folder / f"{label or name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start it, or start it again."""
        command = [sys.executable, "-m", "veille", "run", self.name, "--config", str(self._config)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, start_new_session=True)
        self.starts += 1

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._process is not None
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def keep(self) -> None:
        """What a supervisor does: start it again when it ended, but not where that would be of no use."""
        code = self.code
        if code is not None and code not in NEVER_AGAIN:
            self.start()
        assert code in {None, 0} or code not in NEVER_AGAIN, f"{self.name} ended with {code}:\n{self.log_end()}"

    def kill(self) -> None:
        """SIGKILL: nothing of it gets to say a last word."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def log_end(self, lines: int = 25) -> str:
        """The last lines that it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)


@contextmanager
def stopping(*stages: Stage) -> Iterator[None]:
    """All of them are dead at the end, whatever happens; how a stage ends in good order is for tests of that."""
    try:
        yield
    finally:
        for stage in stages:
            if stage.starts and stage.code is None:
                stage.kill()


def written(folder: Path, described: dict[str, Any]) -> Path:
    """A settings file of these values (JSON is YAML too)."""
    path = folder / "veille.yaml"
    path.write_text(json.dumps(described))
    return path


def veille(*arguments: str, check: bool = True, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    command = [sys.executable, "-m", "veille", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert not check or done.returncode == 0, f"{' '.join(arguments)}: {done.returncode}\n{done.stderr}"
    return done
