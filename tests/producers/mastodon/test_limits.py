"""Instances that limit, are away or refuse: how long they are left alone, and what is a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mastodon_reading import EndingClock, Published, gaps_of, read, settings_of
from mastodon_world import END, OVER_S, RATE, TOLD_S, at, posts, wanted
from veille.errors import Misused
from veille.identity import mastodon_doc_id
from veille.producers.simulate.mastodon import MastodonStandIn
from veille.producers.simulate.mastodon_faults import Fault
from veille.producers.simulate.mastodon_fediverse import Fediverse
from veille.producers.simulate.people import INSTANCES
from veille.producers.source import Skipped


@pytest.mark.parametrize(("fault", "waited"), [(Fault.UNAVAILABLE, 7.0), (Fault.LIMITED, 300.0)])
def test_an_instance_is_left_alone_for_as_long_as_it_asks(clock: EndingClock, fault: Fault, waited: float) -> None:
    """The limit's end is read by the instance's own clock, which is ahead."""
    skew = timedelta(minutes=10)
    fediverse = Fediverse(3, RATE, clock, end=END, skews={INSTANCES[0]: skew})
    with MastodonStandIn(fediverse, clock, instances=INSTANCES[:1], faults=at({(0, 3): fault})) as stand_in:
        asked: list[float] = []
        answering = stand_in.fault

        def noted(instance: str, path: str) -> Fault | None:
            asked.append(clock.monotonic())
            return answering(instance, path)

        stand_in.fault = noted  # type: ignore[method-assign]  # to see when it is asked
        events = read(clock, settings_of(stand_in, recheck_hours=0), 400)
    pause = asked[4] - asked[3]
    left = 300 - asked[3] % 300 if fault is Fault.LIMITED else waited
    assert left - 0.01 <= pause <= left + 1.01
    host = stand_in.urls[INSTANCES[0]].removeprefix("http://")
    assert gaps_of(events) == [("limited", host), True]


def test_without_a_word_about_when_waits_grow_at_random_up_to_a_limit(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=0)
    limited = at({(0, number): Fault.LIMITED_BARE for number in range(12)})
    with MastodonStandIn(fediverse, clock, instances=INSTANCES[:1], faults=limited) as stand_in:
        read(clock, settings_of(stand_in), 3600, jitter=1.0)
        count = len(stand_in.asked)
    assert count > 12
    waits = [2.0 * 2**k for k in range(8)] + [300.0] * 4
    assert sum(waits) < 3600
    assert count < 12 + (3600 - sum(waits)) / 15 * 2 + 2


def test_the_limit_is_kept_and_what_was_missed_comes_afterwards(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    with MastodonStandIn(fediverse, clock, instances=INSTANCES[:1], limit=8) as stand_in:
        events = read(clock, settings_of(stand_in, recheck_hours=0), OVER_S)
    assert len(stand_in.asked) <= 8 * (OVER_S / 300 + 1)
    assert (True in gaps_of(events), False in gaps_of(events)) == (True, False)
    held = {uri for uri, at_instances in wanted(fediverse).items() if INSTANCES[0] in at_instances}
    assert {mastodon_doc_id(uri) for uri in held} <= {event.post.doc_id for event in posts(events)}


def test_one_that_is_away_stops_no_other_and_is_read_on_when_it_is_back(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    published = Published(clock)
    with MastodonStandIn(fediverse, clock) as stand_in:
        host = stand_in.urls[INSTANCES[1]].removeprefix("http://")
        record = published.take(read(clock, settings_of(stand_in), 60))
        stand_in.away.add(INSTANCES[1])
        away = read(clock, settings_of(stand_in), 100, cursor=record.cursor)
        record = published.take(away)
        assert len(posts(away)) > 5
        assert {event.post.instance for event in posts(away)} == {
            url.removeprefix("http://") for name, url in stand_in.urls.items() if name != INSTANCES[1]
        }
        assert [gap.part for gap in published.gaps.values() if gap.until is None] == [host]
        stand_in.away.clear()
        published.take(read(clock, settings_of(stand_in), OVER_S, cursor=record.cursor))
    assert [gap for gap in published.gaps.values() if gap.until is None or not gap.repaired] == []
    assert {mastodon_doc_id(uri) for uri in wanted(fediverse)} <= published.posts.keys()


def test_a_gap_that_an_instance_does_not_reach_back_over_is_not_repaired(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    forgetting = at({(0, 9): Fault.FORGET})
    with MastodonStandIn(fediverse, clock, instances=INSTANCES[:1], faults=forgetting) as stand_in:
        events = read(clock, settings_of(stand_in, recheck_hours=0), OVER_S)
        host = stand_in.urls[INSTANCES[0]].removeprefix("http://")
    assert gaps_of(events) == [("disconnected", host), False]


def test_what_is_forgotten_while_a_gap_is_open_leaves_it_unrepaired(clock: EndingClock) -> None:
    """The instance is found to reach back, and forgets before it is read."""
    fediverse = Fediverse(3, RATE, clock, end=END)
    forgetting = at({(0, 8): Fault.UNAVAILABLE, (0, 10): Fault.FORGET})
    with MastodonStandIn(fediverse, clock, instances=INSTANCES[:1], faults=forgetting) as stand_in:
        events = read(clock, settings_of(stand_in, recheck_hours=0), TOLD_S)
        host = stand_in.urls[INSTANCES[0]].removeprefix("http://")
    assert gaps_of(events) == [("limited", host), False]


def test_an_instance_that_had_not_answered_before_a_restart_is_read_from_the_first_start_on(
    clock: EndingClock,
) -> None:
    fediverse = Fediverse(7, RATE, clock, end=END)
    published = Published(clock)
    with MastodonStandIn(fediverse, clock, instances=INSTANCES[:2]) as stand_in:
        stand_in.away.update(INSTANCES[:2])
        published.take(read(clock, settings_of(stand_in), 5))
        clock.advance(20)
        stand_in.away.clear()
        published.take(read(clock, settings_of(stand_in), OVER_S, cursor=published.cursor))
    assert {mastodon_doc_id(uri) for uri in wanted(fediverse, INSTANCES[:2])} <= published.posts.keys()


def test_where_nobody_says_anything_the_cursor_moves_on_each_minute(clock: EndingClock) -> None:
    with MastodonStandIn(Fediverse(3, RATE, clock, end=0), clock, instances=INSTANCES[:1]) as stand_in:
        events = read(clock, settings_of(stand_in), 600)
    cursors = [event.cursor for event in events if isinstance(event, Skipped)]
    assert 9 <= len(cursors) <= 11
    assert len(set(cursors)) == len(cursors)


@pytest.mark.parametrize("status", [401, 403, 422, 404, 302])
def test_an_instance_that_shows_nothing_to_strangers_is_told_and_the_others_go_on(
    clock: EndingClock, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with MastodonStandIn(Fediverse(3, RATE, clock, end=END), clock, closed={INSTANCES[0]: status}) as stand_in:
        host = stand_in.urls[INSTANCES[0]].removeprefix("http://")
        events = read(clock, settings_of(stand_in, recheck_hours=0), 60)
    assert gaps_of(events) == [("refused", f"{host} public")]
    assert len(posts(events)) > 10
    assert next(record.message for record in caplog.records if host in record.message).endswith("the others go on")


def test_one_that_refuses_is_asked_again_each_hour_and_read_on_when_it_shows_itself(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    closed = {INSTANCES[0]: 401}
    with MastodonStandIn(fediverse, clock, instances=INSTANCES[:2], closed=closed) as stand_in:
        stand_in.away.add(INSTANCES[1])
        clock.at = 4000.0, stand_in.closed.clear
        host = stand_in.urls[INSTANCES[0]].removeprefix("http://")
        events = read(clock, settings_of(stand_in, recheck_hours=0), 7300)
    refused = [gap for gap in events if getattr(gap, "part", "") == f"{host} public"]
    assert gaps_of(refused) == [("refused", f"{host} public"), True]
    assert stand_in.asked[1][1] == stand_in.asked[0][1]
    held = {uri for uri, at_instances in wanted(fediverse).items() if INSTANCES[0] in at_instances}
    assert {mastodon_doc_id(uri) for uri in held} <= {event.post.doc_id for event in posts(events)}


def test_where_nobody_shows_anything_the_remedy_is_named(clock: EndingClock) -> None:
    closed = dict.fromkeys(INSTANCES, 422)
    with (
        MastodonStandIn(Fediverse(3, RATE, clock, end=0), clock, closed=closed) as stand_in,
        pytest.raises(Misused, match=r"no instance of .* without an account.*Name instances that do"),
    ):
        read(clock, settings_of(stand_in), 60)
