"""The page for BI tools says what exports hold, and every query on it can be asked."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path

import duckdb
import pytest

from contracts.corpus import corpus, records
from contracts.records import NOON, at, record, tombstone
from export.folder import Folder
from veille.export.files import writing
from veille.export.rows import COLUMNS, row
from veille.mention import Enrichment, Tags
from veille.post import WatchMatch
from veille.sinks.sqlite.findings import SqliteFindings
from veille.text.addresses import link_key
from veille.visit import Visits
from veille.words import speaker

PAGE = (Path(__file__).parents[2] / "docs/bi.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
INSTALLING = "INSTALL sqlite; LOAD sqlite;"
EXTENSION = f"extensions/v{duckdb.__version__}/sqlite_scanner.duckdb_extension"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder as the page supposes it: `all.parquet`, `page.ndjson`, `exports/`, `data/veille.db`."""
    path = tmp_path_factory.mktemp("bi")
    (path / "data").mkdir()
    (path / "exports").mkdir()
    folder = Folder(path / "data")
    links = ["https://www.acme.example/offer/?utm_campaign=spring"]
    tags = Tags(watches=[WatchMatch("acme", ["acme"])], domains=["acme.example"], links=links)
    with closing(SqliteFindings(path / "data/veille.db")) as findings:
        findings.open()
        key = link_key(links[0])
        findings.write_visits(
            [Visits(link=key, since=NOON, until=NOON + timedelta(hours=1), visits=7, reported_at=NOON)]
        )
    shared = record("b:edited", found=Enrichment(tags=tags))
    folder.sink.write([*records(), shared, record("b:deleted")])
    folder.export("../all.parquet", "parquet")
    with (path / "page.ndjson").open("wb") as out, writing("ndjson", out, {"query": "acme"}, first=True) as writer:
        writer.write([row(mention) for mention in corpus().values()])
    folder.export("../exports/1.parquet", "parquet", state=path / "state")
    folder.sink.write([record("b:edited", at(2), "better"), tombstone("b:deleted")])
    folder.export("../exports/2.parquet", "parquet", state=path / "state")
    yield path
    folder.close()


@pytest.fixture
def asked(exported: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.chdir(exported)
    connection = duckdb.connect()
    yield connection
    connection.close()


def test_the_table_of_columns_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", PAGE, re.MULTILINE)
    say = speaker("en")
    assert rows == [(column.name, column.kind, say(f"column_{column.name}")) for column in COLUMNS]


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_every_query_of_the_page_is_answered(asked: duckdb.DuckDBPyConnection, number: int) -> None:
    query = QUERIES[number]
    (attaching,) = [each for each in QUERIES if INSTALLING in each]
    if "veille." in query:  # the extension is fetched by DuckDB where there is a network; here it is from a package
        with as_file(files("duckdb_extension_sqlite_scanner") / EXTENSION) as path:
            asked.execute(f"LOAD '{os.fspath(path)}'")
        asked.execute(attaching.replace(INSTALLING, ""))
    found = asked.execute(query if query != attaching else query.partition(";\n")[2].partition(";\n")[2])
    if "CREATE" not in query:
        assert found.fetchall()


def test_exports_put_together_are_what_the_archive_holds(asked: duckdb.DuckDBPyConnection) -> None:
    (view,) = [query for query in QUERIES if "CREATE OR REPLACE VIEW held" in query]
    asked.execute(view)
    held = asked.execute("SELECT count(*), count(*) FILTER (WHERE text = 'better') FROM held").fetchone()
    assert held == (len(corpus()) + 1, 1)


def test_of_two_rows_of_a_mention_in_one_file_the_later_holds(
    exported: Path, asked: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edited out of the query and back while the export ran: of X neither row has a version."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()
    (view,) = [query for query in QUERIES if "CREATE OR REPLACE VIEW held" in query]
    some = "SELECT * FROM read_parquet($all) WHERE NOT removed LIMIT 1"
    asked.execute(f"CREATE TABLE one AS {some}", {"all": os.fspath(exported / "all.parquet")})
    asked.execute("UPDATE one SET version = NULL")
    rows = "SELECT * REPLACE (true AS removed) FROM one UNION ALL BY NAME SELECT * FROM one"
    asked.execute(f"COPY ({rows}) TO 'exports/1.parquet'")
    asked.execute(view)
    assert asked.execute("SELECT count(*) FROM held").fetchone() == (1,)


def test_there_are_queries_on_exports_and_on_the_archive() -> None:
    assert len(QUERIES) >= 5
    assert [bool(re.search(name, PAGE)) for name in ("all.parquet", "veille.db", "sqlite3 -readonly")] == [True] * 3


def test_the_first_line_of_a_file_from_the_page_is_no_mention(asked: duckdb.DuckDBPyConnection) -> None:
    (query,) = [each for each in QUERIES if "about IS NULL" in each]
    found = dict(asked.execute(query).fetchall())
    assert found == Counter(mention.source for mention in corpus().values())
