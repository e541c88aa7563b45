"""Bluesky's stream over real websockets, from a stand-in for Jetstream on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluesky_reading import BEGIN, NOW, OVERLAP, TOLD, WIRES, HurriedClock, Reading, asked, broken, reading, what
from nobody import nobody_at
from served import SERVED
from veille.clock import Clock, FakeClock
from veille.errors import Corrupt, Misused
from veille.identity import EPOCH, microseconds
from veille.producers.bluesky import BlueskySource
from veille.producers.simulate.bluesky import FIRST, RETRY_AFTER_S, SECOND, Jetstream
from veille.producers.simulate.bluesky_faults import ENDING, Fault
from veille.producers.simulate.bluesky_faults import FAULTS as FAULT_KINDS
from veille.producers.simulate.bluesky_flow import POSTS, REPOSTS, FileFlow, WorldFlow
from veille.producers.source import Broken, Deleted, GapClosed, GapOpened, Ordered, Received, Reposted, Skipped
from veille.settings import BlueskySettings

FIXTURES = Path(__file__).parents[1] / "fixtures" / "bluesky"


@pytest.fixture
def clock() -> HurriedClock:
    return HurriedClock()


@WIRES
def test_all_posts_and_deletes_from_a_cursor_on_are_read_in_order(wire: str, clock: HurriedClock) -> None:
    with Jetstream(TOLD, clock) as stand_in, reading(stand_in, wire, clock, TOLD.cursor(0)) as source:
        source.until_told(TOLD.wanted[-1])
    assert [what(event) for event in source.of(Received, Reposted, Deleted)] == [TOLD.what(n) for n in TOLD.wanted]
    assert {"create", "update", "delete"} == {TOLD.what(n)[0] for n in TOLD.wanted}


@WIRES
def test_without_a_cursor_reading_begins_with_what_is_said_from_now_on(wire: str, clock: HurriedClock) -> None:
    live = WorldFlow(1, 0.2, clock.now() - timedelta(minutes=1))
    with Jetstream(live, clock) as stand_in, reading(stand_in, wire, clock) as source:
        event = source.until(lambda event: isinstance(event, Received))
    assert isinstance(event, Received)
    assert event.post.created_at > NOW - timedelta(seconds=1)
    assert not source.of(GapOpened)
    assert "cursor" not in asked(stand_in)[0]


@WIRES
def test_only_posts_and_reposts_are_asked_for(wire: str, clock: HurriedClock) -> None:
    with Jetstream(TOLD, clock) as stand_in, reading(stand_in, wire, clock, TOLD.cursor(0)) as source:
        source.until_told(TOLD.wanted[3])
    assert asked(stand_in)[0]["collections" if wire == SECOND else "wantedCollections"] == [POSTS, REPOSTS]


@WIRES
def test_after_a_cut_the_stream_is_replayed_from_a_little_before_it(wire: str, clock: HurriedClock) -> None:
    half = len(TOLD.wanted) // 2
    last = TOLD.wanted[half - 1]
    with broken({TOLD.wanted[half]: "cut"}, clock, wire) as (stand_in, source):
        source.until_told(TOLD.wanted[-1])
    assert stand_in.fired == {"cut": 1}
    resumed = int(asked(stand_in)[1]["cursor"][0])
    if wire == FIRST:
        assert resumed == microseconds(TOLD.times[last]) - 5_000_000
    else:
        assert resumed == 1  # five thousand before: the first there is
    opened, closed = source.of(GapOpened)[1], source.of(GapClosed)[1]
    assert opened == GapOpened(TOLD.times[last] - OVERLAP, "disconnected")
    assert closed.repaired
    told = [what(event) for event in source.of(Received, Reposted, Deleted)]
    assert len(told) > len(TOLD.wanted)
    assert list(dict.fromkeys(told)) == list(dict.fromkeys(TOLD.what(n) for n in TOLD.wanted))


@WIRES
def test_a_new_process_goes_on_from_the_cursor_of_any_event(wire: str, clock: HurriedClock) -> None:
    with Jetstream(TOLD, clock) as stand_in:
        with reading(stand_in, wire, clock, TOLD.cursor(0)) as source:
            left = source.until_told(TOLD.wanted[20])
        assert isinstance(left, Received | Reposted | Deleted)
        with reading(stand_in, wire, clock, left.cursor) as source:
            source.until_told(TOLD.wanted[-1])
    assert {TOLD.what(n) for n in TOLD.wanted[21:]} <= {what(event) for event in source.events}
    opened, closed = source.of(GapOpened), source.of(GapClosed)
    assert opened == [GapOpened(TOLD.times[TOLD.wanted[20]] - OVERLAP, "stopped")]
    assert [gap.repaired for gap in closed] == [True]


def test_a_cursor_of_one_wire_serves_the_other(clock: HurriedClock) -> None:
    with Jetstream(TOLD, clock) as stand_in:
        for one, other in ((FIRST, SECOND), (SECOND, FIRST)):
            with reading(stand_in, one, clock, TOLD.cursor(0)) as source:
                left = source.until_told(TOLD.wanted[20])
            assert isinstance(left, Received | Reposted | Deleted)
            with reading(stand_in, other, clock, left.cursor) as source:
                source.until_told(TOLD.wanted[-1])
            assert {TOLD.what(n) for n in TOLD.wanted[21:]} <= {what(event) for event in source.events}
            assert source.of(GapClosed)[0].repaired


def test_a_number_of_another_archive_is_not_trusted(clock: HurriedClock) -> None:
    with Jetstream(TOLD, clock) as stand_in:
        host = urlsplit(stand_in.url()).netloc
        for seq in (1_000_000, 5_100):
            cursor = f"{TOLD.cursor(10)}:{seq}@{host}"
            with reading(stand_in, SECOND, clock, cursor) as source:
                source.until_told(TOLD.wanted[-1])
            assert source.of(GapClosed)[0].repaired
            assert {TOLD.what(n) for n in TOLD.wanted if n > 10} <= {what(event) for event in source.events}
            by_time = str(microseconds(TOLD.times[10]) - 5_000_000)
            assert [query["cursor"] for query in asked(stand_in)][-2:] == [[str(seq - 5_000)], [by_time]]


@WIRES
def test_what_is_no_longer_kept_is_a_gap_that_stays(wire: str, clock: HurriedClock) -> None:
    with Jetstream(TOLD, clock) as stand_in:
        stand_in.oldest = 60
        with reading(stand_in, wire, clock, TOLD.cursor(0)) as source:
            source.until_told(TOLD.wanted[-1])
    first = next(n for n in TOLD.wanted if n >= 60)
    assert source.of(GapOpened, GapClosed) == [
        GapOpened(BEGIN - OVERLAP, "stopped"),
        GapClosed(TOLD.times[first], repaired=False),
    ]
    assert [what(event) for event in source.of(Received, Reposted, Deleted)] == [
        TOLD.what(n) for n in TOLD.wanted if n >= 60
    ]


def test_a_number_that_is_no_longer_kept_is_asked_for_by_time(clock: HurriedClock) -> None:
    with Jetstream(TOLD, clock) as stand_in:
        stand_in.oldest = 60
        cursor = f"{TOLD.cursor(300)}:5060@{urlsplit(stand_in.url()).netloc}"
        with reading(stand_in, SECOND, clock, cursor) as source:
            source.until_told(TOLD.wanted[-1])
        assert [query["cursor"] for query in asked(stand_in)] == [
            ["60"],
            [str(microseconds(TOLD.times[300] - OVERLAP))],
        ]
    assert source.of(GapClosed)[0].repaired
    assert {TOLD.what(n) for n in TOLD.wanted if n > 300} <= {what(event) for event in source.events}


@WIRES
def test_silence_is_noticed_and_ended(wire: str, clock: HurriedClock) -> None:
    with broken({TOLD.wanted[30]: "stall"}, clock, wire) as (stand_in, source):
        source.until_told(TOLD.wanted[-1])
    assert stand_in.fired == {"stall": 1}
    assert source.of(GapOpened)[1] == GapOpened(TOLD.times[TOLD.wanted[29]] - OVERLAP, "stalled")
    assert source.of(GapClosed)[1].repaired
    assert {what(event) for event in source.events} >= {TOLD.what(n) for n in TOLD.wanted}


@WIRES
def test_a_frame_that_is_cut_off_or_of_an_unknown_kind_disturbs_nothing_else(wire: str, clock: HurriedClock) -> None:
    faults: dict[int, Fault] = {TOLD.wanted[5]: "truncated", TOLD.wanted[9]: "unknown"}
    with (
        Jetstream(TOLD, clock, faults=faults.get) as stand_in,
        reading(stand_in, wire, clock, TOLD.cursor(0)) as source,
    ):
        source.until_told(TOLD.wanted[-1])
    assert [event.reason for event in source.of(Broken)] == ["not_json"]
    assert [(event.reason, event.kind) for event in source.of(Skipped)] == [("unknown_kind", "wave")]
    assert [what(event) for event in source.of(Received, Reposted, Deleted)] == [TOLD.what(n) for n in TOLD.wanted]
    assert len(stand_in.asked) == 1


@WIRES
def test_an_event_that_was_late_when_the_connection_broke_is_not_lost(wire: str, clock: HurriedClock) -> None:
    late = TOLD.wanted[30]
    broke = next(n for n in TOLD.wanted if n > late + 1)
    with broken({late: "reorder", broke: "cut"}, clock, wire) as (stand_in, source):
        source.until_told(late)
    assert stand_in.fired == {"reorder": 1, "cut": 1}


@WIRES
def test_a_connection_that_ends_in_good_order_is_opened_again(wire: str, clock: HurriedClock) -> None:
    with broken({TOLD.wanted[30]: "close"}, clock, wire) as (_, source):
        source.until_told(TOLD.wanted[-1])
    assert source.of(GapOpened)[1].cause == ("limited" if wire == SECOND else "disconnected")
    assert source.of(GapClosed)[1].repaired


def test_a_server_that_says_when_to_come_again_is_taken_at_its_word() -> None:
    clock = FakeClock(NOW)
    with Jetstream(TOLD, HurriedClock()) as stand_in:
        stand_in.busy = 3
        source = BlueskySource(BlueskySettings(stand_in.url()), clock)
        for event in source.read(TOLD.cursor(0)):
            if isinstance(event, Received):
                source.close()
    assert len(stand_in.asked) == 4
    assert clock.monotonic() == 3 * RETRY_AFTER_S


def away(port: int, clock: Clock, cursor: str | None = None) -> Reading:
    return Reading(BlueskySource(BlueskySettings(f"ws://127.0.0.1:{port}{FIRST}"), clock), cursor)


def test_a_server_that_is_away_is_waited_for(clock: HurriedClock) -> None:
    with nobody_at() as port, away(port, clock, TOLD.cursor(0)) as source:
        source.until(lambda event: isinstance(event, GapOpened))
        with Jetstream(TOLD, clock, port=port):
            source.until_told(TOLD.wanted[-1])
    assert source.of(GapOpened, GapClosed)[0].cause == "stopped"
    assert len(source.of(GapOpened)) == len(source.of(GapClosed)) == 1


def test_what_was_missed_before_the_first_connection_is_a_gap_that_stays(clock: HurriedClock) -> None:
    with nobody_at() as port, away(port, clock) as source:
        opened = source.until(lambda event: isinstance(event, GapOpened))
        with Jetstream(WorldFlow(1, 2, clock.now()), clock, port=port):
            closed = source.until(lambda event: isinstance(event, GapClosed))
    assert isinstance(opened, GapOpened)
    assert opened.cause == "disconnected"
    assert isinstance(closed, GapClosed)
    assert closed.until > opened.since
    assert not closed.repaired


def test_pauses_double_up_to_a_minute_and_are_a_random_part_of_that() -> None:
    clock, drawn = FakeClock(), list[float]()

    def jitter() -> float:
        drawn.append(clock.monotonic())
        if len(drawn) == 9:
            source.close()
        return 1.0 if len(drawn) < 8 else 0.5

    with nobody_at() as port:
        source = BlueskySource(BlueskySettings(f"ws://127.0.0.1:{port}{FIRST}"), clock, jitter=jitter)
        told = list(source.read(None))
    assert told == [GapOpened(clock.now() - timedelta(seconds=clock.monotonic()), "disconnected")]
    assert [later - earlier for earlier, later in pairwise(drawn)] == [1, 2, 4, 8, 16, 32, 60, 30]


def test_a_server_that_breaks_off_again_and_again_is_asked_ever_more_rarely(clock: HurriedClock) -> None:
    faults: dict[int, Fault] = dict.fromkeys(TOLD.wanted[:6], "close")
    drawn: list[float] = []

    def jitter() -> float:
        drawn.append(clock.monotonic())
        return 1.0

    with Jetstream(TOLD, clock, faults=faults.get) as stand_in:
        source = BlueskySource(BlueskySettings(stand_in.url()), clock, jitter=jitter)
        for _ in source.read(TOLD.cursor(0)):
            if len(drawn) == 5:
                source.close()
    assert [round(later - earlier) for earlier, later in pairwise(drawn)] == [1, 2, 4, 8]


@pytest.mark.parametrize("path", ["/", "/xrpc/network.bsky.jetstream.subscribe"])
def test_an_address_that_is_none_of_jetstream_is_told_so(path: str, clock: HurriedClock) -> None:
    with Jetstream(TOLD, clock) as stand_in:
        source = BlueskySource(BlueskySettings(stand_in.url(path)), clock)
        with pytest.raises(Misused, match=r"sources\.bluesky\.url: ws://127.* answers with HTTP status 404; expected"):
            next(iter(source.read(None)))


@pytest.mark.parametrize("cursor", ["", "yesterday", "-1", "12345", "1795562135107598:3"])
def test_a_cursor_that_is_none_stops_the_source(cursor: str, clock: HurriedClock) -> None:
    source = BlueskySource(BlueskySettings("ws://127.0.0.1:1/subscribe"), clock)
    with pytest.raises(Corrupt, match="expected microseconds since 1970"):
        next(iter(source.read(cursor)))


@WIRES
def test_closing_ends_reading_within_moments(wire: str, clock: HurriedClock) -> None:
    silent: dict[int, Fault] = {TOLD.wanted[3]: "stall"}
    with broken(silent, clock, wire) as (_, source):
        source.until_told(TOLD.wanted[2])
        assert source.end() < 3
        assert min(source.end() for _ in range(9)) < 0.1  # one of them not held up by the machine


def test_closing_ends_a_pause_between_two_connections() -> None:
    class Slow(HurriedClock):
        SPEED = 1.0

    with nobody_at() as port:
        settings = BlueskySettings(f"ws://127.0.0.1:{port}{FIRST}")
        source = Reading(BlueskySource(settings, Slow(), jitter=lambda: 30.0))
        source.until(lambda event: isinstance(event, GapOpened))
        assert source.end() < 3


@WIRES
def test_a_recording_is_served_as_it_was(wire: str) -> None:
    clock = HurriedClock(datetime(2026, 7, 5, tzinfo=UTC))
    flow = FileFlow(FIXTURES / "jetstream_v1.jsonl", clock.now())
    with Jetstream(flow, clock) as stand_in, reading(stand_in, wire, clock, "1783175888085434") as source:
        source.until(lambda _: len(source.of(Skipped)) == len(source.of(Ordered)) == 1)
    assert len(source.of(Received)) == 17
    assert len(source.of(Deleted)) == 1


FAULTS = st.sampled_from(sorted(FAULT_KINDS.keys() - ENDING))
SCHEDULES = st.dictionaries(st.sampled_from(TOLD.wanted[1:-4]), FAULTS, max_size=5)


@WIRES
@settings(SERVED, max_examples=6)
@given(schedule=SCHEDULES)
def test_whatever_goes_wrong_every_post_is_read_or_lies_in_a_gap_that_stays(
    wire: str, schedule: dict[int, Fault]
) -> None:
    clock = HurriedClock()
    with broken(schedule, clock, wire) as (stand_in, source):
        source.until_told(TOLD.wanted[-1])
    got = {what(event) for event in source.events}
    gaps = list(unrepaired(source.of(GapOpened, GapClosed)))
    lost = [n for n in TOLD.wanted if TOLD.what(n) not in got]
    assert all(any(since <= TOLD.times[n] <= until for since, until in gaps) for n in lost)
    assert lost == [] or "forget" in schedule.values()
    assert got - {None} <= {TOLD.what(n) for n in TOLD.wanted}
    assert len(source.of(Broken)) == stand_in.fired["truncated"]
    assert sum(event.reason == "unknown_kind" for event in source.of(Skipped)) == stand_in.fired["unknown"]
    assert stand_in.fired.total() + sum(n in lost for n in schedule if schedule[n] != "forget") >= len(schedule)


def unrepaired(events: list[GapOpened | GapClosed]) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of the gaps that stayed; they come in pairs."""
    for opened, closed in zip(events[::2], events[1::2], strict=True):
        assert isinstance(opened, GapOpened)
        assert isinstance(closed, GapClosed)
        if not closed.repaired:
            yield opened.since, closed.until


def test_cursors_never_go_back(clock: HurriedClock) -> None:
    faults: dict[int, Fault] = {TOLD.wanted[20]: "cut", TOLD.wanted[40]: "reorder"}
    with (
        Jetstream(TOLD, clock, faults=faults.get) as stand_in,
        reading(stand_in, FIRST, clock, TOLD.cursor(0)) as source,
    ):
        source.until_told(TOLD.wanted[-1])
    cursors = [int(event.cursor) for event in source.of(Received, Reposted, Deleted)]
    assert cursors == sorted(cursors)
    assert EPOCH + timedelta(microseconds=cursors[-1]) == TOLD.times[TOLD.wanted[-1]]
