"""The enrichment stage: every record read comes out, as a mention, a tombstone or a dead letter."""

from __future__ import annotations

from collections.abc import Sequence

from posts import VERSION, post
from veille.batches import Incoming, Row
from veille.clock import FakeClock
from veille.letters import letter
from veille.mention import decode
from veille.metrics import StageCounts
from veille.post import encode
from veille.processors import REVISION
from veille.processors.enrich import enriching
from veille.topics import Headers, headers, parse_headers

POST = post("Pourquoi la #bouilloire est-elle en panne ?")
KEY = POST.doc_id.encode()


def record(
    value: bytes | None,
    key: bytes | None = KEY,
    said: Sequence[tuple[str, bytes]] = tuple(headers(VERSION, "create", "bluesky")),
) -> Incoming:
    """A record as read from veille.posts.v1."""
    return Incoming("t.posts.v1", 3, 41, 1_793_534_400_123, key, value, tuple(said))


def made(*records: Incoming) -> tuple[list[Row], list[Row], StageCounts]:
    """Mentions, dead letters and counts of one batch of one partition."""
    output = enriching("t", FakeClock())({3: list(records)})
    assert set(output.rows) == {"t.mentions.v1", "t.dead.v1"}
    assert output.counts[3].closes()
    return list(output.rows["t.mentions.v1"][3]), list(output.rows["t.dead.v1"][0]), output.counts[3]


def test_a_post_becomes_a_mention_with_its_key_its_time_and_a_newer_version() -> None:
    ((key, value, its_headers, timestamp),), dead, counts = made(record(encode(POST)))
    assert value is not None
    assert (key, timestamp, dead, counts.out) == (KEY, record(None).timestamp, [], 1)
    assert parse_headers(its_headers) == Headers(VERSION + REVISION, "create", "bluesky")
    assert decode(value).version == str(VERSION + REVISION)
    assert decode(value).tags.question


def test_an_update_stays_an_update() -> None:
    ((_, _, its_headers, _),), _, _ = made(record(encode(POST), said=headers(VERSION, "update", "bluesky")))
    assert dict(its_headers)["op"] == b"update"


def test_a_delete_passes_through_as_it_is() -> None:
    deleted = record(None, said=headers(VERSION + 1023, "delete", "bluesky"))
    rows, dead, counts = made(deleted)
    assert rows == [(KEY, None, list(deleted.headers), deleted.timestamp)]
    assert (dead, counts.out) == ([], 1)


def test_a_mention_that_no_topic_takes_is_a_dead_letter_and_the_next_goes_on() -> None:
    swollen = post("the tags of a post stand in its mention twice")
    swollen.entities.hashtags = [f"{number:07}" for number in range(500_000)]
    rows, ((_, value, said, _),), counts = made(record(encode(swollen)), record(encode(POST)))
    assert (len(rows), counts.out, dict(said)["reason"]) == (1, 1, b"too_large")
    assert value == encode(swollen)


def test_what_cannot_be_read_dies_alone_with_its_bytes_and_the_reason() -> None:
    good = encode(POST)
    beyond = post("a version that int64 cannot hold")
    beyond.version = "9999999999999999999"
    broken = [
        (record(good[:-20]), "not_json"),
        (record(b'{"doc_id":1}'), "wrong_type"),
        (record(b"{}"), "missing_field"),
        (record(good, said=[]), "no_version"),
        (record(good, key=None), "no_version"),
        (record(encode(beyond)), "wrong_type"),
    ]
    rows, dead, counts = made(record(good), *(each for each, _ in broken), record(good))
    assert (len(rows), counts.out) == (2, 2)
    read = [
        letter(str(number), key, value or b"", its_headers) for number, (key, value, its_headers, _) in enumerate(dead)
    ]
    assert [(one.value, one.key, one.reason) for one in read] == [
        (record.value, record.key, reason) for record, reason in broken
    ]
    assert {(one.stage, one.topic, one.partition, one.offset) for one in read} == {("enrich", "t.posts.v1", 3, 41)}


def test_a_record_comes_out_in_its_own_partition_and_order() -> None:
    first, second = post("one"), post("two")
    output = enriching("t", FakeClock())(
        {0: [record(encode(first)), record(encode(second))], 5: [record(encode(first))]}
    )
    texts = {
        partition: [decode(value).text for _, value, _, _ in rows if value]
        for partition, rows in output.rows["t.mentions.v1"].items()
    }
    assert texts == {0: ["one", "two"], 5: ["one"]}
