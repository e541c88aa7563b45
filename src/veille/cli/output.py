"""What commands print: tables for people, JSON for scripts. What strangers wrote is made harmless first."""

from __future__ import annotations

import io
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from veille.errors import Unavailable
from veille.settings_gathered import SettingsError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def print_json(value: Any) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def print_line(text: str) -> None:
    """One line for people on standard output."""
    sys.stdout.write(text + "\n")


def print_note(text: str, as_data: object = None) -> None:
    """One line on standard error, for people or as JSON: what is no part of the answer, and no fault."""
    sys.stderr.write(f"veille: {text}\n" if as_data is None else msgspec.json.encode(as_data).decode() + "\n")


def print_error(error: Exception, *, as_json: bool) -> None:
    """What went wrong, on standard error; as JSON with every fault of the settings apart."""
    if not as_json:
        told = "the settings cannot be used\n" if isinstance(error, SettingsError) else ""
        sys.stderr.write(f"veille: {told}{error}\n")
        return
    as_data: dict[str, Any] = {"error": str(error), "kind": type(error).__name__}
    if isinstance(error, SettingsError):
        as_data["faults"] = error.faults
    sys.stderr.write(msgspec.json.encode(as_data).decode() + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, wide: str | None = None) -> None:
    """A table without frame; `wide` names the column that takes the room that is left."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        if column == wide:
            table.add_column(column, overflow="fold", ratio=1)
        else:
            table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(harmless(cell)) for cell in row))
    Console(soft_wrap=False).print(table)


@contextmanager
def progress(name: str) -> Iterator[Callable[[float], None]]:
    """A bar on standard error while something long goes on, where a person looks on; takes shares from 0 to 1."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(harmless(name), total=1.0)
        yield lambda share: bar.update(task, completed=share)


UNSAFE = {"Cc", "Cs", "Cn", "Zl", "Zp"}
"""Unicode categories that no terminal should be handed: controls, lone surrogates, unassigned, line separators."""

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def harmless(text: str) -> str:
    """A text that cannot move the cursor, colour the terminal, or turn the direction of what follows."""
    return "".join(" " if unicodedata.category(each) in UNSAFE or each in TURNING else each for each in text)


def open_output() -> None:
    """Make a standard output of our own: a write to it ends the command quietly once its reader has gone (`| head`).

    SIGPIPE, which ends other programs then, would end this one also when a server closes a connection.
    """
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until we end
        return
    was = sys.stdout
    buffered = io.BufferedWriter(_Output(was.fileno(), "w", closefd=False))
    sys.stdout = io.TextIOWrapper(buffered, was.encoding, was.errors, line_buffering=was.isatty())


class _Output(io.FileIO):
    """Raises SystemExit(0) where nobody reads, Unavailable where nothing can be written; from then on it is silent."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())  # for what is still buffered
            os.close(nowhere)
            if isinstance(error, BrokenPipeError):
                raise SystemExit(0) from None
            raise Unavailable(f"standard output cannot be written: {error.strerror}") from error
