"""What is unusual is told from a stream's own past: a rhythm is not, a burst and a lasting volume are."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.processors.unusual import Judged, Unusual

DAY = 288


def rhythm(days: int, level: float, seed: int = 1) -> list[float]:
    """Counts of five minutes with a day's rhythm, drawn at random."""
    random = Random(seed)
    means = (level * math.exp(0.9 * math.cos(2 * math.pi * number / DAY)) for number in range(days * DAY))
    return [poisson(mean, random) for mean in means]


def poisson(mean: float, random: Random) -> float:
    """By arrivals one after the other; where there are many, by a normal distribution."""
    if mean > 50:
        return max(0.0, round(random.gauss(mean, math.sqrt(mean))))
    number, left = -1, mean
    while left >= 0:
        left -= random.expovariate(1)
        number += 1
    return float(number)


def judged(counts: list[float], minutes: int = 5) -> list[Judged]:
    unusual = Unusual(minutes)
    return [unusual.take(count) for count in counts]


def opened(counts: list[float]) -> list[int]:
    return [index for index, each in enumerate(judged(counts)) if each.opens]


@pytest.mark.parametrize("level", [0.0, 0.2, 3.0, 100.0, 50_000.0])
def test_a_rhythm_of_the_day_alone_is_hardly_ever_unusual(level: float) -> None:
    found = [opened(rhythm(56, level, seed)) for seed in range(5)]
    assert sum(map(len, found)) <= 10  # one in 28 days at most


@pytest.mark.parametrize(("level", "factor", "length"), [(3.0, 30.0, 6), (100.0, 10.0, 3), (100.0, 4.0, 100)])
def test_a_burst_and_a_volume_that_lasts_are_found(level: float, factor: float, length: int) -> None:
    counts = rhythm(21, level)
    start = 18 * DAY
    counts[start : start + length] = [factor * each + factor for each in counts[start : start + length]]
    assert [index for index in opened(counts) if start <= index < start + length + 72]


def test_it_is_told_once_while_it_lasts_and_ends() -> None:
    counts = rhythm(21, 50.0)
    counts[18 * DAY : 18 * DAY + 30] = [2_000.0] * 30
    found = judged(counts)
    assert [index for index, each in enumerate(found) if each.opens and index >= 17 * DAY] == [18 * DAY]
    assert found[18 * DAY + 29].lasts
    assert not found[20 * DAY].lasts


def test_nothing_is_unusual_before_there_is_a_past() -> None:
    assert opened([0.0] * 100 + [1_000.0] * 10 + [0.0] * 200) == []


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=600, max_size=1500), st.integers(0, 599))
def test_what_comes_later_changes_nothing_before(counts: list[int], cut: int) -> None:
    whole = judged([float(each) for each in counts])
    assert judged([float(each) for each in counts[:cut]]) == whole[:cut]


def test_minutes_are_judged_as_fives_are() -> None:
    fives = rhythm(12, 60.0)
    fives[10 * DAY : 10 * DAY + 6] = [3_000.0] * 6
    minutes = [each / 5 for each in fives for _ in range(5)]
    by_fives = opened(fives)
    by_minutes = [index // 5 for index, each in enumerate(judged(minutes, 1)) if each.opens]
    assert 10 * DAY in by_fives
    assert 10 * DAY in by_minutes
