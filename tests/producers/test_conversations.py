"""Replies to what matched are followed: whose, for which watches, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import bluesky_doc_id
from veille.mention import Enrichment, Mention, Tags
from veille.mention import encode as encode_mention
from veille.post import Post, Reference, WatchMatch, decode, encode
from veille.producers.conversations import ASK_AGAIN_S, LAG_S, RECALL, Conversations, Recall, recent
from veille.producers.matching import Matching
from veille.producers.source import Received
from veille.query import parse
from veille.settings import Watch
from veille.sinks.sink import Record
from veille.sinks.sqlite import SqliteArchive, SqliteSink

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
WATCHES = (
    Watch("acme", "brand", "acme"),
    Watch("rival", "competitor", "rival -from:rival -giveaway"),
    Watch("originals", "market", "kettle -is:reply"),
)


def post(number: int, text: str, answers: int | None = None, root: int | None = None, **fields: object) -> Post:
    ref = Reference(conversation=uri(number))
    if answers is not None:
        ref = Reference(reply_to=uri(answers), conversation=uri(answers if root is None else root))
    made = Post(
        doc_id=bluesky_doc_id("did:plc:someone", str(number)),
        version="1",
        source="bluesky",
        native_id=uri(number),
        created_at=NOW,
        received_at=NOW,
        text=text,
        ref=ref,
        kind="post" if answers is None else "reply",
    )
    return msgspec.structs.replace(made, **fields)


def uri(number: int) -> str:
    return f"at://did:plc:someone/app.bsky.feed.post/{number}"


def settled(*posts: Post, matching: Matching | None = None) -> list[dict[str, bool]]:
    """By watch, whether each post was followed (True) or matched by itself (False)."""
    matching = matching or Matching(WATCHES)
    for each in posts:
        matching.settle(Received(each))
    return [{match.id: match.followed for match in each.matched} for each in posts]


def test_a_reply_to_a_mention_inherits_its_watches_and_is_marked_as_followed() -> None:
    reply = post(2, "same here", 1)
    assert settled(post(1, "acme or rival?"), reply) == [{"acme": False, "rival": False}, {"acme": True, "rival": True}]
    assert reply.matched[0] == WatchMatch("acme", followed=True)


def test_a_reply_that_matches_by_itself_is_not_marked_and_inherits_the_rest() -> None:
    assert settled(post(1, "acme or rival?"), post(2, "acme!", 1))[1] == {"acme": False, "rival": True}


def test_an_answer_to_a_followed_reply_is_followed_too() -> None:
    assert settled(post(1, "acme"), post(2, "why?", 1), post(3, "because", 2, root=1))[2] == {"acme": True}


def test_a_reply_deep_in_the_thread_of_a_mention_is_followed_by_its_root() -> None:
    assert settled(post(1, "acme"), post(9, "indeed", 8, root=1))[1] == {"acme": True}


def test_what_answers_nothing_that_matched_is_left_alone() -> None:
    assert settled(post(1, "hello"), post(2, "hello to you", 1), post(3, "acme"), post(4, "another"))[1::2] == [{}, {}]


@pytest.mark.parametrize(
    ("mention", "reply"),
    [
        (post(1, "which kettle?"), post(2, "that one", 1)),
        (post(1, "rival?"), post(2, "join our giveaway", 1)),
    ],
    ids=["replies", "a word"],
)
def test_what_a_watch_excludes_is_not_followed_for_it(mention: Post, reply: Post) -> None:
    first, second = settled(mention, reply)
    assert first
    assert second == {}


def test_a_mention_that_was_edited_until_it_matches_nothing_is_followed_no_more() -> None:
    edited = post(1, "never mind", op="update")
    assert settled(post(1, "acme"), edited, post(2, "what?", 1))[1:] == [{}, {}]


def test_posts_of_a_file_are_taken_for_what_they_say_alone() -> None:
    assert settled(post(1, "acme", origin="replay"), post(2, "why?", 1, origin="replay"))[1] == {}


def test_without_watches_everything_matches_and_nothing_is_followed() -> None:
    assert settled(post(1, "acme"), post(2, "why?", 1), matching=Matching(()))[1] == {"all": False}


def test_the_same_id_on_two_instances_is_two_posts() -> None:
    first = post(1, "acme", source="mastodon", instance="one.example", native_id="1")
    reply = msgspec.structs.replace(first, text="why?", native_id="2", ref=Reference(reply_to="1"))
    assert settled(first, msgspec.structs.replace(reply, instance="two.example"))[1] == {}
    assert settled(first, reply)[1] == {"acme": True}


def test_the_marker_travels_with_the_record_and_only_where_it_is_set() -> None:
    matched, followed = post(1, "acme"), post(2, "why?", 1)
    settled(matched, followed)
    assert b"followed" not in encode(matched)
    assert decode(encode(followed)).matched == [WatchMatch("acme", followed=True)]


def archived(path: Path, *posts: Post) -> SqliteArchive:
    sink = SqliteSink(path / "veille.db")
    sink.open()
    settled(*posts)
    enriched = [Enrichment(tags=Tags(watches=each.matched)) for each in posts]
    values = [encode_mention(each, found) for each, found in zip(posts, enriched, strict=True)]
    sink.write([Record(each.doc_id, 1, value, "bluesky") for each, value in zip(posts, values, strict=True)])
    sink.close()
    return SqliteArchive(path / "veille.db")


def test_after_a_restart_replies_to_what_the_archive_received_lately_are_followed(tmp_path: Path) -> None:
    old = NOW - RECALL - timedelta(seconds=1)
    archive = archived(tmp_path, post(1, "acme"), post(2, "why?", 1), post(3, "acme", created_at=old))
    matching = Matching(WATCHES)
    matching.recall(recent(archive, "bluesky", NOW))
    archive.close()
    replies = [post(7, "because", 2), post(8, "no", 1), post(9, "long ago", 3)]
    assert settled(*replies, matching=matching) == [{"acme": True}, {"acme": True}, {}]


def test_the_archive_is_asked_at_the_start_and_once_more_when_it_has_caught_up() -> None:
    clock, asked = FakeClock(NOW), list[float]()

    def answer() -> list[Mention]:
        asked.append(clock.monotonic())
        if len(asked) == 1:
            raise Unavailable("the archive is away")
        return []

    recall = Recall(answer, clock)
    for _ in range(200):
        recall.due()
        clock.advance(1.0)
    assert asked == [0.0, ASK_AGAIN_S, LAG_S]


NUMBERS = st.integers(0, 6)
STORIES = st.lists(st.tuples(st.sampled_from(["acme", "rival", "nothing"]), st.none() | NUMBERS, NUMBERS), max_size=40)


@given(story=STORIES, limit=st.integers(1, 5))
def test_memory_is_bounded_and_the_same_story_is_always_followed_the_same_way(
    story: list[tuple[str, int | None, int]], limit: int
) -> None:
    trees = {watch.id: parse(watch.query).tree for watch in WATCHES}

    def told() -> list[list[str]]:
        conversations = Conversations(trees, limit)
        found = []
        for text, answers, number in story:
            each = post(number, text, answers)
            each.matched = [WatchMatch(text)] if text in trees else []
            conversations.take(each)
            found.append([match.id for match in each.matched])
            assert len(conversations) <= limit
        return found

    assert told() == told()
