"""Threads that read one SQLite archive: they come and go, and may be in the middle of a search when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from awaited import until
from contracts.records import record
from veille.errors import Unavailable
from veille.query import Use, parse
from veille.sinks.sqlite import SqliteArchive, SqliteSink, tables
from veille.sinks.sqlite.shared import Reading

LOOKED_AT = parse("bio:kettle", Use.SEARCH).tree
"""What our own function looks through the records for."""

DEADLINE_S = 60.0


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "veille.db"
    with closing(SqliteSink(path)) as sink:
        sink.open()
        sink.write([record(f"x:{number}") for number in range(20)])
        yield path


def open_files(path: Path) -> int:
    """How many this process has open of the archive and what lies beside it."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        try:
            found += str(each.readlink()).startswith(str(path))
        except FileNotFoundError:  # the one that they were listed through
            continue
    return found


def in_threads(times: int, call: Callable[[], object]) -> None:
    """All at once, each in a thread that ends then."""
    together = threading.Barrier(times)

    def one() -> object:
        together.wait(DEADLINE_S)
        return call()

    with ThreadPoolExecutor(times) as threads:
        for each in [threads.submit(one) for _ in range(times)]:
            each.result(DEADLINE_S)


def test_threads_that_end_leave_no_open_files(path: Path) -> None:
    """A server's threads come with a burst of requests and go after it."""
    with closing(SqliteArchive(path)) as archive:
        in_threads(4, lambda: archive.count(None))
        after_one = open_files(path)
        for _ in range(10):
            in_threads(4, lambda: archive.count(None))
        assert open_files(path) < 2 * after_one


def test_a_search_that_goes_on_at_the_end_is_broken_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed in its middle, the connection would take the process with it."""
    in_the_middle, breaking_off, calls = threading.Event(), threading.Event(), list[int]()

    def holds(*_asked: object) -> int:
        calls.append(len(calls))
        in_the_middle.set()
        assert breaking_off.wait(DEADLINE_S)
        return 1

    class Told(Reading):
        def interrupt(self) -> None:
            super().interrupt()
            breaking_off.set()

    monkeypatch.setattr(tables, "FUNCTIONS", [("proximity", 3, lambda *_: 0), ("holds", 4, holds)])
    monkeypatch.setattr(tables, "Reading", Told)
    archive = SqliteArchive(path)
    with ThreadPoolExecutor(2) as threads:
        search = threads.submit(archive.count, LOOKED_AT)
        until(in_the_middle.is_set, "the search is in its middle")
        threads.submit(archive.close).result(DEADLINE_S)
        with pytest.raises(Unavailable, match="interrupted"):
            search.result(DEADLINE_S)
        assert len(calls) < 20
        with closing(archive):
            assert threads.submit(archive.mention, "none").result(DEADLINE_S) is None
