"""Exports: that memory does not grow with the rows, in every format, and how many rows a second.

Each export is a process of its own, of 100,000 and of a million mentions in SQLite, with all columns. Of its memory
`RssAnon` counts, what it has for itself; `RssFile`, the archive's pages and programs that the system keeps in its
cache and takes back when others need room, is told beside it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO

from bench import million
from veille.export.files import FORMATS, Format, writing
from veille.export.task import Asked, export
from veille.sinks.sqlite import SqliteArchive, SqliteSink

FEW, MANY = million.MENTIONS // 10, million.MENTIONS

MOST_BYTES_A_ROW = 80.0
"""By which more rows may raise what a process has for itself: numbers by which the archive finds them, and no row."""

KINDS = ("RssAnon", "RssFile")

Figures = dict[str, float]


def run() -> dict[str, object]:
    """Megabytes at the most, rows a second, and whether memory stays flat."""
    figures = {(form, rows): _measured(form, rows) for rows in (FEW, MANY) for form in FORMATS}
    growth = {form: _growth(figures[form, FEW], figures[form, MANY]) for form in FORMATS}
    return {
        **{f"{form}, {rows:,} rows": each for (form, rows), each in figures.items()},
        "bytes more a row": growth,
        "reached": {"flat": max(growth.values()) <= MOST_BYTES_A_ROW},
    }


def _growth(few: Figures, many: Figures) -> float:
    return round((many["RssAnon, MB"] - few["RssAnon, MB"]) * 1e6 / (MANY - FEW), 1)


def _measured(form: Format, rows: int) -> Figures:
    """In a fresh process."""
    path = million.archive(rows)
    with closing(SqliteSink(path)) as sink:
        sink.open()  # an archive of before may lack a table
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_export, args=(path, form, rows, there))
    process.start()
    there.close()
    found: Figures = here.recv()
    process.join()
    return found


def _export(path: Path, form: Format, rows: int, told: Connection) -> None:
    most = dict.fromkeys(KINDS, 0)

    def look(_rows: int) -> None:
        for kind, bytes_ in _memory().items():
            most[kind] = max(most[kind], bytes_)

    began = time.perf_counter()
    with closing(SqliteArchive(path)) as archive, _nowhere() as out, writing(form, out, {}) as writer:
        done = export(archive, Asked(None), writer, texts=rows, progress=look)
    if done.rows != rows:
        sys.exit(f"{done.rows} of {rows} rows were written")
    took = time.perf_counter() - began
    told.send({f"{kind}, MB": round(most[kind] / 1e6, 1) for kind in KINDS} | {"rows a second": round(rows / took)})


def _nowhere() -> BinaryIO:
    return Path(os.devnull).open("wb")


def _memory() -> dict[str, int]:
    """Bytes by kind, as Linux tells them (proc_pid_status(5))."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    found = dict(line.split(":", 1) for line in lines)
    return {kind: int(found[kind].split()[0]) * 1024 for kind in KINDS}
