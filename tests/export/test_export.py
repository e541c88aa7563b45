"""An export says what the archive holds, the same in every format, and later ones say what became of it."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from contracts.corpus import answers, corpus, records
from contracts.records import NOON, at, record, tombstone
from export.folder import Folder, Rows, read_ndjson
from veille.errors import Misused, Unavailable
from veille.export import allowance
from veille.export.files import FORMATS, Format, open_writer
from veille.export.rows import COLUMNS, chosen
from veille.export.task import Asked, export
from veille.export.whole import whole
from veille.identity import public_id
from veille.mention import Campaign, Enrichment, Sentiment, Tags
from veille.post import Author, Metrics, WatchMatch
from veille.sinks.sqlite import SqliteArchive
from veille.story import Membership


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    made = Folder(tmp_path_factory.mktemp("filled"))
    made.sink.write(records())
    yield made
    made.close()


def read_csv(path: Path) -> list[dict[str, Any]]:
    kinds = {column.name: column.kind for column in COLUMNS}

    def value(name: str, cell: str) -> object:
        if cell == "":
            return [] if kinds[name] == "list" else None
        match kinds[name]:
            case "list":
                return cell.removeprefix("'").split("; ")
            case "flag":
                return cell == "true"
            case "integer":
                return int(cell)
            case "real":
                return float(cell)
        return cell.removeprefix("'") if cell[:2] in {"'=", "'+", "'-", "'@"} else cell

    with path.open(encoding="utf-8", newline="") as file:
        return [{name: value(name, cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def read_parquet(path: Path) -> list[dict[str, Any]]:
    def plain(value: object) -> object:
        return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value

    rows = parquet.read_table(path).to_pylist()
    return [{name: plain(value) for name, value in row.items()} for row in rows]


READ: dict[Format, Callable[[Path], list[dict[str, Any]]]] = {
    "csv": read_csv,
    "ndjson": read_ndjson,
    "parquet": read_parquet,
}


def comparable(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By mention; an empty text or list is nothing, as CSV cannot tell them apart."""
    return {row["public_id"]: {name: value or None for name, value in row.items()} for row in rows}


@pytest.mark.parametrize("form", FORMATS)
def test_every_mention_is_in_every_format_with_the_same_values(filled: Folder, form: Format) -> None:
    about = filled.export(f"all.{form}", form)
    filled.export("expected.ndjson")
    found = READ[form](filled.path / f"all.{form}")
    assert about["rows"] == len(found) == len(corpus())
    assert comparable(found) == comparable(read_ndjson(filled.path / "expected.ndjson"))


def test_a_query_chooses_and_what_is_to_know_stands_beside_the_file(filled: Folder) -> None:
    filled.export("some.ndjson", query="acme OR tea")
    found = filled.rows("some.ndjson")
    about = json.loads((filled.path / "some.ndjson.about.json").read_text("utf-8"))
    assert found.keys() == {public_id(doc_id) for doc_id in answers()["acme OR tea"]}
    assert 0 < len(found) == about["rows"] < len(corpus())
    assert (about["query"], about["zone"], about["gaps"]) == ("acme OR tea", "UTC", [])


def test_of_x_the_id_alone_goes_out(folder: Folder) -> None:
    folder.sink.write([record("x:1", source="x", native_id="1", url="https://x.com/ana/status/1"), record("b:1")])
    about = folder.export("all.ndjson")
    by_source = {row["source"]: row for row in folder.rows("all.ndjson").values()}
    kept = {name for name, value in by_source["x"].items() if value is not None}
    assert kept == {"public_id", "removed", "source", "id", "url"}
    assert by_source["x"]["url"] == "https://x.com/i/status/1", "an address that names its author says more than the id"
    assert (by_source["bluesky"]["text"], by_source["bluesky"]["author_handle"]) == ("acme kettle", "ana.example")
    assert about["ids_alone"] == 1


