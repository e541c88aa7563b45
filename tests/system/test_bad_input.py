"""Rubbish in: one dead letter each with reason and bytes, nothing else disturbed, and back in after a fix."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from awaited import until
from cli.command import here
from services.front import ElasticsearchFront
from system.stages import Stage, stopping, veille, written
from veille.errors import VeilleError
from veille.kafka import committed_offsets, end_offsets
from veille.settings import ElasticsearchSettings, KafkaSettings, Settings
from veille.sinks import open_archive
from veille.topics import MENTIONS

MEBIBYTE = 1 << 20
SECRET = "ana-of-lyon"
"""Of whatever a post holds: nothing that any stage logs may hold it."""


def line(number: int, **fields: Any) -> bytes:
    """A post in our own form."""
    post = {
        "doc_id": f"feed:{number}",
        "source": "feed",
        "native_id": str(number),
        "created_at": "2026-11-01T10:00:00Z",
        "text": f"kettle number {number}, {SECRET}",
        "author": {"id": SECRET, "handle": SECRET, "name": SECRET},
        "url": f"https://{SECRET}.example/{number}",
    }
    return json.dumps(post | fields).encode()


GOOD = [line(number) for number in range(1, 21)]
BAD = {
    "not_json": line(100)[:-20],
    "wrong_type": line(101, text=7),
    "missing_field": b'{"doc_id": "feed:102", "text": "when, and where?", "author": {"handle": "ana-of-lyon"}}',
    "bad_text": line(103, text="a NUL: ODD").replace(b"ODD", b"\\u0000"),
    "bad_text ": line(104, text="half: ODD").replace(b"ODD", b"\\ud83d"),
    "too_large": line(105, text="kettle " + "x" * MEBIBYTE),
    "too_large ": line(106, text="kettle " + "x" * 10 * MEBIBYTE),
}
"""By reason (a space behind it: the same once more)."""

ODD = {
    "first year": line(200, created_at="0001-01-01T00:00:00Z"),
    "last year": line(201, created_at="9999-12-31T23:59:59Z"),
}
UNKNOWN = [b'{"balloon": {"id": "1"}}', b'{"balloon": {"id": "2"}}', b'{"kite": {}}']


class Drained(NamedTuple):
    """A data folder that all of it was read into, and the account of that."""

    data: Path
    account: dict[str, Any]
    logged: str


@pytest.fixture(scope="module")
def drained(tmp_path_factory: pytest.TempPathFactory) -> Drained:
    """All of it in one file, the good ones before, between and after."""
    folder = tmp_path_factory.mktemp("drained")
    bad = [*BAD.values(), *ODD.values(), *UNKNOWN]
    mixed = [each for pair in zip(GOOD, [*bad, *[b""] * (len(GOOD) - len(bad))], strict=True) for each in pair]
    (folder / "posts.jsonl").write_bytes(b"\n".join(mixed) + b"\n")
    done = veille("run", "--files", str(folder / "posts.jsonl"), "--drain", "--data", str(folder / "d"), "--json")
    broker = (folder / "d" / "broker.log").read_text(errors="replace")
    return Drained(folder / "d", json.loads(done.stdout.splitlines()[-1]), done.stderr + broker)


def asked(*arguments: str) -> Any:
    """What a command prints as JSON."""
    ended = here(*arguments, "--json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_each_piece_of_rubbish_is_one_letter_with_its_bytes_and_nothing_else_is_disturbed(drained: Drained) -> None:
    data, account = str(drained.data), drained.account
    assert account["closes"]
    assert (account["dead"], account["in_effect"]) == (len(BAD), len(GOOD) + len(ODD))
    counts = account["stages"]["files"]
    assert counts["kinds"] == {"balloon": 2, "kite": 1}
    assert counts["dropped"] == {"unknown_kind": 3}
    letters = asked("dead", "list", "--data", data)["dead"]
    assert [letter["reason"] for letter in letters] == [reason.strip() for reason in BAD]
    for letter, raw in zip(letters, BAD.values(), strict=True):
        shown = asked("dead", "show", letter["id"], "--data", data)
        kept = base64.b64decode(shown["value"])
        assert (shown["size"], kept) == (len(raw), raw if len(raw) <= 9 * MEBIBYTE else raw[:MEBIBYTE])
    assert asked("search", "kettle", "--data", data, "--count") == {"count": 22}
    archive = open_archive(Settings(data=drained.data))
    for mention in archive.search(None, limit=100).hits:
        clamped = mention.doc_id in {"feed:200", "feed:201"}
        assert ("time_clamped" in mention.flags, mention.created_at_claimed is not None) == (clamped, clamped)
    archive.close()


def test_no_stage_logs_a_word_of_what_it_reads_whatever_is_wrong_with_it(drained: Drained) -> None:
    assert SECRET not in drained.logged


def test_what_can_be_repaired_comes_back_and_the_rest_stays_dead(drained: Drained, tmp_path: Path) -> None:
    data = str(shutil.copytree(drained.data, tmp_path / "d"))
    done = veille("dead", "replay", "--all", "--data", data, "--json", check=False)
    report = json.loads(done.stdout)
    assert (done.returncode, report["replayed"]) == (1, 2)
    reasons = sorted(each["reason"] for each in report["kept"])
    assert reasons == ["missing_field", "not_json", "too_large", "too_large", "wrong_type"]
    assert asked("search", "kettle", "--data", data, "--count") == {"count": 22}
    assert asked("search", "half OR NUL", "--data", data, "--count") == {"count": 2}


@pytest.mark.slow
def test_a_document_that_elasticsearch_refuses_is_a_letter_and_comes_back_after_a_fix(
    kafka_servers: list[str], elasticsearch_front: ElasticsearchFront, prefix: str, tmp_path: Path
) -> None:
    kafka = KafkaSettings(servers=tuple(kafka_servers), prefix=prefix, partitions=2, replication=1)
    (tmp_path / "good.jsonl").write_bytes(b"\n".join(GOOD) + b"\n")
    config = written(
        tmp_path,
        {
            "kafka": {"servers": kafka_servers, "prefix": prefix, "partitions": 2, "replication": 1},
            "elasticsearch": {"url": elasticsearch_front.url, "prefix": prefix, "replicas": 0},
            "sources": {"files": {"paths": [str(tmp_path / "good.jsonl")]}},
        },
    )
    elasticsearch_front.refuse_documents(3, status=400)
    stages = [Stage(name, config, tmp_path) for name in ("files", "enrich", "elasticsearch")]
    archive = open_archive(
        Settings(elasticsearch=ElasticsearchSettings(elasticsearch_front.url, prefix=prefix, replicas=0))
    )
    with stopping(*stages):
        source, enrich, sink = stages
        source.start()
        enrich.start()
        # What is refused is of the first request: all of it must be there by then, since one holds what there is.
        until(lambda: enriched(kafka, len(GOOD)), "everything enriched", 120)
        sink.start()
        until(lambda: indexed(kafka, len(GOOD)), "everything read by the sink", 120)
        letters = asked("dead", "list", "--config", str(config))["dead"]
        assert [(letter["stage"], letter["reason"]) for letter in letters] == [("elasticsearch", "refused")] * 3
        until(lambda: archive.count(None) == len(GOOD) - 3, "the others can be found")
        report = json.loads(veille("dead", "replay", "--all", "--config", str(config), "--json").stdout)
        assert report == {"replayed": 3, "kept": []}
        until(lambda: archive.count(None) == len(GOOD), "all can be found")
    archive.close()


def enriched(kafka: KafkaSettings, count: int) -> bool:
    """Whether there are so many mentions."""
    try:
        return sum(end_offsets(kafka, MENTIONS.full_name(kafka.prefix)).values()) >= count
    except VeilleError:  # the topic comes with the first stage
        return False


def indexed(kafka: KafkaSettings, count: int) -> bool:
    """Whether the sink has committed so many mentions."""
    try:
        committed = committed_offsets(kafka, f"{kafka.prefix}.elasticsearch")
    except VeilleError:  # it comes with its first member
        return False
    return sum(at.offset for at in committed.values()) >= count
