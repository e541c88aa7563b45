"""A client that asks for too much waits, and nobody else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veille.clock import FakeClock
from veille.web.pace import MOST_CLIENTS, Pace

ASKED = st.lists(st.tuples(st.floats(0, 30), st.sampled_from("ab")), max_size=200)


def test_a_minute_of_requests_may_come_at_once_and_then_one_after_the_other() -> None:
    clock = FakeClock()
    pace = Pace(60, clock)
    for _ in range(60):
        assert pace.wait("a") == 0
        pace.charge("a")
    assert pace.wait("a") == 1
    assert pace.wait("b") == 0
    clock.advance(1)
    assert pace.wait("a") == 0


@given(ASKED)
def test_no_client_is_answered_more_often_than_a_burst_and_the_rate_allow(asked: list[tuple[float, str]]) -> None:
    clock = FakeClock()
    pace, answered = Pace(10, clock), {"a": 0, "b": 0}
    for pause, client in asked:
        clock.advance(pause)
        if not pace.wait(client):
            pace.charge(client)
            answered[client] += 1
    assert max(answered.values()) <= 10 + clock.monotonic() / 6 + 1


def test_what_is_charged_beyond_the_bucket_is_made_up_for_and_no_more_than_one_bucket() -> None:
    clock = FakeClock()
    pace = Pace(60, clock)
    pace.charge("a", 1_000)
    assert pace.wait("a") == 61
    clock.advance(61)
    assert pace.wait("a") == 0


def test_without_a_bound_nobody_waits() -> None:
    pace = Pace(0, FakeClock())
    pace.charge("a", 1_000)
    assert pace.wait("a") == 0


def test_so_many_clients_are_remembered_and_no_more() -> None:
    pace = Pace(60, FakeClock())
    for number in range(MOST_CLIENTS + 5):
        pace.charge(str(number), 60)
    assert pace.wait("0") == 0
    assert pace.wait(str(MOST_CLIENTS + 4)) > 0


def test_whoever_has_a_network_of_addresses_is_one_client() -> None:
    pace = Pace(60, FakeClock())
    pace.charge("2001:db8:1:2::1", 60)
    assert pace.wait("2001:db8:1:2:ffff::9") > 0
    assert pace.wait("2001:db8:1:3::1") == 0
    pace.charge("::ffff:192.0.2.1", 60)
    assert pace.wait("192.0.2.1") > 0
    assert pace.wait("::ffff:192.0.2.2") == 0
