"""How many texts of X have gone out by export today: its terms let a person pass on 500 posts a day, by hand.

The count stands in the data folder, one small JSON file of the day (UTC), so that restarts do not begin anew.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from veille.errors import Corrupt, Misused

A_DAY = 500
"""X's developer policy, "Content redistribution": hydrated posts, per user and day."""

NAME = "exported-texts.json"


class _Day(Struct, frozen=True):
    day: date
    texts: int


def left(data: Path, today: date) -> int:
    """Texts that may still go out today. Raises Corrupt."""
    path = data / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Day)
    except FileNotFoundError:
        return A_DAY
    except (OSError, msgspec.MsgspecError) as error:
        raise Corrupt(f"{path} cannot be read ({error}): how many texts went out today is not known") from error
    return max(0, A_DAY - found.texts) if found.day == today else A_DAY


def take(data: Path, today: date, texts: int) -> None:
    """Note that so many go out, before they do. Raises Misused where it cannot be written."""
    path = data / NAME
    try:
        data.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(_Day(today, A_DAY - left(data, today) + texts)))
    except OSError as error:
        raise Misused(f"{path} cannot be written: {error.strerror}") from error
