"""The filtered stream over real HTTP, against the stand-in: what it brings, its gaps, its end, whatever befalls it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaited import until
from served import SERVED
from veille.clock import SystemClock
from veille.producers.simulate.x import XStandIn
from veille.producers.simulate.x_faults import DRIP_S, PIECES, REFUSALS, TOO_MANY_CONNECTIONS, Fault
from veille.producers.simulate.x_index import time_of
from veille.producers.simulate.x_posts import Inventor
from veille.producers.source import Broken, Event, GapClosed, GapOpened, Received, Skipped, Told
from veille.producers.x.cursor import read_cursor
from veille.producers.x.payload import read_line
from veille.producers.x.repair import id_at
from veille.producers.x.stream import DELIVERY, STRANGE_RUN, XSource
from veille.settings import XSettings
from x_reading import LACKING, NOW, WATCHES, Reading, doc_ids, first_id, is_repost, world

# --- what it brings -------------------------------------------------------------------------------------------------


def test_posts_come_with_the_watches_that_x_says_matched_and_with_a_cursor() -> None:
    with world() as w, Reading(w.source()) as reading:
        w.post(50)
        reading.until(lambda: len(reading.events) == 50)
        assert reading.ids() == [published.id for published in w.x.project.published]
        rules = {rule["id"]: rule["tag"].removeprefix("veille:") for rule in w.x.project.rules()}
        for event in reading.of(Received):
            assert event.trusted
            assert read_cursor(event.cursor).heard == NOW
            assert event.post.matched
            assert all(rules[rule] == match.id for match in event.post.matched for rule in match.rules)
    assert {match.id for event in reading.of(Received) for match in event.post.matched} == {"acme", "kettle"}


def test_what_is_asked_for_is_all_that_is_read() -> None:
    """The stand-in sends no field that was not asked for, as X does."""
    with world() as w, Reading(w.source()) as reading:
        w.listened()
        inventor = Inventor(3, w.clock.now)
        trees = [query.tree for query in w.x.project.queries]
        sent: dict[str, Any] = {}
        while len(sent) < 100:
            message = inventor.message(trees)
            if w.x.project.publish(message):
                sent[message["data"]["id"]] = message
        reading.until(lambda: len(reading.events) == 100)
        for event in reading.of(Received):
            (whole,) = read_line(json.dumps(sent[event.post.native_id]).encode(), event.post.received_at)
            assert isinstance(whole, Received)
            whole.post.matched = event.post.matched
            assert event.post == whole.post


def test_the_cursor_never_goes_back() -> None:
    with world() as w, Reading(w.source()) as reading:
        w.listened()
        for post_id in ("1984600000000000005", "1984600000000000000"):
            w.x.project.publish({"data": {"id": post_id, "text": "acme", "author_id": "1"}})
        reading.until(lambda: len(reading.events) == 2)
        newest = [read_cursor(event.cursor).newest for event in reading.of(Received)]
        assert newest == ["1984600000000000005"] * 2


def test_a_match_of_somebody_elses_rule_is_left_to_our_own_matching() -> None:
    with world() as w:
        w.x.project.add([{"value": "bystander", "tag": "theirs"}], dry_run=False)
        with Reading(w.source()) as reading:
            w.listened()
            w.x.project.publish({"data": {"id": "9300000000000000001", "text": "bystander", "author_id": "1"}})
            reading.until(lambda: len(reading.events) == 1)
            (event,) = reading.of(Received)
            assert (event.post.matched, event.trusted) == ([], False)


def test_invented_posts_are_marked_as_simulated() -> None:
    with world() as w, Reading(w.source()) as reading:
        w.post()
        reading.until(lambda: len(reading.events) == 1)
        (event,) = reading.of(Received)
        assert event.post.origin == "simulated"


# --- gaps -----------------------------------------------------------------------------------------------------------


def test_a_restart_opens_a_gap_from_the_post_of_the_cursor_on() -> None:
    left = NOW - timedelta(hours=1)
    with world() as w, Reading(w.source(), id_at(left)) as reading:
        reading.until(lambda: len(reading.events) == 2)
        assert reading.events == [
            GapOpened(left - timedelta(seconds=10), "stopped"),
            GapClosed(NOW, repaired=True, lacking=LACKING),
        ]


def test_a_gap_is_repaired_as_far_back_as_x_can_be_searched() -> None:
    left, reach = NOW - timedelta(days=30), NOW - timedelta(days=7) + timedelta(hours=1)
    with world() as w, Reading(w.source(), id_at(left)) as reading:
        reading.until(lambda: len(reading.events) == 4)
        assert reading.events == [
            GapOpened(left - timedelta(seconds=10), "stopped"),
            GapClosed(reach, repaired=False),
            GapOpened(reach, "stopped"),
            GapClosed(NOW, repaired=True, lacking=LACKING),
        ]


def test_a_cursor_of_the_stand_in_means_nothing_to_x() -> None:
    with world() as w, Reading(w.source(), "9300000000000000001") as reading:
        w.listened()
        w.x.project.publish({"data": {"id": "1984600000000000000", "text": "acme", "author_id": "1"}})
        reading.until(lambda: len(reading.events) == 1)
        assert read_cursor(reading.of(Received)[0].cursor).newest == "1984600000000000000"
        assert not reading.of(GapOpened)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault.CUT, "disconnected"),
        (Fault.CLOSE, "disconnected"),
        (Fault.TOLD, "disconnected"),
        (Fault.STALL, "stalled"),
        (Fault.UNAVAILABLE, "disconnected"),
        (Fault.LIMITED, "disconnected"),
        (Fault.LOCKED, "disconnected"),
        (Fault.LIMITED_BARE, "disconnected"),
        (Fault.SKEW, "disconnected"),
    ],
    ids=lambda value: getattr(value, "value", value),
)
def test_every_disconnection_is_one_gap_that_closes_when_the_stream_is_open_again(fault: Fault, cause: str) -> None:
    with world(None, fault) as w, Reading(w.source()) as reading:
        w.post(2)
        reading.until(lambda: bool(reading.of(GapClosed)))
        w.post()
        reading.until(lambda: len(set(reading.ids())) == 3)
        assert reading.of(GapOpened) == [GapOpened(NOW - timedelta(seconds=10), cause)]
        assert reading.of(GapClosed) == [GapClosed(w.clock.now(), repaired=True, lacking=LACKING)]
        assert w.x.fired == [fault]


def test_a_stream_that_cannot_be_opened_at_the_start_is_a_gap_too() -> None:
    with world() as w:
        w.x.refusals.append(REFUSALS[Fault.UNAVAILABLE])
        with Reading(w.source()) as reading:
            reading.until(lambda: len(reading.events) == 2)
        assert reading.events == [
            GapOpened(NOW - timedelta(seconds=10), "unavailable"),
            GapClosed(NOW + timedelta(seconds=5), repaired=True, lacking=LACKING),
        ]


def test_lines_out_of_order_in_pieces_and_of_unknown_kinds_cost_nothing() -> None:
    faults = [Fault.REORDER, None, Fault.DRIP, Fault.UNKNOWN, Fault.REORDER]
    with world(*faults) as w, Reading(w.source()) as reading:
        w.post(5)
        reading.until(lambda: len(reading.ids()) == 5)
        sent = [message["data"]["id"] for message in w.sent]
        assert reading.ids() == [sent[1], sent[0], *sent[2:]]
        assert [event.kind for event in reading.of(Skipped)] == ["weather"]
        assert reading.of(GapOpened) == []


def told(events: list[Event]) -> list[Told]:
    return [event for event in events if isinstance(event, Told)]


def test_another_format_stops_the_source_with_a_clear_message_and_a_restart_searches_for_all_of_it() -> None:
    with world(None, *[Fault.FORMAT] * STRANGE_RUN) as w, Reading(w.source()) as reading:
        w.post(STRANGE_RUN + 1)
        reading.until(reading.ended)
        w.clock.wait(60)
        with Reading(w.source(), told(reading.events)[-1].cursor) as after:
            after.until(lambda: bool(after.of(GapClosed)))
            assert after.of(GapOpened) == reading.of(GapOpened)
        assert "changed its format. Update veille" in str(reading.error)
        assert len(reading.ids()) == 1
        assert [gap.cause for gap in reading.of(GapOpened)] == ["unreadable"]


# --- ending ---------------------------------------------------------------------------------------------------------


def test_a_quiet_stream_ends_at_once_when_it_is_closed() -> None:
    with XStandIn() as x, Reading(XSource(XSettings("any", x.url), WATCHES, x.clock)) as reading:
        until(lambda: x.project.listened)
        before = time.monotonic()  # its next keep-alive is 20 s away
        reading.source.close()
        reading.until(reading.ended)
        until(lambda: not x.project.listened)  # else X would count it on
        assert time.monotonic() - before < 10


def test_a_long_wait_ends_at_once_when_the_source_is_closed() -> None:
    with world(clock=SystemClock()) as w:
        w.x.refusals.append(TOO_MANY_CONNECTIONS)
        with Reading(w.source()) as reading:
            reading.until(lambda: bool(reading.of(GapOpened)))
            before = time.monotonic()
            reading.source.close()
            reading.until(reading.ended)
            assert time.monotonic() - before < 10  # it was to last 60


# --- any of it, in any order ----------------------------------------------------------------------------------------

FAULTS = st.lists(st.sampled_from([None, *(fault for fault in Fault if fault is not Fault.FORMAT)]), max_size=12)
"""All but the one after which nobody can read on."""


@settings(SERVED, max_examples=25)
@given(faults=FAULTS)
def test_whatever_befalls_the_stream_each_post_has_come_or_lies_in_a_gap_that_was_told(
    faults: list[Fault | None],
) -> None:
    with world(*faults) as w, Reading(w.source()) as reading:
        for _ in range(len(faults) + 2):
            reading.until(reading.whole)
            gaps_before = len(reading.of(GapClosed))
            w.post()
            last = w.sent[-1]["data"]["id"]
            reading.until(lambda: last in reading.ids() or len(reading.of(GapClosed)) > gaps_before)  # noqa: B023  # used at once
            w.clock.wait(30)
        reading.until(lambda: w.x.project.published[-1].id in reading.ids() and reading.whole())
        missed = [message for message in w.sent if first_id(message) not in reading.doc_ids()]
        gaps = list(zip(reading.of(GapOpened), reading.of(GapClosed), strict=True))
        for message in missed:  # a search finds no reposts, and that is said
            at = time_of(message["data"]["id"])
            assert any(opened.since <= at <= closed.until and "reposts" in closed.lacking for opened, closed in gaps)
            assert message["data"]["referenced_tweets"][0]["type"] == "retweeted"
        assert set(reading.ids()) <= {published.id for published in w.x.project.published}
        assert len(reading.of(Broken)) == w.x.fired.count(Fault.TRUNCATED)
        assert w.x.project.crowded == 0


def last_cursor(events: Sequence[Event]) -> str | None:
    """What the next process knows."""
    told = (each.cursor for each in reversed(events) if not isinstance(each, GapOpened | GapClosed))
    return next((cursor for cursor in told if cursor), None)


POSTS, STEP_S = 3, 1.0
"""However late each post is read, and though each drips: it is not as late as X may deliver it."""

assert timedelta(seconds=POSTS * (STEP_S + PIECES * DRIP_S)) < DELIVERY


@settings(SERVED, max_examples=15)
@given(faults=FAULTS, left_after=st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_whenever_it_is_started_again_nothing_is_lost_that_a_search_can_find(
    faults: list[Fault | None], left_after: list[int]
) -> None:
    """It is left after so many events, and the next one knows no more than the cursor of the last of them."""
    kept: list[Event] = []
    cursor: str | None = None
    with world(*faults) as w:
        for number in left_after:
            with Reading(w.source(), cursor) as reading:
                for _ in range(POSTS):
                    w.post()
                    w.clock.wait(STEP_S)
                reading.until(lambda: len(reading.of(Received)) > 0)  # used at once
            until(lambda: not w.x.project.listened)
            kept += reading.events[:number]
            cursor = last_cursor(kept)
            for _ in range(2):
                w.say("acme, while nobody listens")
            if cursor is None:  # nothing is known yet: the next one begins anew, from its own start on
                w.sent.clear()
        with Reading(w.source(), cursor) as reading:
            last = w.say_once_heard("acme, the last of all")
            reading.until(lambda: last in reading.ids() and reading.whole())
        kept += reading.events
    assert doc_ids(kept) >= {first_id(message) for message in w.sent if not is_repost(message)}
    assert w.x.project.crowded == 0
