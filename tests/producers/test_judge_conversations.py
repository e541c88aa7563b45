"""Replies of the invented world, as they are published: what was followed is on the record, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime

from veille.clock import FakeClock
from veille.post import decode
from veille.producers.cursors import CursorRecord
from veille.producers.judge import Judge
from veille.producers.simulate.world import WATCHES, WorldSource
from veille.query import parse
from veille.query.match import Matcher
from veille.settings import KafkaSettings, WorldSettings

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_followed_replies_of_the_world_match_no_watch_and_answer_a_mention_that_was_published() -> None:
    clock = FakeClock(NOW)
    kafka = KafkaSettings(servers=("127.0.0.1:1",))
    judge = Judge(CursorRecord(source="world"), kafka, WATCHES, clock, lambda _: set(), in_order=False)
    events = list(WorldSource(WorldSettings(limit=1_500), clock).read(None))
    rows = judge.rows(events)
    posts = [decode(row.value) for row in rows if row.value and row.topic.endswith("posts.v1")]
    matcher = Matcher({watch.id: parse(watch.query) for watch in WATCHES})
    watches = {post.native_id: {match.id for match in post.matched} for post in posts}
    followed = [post for post in posts if any(match.followed for match in post.matched)]
    assert len(followed) > 10
    for post in posts:
        own = {match.id for match in matcher.match(post)}
        assert own == {match.id for match in post.matched if not match.followed}
    for post in followed:
        assert {match.id for match in post.matched if match.followed} <= watches[post.ref.reply_to or ""]
    assert {post.source for post in followed} == {"bluesky", "mastodon"}
