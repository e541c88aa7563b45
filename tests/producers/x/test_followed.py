"""Replies to chosen mentions are asked of X, though they name no watch: so many, so long, while there is money."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from awaited import until
from veille.clock import FakeClock
from veille.post import Author, Post, Reference, WatchMatch
from veille.producers.matching import Matching
from veille.producers.simulate.x_faults import Refusal
from veille.producers.source import GapClosed, GapOpened, Received
from veille.producers.x.asked import SEARCH_LIMIT
from veille.producers.x.cursor import read_cursor
from veille.producers.x.followed import KEPT, PART, REPLIES_AT_MOST, RULES_AT_MOST, Followed, Thread
from veille.producers.x.pace import Pace
from veille.settings import Watch
from x_reading import NOW, STALL_S, WATCHES, Reading, World, world

AT_ONCE = Pace(STALL_S, 0, 0, 0, 0)
WATCHED = [WatchMatch("acme", rules=["1"])]


def mention(number: int, text: str = "acme?", *, handle: str = "a", **more: Any) -> Post:
    fields: dict[str, Any] = {"matched": WATCHED, **more}
    return Post(
        doc_id=f"x:{number}",
        version="0",
        source="x",
        native_id=str(number),
        text=text,
        author=Author(id="1", handle=handle),
        created_at=NOW,
        received_at=NOW,
        **fields,
    )


def followed(most: int = 3, ours: tuple[str, ...] = (), room: int = RULES_AT_MOST) -> Followed:
    return Followed(most, ours, ["acme", "rival"], {}, paused=False, room=room)


def values(some: Followed, now: Any = NOW) -> list[str]:
    return [rule.value.removeprefix("conversation_id:") for rule in some.rules(now)]


@pytest.mark.parametrize(
    ("post", "chosen"),
    [
        (mention(1, "Does acme deliver?"), True),
        (mention(1, "acme delivers"), False),
        (mention(1, "acmeは届きますか？"), True),
        (mention(1, "Our acme is out", handle="ACME"), True),
        (mention(1, "Who knows?", matched=[]), False),
        (mention(1, "RT acme?", kind="repost"), False),
    ],
)
def test_what_asks_something_and_what_is_ours_is_followed(post: Post, chosen: bool) -> None:
    some = followed(ours=("acme",))
    some.take(post, NOW)
    assert bool(values(some)) is chosen


def test_a_mention_within_a_conversation_follows_all_of_it_once() -> None:
    some = followed()
    for number in (5, 6):
        some.take(mention(number, ref=Reference(conversation="4")), NOW)
    assert values(some) == ["4"]


def test_over_the_number_the_oldest_is_let_go_and_each_ends_after_its_time() -> None:
    some = followed(3)
    for number in range(5):
        some.take(mention(number), NOW + timedelta(minutes=number))
    assert values(some) == ["2", "3", "4"]
    assert values(some, NOW + KEPT + timedelta(minutes=3)) == ["4"]


def test_no_watch_takes_the_place_of_another_and_all_together_have_so_many_rules() -> None:
    some = followed(2)
    some.take(mention(1, matched=[WatchMatch("rival")]), NOW)
    for number in (2, 3, 4):
        some.take(mention(number, matched=[WatchMatch("acme")]), NOW)
    assert values(some) == ["1", "3", "4"]
    full = Followed(2, (), ["acme", "rival"], some.begun, paused=False, room=2)
    assert values(full) == ["3", "4"]
    assert values(Followed(0, (), ["acme", "rival"], some.begun, paused=False)) == []


def test_a_conversation_ends_with_its_watch() -> None:
    some = followed()
    some.take(mention(1, matched=[WatchMatch("rival")]), NOW)
    some.take(mention(2, matched=[WatchMatch("acme")]), NOW)
    assert values(Followed(3, (), ["acme"], some.begun, paused=False)) == ["2"]


def test_a_conversation_is_over_once_so_much_of_it_was_read_whatever_is_asked_in_it() -> None:
    some = followed()
    for number in range(REPLIES_AT_MOST):
        assert values(some) == (["4"] if number else [])
        some.take(mention(number + 5, ref=Reference(conversation="4")), NOW)
    some.take(mention(200, "Yes", matched=[], ref=Reference(conversation="4")), NOW)
    assert values(some) == []
    some.take(mention(201, ref=Reference(conversation="4")), NOW)
    assert values(some) == []


def test_searches_hold_them_all_within_their_limit() -> None:
    some = followed(200, room=200)
    for number in range(10**18, 10**18 + 200):
        some.take(mention(number), NOW)
    queries = [search.query for search in some.searches(NOW)]
    assert max(map(len, queries)) <= SEARCH_LIMIT
    assert " OR ".join(queries).split(" OR ") == [rule.value for rule in some.rules(NOW)]


# --- on the stream --------------------------------------------------------------------------------------------------


def asked(made: World) -> list[str]:
    return [rule["value"] for rule in made.x.project.rules() if rule["value"].startswith("conversation_id:")]


def reply(made: World, to: str, text: str = "Yes, it does") -> str:
    data = {"conversation_id": to, "referenced_tweets": [{"type": "replied_to", "id": to}]}
    return made.say(text, **data)


def test_a_question_is_followed_without_leaving_the_stream_and_its_answer_comes() -> None:
    with world() as made, Reading(made.source(pace=AT_ONCE)) as reading:
        question = made.say_once_heard("Does acme deliver?")
        until(lambda: asked(made) == [f"conversation_id:{question}"])
        answer = reply(made, question)
        reading.until(lambda: answer in reading.ids())
        matching = Matching(WATCHES)
        assert [matching.settle(event) for event in reading.of(Received)] == [True, True]
        assert reading.of(Received)[-1].post.matched == [WatchMatch("acme", followed=True)]
        assert len(made.x.connected_at) == 1
        assert {rule["tag"] for rule in made.x.project.rules()} == {"veille:acme", "veille:kettle", "veille:*"}
    assert made.x.project.crowded == 0


def test_over_the_number_of_a_watch_its_oldest_conversation_is_asked_for_no_more() -> None:
    with world() as made, Reading(made.source(pace=AT_ONCE, conversations=1)):
        market = made.say_once_heard("Which bouilloire?")
        made.say("Does acme deliver?")
        latest = made.say("Is acme open?")
        until(lambda: asked(made) == [f"conversation_id:{each}" for each in (market, latest)])
    assert len(made.x.connected_at) == 1


def test_where_a_watch_takes_no_replies_nobody_pays_for_them() -> None:
    watches = [Watch("acme", "brand", "acme -(is:reply OR is:retweet)"), Watch("kettle", "market", "bouilloire")]
    with world() as made, Reading(made.source(watches, pace=AT_ONCE)):
        made.say_once_heard("Does acme deliver?")
        latest = made.say("Which bouilloire?")
        until(lambda: asked(made) == [f"conversation_id:{latest}"])


def test_after_its_time_a_conversation_is_asked_for_no_more() -> None:
    clock = FakeClock(NOW)
    with world(clock=clock) as made, Reading(made.source(pace=AT_ONCE)):
        made.say_once_heard("Does acme deliver?")
        until(lambda: len(asked(made)) == 1)
        clock.advance(KEPT.total_seconds())
        until(lambda: asked(made) == [])


def test_where_x_has_no_room_for_them_the_watches_are_read_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    with world() as made:
        others = [{"value": f"word{number}"} for number in range(RULES_AT_MOST - len(WATCHES))]
        made.x.project.add(others, dry_run=False)
        with Reading(made.source(pace=AT_ONCE)) as reading:
            made.say_once_heard("Does acme deliver?")
            later = made.say("acme does")
            reading.until(lambda: later in reading.ids())
            assert asked(made) == []
            assert len(made.x.connected_at) == 1
    assert "RulesCapExceeded" in caplog.text


def test_where_x_refuses_to_change_rules_they_are_changed_later_and_the_stream_is_not_left() -> None:
    with world() as made, Reading(made.source(pace=AT_ONCE)) as reading:
        made.listened()
        made.x.rule_refusals.extend([Refusal(429, {"title": "Too Many Requests"}), Refusal(503, {})])
        question = made.say("Does acme deliver?")
        until(lambda: asked(made) == [f"conversation_id:{question}"])
        assert not made.x.rule_refusals
        assert len(made.x.connected_at) == 1
        assert reading.of(GapOpened) == []


def test_a_restart_goes_on_following_and_a_search_brings_the_answers_that_were_missed() -> None:
    clock = FakeClock(NOW)
    with world(clock=clock) as made:
        with Reading(made.source(pace=AT_ONCE)) as reading:
            question = made.say_once_heard("Does acme deliver?")
            reading.until(lambda: question in reading.ids())
        until(lambda: not made.x.project.listened)
        clock.advance(60)
        answer = reply(made, question)
        clock.advance(60)
        cursor = reading.events[-1].cursor  # type: ignore[union-attr]  # a post has one
        assert read_cursor(cursor).conversations.keys() == {question}
        with Reading(made.source(pace=AT_ONCE), cursor) as again:
            again.until(lambda: answer in again.ids() and again.whole())
            assert asked(made) == [f"conversation_id:{question}"]


def test_they_are_the_first_to_be_left_out_when_the_budget_runs_short_which_is_a_gap() -> None:
    with world() as made, Reading(made.source(pace=AT_ONCE, budget="0.05 USD/month")) as reading:
        made.say_once_heard("Does acme deliver?")
        until(lambda: len(asked(made)) == 1)
        for number in range(5):
            made.say(f"acme {number}")
        until(lambda: asked(made) == [])
        reading.until(lambda: any(gap.part == PART for gap in reading.of(GapOpened)))
    assert [(gap.cause, gap.part) for gap in reading.of(GapOpened)] == [("budget", PART)]


def test_a_new_month_follows_again_and_closes_the_gap() -> None:
    some = Followed(3, (), ["acme"], {"7": Thread(int(NOW.timestamp()), ["acme"])}, paused=True)
    assert values(some) == []
    told = [*some.heed(short=False, now=NOW)]
    assert [(type(event), event.part) for event in told] == [(GapClosed, PART)]
    assert values(some) == ["7"]
    assert [*some.heed(short=False, now=NOW)] == []
