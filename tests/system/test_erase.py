"""`veille erase` as a person has it: a name, and the author is gone from every search and stays out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from awaited import until
from cli.command import here
from system.stages import Stage, running, stopping, veille, written
from veille.archive import Archive
from veille.author import Order
from veille.author_book import FollowedBook
from veille.checkpoint import restore
from veille.claim import claim
from veille.clock import FakeClock, SystemClock
from veille.embedded import EmbeddedBroker
from veille.embedded_run import address_file
from veille.erase import BOUNDS, erase
from veille.errors import VeilleError
from veille.kafka import open_producer, read_all
from veille.post import Author, Post, encode
from veille.producers.authors import admit
from veille.producers.simulate.world import WorldSource, line
from veille.producers.source import Received
from veille.producers.sweep import decoded
from veille.query import Use, parse
from veille.settings import ElasticsearchSettings, KafkaSettings, Settings, WorldSettings
from veille.sinks import archive_path, open_archive
from veille.sinks.sqlite import SqliteState
from veille.topics import ORDERS, POSTS, headers

INVISIBLE_S = 60.0
UNDER_WAY_S = 120.0
"""Until a run that was just started has brought something in, on a busy machine."""
STAGES = ("world", "enrich", "sqlite", "sweep")


def posts_of(limit: int, seed: int = 3) -> list[Post]:
    """Posts of the world, without faults."""
    settings = WorldSettings(seed=seed, rate=100.0, limit=limit)
    return [event.post for event in WorldSource(settings, SystemClock()).read(None) if isinstance(event, Received)]


def write(path: Path, posts: list[Post]) -> None:
    path.write_bytes(b"\n".join(line(Received(post)) or b"" for post in posts) + b"\n")


def loudest(posts: list[Post]) -> tuple[str, str, str]:
    """Source, id and handle of who of Bluesky published most."""
    counted = Counter((post.source, post.author.id, post.author.handle or "") for post in posts if post.author.handle)
    return counted.most_common(1)[0][0]


def count(data: Path, query: str) -> int:
    found = json.loads(here("search", query, "--data", str(data), "--count", "--json").out)["count"]
    assert isinstance(found, int)
    return found


def drained(posts: Path, data: Path) -> dict[str, object]:
    done = veille("run", "--files", str(posts), "--drain", "--data", str(data), "--json")
    account = json.loads(done.stdout.splitlines()[-1])
    assert account["closes"]
    assert isinstance(account, dict)
    return account


@pytest.mark.slow
def test_an_erased_author_is_gone_from_a_folder_at_rest_and_stays_out_of_what_is_read_again(tmp_path: Path) -> None:
    posts, data = posts_of(600), tmp_path / "d"
    source, author, handle = loudest(posts)
    write(tmp_path / "posts.jsonl", posts)
    drained(tmp_path / "posts.jsonl", data)
    before, theirs = count(data, ""), count(data, f"from:{handle}")
    assert theirs > 1
    receipt = json.loads(here("erase", source, f"@{handle}", "--yes", "--json", "--data", str(data)).out)
    assert (receipt["source"], receipt["mentions"], receipt["in_flight"]) == (source, theirs, False)
    assert receipt["bounds"] == BOUNDS
    assert author not in json.dumps(receipt)
    assert (count(data, f"from:{handle}"), count(data, "")) == (0, before - theirs)
    others = "\n".join(post.text for post in posts if post.author.id != author)
    secret = next(post.text for post in posts if post.author.id == author and post.text not in others)
    assert not any(secret.encode() in file.read_bytes() for file in data.glob("veille.db*"))
    (tmp_path / "again.jsonl").write_bytes((tmp_path / "posts.jsonl").read_bytes())
    account = drained(tmp_path / "again.jsonl", data)
    assert msgspec.convert(account["stages"], dict[str, dict[str, object]])["files"]["dropped"] == {
        "author_gone": sum(post.author.id == author for post in posts)
    }
    assert (count(data, f"from:{handle}"), count(data, "")) == (0, before - theirs)


def test_who_is_not_known_must_be_named_by_an_id(tmp_path: Path) -> None:
    unknown = here("erase", "x", "nobody", "--yes", "--data", str(tmp_path / "d"))
    assert (unknown.code, "name the account by its id" in unknown.err) == (2, True)
    source = here("erase", "myspace", "1", "--yes", "--data", str(tmp_path / "d"))
    assert (source.code, "expected one of x, bluesky" in source.err) == (2, True)
    kept_out = json.loads(here("erase", "x", "12345", "--yes", "--json", "--data", str(tmp_path / "d")).out)
    assert kept_out["mentions"] == 0


def test_while_a_run_begins_one_is_told_to_try_again(tmp_path: Path) -> None:
    with claim(tmp_path):
        told = [here("erase", "x", "7", "--yes", "--data", str(tmp_path))]
        address_file(tmp_path).touch()  # as it is for a moment
        told.append(here("erase", "x", "7", "--yes", "--data", str(tmp_path)))
    assert [(each.code, "is starting or ending: try again" in each.err) for each in told] == [(3, True)] * 2


def held(archive: Archive, handle: str) -> int:
    """How many of an author's mentions are found; -1 while the archive is being made."""
    try:
        return archive.count(parse(f"from:{handle}", Use.SEARCH).tree)
    except VeilleError:
        return -1


