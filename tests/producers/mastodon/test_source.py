"""Mastodon's source over real HTTP, from a stand-in for three instances on loopback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mastodon_reading import EndingClock, Published, gaps_of, read, settings_of
from patience import Patience
from served import SERVED
from veille.clock import FakeClock
from veille.errors import Corrupt, Misused
from veille.gap import Gap
from veille.identity import mastodon_doc_id
from veille.producers import open_source
from veille.producers.mastodon import MastodonSource
from veille.producers.mastodon.cursor import time_of
from veille.producers.mastodon.html import plain
from veille.producers.simulate.mastodon import MastodonStandIn
from veille.producers.simulate.mastodon_faults import Fault, Faults
from veille.producers.simulate.mastodon_fediverse import Fediverse, Held
from veille.producers.simulate.mastodon_status import refusal
from veille.producers.simulate.people import INSTANCES
from veille.producers.source import Broken, Event, Received, Skipped
from veille.settings import MastodonSettings, Settings, Watch

RATE = 2.0
END = 700
"""Events of the world: some four minutes at noon."""

TOLD_S = 300.0
"""By then all of it has happened."""

OVER_S = 700.0
"""By then every post was looked at again since."""


def at(faults: Mapping[tuple[int, int], Fault]) -> Faults:
    """Faults by number of the instance and of its request."""
    return lambda instance, number: faults.get((INSTANCES.index(instance), number))


def posts(events: list[Event]) -> list[Received]:
    return [event for event in events if isinstance(event, Received)]


def wanted(fediverse: Fediverse, instances: Sequence[str] = INSTANCES) -> dict[str, dict[str, Held]]:
    """Every post that is held somewhere and whose author lets it be read: by URI, where it is held."""
    found: dict[str, dict[str, Held]] = {}
    for instance, held in fediverse.statuses().items():
        if instance not in instances:
            continue
        for uri, each in held.items():
            if refusal(each.post.author.id) is None:
                found.setdefault(uri, {})[instance] = each
    return found


@pytest.fixture
def clock() -> EndingClock:
    return EndingClock()


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_post_that_several_instances_show_counts_once(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    with MastodonStandIn(fediverse, clock) as stand_in:
        events = read(clock, settings_of(stand_in, recheck_hours=0), TOLD_S)
    created = [event.post.doc_id for event in posts(events) if event.post.op == "create"]
    assert len(created) == len(set(created))
    everywhere = [uri for uri, held in wanted(fediverse).items() if len(held) == 3]
    assert len(everywhere) > 10
    assert {mastodon_doc_id(uri) for uri in wanted(fediverse)} <= {event.post.doc_id for event in posts(events)}
    assert gaps_of(events) == []


def test_authors_who_refuse_are_left_out_and_counted_once(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    with MastodonStandIn(fediverse, clock) as stand_in:
        events = read(clock, settings_of(stand_in), TOLD_S)
    assert not [each for each in posts(events) if refusal(each.post.author.id)]
    left_out = [event for event in events if isinstance(event, Skipped)]
    refusing = {
        uri for held in fediverse.statuses().values() for uri, each in held.items() if refusal(each.post.author.id)
    }
    assert len(refusing) > 3
    assert {event.reason for event in left_out} == {"noindex", "not_a_post"}
    assert len(refusing) <= len(left_out) <= 2 * len(refusing)  # an edit is another version of it


def test_only_what_comes_after_the_first_start_is_read_unless_hours_are_set(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    clock.advance(120)
    with MastodonStandIn(fediverse, clock) as stand_in:
        before = {mastodon_doc_id(uri) for uri in wanted(fediverse)}
        from_now = read(clock, settings_of(stand_in, recheck_hours=0), 5)
        assert before
        oldest = min((event.post.created_at for event in posts(from_now)), default=clock.now())
        assert oldest > clock.now() - timedelta(seconds=15)  # what is on its way to another instance comes as well
        earlier = read(clock, settings_of(stand_in, since_hours=1, recheck_hours=0), 60)
    assert before <= {event.post.doc_id for event in posts(earlier)}


def test_the_tags_of_the_watches_are_asked_for_and_no_others(clock: EndingClock) -> None:
    fediverse = Fediverse(3, 5.0, clock, end=600)
    watches = (Watch("b", "brand", '(#Bouillance OR kettle "two words") -boilwick lang:fr'),)
    with MastodonStandIn(fediverse, clock) as stand_in:
        events = read(clock, settings_of(stand_in, public=False), 300, watches=watches)
    timelines = {path.partition("?")[0] for _, path in stand_in.asked if "/timelines/" in path}
    assert timelines == {"/api/v1/timelines/tag/bouillance", "/api/v1/timelines/tag/kettle"}
    assert {tag for event in posts(events) for tag in event.post.entities.hashtags or ()} & {"bouillance"}


def test_the_tags_of_other_watches_are_asked_for_at_once_and_those_of_before_go_on(clock: EndingClock) -> None:
    fediverse = Fediverse(3, 5.0, clock, end=2_000)
    changed_at: list[int] = []
    with MastodonStandIn(fediverse, clock) as stand_in:
        wanted = settings_of(stand_in, public=False)
        source = MastodonSource(wanted, (Watch("b", "brand", "#bouillance OR #tea"),), clock, http=Patience().http)

        def change() -> None:
            if not changed_at:
                changed_at.append(len(stand_in.asked))
                with pytest.raises(Misused, match="nothing to read"):
                    source.watch((Watch("b", "brand", '"two words"'),))
                source.watch((Watch("b", "brand", "#bouillance OR #kettle"),))

        clock.at = (100.0, change)
        clock.end, clock.at_end = 200.0, source.close
        events = list(source.read(None))
    tags = [path.partition("?")[0].rpartition("/")[2] for _, path in stand_in.asked if "/timelines/tag/" in path]
    before = len([path for _, path in stand_in.asked[: changed_at[0]] if "/timelines/tag/" in path])
    assert set(tags[:before]) == {"bouillance", "tea"}
    assert set(tags[before:]) == {"bouillance", "kettle"}
    assert "kettle" in tags[before : before + 2 * len(INSTANCES)]
    assert gaps_of(events) == []


def test_where_there_is_nothing_to_ask_for_it_is_said_before_anything_starts() -> None:
    nothing = Settings(mastodon=MastodonSettings(), watches=(Watch("a", "brand", '"acme corp"'),))
    with pytest.raises(Misused, match=r"no watch names a hashtag or a single word"):
        open_source("mastodon", nothing, FakeClock())


def test_a_cursor_that_is_none_is_corrupt(clock: EndingClock) -> None:
    with MastodonStandIn(Fediverse(3, RATE, clock, end=0), clock) as stand_in, pytest.raises(Corrupt):
        read(clock, settings_of(stand_in), 5, cursor="elsewhere")


# --- edits and deletes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batches", [True, False])
def test_edits_and_deletes_are_found_by_looking_again(clock: EndingClock, batches: bool) -> None:
    fediverse = Fediverse(5, RATE, clock, end=END)
    published = Published(clock)
    with MastodonStandIn(fediverse, clock, batches=batches) as stand_in:
        published.take(read(clock, settings_of(stand_in), OVER_S))
        alone = [path for _, path in stand_in.asked if path.startswith("/api/v1/statuses/")]
    deleted = {mastodon_doc_id(uri) for uri in fediverse.deleted} & published.posts.keys()
    assert len(deleted) > 1
    assert {published.posts[each] for each in deleted} == {None}
    edited = [each for held in wanted(fediverse).values() for each in held.values() if each.edited is not None]
    assert len(edited) > 3
    for each in edited:
        found = published.posts[each.post.doc_id]
        assert found is not None
        assert found.text == each.post.text
    assert batches is (len(alone) < 200)


def test_an_author_who_refuses_afterwards_is_taken_out(clock: EndingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    published = Published(clock)
    with MastodonStandIn(fediverse, clock) as stand_in:
        record = published.take(read(clock, settings_of(stand_in), 300))
        assert any(published.posts.values())
        monkeypatch.setattr("veille.producers.simulate.mastodon_status.refusal", lambda _: "noindex")
        published.take(read(clock, settings_of(stand_in), OVER_S, cursor=record.cursor))
    assert not any(published.posts.values())


# --- limits, outages, refusals --------------------------------------------------------------------------------------


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


# --- what cannot be read --------------------------------------------------------------------------------------------


def test_another_format_stops_the_source_with_a_clear_message(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    changed = at({(1, number): Fault.FORMAT for number in range(100)})
    with (
        MastodonStandIn(fediverse, clock, faults=changed) as stand_in,
        pytest.raises(Misused, match=r"JSON of another shape, expected a list of statuses.*Update veille"),
    ):
        read(clock, settings_of(stand_in), TOLD_S)


def test_what_is_no_status_is_one_dead_letter_however_often_it_is_shown(clock: EndingClock) -> None:
    fediverse = Fediverse(3, RATE, clock, end=END)
    unknown = at({(0, number): Fault.UNKNOWN for number in range(200)})
    with MastodonStandIn(fediverse, clock, instances=INSTANCES[:1], faults=unknown) as stand_in:
        events = read(clock, settings_of(stand_in, recheck_hours=0), TOLD_S)
    broken = [event.raw for event in events if isinstance(event, Broken)]
    assert broken
    assert len(broken) == len(set(broken))
    held = {uri for uri, at_instances in wanted(fediverse).items() if INSTANCES[0] in at_instances}
    assert {mastodon_doc_id(uri) for uri in held} <= {event.post.doc_id for event in posts(events)}


# --- any schedule of faults -----------------------------------------------------------------------------------------

PASSING = st.sampled_from([fault for fault in Fault if fault is not Fault.FORMAT])

READ = INSTANCES[:2]
"""What is read; the third instance is heard of through them."""

FIRST = 6
"""Before that request an instance may still have shown nothing, and then nobody can tell that it has forgotten."""


def requests() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, len(READ) - 1), st.integers(0, 60))


SCHEDULES = st.dictionaries(requests(), PASSING, max_size=25).map(
    lambda faults: {place: fault for place, fault in faults.items() if fault is not Fault.FORGET or place[1] >= FIRST}
)

FORGOTTEN_BEFORE_A_RESTART = {
    (0, 5): Fault.LIMITED_BARE,
    (0, 9): Fault.CUT,
    (0, 11): Fault.FORGET,
    (0, 14): Fault.TRUNCATED,
}


@pytest.mark.slow
@settings(SERVED, max_examples=10)
@given(
    seed=st.integers(0, 50),
    schedule=SCHEDULES,
    restarts=st.lists(st.integers(1, 60), max_size=3),
    ahead=st.sampled_from([0, 30, 600]),
)
@example(seed=36, schedule=FORGOTTEN_BEFORE_A_RESTART, restarts=[57], ahead=30)
def test_whatever_goes_wrong_every_post_is_published_or_in_a_gap_and_deletes_win(
    seed: int, schedule: dict[tuple[int, int], Fault], restarts: list[int], ahead: int
) -> None:
    clock, patience = EndingClock(), Patience()
    fediverse = Fediverse(seed, RATE, clock, end=500, skews={INSTANCES[1]: timedelta(seconds=ahead)})
    published = Published(clock)
    with MastodonStandIn(fediverse, clock, instances=READ, faults=at(schedule)) as stand_in:
        stand_in.at_slow = patience.at_end
        chosen = settings_of(stand_in)
        hosts = {url.removeprefix("http://"): name for name, url in stand_in.urls.items()}
        for most in restarts:
            published.take(read(clock, chosen, 100, cursor=published.cursor, most=most, patience=patience))
            clock.advance(20)
        published.take(read(clock, chosen, 500, cursor=published.cursor, patience=patience))
        for _ in range(len(schedule) + 2):  # each fault may have made an instance ask for some minutes of patience
            if all(gap.until for gap in published.gaps.values()) and not _out_of_date(
                published, wanted(fediverse, READ)
            ):
                break
            published.take(read(clock, chosen, 400, cursor=published.cursor, patience=patience))

    assert [gap for gap in published.gaps.values() if gap.until is None] == []
    unrepaired = [(gap, hosts[gap.part]) for gap in published.gaps.values() if not gap.repaired]
    for uri, held in wanted(fediverse, READ).items():
        found = published.posts.get(mastodon_doc_id(uri))
        if found is None:
            assert mastodon_doc_id(uri) not in published.posts, "a post that is held somewhere was deleted"
            assert all(_inside(each, name, unrepaired, ahead) for name, each in held.items()), f"{uri} is lost"
    assert _out_of_date(published, wanted(fediverse, READ)) == []
    for uri in fediverse.deleted.keys() - wanted(fediverse, READ).keys():
        assert published.posts.get(mastodon_doc_id(uri)) is None, "a deleted post is there"


def _out_of_date(published: Published, held: dict[str, dict[str, Held]]) -> list[str]:
    """Posts that no instance shows as they were published last."""
    found = {uri: published.posts.get(mastodon_doc_id(uri)) for uri in held}
    return [
        uri
        for uri, post in found.items()
        if post is not None and all(post.text != plain_text(each) for each in held[uri].values())
    ]


def plain_text(held: Held) -> str:
    return plain(held.post.text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>"))[0]


def _inside(held: Held, instance: str, unrepaired: list[tuple[Gap, str]], ahead: int) -> bool:
    """Whether it came to an instance within one of its gaps."""
    came = time_of(str(held.local_id))
    assert came is not None
    came -= timedelta(seconds=ahead if instance == READ[1] else 0)
    return any(name == instance and gap.since <= came <= (gap.until or came) for gap, name in unrepaired)
