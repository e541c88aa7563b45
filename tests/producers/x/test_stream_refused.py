"""Where tweepy or X falls short: the filtered stream goes on, waits as X asks, or ends and says how to mend it.

tweepy alone fails each test of the part "where tweepy falls short". Time is a fake clock, but for what TCP measures.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaited import until
from served import SERVED
from veille.clock import FakeClock
from veille.errors import Misused
from veille.producers.simulate.x import XStandIn
from veille.producers.simulate.x_faults import TOO_MANY_CONNECTIONS, Fault, Refusal
from veille.producers.source import Broken, GapClosed, GapOpened, Skipped
from veille.producers.x.backoff import Backoff
from veille.producers.x.stream import XSource
from veille.settings import XSettings
from x_reading import NOW, WATCHES, Reading, world

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
            until(lambda number=number: len(w.x.connected_at) == number + 1)  # type: ignore[misc]  # mypy knows no defaults here
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
        assert [(each.reason, each.kind) for each in reading.of(Skipped)] == [("not_a_post", "operational-disconnect")]
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


# --- the schedule of X ----------------------------------------------------------------------------------------------


def schedule(refusals: Sequence[Refusal]) -> list[float]:
    """Seconds between two requests as X's page on disconnections has them, from the refusals in a row."""
    waits: list[float] = []
    http = limited = 0
    for refusal in refusals:
        if refusal.status != 429:
            waits.append(min(5.0 * 2**http, 320.0))
            http += 1
        else:
            waits.append(min(60.0 * 2**limited, 900.0) if refusal.reset_in is None else refusal.reset_in + 1)
            limited += 1
    return waits


REFUSED = st.builds(Refusal, st.sampled_from([500, 502, 503, 504]), st.just({})) | st.builds(
    Refusal, st.just(429), st.just({"title": "Too Many Requests"}), st.none() | st.sampled_from([1.0, 60.0, 899.0])
)


@settings(SERVED, max_examples=20)
@given(refusals=st.lists(REFUSED, min_size=1, max_size=10))
def test_reconnects_come_when_x_asks_for_them_to_the_second(refusals: list[Refusal]) -> None:
    with world() as w:
        w.x.refusals.extend(refusals)
        with Reading(w.source()) as reading:
            reading.until(lambda: bool(reading.of(GapClosed)))
        assert w.waits() == schedule(refusals)


def test_a_network_that_stays_away_is_tried_every_quarter_of_a_second_later_and_at_last_every_16_s() -> None:
    backoff = Backoff()
    assert [backoff.lost() for _ in range(70)] == [min(0.25 * tried, 16.0) for tried in range(70)]
