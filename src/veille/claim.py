"""A data folder is one run's own: two on the same one would take each other's posts for lost."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TextIO

from veille.errors import Misused


def claim(folder: Path) -> TextIO:
    """Make the folder this process's own, until what is returned is closed or the process ends.

    Raises Misused for a folder that cannot be written, or that another run uses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise Misused(f"--data: {folder} cannot be written ({error.strerror}): name another folder") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise Misused(f"--data: another run uses {folder}: end it, or name another folder") from error
    return lock
