"""Whether posts are still on their way through enrichment, by its place on their topic."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.processors.on_the_way import STALE_S, OnTheWay


class Enrichment:
    """Its place on the topic of posts, as a test sets both."""

    def __init__(self) -> None:
        self.end = self.at = 0
        self.away = False

    def ends(self) -> dict[int, int]:
        if self.away:
            raise Unavailable("no broker")
        return {0: self.end}

    def committed(self) -> dict[int, int]:
        return {0: self.at}

    def passed(self, ends: Mapping[int, int]) -> bool:
        return self.at >= ends[0]


class Asked:
    """One who asks as minutes close."""

    def __init__(self) -> None:
        self.enrichment, self.clock = Enrichment(), FakeClock()
        self._on_the_way = OnTheWay(self.enrichment, self.clock)

    def __call__(self, *, end: int, at: int, after_s: float = 60) -> bool:
        self.clock.advance(after_s)
        self.enrichment.end, self.enrichment.at = end, at
        return self._on_the_way()


def test_posts_are_on_their_way_until_enrichment_has_passed_what_was_there_a_minute_ago() -> None:
    asked = Asked()
    assert asked(end=1000, at=100)
    assert asked(end=1010, at=400)
    assert asked(end=1020, at=900)
    assert not asked(end=1030, at=1025)
    assert not asked(end=1040, at=1031)


def test_enrichment_that_does_not_move_holds_back_nothing() -> None:
    asked = Asked()
    assert asked(end=1000, at=100)
    assert not asked(end=1010, at=100)


def test_what_was_asked_long_ago_says_nothing_of_now() -> None:
    asked = Asked()
    assert asked(end=10, at=10)
    assert not asked(end=20, at=20)
    assert asked(end=5000, at=30, after_s=STALE_S)
    assert asked(end=5010, at=2000)


def test_within_a_minute_the_answer_is_one_for_all_watches() -> None:
    asked = Asked()
    assert asked(end=1000, at=100)
    assert asked(end=1000, at=1000, after_s=1)


@pytest.mark.parametrize("answered", [False, True])
def test_while_the_broker_is_away_nobody_knows(answered: bool) -> None:
    asked = Asked()
    if answered:
        asked(end=10, at=10)
        assert not asked(end=10, at=10)
    asked.enrichment.away = True
    assert asked(end=10, at=10)
