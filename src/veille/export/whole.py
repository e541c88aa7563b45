"""A file that takes its name when it is whole. Until then it has another, and one program at a time writes it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from veille.durable import keep_names
from veille.errors import Misused


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Write a file: after the `with` it is on the disk under its name; where that breaks off, all is as it was.

    Raises Misused where it cannot be written, or another program is writing it.
    """
    waiting = path.with_name(f"{path.name}.part")
    try:
        with _alone(waiting, path) as out:
            try:
                yield out
                out.flush()
                os.fsync(out.fileno())
                waiting.replace(path)
            except BaseException:
                waiting.unlink(missing_ok=True)
                raise
        keep_names(path.parent)
    except OSError as error:
        raise Misused(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def _alone(waiting: Path, path: Path) -> Iterator[IO[bytes]]:
    """The file under its other name, empty, as long as nobody else has it."""
    with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT, 0o666), "wb") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = os.path.samestat(os.fstat(out.fileno()), waiting.stat())
        except (BlockingIOError, FileNotFoundError):  # the latter: it was renamed in between
            mine = False
        if not mine:
            raise Misused(f"another export is writing {path}: wait for its end, and try again")
        out.truncate(0)
        yield out
