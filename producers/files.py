"""Files of posts as a source: JSON lines as X's stream, as twarc, or as our own posts; plain, gzip, or standard input.

    paths, in order --lines.py--> lines --forms.py--> events          cursor: which file, how far

A restart resumes in the file where it stopped, as long as that begins as it did; standard input has no cursor.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from veille.clock import Clock
from veille.errors import Misused
from veille.producers.forms import read_line
from veille.producers.lines import LONGEST, Line, Opened, stdin_lines
from veille.producers.progress import Progress
from veille.producers.source import Broken, Deleted, Event, Received, Skipped
from veille.settings import FilesSettings

STDIN = "-"
HEAD = 4096
"""By so many first bytes a file is known again."""


class Mark(NamedTuple):
    """A cursor, read: number of the file, where its next line begins, and what it is known again by."""

    number: int
    offset: int
    head: int
    digest: str

    def __str__(self) -> str:
        return ":".join(map(str, self))


class FilesSource:
    """Reads files one after the other, and ends."""

    name = "files"
    can_wait = True
    in_order = False

    def __init__(self, settings: FilesSettings, clock: Clock) -> None:
        self._paths, self._clock = settings.paths, clock
        self._closed = threading.Event()

    def read(self, cursor: str | None) -> Iterator[Event]:
        """The events of all files, or of what is left after the cursor. Raises Misused for a file that is no use."""
        number, offset = self._resumed(cursor)
        left = self._paths[number:]
        for path in left:  # a name that is wrong is told now, not after hours of reading
            if path != STDIN:
                _open(path).close()
        with Progress([Path(path) for path in left if path != STDIN]) as progress:
            for index, path in enumerate(left, number):
                if self._closed.is_set():
                    return
                if path == STDIN:
                    yield from self._events(stdin_lines(self._closed.is_set))
                else:
                    yield from self._file(index, path, offset, progress)
                offset = 0

    def close(self) -> None:
        """End after the line in hand."""
        self._closed.set()

    def _file(self, index: int, path: str, offset: int, progress: Progress) -> Iterator[Event]:
        opened = _open(path)
        try:
            head = min(HEAD, opened.size)
            mark = Mark(index, offset, head, self._digest(index, opened.head(head)))
            followed = progress.follow(opened, opened.lines(offset))
            yield from self._events(followed, mark)
        finally:
            opened.close()

    def _events(self, lines: Iterable[Line], mark: Mark | None = None) -> Iterator[Event]:
        for line in lines:
            if self._closed.is_set():
                return
            events = list(self._line(line))
            yield from events[:-1]
            if events:  # only the last event of a line may move the cursor past it
                yield _at(events[-1], None if mark is None else str(mark._replace(offset=line.end)))

    def _line(self, line: Line) -> Iterator[Event]:
        if line.fault:
            yield Broken(line.raw, "not_json", line.fault, size=line.size)
        elif line.size > LONGEST:
            told = f"a line of {line.size:,} bytes, expected at most {LONGEST:,}"
            yield Broken(line.raw, "too_large", told, size=line.size)
        else:
            yield from read_line(line.raw, self._clock.now())

    def _resumed(self, cursor: str | None) -> tuple[int, int]:
        """Number of the file to begin with, and where in it; from the start when the cursor is another's."""
        if cursor is None:
            return 0, 0
        try:
            number, offset, head, digest = cursor.split(":")
            mark = Mark(int(number), int(offset), int(head), digest)
        except ValueError:
            return 0, 0
        if mark.number >= len(self._paths) or self._paths[mark.number] == STDIN:
            return 0, 0
        opened = _open(self._paths[mark.number])
        try:
            known = self._digest(mark.number, opened.head(mark.head)) == mark.digest
            shorter = not opened.compressed and opened.size < mark.offset
            return (mark.number, mark.offset) if known and not shorter else (0, 0)
        finally:
            opened.close()

    def _digest(self, number: int, head: bytes) -> str:
        """What a file is known again by: the paths up to it, and its first bytes."""
        paths = "\0".join(path if path == STDIN else str(Path(path).resolve()) for path in self._paths[: number + 1])
        return hashlib.sha256(os.fsencode(paths) + b"\0\0" + head).hexdigest()[:16]


def _open(path: str) -> Opened:
    try:
        return Opened(Path(path))
    except OSError as error:
        raise Misused(f"{path}: {error.strerror}. Expected a file of JSON lines, or `-` for standard input") from error


def _at(event: Event, cursor: str | None) -> Event:
    if isinstance(event, Received | Deleted | Broken | Skipped):
        return msgspec.structs.replace(event, cursor=cursor)
    return event