def test_texts_of_x_go_out_by_hand_and_no_more_than_terms_allow_a_day(folder: Folder) -> None:
    folder.sink.write([record(f"x:{n}", source="x", native_id=str(n)) for n in range(5)])
    folder.export("some.ndjson", x_texts=3)
    texts = [row["text"] for row in folder.rows("some.ndjson").values()]
    assert (texts.count("acme kettle"), texts.count(None)) == (3, 2)
    assert allowance.left(folder.path, NOON.date()) == allowance.A_DAY - 3
    with pytest.raises(Misused, match="497 may still go out today"):
        folder.export("more.ndjson", x_texts=498)
    assert allowance.left(folder.path, NOON.date() + timedelta(days=1)) == allowance.A_DAY


def test_what_its_author_or_network_hides_goes_nowhere_and_leaves_what_went_before(folder: Folder) -> None:
    state = folder.path / "kept.state"
    folder.sink.write([record("b:1"), record("b:2", labels=["!hide"])])
    assert folder.export("first.ndjson", state=state)["rows"] == 1
    folder.sink.write([record("b:1", at(2), withheld=["FR"])])
    about = folder.export("second.ndjson", state=state)
    assert (about["rows"], about["removed"]) == (1, 1)


def test_a_spreadsheet_runs_nothing_that_a_stranger_wrote(folder: Folder) -> None:
    hostile = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", 'a,b\n"c"', "'x"]
    folder.sink.write([record(f"b:{n}", text=text) for n, text in enumerate(hostile)])
    folder.export("all.csv", "csv")
    with (folder.path / "all.csv").open(encoding="utf-8", newline="") as file:
        texts = {row["text"] for row in csv.DictReader(file)}
    assert texts == {f"'{text}" for text in hostile[:5]} | set(hostile[5:])


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_nor_where_it_takes_another_sign_for_the_separator(folder: Folder, between: str) -> None:
    """As spreadsheets of most of Europe do: quotes that do not begin a cell hold nothing together for them."""
    texts = ["a;=cmd|' /C calc'!A0;b", "a\tb\t@SUM(A1)", "a\n=1+1", 'say "x;-1', "\uff1dSUM(A1)", "a, b;\r\n+1"]
    folder.sink.write([record(f"b:{n}", text=text) for n, text in enumerate(texts)])
    folder.export("all.csv", "csv")
    with (folder.path / "all.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file, delimiter=between) for cell in row]
    assert any("calc" in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\uff1d", "\t", "\r"))] == []


def test_the_next_export_has_what_changed_and_nothing_else(folder: Folder) -> None:
    state = folder.path / "kept.state"
    folder.sink.write([record("b:same"), record("b:edited"), record("b:deleted"), record("b:leaves")])
    assert folder.export("first.ndjson", query="kettle", state=state)["rows"] == 4
    folder.sink.write(
        [
            record("b:edited", at(2), "a better kettle"),
            tombstone("b:deleted"),
            record("b:leaves", at(2), "no more of it"),
            record("b:new"),
        ]
    )
    about = folder.export("second.ndjson", query="kettle", state=state)
    found = folder.rows("second.ndjson").values()
    assert sorted(row["text"] for row in found if not row["removed"]) == ["a better kettle", "acme kettle"]
    assert (about["rows"], about["removed"]) == (4, 2)
    assert folder.export("third.ndjson", query="kettle", state=state)["rows"] == 0


JOINS = "joins a story"
WRITTEN = st.sampled_from(["kettle", "tea", None, JOINS])
CHANGES = st.lists(st.tuples(st.integers(0, 3), WRITTEN, st.booleans()), max_size=12)


@settings(max_examples=15)
@given(CHANGES)
@example([(0, "kettle", True), (0, JOINS, False)])
def test_exports_one_after_the_other_give_what_one_gives(changes: list[tuple[int, str | None, bool]]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as path:
        folder = Folder(Path(path))
        state = folder.path / "kept.state"
        held: Rows = {}
        for number, (doc, text, then) in enumerate(changes, start=1):
            doc_id = f"b:{doc}"
            if text == JOINS:
                folder.sink.join([Membership(doc_id=doc_id, story=f"{number:020x}", version="1")])
            else:
                folder.sink.write([tombstone(doc_id, number) if text is None else record(doc_id, at(number), text)])
            if then or number == len(changes):
                folder.export("some.ndjson", query="kettle", state=state)
                for name, row in folder.rows("some.ndjson").items():
                    held.pop(name, None) if row["removed"] else held.update({name: row})
        if changes:
            folder.export("all.ndjson", query="kettle")
            assert held == folder.rows("all.ndjson")
        folder.close()


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_breaks_off_leaves_the_file_and_the_state_as_they_were(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, form: Format
) -> None:
    state = folder.path / "kept.state"
    folder.sink.write([record("b:1")])
    folder.export(f"all.{form}", form, state=state)
    before = (folder.path / f"all.{form}").read_bytes(), state.read_bytes()
    folder.sink.write([record("b:2")])

    def away(*_: object, **__: object) -> None:
        raise Unavailable("the archive went away")

    with monkeypatch.context() as broken:
        broken.setattr(SqliteArchive, "among", away)
        with pytest.raises(Unavailable):
            folder.export(f"all.{form}", form, state=state)
    assert before == ((folder.path / f"all.{form}").read_bytes(), state.read_bytes())
    assert not [path for path in folder.path.iterdir() if path.suffix == ".part"]
    assert folder.export(f"all.{form}", form, state=state)["rows"] == 1


def test_two_exports_with_one_state_or_one_file_do_not_meet(folder: Folder) -> None:
    state = folder.path / "kept.state"
    folder.sink.write([record("b:1")])
    for busy in (state, folder.path / "all.ndjson"):
        with whole(busy) as first:
            with pytest.raises(Misused, match="another export is writing"):
                folder.export("all.ndjson", state=state)
            first.write(b"whole")
        assert busy.read_bytes() == b"whole"
        busy.unlink()
    (folder.path / "all.ndjson.part").write_bytes(b"what a killed one left, longer than what comes " * 99)
    assert folder.export("all.ndjson", state=state)["rows"] == len(folder.rows("all.ndjson")) == 1


def test_what_is_no_file_is_written_to_and_stays_what_it_is(folder: Folder) -> None:
    folder.sink.write([record("b:1")])
    pipe, link, told = folder.path / "pipe", folder.path / "link", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: told.append(pipe.read_bytes()))
    reader.start()
    assert folder.export("pipe")["rows"] == 1
    reader.join()
    assert (len(told[0].splitlines()), pipe.is_fifo()) == (1, True)
    assert not (folder.path / "pipe.about.json").exists()
    link.symlink_to("file")
    folder.export("link")
    assert (link.is_symlink(), (folder.path / "file").is_file()) == (True, True)


def test_a_state_belongs_to_what_was_asked_for(folder: Folder) -> None:
    folder.export("all.ndjson", state=folder.path / "kept.state")
    with pytest.raises(Misused, match="belongs to an export of 'everything'"):
        folder.export("all.ndjson", query="kettle", state=folder.path / "kept.state")
    (folder.path / "other").write_text("{}")
    with pytest.raises(Misused, match="no state of an export"):
        folder.export("all.ndjson", state=folder.path / "other")


def test_an_archive_that_is_behind_the_state_is_no_export_without_changes(folder: Folder, tmp_path: Path) -> None:
    state = tmp_path / "kept.state"
    folder.sink.write([record("b:1"), record("b:2")])
    folder.export("all.ndjson", state=state)
    older = Folder(tmp_path / "restored")
    older.sink.write([record("b:1")])
    with pytest.raises(Misused, match="behind this position"):
        older.export("all.ndjson", state=state)
    older.close()


def test_a_parquet_file_says_what_it_is(filled: Folder) -> None:
    filled.export("all.parquet", "parquet")
    metadata = parquet.read_schema(filled.path / "all.parquet").metadata
    assert json.loads(metadata[b"veille"])["exported_at"] == "2026-11-01T12:00:00Z"


@pytest.mark.parametrize("form", FORMATS)
def test_columns_can_be_chosen_and_have_that_order(filled: Folder, form: Format) -> None:
    filled.export(f"some.{form}", form, columns=chosen(["created_at", "public_id", "likes"]))
    found = READ[form](filled.path / f"some.{form}")
    assert {tuple(row) for row in found} == {("created_at", "public_id", "likes")}
    assert len(found) == len(corpus())


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["mood"], "no column 'mood'"),
        ([""], "no column ''"),
        (["id", "id"], "named twice"),
        (["text", "source", "author_name"], "attribution"),
        (["text", "source", "url"], "attribution"),
    ],
)
def test_columns_that_cannot_be_had_are_told(names: list[str], told: str) -> None:
    with pytest.raises(Misused, match=told):
        chosen(names)


