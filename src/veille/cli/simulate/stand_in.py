"""What every stand-in is asked for, tells, and waits for: a port, a seed, faults; a banner; Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from veille.cli.output import print_line
from veille.errors import Misused

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")]
Rate = Annotated[float, typer.Option("--rate", min=0.01, max=1000, help="Posts a second, on average.")]
Seed = Annotated[int, typer.Option("--seed", help="Which posts and faults; the same seed, the same ones.")]
Faults = Annotated[
    str | None,
    typer.Option("--faults", metavar="KIND,...", help="What goes wrong now and then: `all`, or kinds of it."),
]


Kind = TypeVar("Kind", bound=str)


def named_faults(faults: str | None, kinds: Sequence[Kind]) -> list[Kind]:
    """Those of `kinds` that an option names, in their order. Raises Misused where it names another."""
    if faults == "all":
        return list(kinds)
    named = {each.strip() for each in (faults or "").split(",")} - {""}
    if unknown := sorted(named.difference(kinds)):
        raise Misused(f"--faults: there is no {', '.join(unknown)}: expected all, or some of {', '.join(kinds)}")
    return [kind for kind in kinds if kind in named]


def must_exist(file: Path | None) -> None:
    """Raise Misused where a file was named and is none."""
    if file is not None and not file.is_file():
        raise Misused(f"--file: there is no file {file}")


def until_stopped() -> threading.Event:
    """Set by Ctrl-C and SIGTERM."""
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    return stop


def tell(banner: str) -> None:
    """Print how to use the stand-in, before its first post also into a pipe."""
    print_line(banner)
    sys.stdout.flush()
