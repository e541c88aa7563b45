"""Mastodon's source over real HTTP, from a stand-in for three instances on loopback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mastodon_reading import EndingClock, Published, gaps_of, read, settings_of
from mastodon_world import END, OVER_S, RATE, TOLD_S, at, posts, wanted
from patience import Patience
from veille.clock import FakeClock
from veille.errors import Corrupt, Misused
from veille.identity import mastodon_doc_id
from veille.producers import open_source
from veille.producers.mastodon import MastodonSource
from veille.producers.simulate.mastodon import MastodonStandIn
from veille.producers.simulate.mastodon_faults import Fault
from veille.producers.simulate.mastodon_fediverse import Fediverse
from veille.producers.simulate.mastodon_status import refusal
from veille.producers.simulate.people import INSTANCES
from veille.producers.source import Broken, Skipped
from veille.settings import MastodonSettings, Settings, Watch

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
