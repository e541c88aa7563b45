"""What docs/operations.md says of backups: a copy made while veille writes is whole, and goes on where it was made."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from contracts.records import at, record, tombstone
from services.elasticsearch import Node
from veille.query import Use, parse
from veille.settings import ElasticsearchSettings
from veille.sinks.elasticsearch import ElasticsearchArchive, ElasticsearchSink
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink

PAGE = (Path(__file__).parents[2] / "docs/operations.md").read_text("utf-8")
KETTLE = parse("kettle", Use.SEARCH).tree


def batches() -> Iterator[list[Record]]:
    """Posts, edits and deletes, as they come."""
    for number in range(60):
        made = [record(f"b:{number}:{each}", at(number)) for each in range(20)]
        edited = [record(f"b:{number - 1}:{each}", at(number), "a better kettle") for each in range(5)]
        yield [*made, *edited, *(tombstone(f"b:{number - 2}:{each}", number) for each in range(3))]


def versions(archive: SqliteArchive | ElasticsearchArchive) -> dict[str, tuple[int, bool]]:
    return {doc_id: (version, deleted) for doc_id, version, deleted in archive.versions()}


def test_a_copy_of_a_file_that_is_written_to_is_whole_and_goes_on(tmp_path: Path) -> None:
    assert "VACUUM INTO 'copy.db'" in PAGE
    path, copy = tmp_path / "veille.db", tmp_path / "copy.db"
    half, copied = threading.Event(), threading.Event()

    def writing() -> None:
        with closing(SqliteSink(path)) as sink:
            sink.open()
            for number, batch in enumerate(batches()):
                sink.write(batch)
                if number == 30:
                    half.set()
            copied.wait(60)

    writer = threading.Thread(target=writing)
    writer.start()
    assert half.wait(60)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"VACUUM INTO '{copy}'")
    copied.set()
    writer.join()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(SqliteSink(copy)) as sink, closing(SqliteArchive(copy)) as restored:
        assert len(versions(restored)) >= 30 * 20
        sink.open()
        for batch in batches():  # what comes again from the source's cursor, which is in the copy, and then the rest
            sink.write(batch)
        with closing(SqliteArchive(path)) as original:
            assert versions(restored) == versions(original)
            assert restored.count(KETTLE) == original.count(KETTLE)


def test_a_snapshot_brings_indices_back_as_they_were(
    elasticsearch_service: Node, elasticsearch_url: str, prefix: str
) -> None:
    settings = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    call, place = elasticsearch_service.request, {"location": str(elasticsearch_service.backups / prefix)}
    some = list(batches())
    with closing(ElasticsearchSink(settings)) as sink:
        sink.open()
        for batch in some[:40]:
            sink.write(batch)
    call("POST", f"/{prefix}-*/_refresh")
    with closing(ElasticsearchArchive(settings)) as archive:
        before = versions(archive), archive.count(KETTLE)
    call("PUT", f"/_snapshot/{prefix}", {"type": "fs", "settings": place})
    taken: dict[str, Any] = call(
        "PUT",
        f"/_snapshot/{prefix}/now?wait_for_completion=true",
        {"indices": f"{prefix}-*", "include_global_state": False},
    )
    assert taken["snapshot"]["state"] == "SUCCESS"
    for index in call("GET", f"/{prefix}-*/_mapping"):
        call("DELETE", f"/{index}")
    call("POST", f"/_snapshot/{prefix}/now/_restore?wait_for_completion=true", {"indices": f"{prefix}-*"})
    with closing(ElasticsearchArchive(settings)) as archive:
        assert (versions(archive), archive.count(KETTLE)) == before
    with closing(ElasticsearchSink(settings)) as sink:
        sink.open()
        for batch in some[20:]:
            sink.write(batch)
    call("POST", f"/{prefix}-*/_refresh")
    with closing(ElasticsearchArchive(settings)) as archive:
        expected: dict[str, tuple[int, bool]] = {}
        for each in (record for batch in some for record in batch):
            if each.version > expected.get(each.doc_id, (0, False))[0]:
                expected[each.doc_id] = each.version, each.value is None
        assert versions(archive) == expected
    call("DELETE", f"/_snapshot/{prefix}/now")


def test_the_page_names_the_requests_that_are_tried_here() -> None:
    for said in ("/_snapshot/veille", "_restore", '"include_global_state": false', '"indices": "veille-*"'):
        assert said in PAGE, said
