"""Where each timeline is, and what is to be checked again: the cursor; and what ids say of time.

Ids are an instance's own, and grow: Mastodon's begin with the time in milliseconds, over 16 bits
(mastodon/mastodon, lib/mastodon/snowflake.rb). Other software has ids of another make, which are only compared.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from veille.errors import Corrupt
from veille.identity import EARLIEST, EPOCH, microseconds

SHIFT = 16
BEGINNING = "0"
"""Before every id: where a timeline stands that has shown nothing yet."""


class Place(Struct, frozen=True, array_like=True):
    """One timeline: the newest id read, the id that it began after, and whether the open gap has lost some for good."""

    position: str
    floor: str
    short: bool = False


class Lately(Struct, frozen=True, array_like=True):
    """A post that was published lately: its id there, the hash in its doc id, receipt in seconds since 1970."""

    id: str
    hash: str
    at: int


class Left(Struct, frozen=True, array_like=True):
    """One instance: when all of it was last read, its timelines by key, and what is to be checked again."""

    read_at: datetime
    timelines: dict[str, Place]
    lately: tuple[Lately, ...] = ()


def encode(left: dict[str, Left]) -> str:
    """All instances, by name, as the cursor."""
    return msgspec.json.encode(left).decode()


def decode(cursor: str) -> dict[str, Left]:
    """Raises Corrupt for a cursor that is none."""
    try:
        return msgspec.json.decode(cursor, type=dict[str, Left])
    except msgspec.DecodeError as error:
        raise Corrupt(f"the cursor of the source mastodon cannot be read: {cursor[:100]!r}: {error}") from error


def rank(status_id: str) -> tuple[int, str]:
    """Puts ids of one instance in order."""
    return len(status_id), status_id


def id_at(moment: datetime) -> str:
    """The first id of a moment, as Mastodon makes them."""
    return str(max(0, microseconds(moment) // 1000) << SHIFT)


def time_of(status_id: str) -> datetime | None:
    """When an id was made; None for one that is not Mastodon's."""
    if not (status_id.isascii() and status_id.isdigit() and len(status_id) <= 19):
        return None
    moment = EPOCH + timedelta(milliseconds=int(status_id) >> SHIFT)
    return moment if moment >= EARLIEST else None


def set_back(status_id: str, by: timedelta, floor: str) -> str:
    """An id so much older, but none before `floor`; the same id where ids do not tell the time."""
    moment = time_of(status_id)
    return status_id if moment is None else max(id_at(moment - by), floor, key=rank)
