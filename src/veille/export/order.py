"""An export as a person orders it: from the question and the name of a file to the file, and what is to know of it.

Order --archive, gaps--> FILE, FILE.about.json, state file
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import msgspec

from veille import standing
from veille.archive import Archive
from veille.coverage import parts_of
from veille.errors import Misused
from veille.export import allowance
from veille.export import state as states
from veille.export.about import seen, told
from veille.export.files import Format, writing
from veille.export.rows import COLUMNS, Column, check_for_changes, in_zone
from veille.export.task import Asked, export
from veille.export.whole import whole
from veille.gap import plain, touching
from veille.settings import Settings
from veille.sinks import open_archive

STANDARD = "-"
"""Instead of a file: standard output."""

UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Order:
    """What to take, and where to; `query`, `since` and `until` as they were written, for the state file."""

    asked: Asked
    to: str
    form: Format
    now: datetime
    query: str = ""
    since: str = ""
    until: str = ""
    state: Path | None = None
    x_texts: int = 0
    columns: tuple[Column, ...] = COLUMNS
    zone: ZoneInfo = UTC
    """Of the times in the file and in what is to know of it; all files of one state have the same."""


def carry_out(order: Order, settings: Settings, progress: Callable[[float], None]) -> dict[str, Any]:
    """Write the file, and the next state once it stands; gives what `FILE.about.json` says.

    `progress` takes shares from 0 to 1. Raises Misused, Unavailable, Corrupt.
    """
    if order.state is None:
        return _carried_out(order, None, settings, progress)[0]
    with whole(order.state) as next_state:
        asked = states.State(order.query, order.since, order.until, zone=order.zone.key)
        kept = states.read(order.state, asked)
        about, position = _carried_out(order, kept, settings, progress)
        next_state.write(msgspec.json.encode(msgspec.structs.replace(asked, position=position)))
    return about


def _carried_out(
    order: Order, kept: states.State | None, settings: Settings, progress: Callable[[float], None]
) -> tuple[dict[str, Any], str]:
    """What is to know of it, and the position that the next one goes on from."""
    if order.state:
        check_for_changes(order.columns)
    about = told(order.query, order.asked, order.now, order.zone, {"changes_only": kept is not None})
    columns = in_zone(order.columns, order.zone)
    archive = open_archive(settings)
    try:
        gaps_in_time = standing.gaps_soon(settings)
        if order.x_texts:
            allowance.take(settings.data, order.now.date(), order.x_texts)
        with output(order.to) as out, writing(order.form, out, about, columns) as writer:
            done = export(
                archive,
                order.asked,
                writer,
                position=kept.position if kept else None,
                texts=order.x_texts,
                columns=columns,
                progress=_shares(archive, order.asked, progress) if kept is None else lambda _rows: None,
            )
    finally:
        archive.close()
    known = gaps_in_time()
    about |= {"rows": done.rows, "removed": done.removed, "ids_alone": done.ids_alone, "sources": done.sources}
    lacking = None if known is None else touching(known, order.asked.since, order.asked.until)
    about["gaps"] = None if lacking is None else [_in_zone(plain(gap), order.zone) for gap in lacking]
    about |= seen(known, parts_of(settings), order.asked, order.now)
    tell_beside(order.to, about)
    return about, done.position


def _in_zone(told: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {name: value.astimezone(zone) if isinstance(value, datetime) else value for name, value in told.items()}


def _shares(archive: Archive, asked: Asked, progress: Callable[[float], None]) -> Callable[[int], None]:
    total = archive.count(asked.query, since=asked.since, until=asked.until)
    return lambda rows: progress(rows / total if total else 1.0)


def is_file(to: str) -> bool:
    """Whether what is named is a file, or will be one: no pipe, no device."""
    path = Path(to)
    return to != STANDARD and (path.is_file() or not path.exists())


def tell_beside(to: str, about: Mapping[str, Any]) -> None:
    """What is to know of a file, in another beside it. Raises Misused."""
    if is_file(to):
        with whole(_beside(to)) as out:
            out.write(msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n")


def _beside(to: str) -> Path:
    return Path(f"{to}.about.json")


@contextmanager
def output(to: str) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is whole, or what is no file: standard output, a pipe.

    After the `with` nothing waits in this process any more: a state may go on from there. Raises Misused.
    """
    if to == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif is_file(to):
        with whole(Path(to).resolve()) as out:
            yield out
            out.flush()
            _beside(to).unlink(missing_ok=True)  # of the file before: whenever this is killed, it tells of no other
    else:
        try:
            with Path(to).open("wb") as out:
                yield out
        except OSError as error:
            raise Misused(f"{to} cannot be written: {error.strerror}") from error
