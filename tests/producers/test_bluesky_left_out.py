"""What becomes of a frame of Jetstream that is no post: left out, an order, or broken."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluesky_frames import DID, POSTS, RECEIVED, SEEN, commit, deletion, post, read, second
from veille.author import Order, OrderKind
from veille.identity import microseconds
from veille.post import encode
from veille.producers.source import Broken, Ordered, Received, Skipped


@pytest.mark.parametrize(
    ("event", "skipped"),
    [
        (commit(collection="app.bsky.feed.like"), Skipped("not_a_post", cursor="cursor")),
        (deletion(collection="app.bsky.feed.like"), Skipped("not_a_post", cursor="cursor")),
        ({"did": DID, "time_us": 1, "kind": "account", "account": {"active": True, "status": "throttled"}},
         Skipped("not_a_post", cursor="cursor")),
        ({"did": DID, "time_us": 1, "kind": "wave", "wave": {}}, Skipped("unknown_kind", "wave", "cursor")),
        (commit(operation="merge"), Skipped("unknown_kind", "commit merge", "cursor")),
    ],
    ids=["like", "unlike", "account", "kind", "operation"],
)  # fmt: skip
def test_what_is_no_post_is_left_out_by_reason(event: dict[str, Any], skipped: Skipped) -> None:
    assert read(event) == skipped
    if event["kind"] != "wave":
        assert read(second(event)) == skipped


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ({"active": False, "status": "deleted"}, "deleted"),
        ({"active": False, "status": "deactivated"}, "deactivated"),
        ({"active": False, "status": "suspended"}, "suspended"),
        ({"active": False, "status": "takendown"}, "suspended"),
        ({"active": False, "status": "a new word"}, "suspended"),
        ({"active": False}, "suspended"),
        ({"active": True}, "restored"),
    ],
)  # fmt: skip
def test_what_happens_to_an_account_is_an_order(account: dict[str, Any], kind: OrderKind) -> None:
    moment = SEEN - timedelta(seconds=1)
    event = {"did": DID, "time_us": microseconds(moment), "kind": "account", "account": account}
    expected = Ordered(Order(source="bluesky", author=DID, kind=kind, at=moment), "cursor")
    assert read(event) == read(second(event)) == expected


def test_an_order_from_the_future_holds_from_its_receipt_on() -> None:
    event = {"did": DID, "time_us": 1 << 52, "kind": "account", "account": {"active": True}}
    found = read(event)
    assert isinstance(found, Ordered)
    assert found.order.at == RECEIVED


def test_a_repository_that_must_be_fetched_again_is_no_post() -> None:
    event = {"did": DID, "time_us": 1, "kind": "sync", "sync": {"rev": "x"}}
    assert read(second(event)) == Skipped("not_a_post", cursor="cursor")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "not_json"),
        (json.dumps(commit()).encode()[:-30], "not_json"),
        (b"\xff\xfe", "not_json"),
        (json.dumps(commit()).encode().replace(b"hello", b"\xff"), "not_json"),
        (json.dumps(commit()).encode()[:-1] + b', "deep": ' + b"[" * 200_000, "not_json"),
        (b"[]", "wrong_type"),
        (commit() | {"time_us": "soon"}, "wrong_type"),
        (commit(["text"]), "wrong_type"),
        (commit({"text": 7}), "wrong_type"),
        (commit({"langs": "en"}), "wrong_type"),
        (commit({"facets": [{"index": {"byteStart": "0"}}]}), "wrong_type"),
        (commit() | {"did": "acme.com"}, "wrong_type"),
        (commit(rkey="a/b"), "wrong_type"),
        (deletion(rkey="a\0b"), "wrong_type"),
        (deletion(operation="create"), "missing_field"),
        (commit({"$type": POSTS}) | {"commit": commit()["commit"] | {"record": {"text": "x"}}}, "missing_field"),
        ({"did": DID, "time_us": 1}, "missing_field"),
        (commit({"text": "a\0b"}), "bad_text"),
        (commit({"text": "half \ud83d"}), "bad_text"),
        (commit(rkey="\udead"), "bad_text"),
        (commit({"text": "🔥" * 751}), "too_large"),
        (commit({"text": "a" * (1 << 20)}), "too_large"),
    ],
)
def test_what_cannot_be_used_is_kept_with_its_bytes_and_the_reason(frame: dict[str, Any] | bytes, reason: str) -> None:
    event = read(frame)
    assert isinstance(event, Broken)
    assert event.reason == reason
    assert event.raw == (frame if isinstance(frame, bytes) else json.dumps(frame).encode())


def test_a_text_as_long_as_bluesky_takes_is_whole() -> None:
    assert post(commit({"text": "🔥" * 750})).text == "🔥" * 750


def test_a_backslash_before_a_zero_is_no_nul() -> None:
    assert post(commit({"text": "write \\u0000 for NUL"})).text == "write \\u0000 for NUL"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["text", "createdAt", "langs", "facets", "tags", "embed", "reply", "labels", "via"])


@given(record=st.dictionaries(NAMES, JSON, max_size=9), changed=st.dictionaries(st.sampled_from(["rev", "rkey"]), JSON))
def test_whatever_a_record_holds_it_is_read_or_broken_and_what_is_read_can_be_stored(
    record: dict[str, Any], changed: dict[str, Any]
) -> None:
    event = read(commit(record, **changed))
    assert isinstance(event, Received | Broken)
    if isinstance(event, Received):
        encode(event.post)
