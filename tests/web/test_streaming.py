"""The API gives all that matches as a stream, and nothing again to who has it already."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import sys
import threading
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyarrow import ArrowInvalid, parquet

from contracts import records
from veille.archive import Archive
from veille.errors import Unavailable
from veille.identity import public_id
from veille.sinks.sqlite import SqliteArchive
from web.site import Site, mention, site

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")
MANY = 1_200
LATER = records.at(9)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with site(tmp_path_factory.mktemp("filled")) as made:
        made.write(*(mention(f"b:{n}", text="acme kettle" if n % 3 else "tea", minutes=n / 10) for n in range(MANY)))
        made.write(mention("x:1", source="x", native_id="1", text="acme on x"))
        made.write(mention("b:ends", text="acme\u2028ends\u2029many\x85a\x0bline\x1c of text"))
        made.write(mention("b:hidden", text="acme hidden", labels=["!hide"]), records.tombstone("b:1", 9))
        yield made


def lines(page: Site, **asked: str) -> list[dict[str, Any]]:
    answer = page.get("/api/v1/export", params=asked)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.content.splitlines()]


def test_a_stream_has_every_mention_that_matches_and_none_that_may_not_be_shown(filled: Site) -> None:
    found = lines(filled, q="acme")
    expected = filled.json("/api/v1/count", params={"q": "acme"})["count"]
    assert len({row["public_id"] for row in found}) == len(found) == expected - 1  # the hidden one is counted
    assert not [row for row in found if row["text"] == "acme hidden"]
    assert [row["text"] for row in found if row["source"] == "x"] == [None]


def test_a_stream_in_csv_has_the_same_rows(filled: Site) -> None:
    answer = filled.get("/api/v1/export", params={"q": "tea", "format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    found = list(csv.DictReader(answer.text.splitlines()))
    assert {row["public_id"] for row in found} == {row["public_id"] for row in lines(filled, q="tea")}


def test_a_stream_has_the_columns_that_are_asked_for(filled: Site) -> None:
    found = lines(filled, q="tea", columns="sentiment,public_id")
    assert {tuple(row) for row in found} == {("sentiment", "public_id")}
    assert filled.get("/api/v1/export", params={"columns": "text"}).status_code == 400


def test_a_stream_in_parquet_has_the_same_rows(filled: Site) -> None:
    answer = filled.get("/api/v1/export", params={"q": "acme", "format": "parquet"})
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    table = parquet.read_table(io.BytesIO(answer.content))
    by_id = {row["public_id"]: row for row in lines(filled, q="acme")}
    assert {row["public_id"]: row["text"] for row in table.to_pylist()} == {
        name: row["text"] for name, row in by_id.items()
    }
    assert json.loads(table.schema.metadata[b"veille"])["query"] == "acme"


def test_parquet_that_is_not_installed_is_refused_and_not_offered(
    filled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "veille.export.parquet", raising=False)
    answer = filled.get("/api/v1/export", params={"format": "parquet"})
    assert (answer.status_code, "pip install" in answer.json()["detail"]) == (400, True)
    assert "format=parquet" not in filled.page("/search/export?q=acme").text


def test_a_stream_says_first_what_it_is_where_that_is_asked_for(filled: Site) -> None:
    asked = {"q": "tea", "since": "2026-11-01T12:00:00Z", "zone": "Europe/Paris", "after": ""}
    first, *rows, last = lines(filled, about="true", **asked)
    said = first.pop("about")
    assert (first, list(last)) == ({}, ["position"])
    assert said.pop("notice")
    assert said == {
        "query": "tea",
        "since": "2026-11-01T13:00:00+01:00",
        "until": None,
        "zone": "Europe/Paris",
        "exported_at": "2026-11-01T13:30:20+01:00",
        "coverage": 1.0,
        "gap_count": 0,
    }
    assert rows == lines(filled, **asked)[:-1]
    assert {row["created_at"][-6:] for row in rows} == {"+01:00"}


def test_the_first_row_of_a_table_says_what_it_is_where_that_is_asked_for(filled: Site) -> None:
    answer = filled.get("/api/v1/export", params={"q": "tea", "format": "csv", "about": "true"})
    row, *others = csv.DictReader(answer.text.splitlines())
    assert (json.loads(row["about"])["query"], {each["about"] for each in others}) == ("tea", {""})


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Nowhere", "../UTC", "/etc/passwd", "UTC\0"])
def test_a_zone_that_there_is_not_is_refused(filled: Site, zone: str) -> None:
    assert filled.get("/api/v1/export", params={"zone": zone}).status_code == 400


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_a_browser_saves_it_under_a_name_that_sorts_by_time(filled: Site, form: str) -> None:
    answer = filled.get("/api/v1/export", params={"format": form, "zone": "Europe/Paris", "q": "acme hidden"})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="veille-20261101T133020.{form}"'


def test_who_cancels_it_ends_the_reading(tmp_path: Path) -> None:
    ended = threading.Event()

    class Endless(SqliteArchive):
        def scan(self, *arguments: Any, **more: Any) -> Any:
            (one,) = super().scan(*arguments, **more)
            try:
                yield from repeat(one)
            finally:
                ended.set()

    with site(tmp_path, archive=Endless(tmp_path / "veille.db")) as page:
        page.write(mention("b:1"))
        with httpx.stream("GET", f"{page.url}/api/v1/export") as answer:
            next(answer.iter_bytes())
            assert not ended.is_set()
        assert ended.wait(60)


def test_the_example_of_the_page_does_the_job(filled: Site) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(example.strip().splitlines()) - 2 <= 5
    spoken = example.replace("http://127.0.0.1:8420", filled.url).replace("acme lang:fr", "acme")
    told: dict[str, Any] = {}
    exec(spoken, told)
    assert list(map(json.loads, told["rows"])) == lines(filled, q="acme")


def test_a_stream_says_where_the_next_one_goes_on_with_what_changed(tmp_path: Path) -> None:
    with site(tmp_path) as page:
        page.write(*(mention(f"b:{n}", text="acme kettle") for n in range(4)))
        *rows, end = lines(page, q="kettle", after="")
        assert (len(rows), list(end)) == (4, ["position"])
        *rows, end = lines(page, q="kettle", after=end["position"])
        assert rows == []
        page.write(
            records.tombstone("b:0", 9),
            mention("b:1", text="no more of it", version=LATER),
            mention("b:new", text="tea"),
        )
        page.write(
            mention("b:2", text="a better kettle", version=LATER), mention("b:3", labels=["!hide"], version=LATER)
        )
        *rows, again = lines(page, q="kettle", after=end["position"])
        told = {row["public_id"]: row["text"] for row in rows if not row["removed"]}
        assert told == {public_id("b:2"): "a better kettle"}
        gone = {row["public_id"] for row in rows if row["removed"]}
        assert gone == {public_id(f"b:{name}") for name in (0, 1, 3, "new")}
        assert again["position"] != end["position"]


@pytest.mark.parametrize(
    "asked", [{"format": "csv"}, {"format": "parquet"}, {"columns": "source"}, {"after": "nowhere"}]
)
def test_what_cannot_tell_of_changes_is_refused(filled: Site, asked: dict[str, str]) -> None:
    assert filled.get("/api/v1/export", params={"after": "", **asked}).status_code == 400


def test_who_brings_no_position_is_told_which_to_bring(filled: Site) -> None:
    answer = filled.get("/api/v1/export", params={"after": "nonsense"})
    assert (
        answer.json()["detail"] == "this is no position among the changes: take the one that you were given, as it is"
    )


def test_a_query_that_cannot_be_read_is_refused_before_the_stream_begins(filled: Site) -> None:
    assert filled.get("/api/v1/export", params={"q": "acme OR ("}).status_code == 400


def test_an_archive_that_is_away_is_no_empty_stream(tmp_path: Path) -> None:
    class Away(SqliteArchive):
        def scan(self, *_: object, **__: object) -> Any:
            raise Unavailable("away")

    away: Archive = Away(tmp_path / "veille.db")
    with site(tmp_path, archive=away) as page:
        assert page.get("/api/v1/export").status_code == 503


def test_a_stream_that_breaks_off_is_an_error_to_who_reads_it(tmp_path: Path) -> None:
    class Breaking(SqliteArchive):
        def scan(self, *arguments: Any, **more: Any) -> Any:
            yield from super().scan(*arguments, **more)
            raise Unavailable("away in the middle")

    breaking: Archive = Breaking(tmp_path / "veille.db")
    with site(tmp_path, archive=breaking) as page:
        page.write(*(mention(f"b:{n}") for n in range(600)))
        for asked in ({}, {"after": ""}):
            with httpx.stream("GET", f"{page.url}/api/v1/export", params=asked) as answer:
                found: list[str] = []
                with pytest.raises(httpx.RemoteProtocolError):
                    found.extend(answer.iter_lines())
            assert "position" not in found[-1]


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_nor_is_it_whole_to_who_speaks_http_without_chunks_as_many_a_proxy_does(tmp_path: Path, form: str) -> None:
    class Breaking(SqliteArchive):
        def scan(self, *arguments: Any, **more: Any) -> Any:
            yield from super().scan(*arguments, **more)
            raise Unavailable("away in the middle")

    with site(tmp_path, archive=Breaking(tmp_path / "veille.db")) as page:
        page.write(*(mention(f"b:{n}") for n in range(600)))
        at = httpx.URL(page.url)
        with socket.create_connection((at.host, at.port or 0), timeout=60) as line:
            line.sendall(f"GET /api/v1/export?format={form} HTTP/1.0\r\nHost: {at.host}\r\n\r\n".encode())
            head, _, came = b"".join(iter(lambda: line.recv(1 << 16), b"")).partition(b"\r\n\r\n")
    assert b"chunked" not in head
    if form == "parquet":
        assert came.startswith(b"PAR1")
        with pytest.raises(ArrowInvalid):
            parquet.read_table(io.BytesIO(came))
        return
    body = came.decode(errors="replace")
    rows: Any = (json.loads(each) for each in body.splitlines())
    if form == "csv":
        rows = csv.DictReader(io.StringIO(body, newline=""), strict=True)
    read: list[Any] = []
    with pytest.raises((json.JSONDecodeError, csv.Error)):
        read.extend(rows)
    assert read, "what came before the break"


@pytest.mark.parametrize("path", ["/api/v1/mentions?q=tea", "/api/v1/count", "/api/v1/watches", "/api/v1/openapi.json"])
def test_who_has_an_answer_already_gets_no_body(filled: Site, path: str) -> None:
    first = filled.get(path)
    tag = first.headers["ETag"]
    again = filled.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["ETag"] == tag
    plain = filled.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.headers["ETag"] == tag


def test_an_answer_that_changed_has_another_tag(tmp_path: Path) -> None:
    with site(tmp_path) as page:
        tag = page.get("/api/v1/mentions").headers["ETag"]
        page.write(mention("m"))
        answer = page.get("/api/v1/mentions", headers={"If-None-Match": tag})
        assert answer.status_code == 200
        assert answer.headers["ETag"] != tag


def test_pages_for_people_and_refusals_have_no_tag(filled: Site) -> None:
    for path in ("/", "/api/v1/mentions?limit=0", "/api/v1/nothing", "/api/v1/export"):
        assert "ETag" not in filled.get(path).headers
