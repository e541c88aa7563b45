"""What veille publishes can be read by others as docs/bi.md and the AsyncAPI document say, on the real Kafka.

world --> enrich --> windows          records held to the schemas; Python, kcat and Kafka Connect as on the page
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from awaited import until
from services.java import java
from services.kafka import Broker
from services.server import free_ports
from system.stages import Stage, stopping, written
from veille.asyncapi import document
from veille.kafka import Record, committed_offsets, create_topics, end_offsets, read_all
from veille.producers.simulate.world import WATCHES
from veille.settings import KafkaSettings, WorldSettings
from veille.topics import CURSORS, DEAD, MENTIONS, POSTS, STORIES, WINDOWS, Topic, parse_headers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/bi.md").read_text("utf-8")
WORLD = WorldSettings(seed=5, rate=200.0, faults=True, limit=3_000)


class Published(NamedTuple):
    """Topics that hold a world, and where."""

    kafka: KafkaSettings

    def records(self, topic: Topic) -> list[Record]:
        return list(read_all(self.kafka, topic.full_name(self.kafka.prefix)))

    def spoken(self, example: str) -> str:
        """An example of the page with this broker and these topics in it."""
        here = example.replace("kafka-1:9093", self.kafka.servers[0])
        return here.replace("veille.mentions.v1", MENTIONS.full_name(self.kafka.prefix))

    def latest(self) -> dict[bytes, bytes | None]:
        """The mention of each key with the highest version."""
        found: dict[bytes, tuple[int, bytes | None]] = {}
        for record in self.records(MENTIONS):
            headers = parse_headers(record.headers)
            assert headers is not None
            assert record.key is not None
            if headers.version >= found.get(record.key, (0, None))[0]:
                found[record.key] = headers.version, record.value
        return {key: value for key, (_, value) in found.items()}


@pytest.fixture(scope="module")
def published(kafka_service: Broker, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder, prefix = tmp_path_factory.mktemp("published"), f"others{uuid.uuid4().hex[:8]}"
    kafka = KafkaSettings(servers=tuple(kafka_service.servers), prefix=prefix, partitions=2, replication=1)
    create_topics(kafka)
    described = {
        "data": str(folder / "data"),
        "kafka": {"servers": list(kafka.servers), "prefix": kafka.prefix, "partitions": 2, "replication": 1},
        "watches": {watch.id: {"role": watch.role, "query": watch.query} for watch in WATCHES},
        "sources": {"world": dataclasses.asdict(WORLD)},
    }
    config = written(folder, described)
    names = ("sqlite", "world", "enrich", "windows")
    stages = [Stage(name, config, folder) for name in names]
    with stopping(*stages):
        for stage in stages:
            stage.start()

        def ended() -> bool:
            for stage in stages:
                stage.keep()
            return stages[1].code == 0

        def passed(group: str, topic: Topic) -> bool:
            assert ended()
            committed = committed_offsets(kafka, f"{kafka.prefix}.{group}")
            name = topic.full_name(kafka.prefix)
            ends = end_offsets(kafka, name)
            return sum(ends.values()) > 0 and all(
                (at := committed.get((name, partition))) is not None and at.offset >= end
                for partition, end in ends.items()
                if end
            )

        until(ended, "the world has ended", 120)
        until(lambda: passed("enrich", POSTS), "everything enriched", 120)
        until(lambda: passed("windows", MENTIONS), "everything counted", 120)
    return Published(kafka)


@pytest.mark.parametrize("topic", [POSTS, MENTIONS, WINDOWS, STORIES, CURSORS], ids=lambda topic: topic.name)
def test_live_records_are_what_the_schemas_say(published: Published, topic: Topic) -> None:
    schema = json.loads((ROOT / f"docs/schemas/{topic.schema}.json").read_text("utf-8"))
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    records = published.records(topic)
    assert records
    for record in records:
        if record.value is not None:
            checker.validate(json.loads(record.value))
    if topic in {POSTS, MENTIONS}:
        assert any(record.value is None for record in records), "something was deleted"
        said = jsonschema.Draft7Validator(document()["components"]["messages"][topic.name.partition(".")[0]]["headers"])
        for record in records:
            said.validate({name: value.decode() for name, value in record.headers})


def test_dead_letters_say_why_in_the_headers_of_the_document(published: Published) -> None:
    named = document()["components"]["messages"]["dead"]["headers"]["properties"].keys()
    letters = published.records(DEAD)
    assert letters
    for letter in letters:
        assert {name for name, _ in letter.headers} <= named
        assert {"stage", "reason", "at", "size", "sha256"} <= {name for name, _ in letter.headers}


def test_the_example_in_python_counts_what_is_there(published: Published, tmp_path: Path) -> None:
    (example,) = [each for each in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "KafkaConsumer(" in each]
    script = tmp_path / "example.py"
    script.write_text(published.spoken(example).replace("10_000", "5_000"), "utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=True)
    held = [json.loads(value) for value in published.latest().values() if value is not None]
    negative = sum(mention["sentiment"]["label"] == "negative" for mention in held)
    assert done.stdout.strip() == f"{len(held)} mentions, {negative} of them negative"


@pytest.mark.usefixtures("kcat")
def test_the_example_with_kcat_shows_every_record(published: Published) -> None:
    (example,) = re.findall(r"^kcat .*$", PAGE, re.MULTILINE)
    done = subprocess.run(
        published.spoken(example),
        shell=True,
        capture_output=True,
        timeout=120,
        check=True,
    )
    lines = done.stdout.split(b"\n")[:-1]
    expected = [(r.key or b"") + b" " + (b"NULL" if r.value is None else r.value) for r in published.records(MENTIONS)]
    assert sorted(lines) == sorted(expected)


def test_the_example_with_kafka_connect_writes_every_record(
    published: Published, connect: Path, tmp_path: Path
) -> None:
    (example,) = re.findall(r"```properties\n(.*?)```", PAGE, re.DOTALL)
    out = tmp_path / "mentions.txt"
    (tmp_path / "sink.properties").write_text(published.spoken(example).replace("file=mentions.txt", f"file={out}"))
    (port,) = free_ports(1)
    (tmp_path / "worker.properties").write_text(
        f"bootstrap.servers={published.kafka.servers[0]}\n"
        f"offset.storage.file.filename={tmp_path}/offsets\noffset.flush.interval.ms=1000\n"
        f"listeners=http://127.0.0.1:{port}\nconsumer.auto.offset.reset=earliest\n"
        "key.converter=org.apache.kafka.connect.storage.StringConverter\n"
        "value.converter=org.apache.kafka.connect.storage.StringConverter\n"
    )
    options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{connect}/*"]
    program = "org.apache.kafka.connect.cli.ConnectStandalone"
    files = [str(tmp_path / "worker.properties"), str(tmp_path / "sink.properties")]
    wanted = len(published.records(MENTIONS))
    with (tmp_path / "connect.log").open("wb") as log:
        process = subprocess.Popen([java(), *options, program, *files], stdout=log, stderr=log)
        try:
            until(lambda: _lines(out) >= wanted or process.poll() is not None, "the sink has all of it", 120)
        finally:
            process.kill()
            process.wait()
    assert _lines(out) == wanted, (tmp_path / "connect.log").read_text(errors="replace")[-2000:]


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
