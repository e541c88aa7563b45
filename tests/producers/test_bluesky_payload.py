"""What a post in a frame of Jetstream becomes."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluesky_frames import (
    COMMITTED,
    DID,
    FIRST,
    FIXTURES,
    OTHER,
    POSTS,
    RECEIVED,
    REPOSTS,
    RKEY,
    SEEN,
    commit,
    deletion,
    facet,
    post,
    read,
    second,
)
from veille.identity import DELETED, REVISIONS, microseconds, period
from veille.post import Entities, Link, encode
from veille.producers.bluesky.payload import Reader
from veille.producers.simulate.people import tid
from veille.producers.source import Broken, Deleted, Received, Reposted, Skipped


def test_a_captured_moment_of_the_stream_becomes_what_was_checked_by_eye() -> None:
    expected = json.loads((FIXTURES / "expected.json").read_text())
    reader, counts, posts = Reader(FIRST, "stream.example"), Counter[str](), {}
    for raw in (FIXTURES / "jetstream_v1.jsonl").read_bytes().splitlines():
        event = read(raw, reader)
        reason = f" {event.reason}" if isinstance(event, Skipped | Broken) else ""
        counts[type(event).__name__ + reason] += 1
        if isinstance(event, Received):
            posts[event.post.native_id.rpartition("/")[2]] = json.loads(encode(event.post))
    assert dict(counts) == expected["counts"]
    assert {key: posts[key] for key in expected["posts"]} == expected["posts"]


def test_both_wires_tell_the_same() -> None:
    for raw in (FIXTURES / "jetstream_v1.jsonl").read_bytes().splitlines():
        event = json.loads(raw)
        assert read(second(event)) == msgspec.structs.replace(read(raw))


def test_a_post_carries_who_where_and_when() -> None:
    found = post(commit({"langs": ["en-US", "FR", "und"], "via": "Kettle for Bluesky"}))
    assert found.doc_id == f"bluesky:{DID}/{RKEY}"
    assert found.uri == found.native_id == f"at://{DID}/{POSTS}/{RKEY}"
    assert found.url == f"https://bsky.app/profile/{DID}/post/{RKEY}"
    assert (found.source, found.instance, found.origin, found.op, found.kind) == (
        "bluesky", "stream.example", "live", "create", "post",
    )  # fmt: skip
    assert found.author.id == DID
    assert found.author.handle is None
    assert found.langs == ["en-us", "fr"]
    assert found.app == "Kettle for Bluesky"
    assert (found.observed_at, found.received_at) == (SEEN, RECEIVED)
    assert found.created_at == datetime(2026, 7, 4, 14, 38, 6, 500_000, tzinfo=UTC)
    assert found.flags == []


def repeated(uri: str, **changed: Any) -> dict[str, Any]:
    record = {"$type": REPOSTS, "subject": {"uri": uri, "cid": "b"}, "createdAt": "2026-07-04T14:38:06.500Z"}
    event = commit(**{"collection": REPOSTS} | changed)
    event["commit"]["record"] = record
    return event


def test_a_repost_says_who_repeats_what_and_when() -> None:
    event = read(repeated(f"at://{OTHER}/{POSTS}/{RKEY}"))
    assert isinstance(event, Reposted)
    found = event.post
    assert event.of == f"bluesky:{OTHER}/{RKEY}"
    assert (found.doc_id, found.native_id) == (f"bluesky:{DID}/repost/{RKEY}", f"at://{DID}/{REPOSTS}/{RKEY}")
    assert period(found.doc_id) == period(event.of) == "2026.07"
    assert (found.kind, found.author.id, found.created_at.second) == ("repost", DID, 6)
    assert read(second(repeated(f"at://{OTHER}/{POSTS}/{RKEY}"))) == event


def test_the_end_of_a_repost_is_not_that_of_a_post_with_the_same_record_key() -> None:
    repost, gone = read(deletion(collection=REPOSTS)), read(deletion())
    assert isinstance(repost, Deleted)
    assert isinstance(gone, Deleted)
    assert repost.tombstone.doc_id == f"bluesky:{DID}/repost/{RKEY}"
    assert gone.tombstone.doc_id == f"bluesky:{DID}/{RKEY}"
    assert (repost.tombstone.native_id, gone.tombstone.native_id) == ("", f"at://{DID}/{POSTS}/{RKEY}")


@pytest.mark.parametrize("uri", ["", "at://", f"at://{OTHER}/app.bsky.feed.generator/x", f"at://a b/{POSTS}/x", "////"])
def test_what_repeats_no_post_is_none(uri: str) -> None:
    assert read(repeated(uri)) == Skipped("not_a_post", cursor="cursor")


def test_a_handle_is_known_once_the_stream_has_told_it() -> None:
    reader = Reader(FIRST, "stream.example")
    told: dict[str, Any] = {
        "did": DID,
        "time_us": microseconds(SEEN),
        "kind": "identity",
        "identity": {"did": DID, "handle": "acme.com"},
    }
    assert read(told, reader) == Skipped("not_a_post", cursor="cursor")
    assert post(commit(), reader=reader).author.handle == "acme.com"
    told["identity"]["handle"] = "handle.invalid"
    read(told, reader)
    assert post(commit(), reader=reader).author.handle is None


def test_facets_count_bytes_and_give_characters() -> None:
    text = "👩‍🚒🔥 café #Bouilloire par @acme.com sur gazette.example/lo… é"
    facets = [
        facet(text, "#Bouilloire", tag="Bouilloire"),
        facet(text, "@acme.com", did=OTHER),
        facet(text, "gazette.example/lo…", uri="https://gazette.example/long/way"),
    ]
    found = post(commit({"text": text, "facets": facets, "tags": ["Küche", "Bouilloire"]}))
    assert found.entities.hashtags == ["Küche", "Bouilloire"]
    assert found.entities.handles == ["acme.com"]
    assert found.entities.links == [Link(url="https://gazette.example/long/way", display="gazette.example/lo…")]
    assert found.entities.cashtags is None


def test_a_mention_without_its_sign_names_the_account() -> None:
    found = post(commit({"text": "thanks Acme", "facets": [facet("thanks Acme", "Acme", did=OTHER)]}))
    assert found.entities.handles == [OTHER]


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (5, 2), (0, 999), (1, 2)])
def test_a_facet_that_points_nowhere_loses_its_words_alone(start: int, end: int) -> None:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://gazette.example/"}
    broken = {"index": {"byteStart": start, "byteEnd": end}, "features": [link]}
    assert post(commit({"text": "🔥", "facets": [broken]})).entities.links == [Link(url="https://gazette.example/")]


def test_features_and_embeds_that_nobody_knows_are_passed_over() -> None:
    strange = {"index": {"byteStart": 0, "byteEnd": 5}, "features": [{"$type": "example.glow", "tag": "no"}, {}]}
    found = post(commit({"facets": [strange], "embed": {"$type": "example.hologram", "size": 3}}))
    assert (found.entities.hashtags, found.entities.links) == ([], [])
    assert found.media == []


def test_without_any_facet_entities_are_left_to_be_extracted() -> None:
    found = post(commit({"text": "old client #tag"}))
    assert found.entities == Entities()


def test_a_reply_names_its_parent_and_its_thread() -> None:
    root, parent = f"at://{OTHER}/{POSTS}/3mpt7u2vlgs2c", f"at://{OTHER}/{POSTS}/3mpt7u2vlgs2d"
    found = post(commit({"reply": {"root": {"uri": root, "cid": "x"}, "parent": {"uri": parent, "cid": "y"}}}))
    assert found.kind == "reply"
    assert (found.ref.reply_to, found.ref.reply_author, found.ref.conversation) == (parent, OTHER, root)


def test_a_post_that_answers_nothing_begins_its_conversation() -> None:
    assert post(commit()).ref.conversation == f"at://{DID}/{POSTS}/{RKEY}"


QUOTED = f"at://{OTHER}/{POSTS}/3mpt7u2vlgs2c"
RECORD = {"$type": "app.bsky.embed.record", "record": {"uri": QUOTED, "cid": "x"}}
CARD = {"uri": "https://gazette.example/", "title": "Gazette", "description": "News"}
GIF = {"uri": "https://media.tenor.com/x/kettle.gif?hh=1", "title": "Kettle", "description": "ALT"}


@pytest.mark.parametrize(
    ("embed", "kind", "media", "quote", "links"),
    [
        ({"$type": "app.bsky.embed.images", "images": [{"alt": ""}, {"alt": ""}]}, "post", ["image"] * 2, None, None),
        ({"$type": "app.bsky.embed.video", "video": {}}, "post", ["video"], None, None),
        ({"$type": "app.bsky.embed.external", "external": GIF}, "post", ["gif"], None, None),
        ({"$type": "app.bsky.embed.external", "external": CARD}, "post", [], None, [CARD]),
        (RECORD, "quote", [], QUOTED, None),
        (
            {
                "$type": "app.bsky.embed.recordWithMedia",
                "record": RECORD,
                "media": {"$type": "app.bsky.embed.external", "external": CARD},
            },
            "quote", [], QUOTED, [CARD],
        ),
        (
            {"$type": "app.bsky.embed.record", "record": {"uri": f"at://{OTHER}/app.bsky.graph.list/x", "cid": "x"}},
            "post", [], None, None,
        ),
    ],
    ids=["images", "video", "gif", "card", "quote", "quote with card", "list"],
)  # fmt: skip
def test_an_embed_is_media_a_card_or_a_quote(
    embed: dict[str, Any], kind: str, media: list[str], quote: str | None, links: list[dict[str, str]] | None
) -> None:
    found = post(commit({"embed": embed}))
    told = (
        None if links is None else [Link(url=c["uri"], title=c["title"], description=c["description"]) for c in links]
    )
    assert (found.kind, found.media, found.ref.quote_of, found.entities.links) == (kind, media, quote, told)


def test_a_card_tells_about_the_link_that_stands_in_the_text() -> None:
    facets = [facet("see gazette.example", "gazette.example", uri="https://gazette.example/")]
    embed = {"$type": "app.bsky.embed.external", "external": CARD}
    found = post(commit({"text": "see gazette.example", "facets": facets, "embed": embed}))
    assert found.entities.links == [
        Link(url="https://gazette.example/", display="gazette.example", title="Gazette", description="News")
    ]


@pytest.mark.parametrize(("label", "sensitive"), [("porn", True), ("graphic-media", True), ("spoiler", False)])
def test_labels_of_the_author_are_kept_and_some_warn(label: str, *, sensitive: bool) -> None:
    found = post(commit({"labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": label}]}}))
    assert (found.labels, found.sensitive) == ([label], sensitive)


def test_invented_accounts_are_simulated() -> None:
    assert post(commit() | {"did": "did:example:1-000007"}).origin == "simulated"


def test_a_version_is_the_commit_of_the_repository() -> None:
    assert int(post(commit()).version) == microseconds(COMMITTED) * REVISIONS
    assert post(commit()).version == post(commit() | {"time_us": microseconds(SEEN) + 900_000}).version


@pytest.mark.parametrize(
    "rev", ["", "no tid at all", tid(datetime(1999, 1, 1, tzinfo=UTC), 1), tid(SEEN + timedelta(hours=1), 1)]
)
def test_a_commit_that_claims_another_time_counts_from_when_the_relay_saw_it(rev: str) -> None:
    assert int(post(commit(rev=rev)).version) == microseconds(SEEN) * REVISIONS


def test_a_relay_that_claims_the_impossible_leaves_the_time_of_receipt() -> None:
    found = post(commit(rev="") | {"time_us": 1 << 62})
    assert int(found.version) == microseconds(RECEIVED) * REVISIONS
    assert found.observed_at is None
    assert found.created_at == datetime(2026, 7, 4, 14, 38, 6, 500_000, tzinfo=UTC)


def test_a_delete_is_a_tombstone_of_its_moment() -> None:
    event = read(deletion())
    assert isinstance(event, Deleted)
    assert event.tombstone.doc_id == f"bluesky:{DID}/{RKEY}"
    assert event.tombstone.version == microseconds(COMMITTED) * REVISIONS + DELETED
    assert event.tombstone.source == "bluesky"


HOUR = st.timedeltas(timedelta(0), timedelta(hours=1))
TIMES = HOUR.map(lambda since: SEEN + since)


@given(
    revs=st.lists(TIMES, min_size=3, max_size=3, unique=True).map(sorted),
    seen=st.lists(TIMES, min_size=3, max_size=3).map(sorted),
    latency=st.lists(st.timedeltas(timedelta(0), timedelta(days=2)), min_size=3, max_size=3),
    claimed=st.datetimes(timezones=st.just(UTC)),
)
def test_create_edit_and_delete_keep_their_order_however_late_they_come(
    revs: list[datetime], seen: list[datetime], latency: list[timedelta], claimed: datetime
) -> None:
    def told(number: int, operation: str) -> dict[str, Any]:
        record = {"createdAt": claimed.isoformat()}
        event = deletion() if operation == "delete" else commit(record, operation=operation)
        event["commit"]["rev"] = tid(revs[number], 0)
        return event | {"time_us": microseconds(seen[number])}

    received = [moment + late for moment, late in zip(seen, latency, strict=True)]
    created = post(told(0, "create"), received=received[0])
    edited = post(told(1, "update"), received=received[1])
    event = read(told(2, "delete"), received=received[2])
    assert isinstance(event, Deleted)
    assert edited.op == "update"
    assert created.doc_id == edited.doc_id == event.tombstone.doc_id
    assert int(created.version) <= int(edited.version) < event.tombstone.version


@pytest.mark.parametrize(
    "claimed", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "2026-07-04T14:41:00Z", "yesterday", ""]
)
def test_a_time_that_cannot_be_is_replaced_by_the_relays_and_kept_as_claimed(claimed: str) -> None:
    found = post(commit({"createdAt": claimed}))
    assert (found.created_at, found.created_at_claimed, found.flags) == (SEEN, claimed, ["time_clamped"])


def test_a_clock_that_is_a_little_ahead_is_no_claim() -> None:
    found = post(commit({"createdAt": "2026-07-04T14:39:00Z"}))
    assert (found.created_at, found.created_at_claimed, found.flags) == (SEEN, None, [])
