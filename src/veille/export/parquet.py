"""Parquet: typed columns, compressed by zstd; the one module that imports pyarrow, which is an extra of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import IO, Any

import msgspec

from veille.errors import Misused
from veille.export.rows import COLUMNS, Column, Kind, Row

try:
    import pyarrow as pa
    from pyarrow import parquet
except ImportError as error:
    raise Misused("Parquet needs one package more: pip install 'veille[parquet]'") from error

GROUP = 20_000
"""Rows of a row group: enough to be compressed well, and all that is in memory."""

_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "real": pa.float64(),
    "flag": pa.bool_(),
    "list": pa.list_(pa.string()),
}


class ParquetWriter:
    """One row group after the other; what the export is stands in the file's metadata under `veille`, as JSON.

    Times are of the zone that it names.
    """

    def __init__(self, out: IO[bytes], about: Mapping[str, object], columns: Sequence[Column] = COLUMNS) -> None:
        types = {**_TYPES, "time": pa.timestamp("us", tz=str(about.get("zone", "UTC")))}
        fields = pa.schema([(column.name, types[column.kind]) for column in columns])
        schema = fields.with_metadata({"veille": msgspec.json.encode(about)})
        self._out = _Severable(out)
        self._writer = parquet.ParquetWriter(
            self._out,  # type: ignore[arg-type]  # it is written to, and nothing else
            schema,
            compression="zstd",
        )
        self._schema = schema
        self._waiting: list[Row] = []

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        self._waiting += rows
        while len(self._waiting) >= GROUP:
            self._group(self._waiting[:GROUP])
            del self._waiting[:GROUP]

    def close(self) -> None:
        """Write what is left, and the table of contents."""
        if self._waiting:
            self._group(self._waiting)
            self._waiting = []
        self._writer.close()
        self._out.sever()

    def abandon(self) -> None:
        """Write no table of contents, now or when pyarrow's writer is let go of."""
        self._out.sever()
        self._writer.is_open = False

    def _group(self, rows: Sequence[Row]) -> None:
        self._writer.write_table(pa.Table.from_pylist(list(rows), schema=self._schema))


class _Severable(io.RawIOBase):
    """Hands on what is written until it is severed: pyarrow's writer, let go of, makes a whole file of any part.

    The stream behind it stays open.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out: IO[bytes] | None = out
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += (size := len(data))
        if self._out is not None:
            self._out.write(data)
        return size

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        if self._out is not None:
            self._out.flush()

    def sever(self) -> None:
        self._out = None
