"""Stages as supervised processes: started, restarted with growing pauses when they fail, stopped in order.

What an exit code says: 0 done, 2 and 4 not to be tried again (a person must help; our own state is wrong),
anything else is tried again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import BinaryIO

from veille.clock import Clock
from veille.stage import EXIT_CORRUPT, EXIT_MISUSED, Order

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A child that ran so long is healthy: its next failure starts with the first pause again."""

STOP_S = 15.0

log = logging.getLogger(__name__)


@dataclass
class Child:
    """One stage and its process."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    lifeline: BinaryIO | None = None
    """Held open for as long as the stage may live."""
    code: int | None = None
    """How it ended for good; None while it runs or will be started again."""
    started: float = 0.0
    again_at: float | None = None
    pause: float = FIRST_PAUSE_S

    @property
    def running(self) -> bool:
        """Whether its process is there now."""
        return self.process is not None


class Supervisor:
    """All stages of one run. `poll` must be called often; it never blocks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.children: dict[str, Child] = {}

    def prepare(self, name: str) -> None:
        """Start a stage's process, which loads its program and waits for its order.

        The order reaches it through a pipe of its own, which also tells it when we are gone. Its standard input stays
        ours, for files that are read from there.
        """
        child = self.children.setdefault(name, Child(name))
        theirs, ours = os.pipe()
        command = [sys.executable, "-m", "veille.stage", name, str(theirs)]
        child.process = subprocess.Popen(
            command,
            pass_fds=(theirs,),
            preexec_fn=_leave_the_terminal_to_us,  # noqa: PLW1509  # no thread of ours holds a lock that it would need
        )
        os.close(theirs)
        child.lifeline = os.fdopen(ours, "wb")
        child.code, child.again_at, child.started = None, None, self._clock.monotonic()

    def start(self, name: str, order: Order) -> None:
        """Give a stage its order; starts its process where none was prepared."""
        if name not in self.children or not self.children[name].running:
            self.prepare(name)
        child = self.children[name]
        assert child.lifeline is not None
        try:
            pickle.dump(order, child.lifeline)
            child.lifeline.flush()
        except BrokenPipeError:
            log.warning("%s ended while it was being started", name)

    def poll(self, order: Order) -> None:
        """Notice ended stages, and start again those whose pause is over."""
        now = self._clock.monotonic()
        for child in self.children.values():
            if child.process is not None and (code := child.process.poll()) is not None:
                self._ended(child, code, now)
            if child.again_at is not None and now >= child.again_at:
                self.start(child.name, order)

    def stop(self, *names: str, patience: float = STOP_S) -> None:
        """End these stages in good order, all at once; what does not end within `patience` seconds is killed."""
        chosen = [self.children[name] for name in names if name in self.children]
        for child in chosen:
            child.again_at = None
            if child.process is not None:
                child.process.terminate()
        for child in chosen:
            if child.process is not None:
                try:
                    child.code = child.process.wait(patience)
                except subprocess.TimeoutExpired:
                    log.warning("%s does not end: killed", child.name)
                    child.process.kill()
                    child.code = child.process.wait()
                _forget(child)

    def failed(self) -> Child | None:
        """A stage that found our own state to be wrong: the whole run must end."""
        return next((child for child in self.children.values() if child.code == EXIT_CORRUPT), None)

    def worst(self) -> int:
        """What the run ends with: the highest code of its stages, as a shell tells it, 128 and more for a killed one.

        One that SIGTERM ended had not begun yet, and is no failure.
        """
        codes = [child.code or 0 for child in self.children.values() if child.code != -signal.SIGTERM]
        return max((code if code >= 0 else 128 - code for code in codes), default=0)

    def _ended(self, child: Child, code: int, now: float) -> None:
        _forget(child)
        if code in {0, EXIT_MISUSED, EXIT_CORRUPT}:
            child.code = code
            return
        child.pause = FIRST_PAUSE_S if now - child.started > STEADY_S else min(child.pause * 2, LONGEST_PAUSE_S)
        child.again_at = now + child.pause
        log.warning("%s ended with %d, starting it again in %.1f s", child.name, code, child.pause)


def _leave_the_terminal_to_us() -> None:
    """Ctrl-C and the end of a terminal reach the whole group; we stop the stages in order.

    Blocked, not ignored: a stage that listens for it, as it must where it runs alone, would hear it again.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})


def _forget(child: Child) -> None:
    if child.lifeline is not None:
        with contextlib.suppress(BrokenPipeError):
            child.lifeline.close()
    child.process = child.lifeline = None