def test_what_is_gone_is_told_with_few_columns_too(folder: Folder) -> None:
    few: dict[str, Any] = {"state": folder.path / "kept.state", "columns": chosen(["public_id", "removed"])}
    folder.sink.write([record("b:1")])
    folder.export("first.ndjson", **few)
    folder.sink.write([tombstone("b:1")])
    folder.export("second.ndjson", **few)
    assert read_ndjson(folder.path / "second.ndjson") == [{"public_id": public_id("b:1"), "removed": True}]
    with pytest.raises(Misused, match="`removed`"):
        folder.export("third.ndjson", state=folder.path / "kept.state", columns=chosen(["public_id", "source"]))


def test_rows_name_campaigns_and_what_visits_are_joined_by(folder: Folder) -> None:
    link = "https://www.acme.example/a/?utm_campaign=spring&fbclid=1#top"
    tags = Tags(links=[link, f"{link}2", "mailto:ana@b.example"], campaigns=[Campaign(link, name="spring")] * 2)
    folder.sink.write([record("b:1", found=Enrichment(tags=tags))])
    folder.export("all.ndjson")
    (row,) = folder.rows("all.ndjson").values()
    assert (row["campaigns"], row["link_keys"]) == (["spring"], ["acme.example/a?utm_campaign=spring"])


