"""Steps of several readers and one writer of a SQLite archive, in any order: each reader sees its own snapshot."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from veille.sinks.sqlite import SqliteSink, columns

READERS = 3
KINDS = ["write", "write", "hide", "delete", "join", "scrub", "begin", "look", "look", "look", "end"]
"""What happens: in the archive, or to a reader."""

SNAPSHOT = "SELECT count(*) FROM documents"
"""What a reader reads first: from here on it sees the same."""


class Happens(Protocol):
    """What a step has, whatever else it has."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""

    @property
    def reader(self) -> int:
        """To which of the readers, where it is one's."""


Step = TypeVar("Step", bound=Happens)
Reader = TypeVar("Reader", bound=sqlite3.Connection)


def interleave(
    done: Sequence[Step],
    connect: Callable[[Path], Reader],
    change: Callable[[SqliteSink, Step, int], None],
    look: Callable[[Reader, Step, int], None],
) -> None:
    """Do all of it to an archive of its own, the steps numbered from 1; a look is in the transaction of its reader."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(SqliteSink(Path(folder) / "a.db")) as sink,
        ExitStack() as ends,
    ):
        sink.open()
        readers = [ends.enter_context(closing(connect(Path(folder) / "a.db"))) for _ in range(READERS)]
        for instant, step in enumerate(done, 1):
            reader = readers[step.reader]
            match step.kind:
                case "begin":
                    if not reader.in_transaction:
                        reader.execute("BEGIN")
                        reader.execute(SNAPSHOT).fetchall()
                case "end":
                    _end(reader)
                case "look":
                    with _transaction(reader):
                        look(reader, step, instant)
                case kind:
                    if kind == "scrub":  # waits for nobody
                        for each in readers:
                            _end(each)
                    change(sink, step, instant)


def _end(reader: sqlite3.Connection) -> None:
    if reader.in_transaction:
        reader.execute("ROLLBACK")


@contextmanager
def _transaction(reader: sqlite3.Connection) -> Iterator[None]:
    """The one that was begun, or one of its own."""
    begun = reader.in_transaction
    if not begun:
        reader.execute("BEGIN")
    yield
    if not begun:
        reader.execute("ROLLBACK")


@contextmanager
def small_blocks(bits: int) -> Iterator[None]:
    """Blocks of so few rows that a few mentions fill several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "BLOCK_BITS", bits)
        patch.setattr(columns, "BLOCK", 1 << bits)
        yield
