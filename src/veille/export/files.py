"""Writers of rows: CSV, NDJSON and Parquet. Each takes rows as they come and holds no more than some thousands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain, repeat
from typing import IO, Literal, Protocol, get_args

import msgspec

from veille.export.rows import COLUMNS, Column, Row

Format = Literal["csv", "ndjson", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=[=+\-@＝＋－＠])|^(?=[\t\r])")
"""What a spreadsheet would run at the beginning of a cell (OWASP, CSV injection). Where it takes semicolons or tabs for
separators, as in French, such a cell begins within a text: quotes in the midst of a cell hold nothing together."""

_BETWEEN = "; "

ABOUT = "about"
"""What the file is goes by this name in its first record: `veille.export.about`."""

BROKEN_OFF: dict[Format, bytes] = {
    "csv": b'"this export broke off, and rows are missing from here on: \xff\n',
    "ndjson": b'{"broken_off":"rows are missing from here on: \xff\n',
    "parquet": b"",
}
"""What ends a file of which not all could be written, where its reader has had the rows before: no program takes it
for a row, as its quote is never closed and its last byte is in no UTF-8, and a person reads what happened. Parquet
lacks its table of contents then."""


_ENDS_LINE = re.compile(rb"\xc2\x85|\xe2\x80[\xa8\xa9]")
"""U+0085, U+2028 and U+2029, which JSON may hold as they are: `iter_lines` of httpx and `str.splitlines` end a line
there, and would tear a row in two."""


class Writer(Protocol):
    """Takes rows until it is closed."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""

    def close(self) -> None:
        """Write what is left and the end of the file; the stream itself stays open."""

    def abandon(self) -> None:
        """See to it that nobody takes what there is for a whole file. The stream itself stays open."""


@contextmanager
def writing(
    form: Format,
    out: IO[bytes],
    about: Mapping[str, object],
    columns: Sequence[Column] = COLUMNS,
    *,
    first: bool = False,
) -> Iterator[Writer]:
    """A writer that is closed after the `with`, or abandoned where that breaks off. Raises as `open_writer`."""
    writer = open_writer(form, out, about, columns, first=first)
    try:
        yield writer
    except BaseException:
        writer.abandon()
        raise
    writer.close()


def open_writer(
    form: Format,
    out: IO[bytes],
    about: Mapping[str, object],
    columns: Sequence[Column] = COLUMNS,
    *,
    first: bool = False,
) -> Writer:
    """The writer of a format, of rows that have these columns.

    `about` goes into the file where the format has room for it (Parquet), with `first` into the first record of the
    others. Raises Misused where its library is not installed.
    """
    match form:
        case "csv":
            return CsvWriter(out, columns, about if first else None)
        case "ndjson":
            return NdjsonWriter(out, about if first else None)
        case "parquet":
            from veille.export.parquet import ParquetWriter

            return ParquetWriter(out, about, columns)


class NdjsonWriter:
    """One JSON object a line, every column in it; lists are lists, times ISO 8601.

    `about` is a line before them, under this name, which no row has.
    """

    def __init__(self, out: IO[bytes], about: Mapping[str, object] | None = None) -> None:
        self._out = out
        self._encode = msgspec.json.Encoder().encode_lines
        if about is not None:
            out.write(_ENDS_LINE.sub(_escaped, self._encode([{ABOUT: about}])))

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        self._out.write(_ENDS_LINE.sub(_escaped, self._encode(rows)))

    def close(self) -> None:
        """Nothing is left."""
        self._out.flush()

    def abandon(self) -> None:
        """Write what no reader takes for the end."""
        _break_off(self._out, "ndjson")


def _escaped(sign: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(sign[0].decode())


class CsvWriter:
    """RFC 4180 in UTF-8, a line of names first; lists are joined by `; `.

    An apostrophe stands before whatever a spreadsheet would run as a formula, in whichever country. `about` is the
    last cell of the first row, as JSON: a line before the names would be one to every reader of CSV.
    """

    def __init__(
        self, out: IO[bytes], columns: Sequence[Column] = COLUMNS, about: Mapping[str, object] | None = None
    ) -> None:
        self._text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        self._csv = csv.writer(self._text)
        names = [column.name for column in columns]
        self._csv.writerow(names if about is None else [*names, ABOUT])
        self._last: Iterator[tuple[str, ...]] = repeat(())
        if about is not None:
            self._last = chain([(_harmless(about),)], repeat(("",)))

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        self._csv.writerows([*map(_cell, row.values()), *last] for row, last in zip(rows, self._last, strict=False))

    def close(self) -> None:
        """Leave the stream as it is."""
        self._text.flush()
        self._text.detach()

    def abandon(self) -> None:
        """Write what no reader takes for the end."""
        with suppress(OSError):
            _break_off(self._text.detach(), "csv")


def _break_off(out: IO[bytes], form: Format) -> None:
    with suppress(OSError):  # whoever read is gone
        out.write(BROKEN_OFF[form])
        out.flush()


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list():
            return _plain(_BETWEEN.join(value))
        case str():
            return _plain(value)
    return value


def _harmless(about: Mapping[str, object]) -> str:
    """JSON that begins with a brace and has nothing that separates cells: no spreadsheet runs any of it."""
    return msgspec.json.encode(about).decode().replace(";", r"\u003b")


def _plain(text: str) -> str:
    return _FORMULA.sub("'", text)
