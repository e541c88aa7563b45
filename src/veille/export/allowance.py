"""How many texts of X have gone out by export today: its terms let a person pass on 500 posts a day, by hand.

The count stands in the data folder, one small JSON file of the day (UTC), so that restarts do not begin anew. It is one
for all who export from there, by command and on the page: nobody can have more than a person may.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from veille.errors import Corrupt, Misused

A_DAY = 500
"""X's developer policy, "Content redistribution": hydrated posts, per user and day."""

NAME = "exported-texts.json"

MOST_BYTES = 1_000

log = logging.getLogger(__name__)


class _Day(Struct, frozen=True):
    day: date
    texts: int


def left(data: Path, today: date) -> int:
    """Texts that may still go out today. Raises Corrupt."""
    path = data / NAME
    try:
        return _left(path.read_bytes(), path, today)
    except FileNotFoundError:
        return A_DAY
    except OSError as error:
        raise _unreadable(path, error) from error


def countable(data: Path) -> bool:
    """Whether it can be noted here what goes out; nothing does where not."""
    path = data / NAME
    while not path.exists() and path != path.parent:
        path = path.parent
    return os.access(path, os.W_OK)


def take(data: Path, today: date, texts: int) -> None:
    """Note that so many go out, before they do. Raises Misused for too many, or where it cannot be written; Corrupt."""
    with _alone(data / NAME) as file:
        had = _left(os.pread(file, MOST_BYTES, 0), data / NAME, today)
        if texts > had:
            raise Misused(f"{texts} texts of X: {had} may still go out today, of {A_DAY}")
        _note(file, today, texts, had)


def take_some(data: Path, today: date, texts: int) -> int:
    """Note that as many of so many go out as still may, and give their number. Raises as `take` does."""
    with _alone(data / NAME) as file:
        had = _left(os.pread(file, MOST_BYTES, 0), data / NAME, today)
        _note(file, today, taken := min(texts, had), had)
    return taken


def _note(file: int, today: date, texts: int, had: int) -> None:
    noted = msgspec.json.encode(_Day(today, A_DAY - had + texts))
    os.pwrite(file, noted, 0)
    os.ftruncate(file, len(noted))
    log.info("%d texts of X go out, %d more may today", texts, had - texts)


@contextmanager
def _alone(path: Path) -> Iterator[int]:
    """The file, while nobody else counts in it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)
    except OSError as error:
        raise Misused(f"{path} cannot be written: {error.strerror}") from error


def _left(found: bytes, path: Path, today: date) -> int:
    if not found:  # nothing has gone out yet
        return A_DAY
    try:
        told = msgspec.json.decode(found, type=_Day)
    except msgspec.MsgspecError as error:
        raise _unreadable(path, error) from error
    return max(0, A_DAY - told.texts) if told.day == today else A_DAY


def _unreadable(path: Path, error: Exception) -> Corrupt:
    return Corrupt(f"{path} cannot be read ({error}): how many texts went out today is not known")
