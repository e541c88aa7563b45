"""Bluesky's bad days: whatever goes wrong, and whenever the process dies, every post is published or in a gap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluesky_reading import BEGIN, OVERLAP, TOLD, WIRES, HurriedClock, Told, asked, broken, reading, what
from served import SERVED
from veille.gap import Gap
from veille.identity import microseconds
from veille.post import Post, decode
from veille.producers.bluesky import BlueskySource
from veille.producers.cursors import CursorRecord
from veille.producers.judge import BROKEN_RUN, Judge
from veille.producers.simulate.bluesky import FIRST, SECOND, Jetstream
from veille.producers.simulate.bluesky_faults import ENDING, FAULTS, Fault
from veille.producers.simulate.bluesky_flow import POSTS, REPOSTS, WorldFlow
from veille.producers.source import GapClosed, GapOpened, Received, Reposted
from veille.settings import BlueskySettings, KafkaSettings

KAFKA = KafkaSettings(servers=("127.0.0.1:1",))
SAVED_EVERY = 7
"""Events between two cursors that outlive a crash."""


@pytest.fixture
def clock() -> HurriedClock:
    return HurriedClock()


@WIRES
@pytest.mark.parametrize("fault", ["busy", "away"])
def test_a_server_that_turns_the_next_connections_away_is_asked_again(
    fault: Fault, wire: str, clock: HurriedClock
) -> None:
    with broken({TOLD.wanted[30]: fault}, clock, wire) as (stand_in, source):
        source.until_told(TOLD.wanted[-1])
    assert stand_in.fired == {fault: 1}
    assert len(stand_in.asked) == 5
    assert len(source.of(GapOpened)) == len(source.of(GapClosed)) == 2
    assert source.of(GapClosed)[1].repaired


@WIRES
def test_a_frame_that_comes_slowly_is_waited_for(wire: str, clock: HurriedClock) -> None:
    with broken({TOLD.wanted[30]: "drip"}, clock, wire) as (stand_in, source):
        source.until_told(TOLD.wanted[-1])
    assert stand_in.fired == {"drip": 1}
    assert len(stand_in.asked) == 1
    assert [what(event) for event in source.of(Received, Reposted)] == [
        TOLD.what(n) for n in TOLD.wanted if TOLD.what(n)[0] != "delete"
    ]


@WIRES
def test_a_clock_that_is_wrong_for_a_moment_moves_no_cursor(wire: str, clock: HurriedClock) -> None:
    skewed, last = TOLD.wanted[30], TOLD.wanted[31]
    with broken({skewed: "skew", TOLD.wanted[32]: "cut"}, clock, wire) as (stand_in, source):
        source.until_told(TOLD.wanted[-1])
    assert stand_in.fired == {"skew": 1, "cut": 1}
    assert {TOLD.what(n) for n in TOLD.wanted} <= {what(event) for event in source.events}
    assert source.of(GapOpened)[1].since == TOLD.times[last] - OVERLAP
    if wire == FIRST:
        assert asked(stand_in)[1]["cursor"] == [str(microseconds(TOLD.times[last] - OVERLAP))]


@WIRES
def test_where_hardly_anything_is_said_cursors_move_on_all_the_same(wire: str, clock: HurriedClock) -> None:
    sparse = Told(end=80, rate=0.05)
    with Jetstream(sparse, clock) as stand_in, reading(stand_in, wire, clock, sparse.cursor(0)) as source:
        source.until(lambda event: what(event) == sparse.what(sparse.wanted[-1]))
    cursors = [int(event.cursor.partition(":")[0]) for event in source.of(Received, Reposted)]
    assert cursors == sorted(cursors)
    assert cursors[-1] >= microseconds(sparse.times[sparse.wanted[-4]])


@WIRES
def test_a_change_of_format_stops_the_source_and_says_why(wire: str, clock: HurriedClock) -> None:
    flow = WorldFlow(7, 60.0, BEGIN, 6_000)
    judge = Judge(CursorRecord(source="bluesky"), KAFKA, (), clock, lambda _: set(), in_order=True)
    faults: dict[int, Fault] = dict.fromkeys(range(200, 260), "format")
    with Jetstream(flow, clock, faults=faults.get) as stand_in:
        source = BlueskySource(BlueskySettings(stand_in.url(wire)), clock)
        for event in source.read(str(microseconds(BEGIN))):
            judge.rows([event])
            if judge.exhausted:
                source.close()
    assert judge.exhausted.startswith(f"the source bluesky gave {BROKEN_RUN:,} records in a row that cannot be used")
    assert "veille dead list" in judge.exhausted
    assert judge.counts.out > 0


class Published:
    """What the brokers were given, and the gaps that were told."""

    def __init__(self) -> None:
        self.effect: dict[str, tuple[int, Post | None]] = {}
        """By doc id, the highest version and what it is; None: deleted."""
        self.gaps: dict[str, Gap] = {}

    def add(self, judge: Judge, event: object) -> None:
        for row in judge.rows([event]):  # type: ignore[list-item]  # whatever a source yields
            if row.topic.endswith("gaps.v1"):
                gap = msgspec.json.decode(row.value or b"", type=Gap)
                self.gaps[gap.id] = gap
            elif row.topic.endswith("posts.v1"):
                version = int(dict(row.headers)["version"])
                key = (row.key or b"").decode()
                if version >= self.effect.get(key, (0, None))[0]:
                    self.effect[key] = version, decode(row.value) if row.value else None

    def stored(self, doc_id: str) -> Post | None:
        """What is in effect; None: nothing, or a delete."""
        return self.effect.get(doc_id, (0, None))[1]

    def text(self, doc_id: str) -> str | None:
        """Its text."""
        post = self.stored(doc_id)
        return None if post is None else post.text

    def reposts_of(self, _source: str, native_id: str) -> set[str]:
        """Doc ids of what is in effect and repeats a post."""
        return {
            doc_id for doc_id, (_, post) in self.effect.items() if post is not None and post.ref.repost_of == native_id
        }

    def held(self, doc_ids: object) -> set[str]:
        assert isinstance(doc_ids, list | set)
        return {doc_id for doc_id in doc_ids if self.text(doc_id) is not None}

    def missed(self) -> list[tuple[datetime, datetime]]:
        """The gaps that stayed; one that is open has no end."""
        stayed = [gap for gap in self.gaps.values() if not gap.repaired]
        return [(gap.since, gap.until or datetime.max.replace(tzinfo=BEGIN.tzinfo)) for gap in stayed]


def lived(stand_in: Jetstream, wire: str, clock: HurriedClock, deaths: list[int]) -> Published:
    """Read all there is, by one process after the other; each dies after so many events, its last cursor some older."""
    published = Published()
    latest = CursorRecord(source="bluesky", cursor=TOLD.cursor(TOLD.wanted[0]))
    for death in [*deaths, None]:
        stored, reposts_of = published.stored, published.reposts_of
        judge = Judge(latest, KAFKA, (), clock, published.held, in_order=True, stored=stored, reposts_of=reposts_of)
        source = BlueskySource(BlueskySettings(stand_in.url(wire)), clock)
        for number, event in enumerate(source.read(latest.cursor), 1):
            published.add(judge, event)
            if number % SAVED_EVERY == 0:
                latest = judge.record("one of them")
                latest = msgspec.json.decode(msgspec.json.encode(latest), type=CursorRecord)
            if number == death or (death is None and what(event) == TOLD.what(TOLD.wanted[-1])):
                source.close()
                break
    return published


def states(doc_id: str) -> Iterator[tuple[int, str | None]]:
    """What happened to a post, the last first: number of the event, and the text after it."""
    for number in reversed(TOLD.wanted):
        operation, of, text = TOLD.what(number)
        if of == doc_id:
            yield number, None if operation == "delete" else text


@settings(SERVED, max_examples=8)
@given(
    wire=st.sampled_from([FIRST, SECOND]),
    schedule=st.dictionaries(
        st.sampled_from(TOLD.wanted[1:-4]), st.sampled_from(sorted(FAULTS.keys() - ENDING)), max_size=5
    ),
    deaths=st.lists(st.integers(1, 120), max_size=2),
)
def test_whatever_goes_wrong_and_whenever_it_dies_every_post_is_in_effect_or_in_a_gap_that_stays(
    wire: str, schedule: dict[int, Fault], deaths: list[int]
) -> None:
    clock = HurriedClock()
    with Jetstream(TOLD, clock, faults=schedule.get) as stand_in:
        published = lived(stand_in, wire, clock, deaths)
    missed = published.missed()
    for doc_id in {TOLD.what(number)[1] for number in TOLD.wanted}:
        if "/repost/" in doc_id:
            continue
        for number, text in states(doc_id):
            if published.text(doc_id) == text:
                break
            assert any(since <= TOLD.times[number] <= until for since, until in missed), (doc_id, number)
    if "forget" not in schedule.values():
        assert missed == []
    reposts_agree(published, complete=not {"forget", "reorder"} & set(schedule.values()))


def reposts_agree(published: Published, *, complete: bool) -> None:
    """A repost is in effect as long as it and what it repeats are, and has a text which that had.

    `complete`: nothing was lost, nor out of order; a repost that comes before what it repeats is left out.
    """
    gone = {TOLD.what(number)[1] for number in TOLD.wanted if TOLD.what(number)[0] == "delete"}
    found = 0
    for number in TOLD.wanted:
        if (original := TOLD.repeated(number)) is None:
            continue
        doc_id = TOLD.what(number)[1]
        post = published.stored(doc_id)
        before = [n for n, _ in states(original) if n < number]
        if complete:
            assert (post is not None) == (bool(before) and doc_id not in gone and original not in gone), doc_id
        if post is not None:
            found += 1
            assert original not in gone or not complete
            assert post.text in {text for _, text in states(original)}
            assert post.ref.repost_of == f"at://{original[8:].replace('/', f'/{POSTS}/')}"
            assert (post.kind, post.native_id.split("/")[3]) == ("repost", REPOSTS)
    assert found or not complete
