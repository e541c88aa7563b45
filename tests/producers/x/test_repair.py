"""What the stream missed is searched for, beside the stream, and a gap is closed as far as that brought it back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from awaited import until
from veille.errors import Misused
from veille.producers.simulate.x_faults import Fault, Refusal
from veille.producers.source import GapClosed, GapOpened, Received
from veille.producers.x.pace import Pace
from veille.producers.x.repair import TRIES, id_at
from veille.settings import Watch
from x_reading import LACKING, NOW, STALL_S, WATCHES, Reading, World, world

AWAY = id_at(NOW - timedelta(hours=1))
"""The cursor of a source that was stopped an hour ago."""


def missed(w: World, number: int, text: str = "acme") -> list[str]:
    """Posts that came while nobody listened."""
    return [w.say(f"{text} {each}") for each in range(number)]


def test_what_came_while_nobody_listened_is_found_page_by_page() -> None:
    with world() as w:
        lost = missed(w, 250)
        with Reading(w.source(), AWAY) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert sorted(reading.ids()) == sorted(lost)
        assert {match.id for event in reading.of(Received) for match in event.post.matched} == {"acme"}
        assert reading.of(GapClosed) == [GapClosed(NOW, repaired=True, lacking=LACKING)]
        assert Counter(w.x.searched) == {"acme OR #acme": 3, '"electric kettle" OR bouilloire': 1}


def test_a_post_that_two_watches_want_has_both_whichever_search_finds_it() -> None:
    with world() as w:
        w.say("acme makes an electric kettle")
        with Reading(w.source(), AWAY) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        for event in reading.of(Received):
            assert sorted(match.id for match in event.post.matched) == ["acme", "kettle"]


def test_reposts_are_not_found_and_the_gap_says_so() -> None:
    original = {"id": "9300000000000000001", "text": "acme", "author_id": "2"}
    refers = [{"type": "retweeted", "id": original["id"]}]
    only = (Watch("acme", "brand", "acme -is:retweet -is:quote"),)
    for watches, lacking in ((WATCHES, LACKING), (only, "")):
        with world() as w:
            w.say("RT @b: acme", referenced_tweets=refers)
            with Reading(w.source(watches), AWAY) as reading:
                reading.until(lambda: bool(reading.of(GapClosed)))  # used at once
            assert reading.ids() == []
            assert reading.of(GapClosed)[0].lacking == lacking


def test_a_search_waits_until_the_index_holds_all_of_the_gap_and_the_stream_is_read_meanwhile() -> None:
    with world() as w:
        (lost,) = missed(w, 1)
        with Reading(w.source(pace=Pace(STALL_S, 45.0, 0, 60)), AWAY) as reading:
            live = w.say_once_heard("acme, live")
            reading.until(lambda: live in reading.ids())
            assert (reading.of(GapClosed), w.x.searched) == ([], [])
            w.clock.wait(46)
            reading.until(lambda: bool(reading.of(GapClosed)))
            assert reading.of(GapClosed)[0].until == NOW
            assert lost in reading.ids()


@pytest.mark.parametrize("refusal", [Refusal(503, {}), Refusal(429, {"title": "Too Many Requests"}, 1.0)])
def test_a_search_that_is_refused_for_now_is_asked_again(refusal: Refusal) -> None:
    with world() as w:
        lost = missed(w, 1)
        w.x.search_refusals.extend([refusal] * 2)
        with Reading(w.source(), AWAY) as reading:
            w.pass_until(lambda: bool(reading.of(GapClosed)))
        assert reading.ids() == lost
        assert reading.of(GapClosed)[0].repaired


def test_a_search_that_stays_away_is_given_up_and_the_gap_stays() -> None:
    with world() as w:
        missed(w, 1)
        w.x.search_refusals.extend([Refusal(503, {})] * TRIES)
        with Reading(w.source(), AWAY) as reading:
            w.pass_until(lambda: bool(reading.of(GapClosed)))
        assert not w.x.search_refusals
        assert [(closed.repaired, closed.lacking) for closed in reading.of(GapClosed)] == [(False, "")]


def test_an_app_that_may_not_search_reads_on_with_its_gaps() -> None:
    with world() as w:
        w.x.search_refusals.append(Refusal(403, {"title": "Client Forbidden"}))
        with Reading(w.source(), AWAY) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
            assert reading.of(GapClosed) == [GapClosed(NOW, repaired=False)]
            last = w.say_once_heard("acme")
            reading.until(lambda: reading.ids() == [last])


def test_a_query_that_search_does_not_take_leaves_its_watch_out_and_says_so() -> None:
    with world() as w:
        lost = missed(w, 1, "bouilloire")
        w.x.search_refusals.append(Refusal(400, {"title": "Invalid Request", "detail": "no"}))
        with Reading(w.source(), AWAY) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert reading.ids() == lost
        assert reading.of(GapClosed)[0].lacking == f"{LACKING}, watch acme"


@pytest.mark.parametrize(("status", "words"), [(401, "VEILLE_X_BEARER_TOKEN"), (402, "no credits left")])
def test_a_search_that_only_a_person_can_mend_ends_the_source(status: int, words: str) -> None:
    with world() as w:
        w.x.search_refusals.append(Refusal(status, {"title": "Unauthorized"}))
        with Reading(w.source(), AWAY) as reading:
            reading.until(reading.ended)
        assert isinstance(reading.error, Misused)
        assert words in str(reading.error)


def test_a_repair_that_is_cut_off_begins_anew_and_the_gap_is_one() -> None:
    with world(Fault.CUT) as w:
        lost = missed(w, 1)
        w.x.search_refusals.append(Refusal(503, {}))
        with Reading(w.source(), AWAY) as reading:
            until(lambda: not w.x.search_refusals)
            w.say_once_heard("acme, cut off")
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert [gap.since for gap in reading.of(GapOpened)] == [NOW - timedelta(hours=1, seconds=10)]
        assert set(lost) < set(reading.ids())


def test_a_repair_that_a_restart_cuts_off_is_the_same_gap_and_begins_anew() -> None:
    with world() as w:
        (lost,) = missed(w, 1)
        with Reading(w.source(pace=Pace(STALL_S, 45.0, 0, 60)), AWAY) as before:
            live = w.say_once_heard("acme, live")
            before.until(lambda: live in before.ids())
        until(lambda: not w.x.project.listened)
        w.clock.wait(60)
        with Reading(w.source(), before.of(Received)[-1].cursor) as after:
            after.until(lambda: bool(after.of(GapClosed)))
        assert after.of(GapOpened) == before.of(GapOpened)
        assert lost in after.ids()


def test_of_a_gap_longer_than_search_goes_back_all_is_found_that_can_be_however_long_that_takes() -> None:
    with world() as w:
        lost = missed(w, 1)
        w.x.search_refusals.extend([Refusal(503, {})] * 4)
        with Reading(w.source(pace=Pace(STALL_S, 45.0, 0, 60)), id_at(NOW - timedelta(days=8))) as reading:
            w.pass_until(lambda: len(reading.of(GapClosed)) == 2)
        assert reading.ids() == lost
        assert [(closed.repaired, closed.lacking) for closed in reading.of(GapClosed)] == [(False, ""), (True, LACKING)]


def test_the_budget_also_ends_a_repair() -> None:
    with world() as w:
        missed(w, 250)
        with Reading(w.source(budget="0.60 USD/month", conversations=0), AWAY) as reading:
            reading.until(lambda: len(reading.of(GapOpened)) == 2)
            assert [gap.cause for gap in reading.of(GapOpened)] == ["stopped", "budget"]
            assert not reading.of(GapClosed)[0].repaired
            assert len(reading.ids()) < 250
