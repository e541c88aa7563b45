"""What a source says that it has read: every post, and those that each watch matches, under the watches of now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from contracts.records import record
from veille.clock import FakeClock
from veille.mention import as_published
from veille.post import Post, Reference, Tombstone
from veille.producers.cursors import CursorRecord
from veille.producers.judge import Judge
from veille.producers.source import Deleted, Received, Reposted, Skipped
from veille.reading import Reading, heard
from veille.settings import KafkaSettings, Watch, watches_hash

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
WATCHES = (Watch("acme", "brand", "acme"), Watch("tea", "market", "kettle"))


def judging(clock: FakeClock, watches: Sequence[Watch] = WATCHES, latest: CursorRecord | None = None) -> Judge:
    latest = latest or CursorRecord(source="bluesky")
    return Judge(latest, KafkaSettings(), watches, clock, lambda _: set(), in_order=True)


def post(name: str, text: str, **fields: object) -> Post:
    return as_published(record(f"bluesky:did:plc:x/{name}", 5 << 40, text, native_id=name, **fields).value or b"")


def test_posts_are_counted_and_nothing_else_with_those_that_each_watch_matches() -> None:
    judge = judging(FakeClock(NOW))
    judge.rows(
        [
            Received(post("1", "acme makes a kettle")),
            Received(post("2", "nothing of the sort")),
            Received(post("3", "a reply to it", ref=Reference(reply_to="1", conversation="1"))),
            Reposted(post("4", "", kind="repost", ref=Reference(repost_of="9")), of="bluesky:did:plc:y/9"),
            Deleted(Tombstone("bluesky:did:plc:x/1", 9 << 40, "bluesky")),
            Skipped("not_a_post"),
        ]
    )
    assert judge.counts.read == 6
    assert judge.record("i").reading == Reading(NOW, 4, {"acme": 1, "tea": 1})


def test_it_begins_anew_with_other_watches_and_with_each_process() -> None:
    clock = FakeClock(NOW)
    judge = judging(clock)
    judge.rows([Received(post("1", "acme"))])
    clock.advance(60)
    judge.watch((Watch("new", "brand", "acme"),))
    assert judge.record("i").reading == Reading(NOW + timedelta(minutes=1))
    judge.rows([Received(post("2", "acme"))])
    assert judge.record("i").reading == Reading(NOW + timedelta(minutes=1), 1, {"new": 1})
    again = judging(clock, latest=judge.record("i"))
    assert again.record("j").reading == Reading(NOW + timedelta(minutes=1))
    assert again.counts.read == 2, "the account goes on"


def test_when_it_was_read_for_the_first_time_is_remembered_and_not_made_up() -> None:
    clock = FakeClock(NOW)
    first = msgspec.structs.replace(judging(clock).record("i"), at=NOW)
    clock.advance(3600)
    assert judging(clock, latest=first).record("j").began == first.began == NOW
    older = msgspec.structs.replace(first, began=None)
    assert judging(clock, latest=older).record("j").began is None


def test_what_it_says_is_read_from_its_record_and_what_says_nothing_is_not_there() -> None:
    told = msgspec.structs.replace(judging(FakeClock(NOW)).record("i"), at=NOW)
    found = heard(
        {"bluesky": msgspec.json.encode(told), "sweep": msgspec.json.encode(CursorRecord(source="sweep")), "x": b"{"}
    )
    assert list(found) == ["bluesky"]
    assert (found["bluesky"].at, found["bluesky"].watches) == (NOW, watches_hash(WATCHES))
    assert found["bluesky"].reading == Reading(NOW)
