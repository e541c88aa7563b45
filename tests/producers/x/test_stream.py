"""The filtered stream over real HTTP, against the stand-in: what it brings, and what it does when X falls short.

tweepy alone fails each test of the part "where tweepy falls short". Time is a fake clock, but for what TCP measures.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.clock import Clock, FakeClock, SystemClock
from veille.errors import Misused
from veille.identity import snowflake_time
from veille.producers.simulate.x import XStandIn
from veille.producers.simulate.x_faults import REFUSALS, TOO_MANY_CONNECTIONS, Fault, Refusal
from veille.producers.simulate.x_posts import Inventor
from veille.producers.source import Broken, Event, GapClosed, GapOpened, Received, Skipped
from veille.producers.x import XSource
from veille.producers.x.payload import read_line
from veille.settings import Watch, XSettings

WATCHES = (Watch("acme", "brand", "acme OR #acme"), Watch("kettle", "market", '"electric kettle" OR bouilloire'))
DEADLINE_S = 20.0
STALL_S = 0.5
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Reading:
    """A source read in a thread of its own, as the publisher does; leaving the block closes it."""

    def __init__(self, source: XSource, cursor: str | None = None) -> None:
        self.source = source
        self.events: list[Event] = []
        self.error: Exception | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(cursor,))

    def _read(self, cursor: str | None) -> None:
        try:
            for event in self.source.read(cursor):
                with self._changed:
                    self.events.append(event)
                    self._changed.notify_all()
        except Misused as error:
            self.error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def until(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, DEADLINE_S), [type(event).__name__ for event in self.events[-20:]]

    def ended(self) -> bool:
        return self._ended

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in list(self.events) if isinstance(event, kind)]

    def ids(self) -> list[str]:
        return [event.post.native_id for event in self.of(Received)]

    def __enter__(self) -> Reading:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.source.close()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()


class World:
    """The stand-in, somebody who posts, and the source that reads it."""

    def __init__(self, x: XStandIn, clock: Clock) -> None:
        self.x, self.clock = x, clock
        self._inventor = Inventor(7, clock.now)

    def source(self, watches: Sequence[Watch] = WATCHES, *, token: str = "any", stall_s: float = STALL_S) -> XSource:
        return XSource(XSettings(token, self.x.url), watches, self.clock, stall_s=stall_s)

    def post(self, number: int = 1) -> None:
        """Publish so many posts that rules match, once a stream is open."""
        self.listened()
        for _ in range(number):
            while not self.x.project.publish(self._inventor.message([q.tree for q in self.x.project.queries])):
                pass

    def listened(self) -> None:
        wait_for(lambda: self.x.project.listened)

    def waits(self) -> list[float]:
        """Seconds from each request for the stream to the next."""
        return [round(later - earlier, 3) for earlier, later in itertools.pairwise(self.x.connected_at)]


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


@contextmanager
def world(*faults: Fault | None, clock: Clock | None = None) -> Iterator[World]:
    """`faults` befall the first lines of the stream, one each."""
    clock = clock or FakeClock(NOW)
    plan = itertools.chain(faults, itertools.repeat(None))
    with XStandIn(faults=plan, keep_alive_s=0.05, clock=clock) as x:
        yield World(x, clock)


# --- what it brings -------------------------------------------------------------------------------------------------


def test_posts_come_with_the_watches_that_x_says_matched_and_with_a_cursor() -> None:
    with world() as w, Reading(w.source()) as reading:
        w.post(50)
        reading.until(lambda: len(reading.events) == 50)
        assert reading.ids() == [published.id for published in w.x.project.published]
        rules = {rule["id"]: rule["tag"].removeprefix("veille:") for rule in w.x.project.rules()}
        for event in reading.of(Received):
            assert event.trusted
            assert event.cursor == event.post.native_id
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
        messages = [Inventor(1, w.clock.now).message([w.x.project.queries[0].tree]) for _ in range(2)]
        messages[1]["data"]["id"] = str(int(messages[0]["data"]["id"]) - 5)
        for message in messages:
            w.x.project.publish(message)
        reading.until(lambda: len(reading.events) == 2)
        assert [event.cursor for event in reading.of(Received)] == [messages[0]["data"]["id"]] * 2


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
    cursor = "1984600000000000000"
    with world() as w, Reading(w.source(), cursor) as reading:
        reading.until(lambda: len(reading.events) == 2)
        opened, closed = reading.events
        made = snowflake_time(cursor)
        assert made is not None
        assert opened == GapOpened(made - timedelta(seconds=10), "stopped")
        assert closed == GapClosed(NOW, repaired=False)


def test_a_cursor_of_the_stand_in_means_nothing_to_x() -> None:
    with world() as w, Reading(w.source(), "9300000000000000001") as reading:
        w.listened()
        w.x.project.publish({"data": {"id": "1984600000000000000", "text": "acme", "author_id": "1"}})
        reading.until(lambda: len(reading.events) == 1)
        assert reading.of(Received)[0].cursor == "1984600000000000000"


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
    ],
    ids=lambda value: getattr(value, "value", value),
)
def test_every_disconnection_is_one_gap_that_closes_when_the_stream_is_open_again(fault: Fault, cause: str) -> None:
    with world(None, fault) as w, Reading(w.source()) as reading:
        w.post(2)
        reading.until(lambda: bool(reading.of(GapClosed)))
        w.post()
        reading.until(lambda: len(reading.ids()) == 2)
        assert reading.of(GapOpened) == [GapOpened(NOW - timedelta(seconds=10), cause)]
        (closed,) = reading.of(GapClosed)
        assert not closed.repaired
        assert closed.until == w.clock.now()
        first, lost, last = (published.id for published in w.x.project.published)
        assert reading.ids() == [first, last]
        assert lost not in reading.ids()
        assert w.x.fired == [fault]


def test_a_stream_that_cannot_be_opened_at_the_start_is_a_gap_too() -> None:
    with world() as w:
        w.x.refusals.append(REFUSALS[Fault.UNAVAILABLE])
        with Reading(w.source()) as reading:
            reading.until(lambda: len(reading.events) == 2)
        assert reading.events == [
            GapOpened(NOW - timedelta(seconds=10), "unavailable"),
            GapClosed(NOW + timedelta(seconds=5), repaired=False),
        ]


# --- where tweepy falls short ---------------------------------------------------------------------------------------


def test_a_line_that_cannot_be_read_is_one_dead_letter_and_the_stream_goes_on() -> None:
    with world(None, Fault.TRUNCATED, None) as w, Reading(w.source()) as reading:
        w.post(3)
        reading.until(lambda: len(reading.events) == 4)
        (broken,) = reading.of(Broken)
        assert broken.reason == "not_json"
        assert broken.raw.startswith(b'{"data": {"id": ')
        assert len(reading.ids()) == 3
        assert len(w.x.connected_at) == 1


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.CUT], ids=["closed", "reset"])
def test_streams_that_end_at_once_are_tried_again_with_the_pauses_that_x_asks_for(fault: Fault) -> None:
    with world(*[fault] * 6) as w, Reading(w.source()) as reading:
        for number in range(1, 7):
            w.post()
            wait_for(lambda number=number: len(w.x.connected_at) == number + 1)  # type: ignore[misc]  # mypy knows no defaults here
        assert w.waits() == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
        assert len(reading.of(GapOpened)) == 6


def test_a_429_without_a_reset_is_waited_for_longer_each_time() -> None:
    with world() as w:
        w.x.refusals.extend([Refusal(429, {"title": "Too Many Requests"})] * 5)
        with Reading(w.source()) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert w.waits() == [60.0, 120.0, 240.0, 480.0, 900.0]
        assert reading.of(GapOpened)[0].cause == "limited"


def test_a_429_with_a_reset_is_waited_for_until_then() -> None:
    with world() as w:
        w.x.refusals.append(Refusal(429, {"title": "Too Many Requests"}, 700.0))
        with Reading(w.source()) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert w.waits() == [701.0]


def test_a_429_about_rules_without_a_reset_is_waited_for_too() -> None:
    with world() as w:
        w.x.rule_refusals.extend([Refusal(429, {"title": "Too Many Requests"})] * 2)
        with Reading(w.source()) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert w.x.connected_at == [pytest.approx(180.0)]


# --- other refusals -------------------------------------------------------------------------------------------------


def test_a_5xx_is_waited_for_twice_as_long_each_time() -> None:
    with world() as w:
        w.x.refusals.extend([Refusal(503, {})] * 8)
        with Reading(w.source()) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert w.waits() == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 320.0]


def test_a_dead_connection_that_x_still_counts_is_waited_for() -> None:
    with world() as w:
        w.x.refusals.extend([TOO_MANY_CONNECTIONS] * 2)
        with Reading(w.source()) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert w.waits() == [60.0, 120.0]


def test_a_second_reader_of_one_app_is_kept_out_and_gets_in_when_the_first_leaves() -> None:
    with world() as w, Reading(w.source()) as first:
        w.listened()
        with Reading(w.source()) as second:
            second.until(lambda: bool(second.of(GapOpened)))
            assert second.of(GapOpened)[0].cause == "limited"
            first.source.close()
            second.until(lambda: bool(second.of(GapClosed)))


CAPPED = {
    "title": "UsageCapExceeded",
    "detail": "Usage cap exceeded: Monthly product cap",
    "type": "https://api.x.com/2/problems/usage-capped",
}


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal(401, {"title": "Unauthorized"}), "VEILLE_X_BEARER_TOKEN"),
        (Refusal(402, {"title": "Payment Required", "detail": "no credits"}), "X says: no credits"),
        (Refusal(403, {"title": "Client Forbidden"}), "project whose plan has it"),
        (Refusal(404, {}), "sources.x.base_url"),
        (Refusal(429, CAPPED), "this cycle"),
        (Refusal(403, CAPPED), "this cycle"),
    ],
)
@pytest.mark.parametrize("asked", ["stream", "rules"])
def test_what_only_a_person_can_mend_ends_the_source_and_says_how(refusal: Refusal, words: str, asked: str) -> None:
    with world() as w:
        (w.x.refusals if asked == "stream" else w.x.rule_refusals).append(refusal)
        with Reading(w.source()) as reading:
            reading.until(reading.ended)
        assert isinstance(reading.error, Misused)
        assert words in str(reading.error)
        assert len(w.x.connected_at) == (asked == "stream")


def test_a_usage_cap_that_is_told_in_the_stream_ends_the_source() -> None:
    with world() as w, Reading(w.source()) as reading:
        w.listened()
        w.x.project.send(json.dumps({"errors": [CAPPED]}).encode())
        reading.until(reading.ended)
    assert "this cycle" in str(reading.error)


def test_what_the_stream_tells_of_its_end_is_no_post_and_no_dead_letter() -> None:
    with world(Fault.TOLD) as w, Reading(w.source()) as reading:
        w.post()
        reading.until(lambda: bool(reading.of(GapClosed)))
        assert reading.of(Skipped) == [Skipped("not_a_post", "operational-disconnect")]
        assert not reading.of(Broken)


def test_a_wrong_token_is_refused() -> None:
    with XStandIn(token="right", clock=FakeClock(NOW)) as x:
        with Reading(XSource(XSettings("wrong", x.url), WATCHES, x.clock)) as reading:
            reading.until(reading.ended)
        assert "401" in str(reading.error)
        assert "wrong" not in str(reading.error)


@pytest.mark.parametrize("token", ["", "two words", "with\nbreak", "clé"])
def test_a_token_that_cannot_be_one_is_told_before_anything_is_sent(token: str) -> None:
    with pytest.raises(Misused, match="VEILLE_X_BEARER_TOKEN"):
        XSource(XSettings(token, "http://127.0.0.1:1"), WATCHES, FakeClock())


# --- ending ---------------------------------------------------------------------------------------------------------


def test_a_quiet_stream_ends_at_once_when_it_is_closed() -> None:
    with XStandIn() as x, Reading(XSource(XSettings("any", x.url), WATCHES, x.clock)) as reading:
        wait_for(lambda: x.project.listened)
        before = time.monotonic()  # its next keep-alive is 20 s away
        reading.source.close()
        reading.until(reading.ended)
        wait_for(lambda: not x.project.listened)  # else X would count it on
        assert time.monotonic() - before < 2


def test_a_long_wait_ends_at_once_when_the_source_is_closed() -> None:
    with world(clock=SystemClock()) as w:
        w.x.refusals.append(TOO_MANY_CONNECTIONS)
        with Reading(w.source()) as reading:
            reading.until(lambda: bool(reading.of(GapOpened)))
            before = time.monotonic()
            reading.source.close()
            reading.until(reading.ended)
            assert time.monotonic() - before < 2


# --- any of it, in any order ----------------------------------------------------------------------------------------

FAULTS = st.lists(st.sampled_from([None, *Fault]), max_size=12)


@settings(max_examples=25, deadline=None)
@given(faults=FAULTS)
def test_whatever_befalls_the_stream_each_post_has_come_or_lies_in_a_gap_that_was_told(
    faults: list[Fault | None],
) -> None:
    with world(*faults) as w, Reading(w.source(stall_s=0.2)) as reading:
        for _ in range(len(faults) + 2):
            gaps_before = len(reading.of(GapClosed))
            w.post()
            last = w.x.project.published[-1].id
            reading.until(lambda: last in reading.ids() or len(reading.of(GapClosed)) > gaps_before)  # noqa: B023  # used at once
            w.clock.wait(30)
        reading.until(lambda: w.x.project.published[-1].id in reading.ids())
        gaps = list(zip(reading.of(GapOpened), reading.of(GapClosed), strict=True))
        for published in w.x.project.published:
            told = any(opened.since <= published.at <= closed.until for opened, closed in gaps)
            assert published.id in reading.ids() or told
        assert set(reading.ids()) <= {published.id for published in w.x.project.published}
        assert len(reading.of(Broken)) == w.x.fired.count(Fault.TRUNCATED)
