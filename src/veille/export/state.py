"""Where an export ended, so that the next one takes only what changed since: a small JSON file that it keeps."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct, structs

from veille.errors import Misused


class State(Struct, frozen=True):
    """What was asked for, and the archive's position (`Archive.arrivals`) of just before it was answered.

    `zone`: of the times in its files, which so go together, and of `since` and `until` that name none.
    """

    query: str
    since: str
    until: str
    position: str = ""
    zone: str = "UTC"


def read(path: Path, asked: State) -> State | None:
    """What an earlier export left there; None where there is no file yet. Raises Misused for any other's state."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise Misused(f"{path} is no state of an export ({error}): name another file, or delete it") from error
    if structs.replace(found, position=asked.position) != asked:
        raise Misused(
            f"{path} belongs to an export of {found.query or 'everything'!r} since {found.since or 'ever'} "
            f"until {found.until or 'now'}, with times of {found.zone} (`--zone`): "
            "ask for the same, or name another state file"
        )
    return found