def test_rows_of_enrichment_name_watches_and_terms(folder: Folder) -> None:
    watches = [WatchMatch("acme", ["acme", "kettle"]), WatchMatch("market", ["kettle"])]
    found = Enrichment(sentiment=Sentiment("negative", -0.5, 0.9), tags=Tags(watches=watches, question=True))
    folder.sink.write([record("b:1", found=found)])
    folder.export("all.ndjson")
    (row,) = folder.rows("all.ndjson").values()
    assert (row["watches"], row["terms"]) == (["acme", "market"], ["acme", "kettle"])
    assert (row["sentiment"], row["score"], row["question"]) == ("negative", -0.5, True)


@pytest.mark.parametrize("form", FORMATS)
def test_a_count_that_no_table_holds_is_the_largest_one_that_they_do(folder: Folder, form: Format) -> None:
    author, metrics = Author(id="a", followers=10**30), Metrics(likes=1 << 63, reposts=-(10**30), replies=7)
    folder.sink.write([record("b:huge", author=author, metrics=metrics)])
    folder.export(f"all.{form}", form)
    (row,) = READ[form](folder.path / f"all.{form}")
    most = (1 << 63) - 1
    assert [row[name] for name in ("followers", "likes", "reposts", "replies")] == [most, most, -most, 7]


def test_rows_are_written_while_they_are_read(filled: Folder) -> None:
    archive = SqliteArchive(filled.path / "veille.db")
    out, sizes = io.BytesIO(), []
    writer = open_writer("ndjson", out, {})
    done = export(archive, Asked(None), writer, progress=lambda rows: sizes.append((rows, out.tell())))
    archive.close()
    assert done.rows == len(corpus())
    assert all(size > 0 for _, size in sizes)
    assert done.sources == Counter(mention.source for mention in corpus().values())


def test_times_are_of_utc(folder: Folder) -> None:
    folder.sink.write([record("b:1", created_at=datetime(2026, 11, 1, 12, tzinfo=UTC))])
    folder.export("all.csv", "csv")
    with (folder.path / "all.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["created_at"] == "2026-11-01T12:00:00Z"
