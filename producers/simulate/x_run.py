"""Runs the stand-in for X as a tool: somebody posts, at a rate, until told to stop.

invented posts, or a file's lines --at `rate` a second, Poisson--> XStandIn
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

from veille.errors import Misused
from veille.producers.simulate.x import XStandIn
from veille.producers.simulate.x_posts import Inventor

LOOK_S = 0.2
GZIP = b"\x1f\x8b"


def run(stand_in: XStandIn, stop: threading.Event, *, rate: float, seed: int, file: Path | None = None) -> None:
    """Publish until `stop`; a file is played once. Raises Misused for a file that cannot be read."""
    random = Random(seed)  # noqa: S311  # no secret
    lines = None if file is None else _lines(file)
    inventor = Inventor(seed, stand_in.clock.now)
    due = stand_in.clock.monotonic()
    while not stop.is_set():
        left = due - stand_in.clock.monotonic()
        if left > 0:
            stand_in.clock.wait(min(left, LOOK_S))
            continue
        due += random.expovariate(rate)
        if lines is None:
            _invent(stand_in, inventor)
        elif stand_in.project.listened and not _play(stand_in, lines):
            return


def _invent(stand_in: XStandIn, inventor: Inventor) -> None:
    trees = [query.tree for query in stand_in.project.queries]
    if trees:
        stand_in.project.publish(inventor.message(trees))


def _play(stand_in: XStandIn, lines: Iterator[bytes]) -> bool:
    """The next line; one that holds no post goes out as it is. False at the end."""
    line = next(lines, None)
    if line is None:
        return False
    try:
        message = json.loads(line)
        single = isinstance(message["data"], dict) and isinstance(message["data"]["id"], str)
    except (ValueError, TypeError, KeyError):
        single = False
    if single:
        stand_in.project.publish(message)
    else:
        stand_in.project.send(line.strip())
    return True


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            packed = opened.read(2) == GZIP
        with gzip.open(file) if packed else file.open("rb") as lines:
            yield from lines
    except OSError as error:
        raise Misused(f"--file: {file} cannot be read: {error.strerror or error}") from error
