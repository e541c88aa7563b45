"""The model that the archive is compared with, on stories small enough to be checked by eye."""

from __future__ import annotations

from datetime import UTC, datetime

from system.model import GONE, LEFT, Held, expected
from veille.post import Post, Tombstone
from veille.producers.source import Deleted, Event, Received
from veille.settings import Watch

WATCHES = (Watch("acme", "brand", "acme OR #acme"), Watch("market", "market", '"electric kettle" OR acme'))
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def post(version: int, text: str, doc_id: str = "feed:1") -> Received:
    return Received(
        Post(
            doc_id=doc_id,
            version=str(version),
            source="feed",
            native_id=doc_id,
            created_at=NOW,
            received_at=NOW,
            text=text,
        )
    )


def delete(version: int, doc_id: str = "feed:1") -> Deleted:
    return Deleted(Tombstone(doc_id, version, "feed"))


def state_after(*events: Event) -> Held | str | None:
    return expected(events, WATCHES).get("feed:1")


def held(version: int, text: str, *watches: str) -> Held:
    return Held(version, text, "feed", "post", watches)


def test_a_post_is_held_with_the_watches_that_match_it() -> None:
    assert state_after(post(5, "ACME broke")) == held(5, "ACME broke", "acme", "market")
    assert state_after(post(5, "an Electric Kettle")) == held(5, "an Electric Kettle", "market")
    assert state_after(post(5, "a kettle")) is None


def test_the_highest_version_counts_whatever_the_order() -> None:
    newest = held(9, "acme again", "acme", "market")
    assert state_after(post(5, "acme"), post(9, "acme again"), post(5, "acme")) == newest
    assert state_after(post(9, "acme again"), post(5, "acme")) == newest


def test_what_was_published_and_deleted_is_gone() -> None:
    assert state_after(post(5, "acme"), delete(9), post(5, "acme")) == GONE
    assert state_after(post(5, "acme"), post(9, "never mind")) == LEFT
    assert state_after(post(5, "acme"), post(7, "never mind"), post(9, "acme")) == held(9, "acme", "acme", "market")


def test_what_was_never_published_needs_no_marker() -> None:
    assert state_after(delete(9)) is None
    assert state_after(delete(9), post(5, "acme")) is None
    assert state_after(post(5, "nothing"), delete(9)) is None
    assert state_after(post(7, "never mind"), post(5, "acme"), delete(9)) is None


def test_a_delete_older_than_the_post_changes_nothing() -> None:
    assert state_after(post(9, "acme"), delete(5)) == held(9, "acme", "acme", "market")