def test_an_erasing_outlives_a_broker_that_dies_before_a_checkpoint(tmp_path: Path) -> None:
    settings, clock = Settings(data=tmp_path), FakeClock()
    state = SqliteState(archive_path(settings))
    with closing(state), claim(tmp_path):
        with broker(tmp_path) as kafka:
            restore(kafka, state)
            address_file(tmp_path).write_text(kafka.servers[0])
            erase(settings, "x", "7", clock)
        with broker(tmp_path) as kafka:
            restore(kafka, state)
            with closing(FollowedBook(kafka, SystemClock())) as book:
                book.start()
                theirs, other = (
                    msgspec.structs.replace(posts_of(1)[0], source="x", author=Author(id=author))
                    for author in ("7", "8")
                )
                assert (admit(theirs, book.of), admit(other, book.of)) == (False, True)
            orders = [decoded(record) for record in read_all(kafka, ORDERS.full_name(kafka.prefix))]
            assert [(order.author, order.kind) for order in orders] == [("7", "erase")]


@contextmanager
def broker(folder: Path) -> Iterator[KafkaSettings]:
    """An embedded broker, which forgets all when it ends."""
    made = EmbeddedBroker(SystemClock(), folder / "broker.log")
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_while_veille_runs_an_erased_author_is_invisible_within_a_minute_and_after_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = written(tmp_path, {"data": str(data), "sources": {"world": {"seed": 3, "rate": 100.0}}})
    archive = open_archive(Settings(data=data))
    source, _, handle = loudest(posts_of(600))
    with running(config, tmp_path / "log", *STAGES) as process:
        until(lambda: held(archive, handle) > 1, "posts of the author", UNDER_WAY_S)
        began = time.monotonic()
        erasing = subprocess.Popen(
            [sys.executable, "-m", "veille", "erase", source, handle, "--yes", "--json", "--config", str(config)],
            stdout=subprocess.PIPE,
        )
        until(lambda: held(archive, handle) == 0, "invisible", INVISIBLE_S)
        assert time.monotonic() - began < INVISIBLE_S
        receipt = json.loads(erasing.communicate(timeout=60)[0])
        assert receipt["mentions"] > 1
        after = archive.status().mentions
        until(lambda: archive.status().mentions > after + 300, "more of the world", UNDER_WAY_S)
        assert held(archive, handle) == 0
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert handle not in (tmp_path / "log").read_text(), "nor does any stage say whom it erased"
    write(tmp_path / "posts.jsonl", posts_of(600))
    drained(tmp_path / "posts.jsonl", data)
    assert held(archive, handle) == 0
    archive.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_on_kafka_and_elasticsearch_an_erased_author_is_invisible_within_a_minute_and_null_on_the_topics(
    kafka_servers: list[str], elasticsearch_url: str, prefix: str, tmp_path: Path
) -> None:
    kafka = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=2, replication=1)
    elasticsearch = ElasticsearchSettings(url=elasticsearch_url, prefix=prefix, replicas=0)
    posts = posts_of(300)
    source, author, handle = loudest(posts)
    write(tmp_path / "posts.jsonl", posts)
    config = written(
        tmp_path,
        {
            "data": str(tmp_path / "data"),
            "kafka": {"servers": kafka_servers, "prefix": prefix, "partitions": 2, "replication": 1},
            "elasticsearch": {"url": elasticsearch_url, "prefix": prefix, "replicas": 0},
            "sources": {"files": {"paths": [str(tmp_path / "posts.jsonl")]}},
        },
    )
    stages = [Stage(name, config, tmp_path) for name in ("files", "enrich", "elasticsearch", "sweep")]
    archive = open_archive(Settings(elasticsearch=elasticsearch))
    with stopping(*stages):
        assert here("topics", "create", "--config", str(config)).code == 0
        for stage in stages:
            stage.start()
        doc_ids = {post.doc_id.encode() for post in posts if post.author.id == author}
        until(lambda: held(archive, handle) == len(doc_ids) > 1, "posts of the author", UNDER_WAY_S)
        began = time.monotonic()
        receipt = json.loads(here("erase", source, handle, "--yes", "--json", "--config", str(config)).out)
        until(lambda: held(archive, handle) == 0, "invisible", INVISIBLE_S)
        assert time.monotonic() - began < INVISIBLE_S
        assert (receipt["mentions"], receipt["in_flight"]) == (len(doc_ids), False)
        last = {record.key: record.value for record in read_all(kafka, POSTS.full_name(prefix))}
        assert {key for key in doc_ids if last[key] is None} == doc_ids
        late = next(post for post in posts if post.author.id == author)
        quiet = next(post.author for post in posts if post.author.id != author and post.author.handle)
        order = Order(source=source, author=quiet.id, kind="suspended", at=SystemClock().now())
        come(kafka, msgspec.structs.replace(late, doc_id="file:late", text="late"), order)
        until(lambda: held(archive, quiet.handle or "") == 0, "an order that a source gave", INVISIBLE_S)
        until(lambda: last_of(kafka, b"file:late") == [None], "the null in place of a late post")
        assert held(archive, handle) == 0
    archive.close()


def last_of(kafka: KafkaSettings, key: bytes) -> list[bytes | None]:
    """What stands on the posts topic under a key, if anything does."""
    return [record.value for record in read_all(kafka, POSTS.full_name(kafka.prefix)) if record.key == key][-1:]


def come(kafka: KafkaSettings, post: Post, order: Order) -> None:
    """A post and an order, as a source publishes them."""
    said = headers(int(post.version), "create", post.source)
    producer = open_producer(kafka)
    producer.send(POSTS.full_name(kafka.prefix), key=post.doc_id.encode(), value=encode(post), headers=said)
    producer.send(ORDERS.full_name(kafka.prefix), key=order.key, value=msgspec.json.encode(order))
    producer.flush()
    producer.close()
