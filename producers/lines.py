"""Lines of a file in bounded memory: plain, gzip by its first bytes (several members, cut off), or standard input.

path --open_lines--> chunks of 1 MiB --> Line(raw, end) ...          end: where the next line begins
"""

from __future__ import annotations

import gzip
import io
import os
import select
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from veille.topics import DEAD_HEAD

CHUNK = 1 << 20
LONGEST = 9 << 20
"""Bytes of the longest line that is read as a whole; beyond it only the beginning is kept."""

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
STDIN_WAIT_S = 0.2


class Line(NamedTuple):
    """One line without its end. `end` counts uncompressed bytes from the beginning of the file."""

    raw: bytes
    end: int
    size: int
    """Length in bytes; more than `raw` holds when only its beginning was kept."""
    fault: str = ""
    """What is wrong with the file here; this is its last line then."""


def lines(chunks: Iterator[bytes | str], start: int) -> Iterator[Line]:
    """Cut chunks, the first of which begins at `start`, into lines; a text among the chunks is a fault, and the end."""
    kept, size, end = bytearray(), 0, start
    for chunk in chunks:
        if isinstance(chunk, str):
            yield Line(bytes(kept), end, size, chunk)  # read again when the file has been made whole
            return
        first, *rest = chunk.split(b"\n")
        size = _keep(kept, size, first)
        for following in rest:
            end += size + 1
            yield Line(_stripped(kept, first_of_file=end == size + 1), end, size)
            kept.clear()
            size = _keep(kept, 0, following)
    if size:
        yield Line(_stripped(kept, first_of_file=end == 0), end + size, size)


def _keep(kept: bytearray, size: int, part: bytes) -> int:
    """Add a part to a line of `size` bytes, as far as it is kept; returns the new size."""
    if size + len(part) <= LONGEST:
        kept += part
    else:
        kept += part[: max(0, DEAD_HEAD - len(kept))]
        del kept[DEAD_HEAD:]
    return size + len(part)


def _stripped(kept: bytearray, *, first_of_file: bool) -> bytes:
    raw = bytes(kept)
    return raw.removeprefix(BOM) if first_of_file else raw


class Opened:
    """One file, open: its lines from an offset, and how far its bytes are read (`position` of `size`)."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._file: BinaryIO = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size
        self.compressed = self.head(len(GZIP)) == GZIP

    def head(self, length: int) -> bytes:
        """The first bytes as they stand on the disk."""
        self._file.seek(0)
        return self._file.read(length)

    @property
    def position(self) -> int:
        """Bytes read on the disk."""
        return self._file.tell()

    def lines(self, start: int) -> Iterator[Line]:
        """From `start`, counted in uncompressed bytes."""
        self._file.seek(0)
        if self.compressed:
            return lines(_unzipped(self._file, start), start)
        self._file.seek(start)
        return lines(iter(lambda: self._file.read(CHUNK), b""), start)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _unzipped(file: BinaryIO, start: int) -> Iterator[bytes | str]:
    """All members, one after the other; bytes before `start` are passed over."""
    with gzip.GzipFile(fileobj=file) as unzipped:
        try:
            unzipped.seek(start)
            while chunk := unzipped.read1(CHUNK):
                yield chunk
        except EOFError:
            yield "the gzip data ends before its end"
        except (OSError, zlib.error) as error:
            yield f"the gzip data is damaged: {error}"


def stdin_lines(closed: Callable[[], bool]) -> Iterator[Line]:
    """Standard input, until its end or until `closed` says so; gzip too."""
    chunks = _stdin_chunks(closed)
    first = next(chunks, b"")
    if first.startswith(GZIP):
        return lines(_unzipped(io.BufferedReader(_Chunks(first, chunks)), 0), 0)
    return lines(_chain(first, chunks), 0)


def _stdin_chunks(closed: Callable[[], bool]) -> Iterator[bytes]:
    # The descriptor itself: a thread that waits in sys.stdin holds a lock that the interpreter's end wants.
    descriptor = sys.__stdin__.fileno() if sys.__stdin__ else 0
    while not closed():
        if select.select([descriptor], [], [], STDIN_WAIT_S)[0]:
            if not (chunk := os.read(descriptor, CHUNK)):
                return
            yield chunk


def _chain(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks


class _Chunks(io.RawIOBase):
    """Chunks as a file that only reads forward."""

    def __init__(self, first: bytes, chunks: Iterator[bytes]) -> None:
        self._left, self._chunks = first, chunks

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's buffer is wider
        self._left = self._left or next(self._chunks, b"")
        length = min(len(into), len(self._left))
        into[:length] = self._left[:length]
        self._left = self._left[length:]
        return length
