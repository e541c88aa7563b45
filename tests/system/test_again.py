"""`veille run enrich --again`: what an older enrichment made is made anew, killed in the middle or not.

What was edited or deleted since stays as it is, and a replay through the same or an older enrichment changes nothing.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from awaited import until
from cli.command import here
from system.stages import Stage, stopping, veille, written
from veille.action import Action
from veille.again.renewal import Renewal
from veille.again.through_topics import NAME, Place
from veille.author import SECRET_KEY, AuthorState, Book
from veille.identity import DELETED, at_revision, microseconds, public_id
from veille.kafka import create_topics, open_producer, read_all
from veille.post import Author, Post, encode
from veille.processors import REVISION, pipeline
from veille.producers.cursors import CursorRecord
from veille.query import Use, parse
from veille.settings import KafkaSettings, Settings
from veille.sinks import archive_path, open_archive, open_revisions
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteSink, SqliteState
from veille.topics import CURSORS, MENTIONS, POSTS, headers, parse_headers

POSTS_MADE = 4_000
ATTEMPTS = 5
"""So often a replay may be done before it is killed."""

THEN = datetime(2026, 11, 1, 12, tzinfo=UTC)
VERSION = microseconds(THEN) * 1024
ERASED = "did:plc:erased"


def post(number: int, version: int = VERSION, author: str = "did:plc:ana") -> Post:
    return Post(
        doc_id=f"bluesky:{author}/{number}",
        version=str(version),
        source="bluesky",
        native_id=str(number),
        created_at=THEN,
        received_at=THEN,
        text=f"kettle number {number} in Paris",
        author=Author(id=author, handle="ana.example"),
    )


def earlier(posts: Sequence[Post], monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """Their mentions, as the enrichment before this one made them."""
    monkeypatch.setattr(pipeline, "REVISION", REVISION - 1)
    made = [pipeline.mention_bytes(encode(each), THEN) for each in posts]
    monkeypatch.undo()
    return [Record(each.doc_id, version, value, "bluesky") for each, (value, version) in zip(posts, made, strict=True)]


def fill(data: Path, records: Sequence[Record]) -> None:
    sink = SqliteSink(archive_path(Settings(data=data)))
    sink.open()
    with closing(sink):
        sink.write(records)


def held(data: Path) -> dict[str, tuple[int, bool]]:
    with closing(open_archive(Settings(data=data))) as archive:
        return {doc_id: (version, deleted) for doc_id, version, deleted in archive.versions()}


def enrich_again(*arguments: str) -> dict[str, Any]:
    done = veille("run", "enrich", "--again", "--json", *arguments)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["complete"]
    assert msgspec.convert(found, Renewal).closes
    return found


def killed(moment: Callable[[], object], log: Path, *arguments: str) -> None:
    """Begin a replay, and kill all of it at a moment in its middle, or as it ends, when that is the earlier one."""
    command = [sys.executable, "-m", "veille", "run", "enrich", "--again", *arguments]
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors, start_new_session=True)
    try:
        until(lambda: moment() or process.poll() is not None, f"its middle: {log}", eager=True)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_archive_without_topics_is_made_anew_and_nothing_deleted_or_erased_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = [post(number) for number in range(POSTS_MADE)]
    erased = post(1, author=ERASED)
    marker = at_revision(VERSION + 1024, DELETED)
    made = [*earlier([*posts, erased], monkeypatch), Record(posts[0].doc_id, marker, None, "bluesky")]
    data = in_its_middle(made, posts[2].doc_id, tmp_path)
    found = enrich_again("--data", str(data))
    assert (found["dead"], found["read"]) == (0, found["renewed"] + found["already_new"])
    assert found["renewed"] > 0
    assert found["already_new"] > 0
    now = held(data)
    assert now.pop(posts[0].doc_id) == (marker, True)
    assert now.pop(erased.doc_id)[1], "an author who was erased meanwhile"
    assert now == {each.doc_id: (at_revision(VERSION, REVISION), False) for each in posts[1:]}
    with closing(open_archive(Settings(data=data))) as archive:
        hits = archive.search(None, limit=3).hits
        assert [(hit.text, hit.places[0].country) for hit in hits] == [
            (f"kettle number {n} in Paris", "FR") for n in (999, 998, 997)
        ]  # one claim
        right = archive.search(parse("corrected:country country:JP", Use.SEARCH).tree).hits
        assert [hit.doc_id for hit in right] == [posts[2].doc_id]
    again = enrich_again("--data", str(data))
    assert (again["renewed"], again["already_new"]) == (0, POSTS_MADE - 1)


def in_its_middle(made: Sequence[Record], right: str, folder: Path) -> Path:
    """A data folder of which a replay was killed: some of it is made anew, and some is not."""
    for attempt in range(ATTEMPTS):
        data = folder / f"data-{attempt}"
        fill(data, made)
        order(data, ERASED)
        put_right(data, right)
        killed(lambda: counts(data)[1], folder / "log", "--data", str(data))  # noqa: B023  waited for here
        if all(counts(data)):
            return data
    pytest.fail("it was never caught in the middle")


def put_right(data: Path, doc_id: str) -> None:
    """Somebody says where the author is."""
    with closing(SqliteState(archive_path(Settings(data=data)))) as state:
        name = public_id(doc_id)
        state.save_action(Action(of="mention", subject=name, field="country", value="JP", at=THEN))


def order(data: Path, author: str) -> None:
    """An author is erased, and the archive was not swept yet."""
    with closing(SqliteState(archive_path(Settings(data=data)))) as state:
        book = Book()
        book.take(SECRET_KEY, b"secret")
        state.save_author(SECRET_KEY, b"secret")
        state.save_author(book.key("bluesky", author), msgspec.json.encode(AuthorState(erased_at=microseconds(THEN))))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_posts_on_a_kafka_are_read_once_more_and_what_is_newer_stays(
    kafka_servers: list[str], prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=3, replication=1)
    data = tmp_path / "data"
    described = {"servers": kafka_servers, "prefix": prefix, "partitions": 3, "replication": 1}
    config = written(tmp_path, {"data": str(data), "kafka": described})
    create_topics(kafka)
    posts = [post(number) for number in range(POSTS_MADE)]
    gone, leaving, renewed = posts[0], posts[1], posts[3]
    edit = post(2, VERSION + 5 * 1024)
    marker = at_revision(VERSION + 1024, DELETED)
    publish(kafka, [*posts, edit], {gone.doc_id: marker, leaving.doc_id: marker})
    fill(data, [*earlier([*posts, edit], monkeypatch), Record(gone.doc_id, marker, None, "bluesky")])
    fill(data, [Record(renewed.doc_id, at_revision(VERSION, REVISION + 1), earlier([renewed], monkeypatch)[0].value)])

    # At this rate it goes on for a quarter of a minute.
    killed(lambda: place(kafka).renewal.read, tmp_path / "log", "--rate", "250", "--config", str(config))
    before = place(kafka)
    publish(kafka, [post(POSTS_MADE)], {})  # after the beginning: live enrichment's
    found = enrich_again("--rate", "100000", "--config", str(config))
    assert 0 < before.renewal.read < POSTS_MADE
    assert found["read"] == sum(before.ends.values()) == POSTS_MADE + 4
    assert found == {
        "revision": REVISION,
        "read": POSTS_MADE + 4,
        "renewed": POSTS_MADE - 2,
        "already_new": 1,
        "superseded": 3,  # the deleted post and its delete, and the first form of the edited one
        "deletes": 1,
        "dead": 1,
        "complete": True,
    }
    made = {record.key: record for record in read_all(kafka, MENTIONS.full_name(prefix))}
    assert made.keys() == {each.doc_id.encode() for each in posts} - {gone.doc_id.encode(), renewed.doc_id.encode()}
    assert made.pop(leaving.doc_id.encode()).value is None
    versions = {key: said.version for key, each in made.items() if (said := parse_headers(each.headers))}
    assert versions.pop(edit.doc_id.encode()) == at_revision(int(edit.version), REVISION)
    assert set(versions.values()) == {at_revision(VERSION, REVISION)}

    sink = Stage("sqlite", config, tmp_path)
    with stopping(sink):
        sink.start()
        until(lambda: in_effect(data, edit) == at_revision(int(edit.version), REVISION), "the edit made anew")
        until(lambda: held(data)[leaving.doc_id] == (marker, True), "the delete that was on its way")
        until(lambda: counts(data)[0] == 0, "all made anew")
    assert held(data)[gone.doc_id] == (marker, True)
    assert in_effect(data, renewed) == at_revision(VERSION, REVISION + 1)
    again = enrich_again("--rate", "100000", "--config", str(config))
    assert (again["renewed"], again["already_new"]) == (1, POSTS_MADE - 2)  # the one that came later is not in there


def publish(kafka: KafkaSettings, posts: Sequence[Post], deletes: dict[str, int]) -> None:
    """Posts, then deletes, and with deletes a record that is no post."""
    topic = POSTS.full_name(kafka.prefix)
    with closing(open_producer(kafka)) as producer:
        for each in posts:
            said = headers(int(each.version), "create", "bluesky")
            producer.send(topic, key=each.doc_id.encode(), value=encode(each), headers=said)
        for doc_id, version in deletes.items():
            producer.send(topic, key=doc_id.encode(), value=None, headers=headers(version, "delete", "bluesky"))
        if deletes:
            producer.send(topic, key=b"bluesky:broken", value=b"{", headers=headers(VERSION, "create", "bluesky"))
        producer.flush()


def place(kafka: KafkaSettings) -> Place:
    """Where the replay is."""
    found = Place({}, {}, Renewal(REVISION))
    for record in read_all(kafka, CURSORS.full_name(kafka.prefix)):
        if record.key == NAME.encode():
            cursor = msgspec.json.decode(record.value or b"", type=CursorRecord).cursor
            found = msgspec.json.decode(cursor or "", type=Place)
    return found


def in_effect(data: Path, of: Post) -> int:
    return held(data)[of.doc_id][0]


def counts(data: Path) -> tuple[int, int]:
    """How many are of an older enrichment, and how many of this one."""
    with closing(open_revisions(Settings(data=data))) as archive:
        return archive.counts(REVISION)


def test_it_is_for_enrichment_alone(tmp_path: Path) -> None:
    for arguments in (["--again"], ["sqlite", "--again"], ["enrich", "--again", "--drain"]):
        done = here("run", *arguments, "--data", str(tmp_path / "d"))
        assert (done.code, "veille run enrich --again" in done.err) == (2, True)
    assert enrich_again("--data", str(tmp_path / "d"))["read"] == 0
    assert not (tmp_path / "d" / "veille.db").exists()
