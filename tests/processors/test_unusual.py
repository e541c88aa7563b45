"""What is unusual is told from a stream's own past: a rhythm is not, a burst and a lasting volume are."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.expected import Expected
from veille.processors.episode import CLOSED_AFTER_MINUTES, Episode, Episodes
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


def opened(counts: list[float], minutes: int = 5) -> list[int]:
    episodes = Episodes()
    return [index for index, each in enumerate(judged(counts, minutes)) if episodes.take(index * minutes, each)]


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
    assert [index for index in opened(counts) if index >= 17 * DAY] == [18 * DAY]


def test_an_episode_lasts_until_it_was_quiet_for_long() -> None:
    episode = Episode()
    assert episode.take(0, 1.2)
    assert not episode.take(10, 5.0)
    assert not episode.take(10 + CLOSED_AFTER_MINUTES - 1, 0.1)
    assert episode.lasts
    assert not episode.take(10 + CLOSED_AFTER_MINUTES, 0.1)
    assert not episode.lasts


def test_the_next_episode_waits_a_day_unless_it_is_clearly_higher() -> None:
    for score, begins in ((1.2, False), (1.9, True)):
        episode = Episode()
        episode.take(0, 1.2)
        episode.take(CLOSED_AFTER_MINUTES, 0.0)
        assert episode.take(CLOSED_AFTER_MINUTES + 60, score) is begins


def test_an_episode_does_not_end_because_data_stopped() -> None:
    episode = Episode()
    episode.take(0, 2.0)
    for minute in range(1, 3 * CLOSED_AFTER_MINUTES):
        episode.take(minute, -1.0, quiet_counts=False)
    assert episode.lasts


@pytest.mark.parametrize("per_hour", [300, 1_800, 18_000])
def test_a_five_fold_buzz_is_found_within_minutes(per_hour: int) -> None:
    random = Random(per_hour)
    counts = [poisson(per_hour / 60, random) for _ in range(4 * 1440)]
    counts += [poisson(per_hour / 12, random) for _ in range(10)]
    assert [index - 4 * 1440 for index in opened(counts, 1)][:1] in ([0], [1], [2], [3])


def test_the_first_hours_find_what_is_plain_to_see() -> None:
    random = Random(5)
    counts = [poisson(10, random) for _ in range(120)] + [poisson(100, random) for _ in range(20)]
    assert opened(counts, 1)[0] in range(120, 125)


def test_mornings_of_the_first_days_are_no_alarm() -> None:
    assert opened(rhythm(3, 25.0)) == []


def test_what_is_expected_follows_the_hours_of_the_day_and_a_storm_teaches_little() -> None:
    counts = rhythm(21, 30.0)
    counts[17 * DAY : 17 * DAY + 24] = [900.0] * 24
    expected = Expected(5, 0)
    for count in counts:
        expected.take(count)
    means = [30 * math.exp(0.9 * math.cos(2 * math.pi * number / DAY)) for number in range(DAY)]
    for mean in means:
        assert 0.7 < expected.usual / mean < 1.4
        expected.take(round(mean))


def test_a_holiday_and_the_day_after_it_are_no_alarm() -> None:
    counts = rhythm(28, 40.0)
    counts[21 * DAY : 22 * DAY] = [round(each * 0.3) for each in counts[21 * DAY : 22 * DAY]]
    assert [index for index in opened(counts) if index >= 21 * DAY] == []


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
    by_minutes = [index // 5 for index in opened(minutes, 1)]
    assert 10 * DAY in by_fives
    assert 10 * DAY in by_minutes
