"""How tests see a command that runs in their own process, which has loaded what a new one would load for a second."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import NamedTuple

from veille.cli import main


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


def here(*arguments: str) -> Ended:
    """One command to its end; of what it prints, what Python writes."""
    out, err = io.StringIO(), io.StringIO()
    with logging_as_it_was(), redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """A command sends all logs to its standard error; afterwards they go again where they went."""
    root, ours = logging.getLogger(), logging.getLogger("veille")
    before = (root.handlers[:], root.level, ours.level)
    try:
        yield
    finally:
        root.handlers[:], level, our_level = before
        root.setLevel(level)
        ours.setLevel(our_level)
