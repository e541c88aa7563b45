"""The SQLite archive keeps the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.archive import ArchiveContract
from contracts.authors import AuthorsContract
from contracts.corpus import records
from contracts.exports import ExportsContract
from contracts.findings import FindingsContract, Found
from contracts.match import MatchContract
from contracts.people import PeopleContract
from contracts.questions import QuestionsContract
from contracts.records import System
from contracts.search import SearchContract
from contracts.sink import SinkContract
from contracts.stories import StoriesContract
from contracts.visits import VisitsContract
from veille.errors import Unavailable
from veille.query import Use, parse
from veille.sinks.sqlite import SqliteArchive, SqliteSink, bounded, scan
from veille.sinks.sqlite.findings import SqliteFindings


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    path = tmp_path / "veille.db"
    sink, archive = SqliteSink(path), SqliteArchive(path)
    sink.open()
    yield System(sink, archive, lambda: None)
    archive.close()
    sink.close()


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Found]:
    path = tmp_path / "veille.db"
    sink, archive = SqliteFindings(path), SqliteArchive(path)
    sink.open()
    yield Found(sink, archive, lambda: None)
    archive.close()
    sink.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteArchive]:
    path = tmp_path_factory.mktemp("filled") / "veille.db"
    sink = SqliteSink(path)
    sink.open()
    sink.write(records())
    sink.close()
    archive = SqliteArchive(path)
    yield archive
    archive.close()


class TestSqliteSink(SinkContract):
    """All of it."""


class TestSqliteArchive(ArchiveContract):
    """All of it."""


class TestSqliteSearch(SearchContract):
    """All of it."""


class TestSqliteAuthors(AuthorsContract):
    """All of it."""


class TestSqliteQuestions(QuestionsContract):
    """All of it."""


class TestSqlitePeople(PeopleContract):
    """All of it."""


class TestSqliteVisits(VisitsContract):
    """All of it."""


class TestSqliteFindings(FindingsContract):
    """All of it."""


class TestSqliteStories(StoriesContract):
    """All of it."""


class TestSqliteExports(ExportsContract):
    """All of it."""


class TestSqliteMatch(MatchContract):
    """All of it."""


def test_a_search_that_takes_too_long_is_broken_off_and_the_next_is_answered(
    filled: SqliteArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = parse('"acme kettle"~6 OR "tea pot"~3', Use.SEARCH).tree
    before = filled.count(many)
    monkeypatch.setattr(bounded, "STEPS", 1)
    with monkeypatch.context() as hurried:
        hurried.setattr(bounded, "LONGEST_S", 0.0)
        for asked in (lambda: filled.count(many), lambda: filled.search(many)):
            with pytest.raises(Unavailable, match="ask for less"):
                asked()
    assert filled.count(many) == before


def test_a_scan_whose_first_row_is_late_is_broken_off_and_one_that_goes_on_is_not(
    filled: SqliteArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = parse('"acme kettle"~6 OR "tea pot"~3', Use.SEARCH).tree
    whole = {mention.doc_id for mention in filled.scan(many)}
    monkeypatch.setattr(bounded, "STEPS", 1)
    monkeypatch.setattr(scan, "AT_ONCE", 1)
    going = filled.scan(many)
    first = next(going)
    monkeypatch.setattr(bounded, "LONGEST_S", 0.0)
    with pytest.raises(Unavailable, match="ask for less"):
        next(filled.scan(many))
    assert {first.doc_id, *(mention.doc_id for mention in going)} == whole
    assert len(whole) > 1
