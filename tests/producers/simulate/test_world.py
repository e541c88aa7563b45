"""The seeded world: the same events whenever it is asked, a day's rhythm, every kind of event, and a bad buzz."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from system.model import Held, expected
from veille.clock import FakeClock
from veille.errors import Corrupt, Invalid, Misused
from veille.identity import period, tid_time
from veille.post import Entities, Post, decode, encode
from veille.producers.simulate.sentences import AFTERTHOUGHTS, RETRACTIONS, SENTENCES
from veille.producers.simulate.world import HISTORY, PATIENCE_S, WATCHES, WorldSource
from veille.producers.source import Broken, Deleted, Event, GapClosed, GapOpened, Received, Skipped
from veille.query import parse
from veille.query.match import Matcher
from veille.settings import WorldSettings

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

MATCHER = Matcher({watch.id: parse(watch.query) for watch in WATCHES})
SEEDS = st.integers(-(2**40), 2**40)


@lru_cache(maxsize=32)
def told(limit: int = 6000, seed: int = 1, rate: float = 3.0, *, faults: bool = False) -> tuple[Event, ...]:
    source = WorldSource(WorldSettings(seed=seed, rate=rate, limit=limit, faults=faults), FakeClock(NOON))
    return tuple(source.read(None))


def posts_of(events: tuple[Event, ...] | list[Event]) -> list[Post]:
    return [event.post for event in events if isinstance(event, Received)]


@lru_cache(maxsize=8)
def live(seconds: float, *, start: datetime = NOON, rate: float = 3.0, seed: int = 1) -> tuple[Post, ...]:
    """All posts of a fresh world from the last of its history to so many seconds after its start."""
    clock = FakeClock(start)
    until = start + timedelta(seconds=seconds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("veille.producers.simulate.world.HISTORY", timedelta(minutes=30))
        events = WorldSource(WorldSettings(seed=seed, rate=rate), clock).read(None)
        return tuple(posts_of(list(takewhile(lambda _event: clock.now() <= until, events))))


def matches(post: Post) -> list[str]:
    return [match.id for match in MATCHER.match(post)]


# -- The same story


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.booleans(), st.integers(0, 299), st.booleans())
def test_a_world_left_anywhere_goes_on_with_the_same_events(seed: int, faults: bool, cut: int, limited: bool) -> None:
    world = WorldSettings(seed=seed, faults=faults, limit=300 if limited else None)
    whole = list(islice(WorldSource(world, FakeClock(NOON)).read(None), 300))
    left, later = whole[cut], FakeClock(NOON + timedelta(seconds=7))
    assert isinstance(left, Received | Deleted | Broken | Skipped)
    assert list(islice(WorldSource(world, later).read(left.cursor), 299 - cut)) == whole[cut + 1 :]


def test_another_seed_tells_another_story() -> None:
    ones, others = posts_of(told(500, seed=1)), posts_of(told(500, seed=2))
    assert not {post.doc_id for post in ones} & {post.doc_id for post in others}
    assert [post.text for post in ones] != [post.text for post in others]


def test_worlds_that_went_live_at_different_moments_share_no_doc_id() -> None:
    later = tuple(WorldSource(WorldSettings(limit=500), FakeClock(NOON + timedelta(minutes=3))).read(None))
    assert not {post.doc_id for post in posts_of(told(500))} & {post.doc_id for post in posts_of(later)}


def test_a_world_at_its_limit_has_nothing_more_to_tell() -> None:
    last = told(500)[-1]
    assert isinstance(last, Received | Deleted)
    assert list(WorldSource(WorldSettings(limit=500), FakeClock(NOON)).read(last.cursor)) == []


def test_a_cursor_that_is_too_old_begins_a_fresh_world_after_a_gap() -> None:
    world = WorldSettings()
    left = list(islice(WorldSource(world, FakeClock(NOON)).read(None), 5000))[-1]
    assert isinstance(left, Received | Deleted)
    back = NOON + timedelta(days=2)
    opened, closed, first = islice(WorldSource(world, FakeClock(back)).read(left.cursor), 3)
    assert isinstance(opened, GapOpened)
    assert NOON - HISTORY < opened.since <= NOON + timedelta(hours=1)
    assert closed == GapClosed(back - HISTORY, repaired=False)
    assert isinstance(first, Received)
    assert first.post.received_at == back - HISTORY


def test_a_cursor_of_other_settings_begins_a_fresh_world() -> None:
    left = next(WorldSource(WorldSettings(rate=500), FakeClock(NOON)).read(None))
    assert isinstance(left, Received)
    fresh = next(WorldSource(WorldSettings(), FakeClock(NOON)).read(None))
    assert next(WorldSource(WorldSettings(), FakeClock(NOON)).read(left.cursor)) == fresh


def test_a_cursor_that_is_none_is_corrupt() -> None:
    with pytest.raises(Corrupt, match="no place"):
        next(WorldSource(WorldSettings(), FakeClock(NOON)).read("17"))


# -- Time


def test_history_comes_at_once_and_then_the_world_is_live() -> None:
    clock = FakeClock(NOON)
    past = []
    for event in WorldSource(WorldSettings(), clock).read(None):
        if clock.waits:
            break
        past.append(event)
    times = [post.received_at for post in posts_of(past)]
    assert min(times) == NOON - HISTORY
    assert NOON - timedelta(seconds=10) < max(times) <= NOON
    assert 20_000 < len(past) < 35_000
    minutes = Counter((NOON - time) // timedelta(minutes=1) for time in times)
    assert min(minutes[ago] for ago in range(120)) > 100, "as usual as what comes: it is what alerts know of the past"


@pytest.mark.parametrize("rate", [0.5, 40.0])
def test_a_live_world_keeps_to_its_rate(rate: float) -> None:
    posts = [post for post in live(19, rate=rate) if post.received_at > NOON]  # before the first story
    assert len(posts) == pytest.approx(19 * 1.4 * rate, rel=0.2)


def test_nothing_is_told_before_it_happens() -> None:
    clock = FakeClock(NOON)
    for event in islice(WorldSource(WorldSettings(rate=0.5), clock).read(None), 1500):
        if isinstance(event, Received):
            assert event.post.created_at < event.post.received_at <= clock.now()


def test_a_day_has_its_rhythm() -> None:
    told_of = posts_of(told(6000, rate=0.05))
    quiet = told_of[0].received_at + timedelta(hours=4)  # the stories of the first hours are over
    posts = [post for post in told_of if quiet <= post.received_at < quiet + timedelta(days=1)]
    by_hour = Counter(post.received_at.hour for post in posts)
    assert len(posts) == pytest.approx(86_400 * 0.05, rel=0.1)
    assert by_hour[19] + by_hour[20] > 4 * (by_hour[2] + by_hour[3])
    assert min(by_hour[hour] for hour in range(24)) > 0


class ClosingClock(FakeClock):
    """Closes a source while it waits."""

    source: WorldSource

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.source.close()


def test_a_closed_world_ends_in_the_middle_of_a_wait() -> None:
    clock = ClosingClock(NOON)
    clock.source = WorldSource(WorldSettings(rate=0.001), clock)
    list(clock.source.read(None))
    assert len(clock.waits) == 1
    assert clock.waits[0] <= PATIENCE_S


def test_a_limited_world_does_not_wait_and_is_over_by_now() -> None:
    clock = FakeClock(NOON)
    events = list(WorldSource(WorldSettings(limit=2000, faults=True), clock).read(None))
    assert len(events) == 2000
    assert clock.waits == []
    assert max(post.received_at for post in posts_of(events)) <= NOON


def test_a_limit_too_high_for_the_rate_says_what_to_do() -> None:
    with pytest.raises(Misused, match="a lower limit or a higher rate"):
        next(WorldSource(WorldSettings(limit=10**12, rate=0.001), FakeClock(NOON)).read(None))


# -- What happens


def test_ordinary_events_come_in_their_shares() -> None:
    events = told()
    kinds = Counter(
        "delete" if isinstance(event, Deleted) else event.post.op if event.post.op == "update" else event.post.kind
        for event in events
        if isinstance(event, Received | Deleted)
    )
    assert kinds.total() == len(events)
    shares = {kind: times / len(events) for kind, times in kinds.items()}
    assert shares["repost"] == pytest.approx(0.13, abs=0.03)
    assert shares["reply"] == pytest.approx(0.12, abs=0.03)
    assert shares["quote"] == pytest.approx(0.04, abs=0.02)
    assert shares["update"] == pytest.approx(0.05, abs=0.02)
    assert shares["delete"] == pytest.approx(0.03, abs=0.015)
    assert shares["article"] == pytest.approx(0.035, abs=0.025)
    assert shares["post"] > 0.5


def test_the_three_networks_and_both_languages_are_well_represented() -> None:
    posts = posts_of(told())
    networks, languages = Counter(post.source for post in posts), Counter(lang for post in posts for lang in post.langs)
    assert set(networks) == {"bluesky", "mastodon", "feed"}
    assert min(networks.values()) > 100
    assert languages["fr"] + languages["en"] > 0.85 * languages.total()
    assert min(languages["fr"], languages["en"]) > 0.3 * languages.total()
    assert len(languages) >= 6


def test_without_faults_all_comes_in_order() -> None:
    newest: dict[str, int] = {}
    for event in told():
        assert isinstance(event, Received | Deleted)
        if isinstance(event, Deleted):
            doc_id, version, first = event.tombstone.doc_id, event.tombstone.version, False
        else:
            doc_id, version, first = event.post.doc_id, int(event.post.version), event.post.op == "create"
        assert first == (doc_id not in newest)
        assert version > newest.get(doc_id, 0)
        newest[doc_id] = version


def test_nothing_is_edited_after_its_delete() -> None:
    deleted: dict[str, int] = {}
    for event in told(faults=True):
        if isinstance(event, Deleted):
            deleted[event.tombstone.doc_id] = event.tombstone.version
    edits = [post for post in posts_of(told(faults=True)) if post.doc_id in deleted]
    assert edits
    assert all(int(post.version) < deleted[post.doc_id] for post in edits)


def test_references_lead_to_posts_of_the_same_network_told_before() -> None:
    seen: dict[str, Post] = {}
    for post in posts_of(told()):
        for native_id in (post.ref.reply_to, post.ref.repost_of, post.ref.quote_of):
            if native_id is not None:
                assert seen[native_id].source == post.source
        if post.ref.repost_of is not None:
            assert post.text == seen[post.ref.repost_of].text
        seen.setdefault(post.native_id, post)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_fault_fires(seed: int) -> None:
    events = told(3000, seed=seed, faults=True)
    fired: Counter[str] = Counter()
    created: set[str] = set()
    told_of: set[tuple[str, str]] = set()
    early: set[str] = set()
    for event in events:
        if isinstance(event, Broken):
            fired[f"broken: {event.reason}"] += 1
        elif isinstance(event, Skipped):
            fired["unknown"] += event.reason == "unknown_kind" and bool(event.kind)
        elif isinstance(event, Deleted):
            early |= {event.tombstone.doc_id} - created
        elif isinstance(event, Received):
            post = event.post
            fired["repeated"] += (post.doc_id, post.version) in told_of
            fired["late"] += post.op == "create" and post.received_at - post.created_at > timedelta(seconds=5)
            fired["edited before it came"] += post.op == "update" and post.doc_id not in created
            fired["deleted before it came"] += post.doc_id in early
            told_of.add((post.doc_id, post.version))
            created |= {post.doc_id} if post.op == "create" else set()
    wanted = {f"broken: {reason}" for reason in ("not_json", "wrong_type", "missing_field")}
    wanted |= {"unknown", "repeated", "late", "edited before it came", "deleted before it came"}
    assert {fault for fault, times in fired.items() if times >= 4} >= wanted, fired


@settings(deadline=None, max_examples=10)
@given(SEEDS)
def test_broken_lines_are_broken_as_they_say(seed: int) -> None:
    for event in WorldSource(WorldSettings(seed=seed, limit=300, faults=True), FakeClock(NOON)).read(None):
        if isinstance(event, Broken):
            with pytest.raises(Invalid) as refused:
                decode(event.raw)
            assert refused.value.reason == event.reason


# -- What the posts look like


@settings(deadline=None, max_examples=10)
@given(SEEDS, st.booleans())
def test_every_post_is_whole_and_survives_its_record(seed: int, faults: bool) -> None:
    for post in posts_of(told(300, seed=seed, faults=faults)):
        assert post.text.strip()
        assert "{" not in post.text
        assert post.origin == "simulated"
        assert decode(encode(post)) == post


def test_nothing_looks_like_x() -> None:
    for post in posts_of(told(faults=True)):
        assert post.source in {"bluesky", "mastodon", "feed"}
        assert post.doc_id.startswith(f"{post.source}:")
        assert not re.search(rb"twitter|tweet|\bt\.co\b|\bx\.com\b|\bRT @", encode(post), re.IGNORECASE)


def test_no_address_leads_to_something_that_exists() -> None:
    for post in posts_of(told()):
        raw = encode(post).decode()
        assert all(host.endswith(".example") for host in re.findall(r"https?://([^/\"\s]+)", raw))
        assert all(name.startswith("did:example:") for name in re.findall(r"did:\w+:\S+", raw))


def test_a_bluesky_post_says_when_it_was_made() -> None:
    for post in posts_of(told()):
        if post.source == "bluesky" and post.op == "create":
            assert tid_time(post.native_id.rpartition("/")[2]) == post.created_at
            assert period(post.doc_id) == f"{post.created_at:%Y.%m}"


# -- What the watches see


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_watch_sees_its_share_and_some_posts_match_none(seed: int) -> None:
    posts = posts_of(told(3000, seed=seed, rate=0.05))
    seen = Counter(watch for post in posts for watch in matches(post))
    for watch in WATCHES:
        assert seen[watch.id] > 0.1 * len(posts)
    assert sum(not matches(post) for post in posts) > 0.1 * len(posts)


def test_sentences_about_a_maker_name_it_and_those_about_nothing_match_nothing() -> None:
    for (subject, _language, _mood), sentences in SENTENCES.items():
        for sentence in sentences:
            slots = dict.fromkeys(("m", "shop", "days", "price", "drink", "who", "part"), "–")
            said = sentence.format(b="Bouillance", **slots)
            post = msgspec.structs.replace(posts_of(told(1))[0], text=said, entities=Entities(), quoted=None)
            wanted = {"market": ["kettles"], "other": []}.get(subject, ["bouillance"])
            assert matches(post) == wanted, sentence


def test_what_was_taken_back_matches_no_watch() -> None:
    retracted = [post for post in posts_of(told()) if post.text in RETRACTIONS.values()]
    assert len(retracted) > 10
    assert all(post.op == "update" and not matches(post) for post in retracted)


def test_edits_that_add_something_still_match() -> None:
    added = tuple(text for texts in AFTERTHOUGHTS.values() for text in texts)
    edited = [post for post in posts_of(told()) if post.op == "update" and post.text.endswith(added)]
    assert len(edited) > 100
    assert sum(bool(matches(post)) for post in edited) > 0.6 * len(edited)


@pytest.mark.parametrize("faults", [False, True])
def test_the_model_finds_the_same_posts_as_the_matcher(faults: bool) -> None:
    posts = posts_of(told(faults=faults))
    for post in posts[:3000]:
        (held,) = expected([Received(post)], WATCHES).values() or (None,)
        assert list(held.watches if isinstance(held, Held) else ()) == matches(post), post.text


def negative(posts: Iterable[Post], maker: str) -> list[Post]:
    """Those that say something negative about a maker, with any filling of the slots."""
    sentences = [
        sentence
        for (subject, _language, mood), known in SENTENCES.items()
        for sentence in known
        if mood == "negative" and subject in {"brand", "scandal"}
    ]
    patterns = (re.escape(sentence).replace(r"\{b\}", maker) for sentence in sentences)
    bad = re.compile("|".join(re.sub(r"\\\{\w+\\\}", ".+", pattern) for pattern in patterns), re.IGNORECASE)
    return [post for post in posts if maker in post.text and bad.search(post.text)]


@pytest.mark.parametrize("hour", [3, 12, 20])
def test_a_bad_buzz_is_clear_within_90_seconds(hour: int) -> None:
    start = NOON.replace(hour=hour)
    posts = negative(live(90, start=start), "Bouillance")
    last_minute = sum(post.received_at > start + timedelta(seconds=30) for post in posts)
    before = sum(start - timedelta(seconds=60) <= post.received_at < start for post in posts)
    assert last_minute >= 30
    assert last_minute > 3 * before


def test_the_competitor_has_no_bad_buzz_then() -> None:
    posts = negative(live(90, start=NOON), "Boilwick")
    assert sum(post.received_at > NOON + timedelta(seconds=30) for post in posts) < 20
