"""What a query would have found before it was watched."""

from __future__ import annotations

import pytest

from bluesky_reading import BEGIN, NOW, HurriedClock, Told
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.producers.look_back import on_bluesky, on_x
from veille.producers.simulate.bluesky import FIRST, SECOND, Jetstream
from veille.producers.simulate.x_faults import Refusal
from veille.settings import BlueskySettings, XSettings
from x_reading import world


@pytest.mark.parametrize("wire", [FIRST, SECOND], ids=["v1", "v2"])
def test_bluesky_is_replayed_and_what_matched_is_counted_by_the_hour(wire: str) -> None:
    told, clock = Told(end=200), HurriedClock()
    with Jetstream(told, clock) as stand_in:
        settings = BlueskySettings(stand_in.url(wire))
        found = on_bluesky(settings, "bouillance OR bouilloire OR kettle", NOW - BEGIN, clock)
    created = [number for number in told.wanted if told.what(number)[0] != "delete"]
    assert 0 < found.matched <= found.read <= len(created)
    assert BEGIN in found.hours
    assert sum(found.hours.values()) == found.matched
    assert 0 < len(found.examples) <= 5
    assert found.lacking.startswith(f"nothing came any more after {BEGIN:%Y-%m-%d %H}")


def test_x_says_how_many_there_were_for_the_price_of_a_request() -> None:
    clock = FakeClock(NOW)
    with world(clock=clock) as made:
        for text in ("acme", "kettle", "acme!"):
            made.say(text)
        clock.advance(7200)
        made.say("acme")
        clock.advance(60)
        found = on_x(XSettings("any", made.x.url), "acme", clock)
        assert sorted(found.hours.values())[-2:] == [1, 2]
        assert (found.matched, len(found.hours), found.lacking) == (3, 168, "quotes, reposts")
        assert made.x.project.bill.numbers("2026-11") == {"request": 1}


def test_an_answer_that_x_refuses_is_no_figure() -> None:
    with world() as made:
        made.x.search_refusals.append(Refusal(503, {}))
        with pytest.raises(Unavailable, match="503"):
            on_x(XSettings("any", made.x.url), "acme", made.clock)
