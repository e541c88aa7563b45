"""Bars of days are days of the installation's zone: nothing is lost, and each mention falls into its own day."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.archive import Bucket
from veille.web.chart import draw_counts, draw_line
from veille.web.days import AT_ONCE, DAY_S, MOST, aligned, bounds, local_days, timeline

PARIS = ZoneInfo("Europe/Paris")
ZONES = (
    "UTC",
    "Europe/Paris",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Havana",
)
"""Half and quarter hours, clocks put forward at midnight, by half an hour, a day left out, a midnight twice."""

WEEK_S = 7 * DAY_S


class Counting:
    """An archive of some moments, that counts as archives do: by multiples of the interval since 1970."""

    def __init__(self, moments: list[datetime]) -> None:
        self.moments = moments
        self.asked: list[tuple[datetime, datetime, int]] = []

    def __call__(self, since: datetime, until: datetime, interval: int) -> list[Bucket]:
        self.asked.append((since, until, interval))
        counted = Counter(aligned(each, interval) for each in self.moments if since <= each < until)
        first, length = aligned(since, interval), timedelta(seconds=interval)
        starts = (first + number * length for number in range(math.ceil((until - first) / length)))
        return [Bucket(start, unsure=counted[start]) for start in starts]


def moments(most_days: int) -> st.SearchStrategy[list[datetime]]:
    begin = datetime(2011, 1, 1, tzinfo=UTC)
    return st.lists(st.integers(0, most_days * DAY_S - 1).map(lambda s: begin + timedelta(seconds=s)), max_size=40)


@given(
    found=moments(400),
    begin=st.integers(0, 300),
    days=st.integers(1, 100),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    interval=st.sampled_from((DAY_S, WEEK_S)),
)
def test_each_mention_is_in_its_local_day_and_none_is_lost(
    found: list[datetime], begin: int, days: int, zone: ZoneInfo, interval: int
) -> None:
    since = datetime(2011, 1, 1, 7, 13, tzinfo=UTC) + timedelta(days=begin)
    until = since + timedelta(days=days, hours=3)
    inside = [each for each in found if since <= each < until]
    line = timeline(Counting(found), since, until, interval, zone)
    assert line.until is not None
    assert sum(each.unsure for each in line.buckets) == len(inside)
    edges = [*(each.start for each in line.buckets), line.until]
    assert edges[0] <= since < edges[1]
    assert edges[-2] < until <= edges[-1]
    for bucket, (start, end) in zip(line.buckets, pairwise(edges), strict=True):
        local = {_day(each, zone, interval) for each in inside if start <= each < end}
        assert local <= {_day(start, zone, interval)}
        assert bucket.unsure == sum(start <= each < end for each in inside)


def _day(moment: datetime, zone: ZoneInfo, interval: int) -> date:
    day = moment.astimezone(zone).date()
    return day if interval == DAY_S else day - timedelta(days=day.weekday())


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_a_day_is_drawn_as_long_as_it_is(day: date, hours: int) -> None:
    since = datetime.combine(day - timedelta(days=2), datetime.min.time(), PARIS).astimezone(UTC)
    until = since + timedelta(days=5)
    now = until + timedelta(days=9)
    line = timeline(Counting([]), since, until, DAY_S, PARIS)
    chart = draw_line(line, now, PARIS, [], within=(since, until), parts={})
    bar = next(each for each in chart.bars if each.start.astimezone(PARIS).date() == day)
    usual = next(each for each in chart.bars if each.start.astimezone(PARIS).date() == day - timedelta(days=1))
    assert bar.width / usual.width == pytest.approx(hours / 24)
    assert chart.local
    assert all(each.start.astimezone(PARIS).hour == 0 for each in chart.bars)


@pytest.mark.parametrize(
    ("zone", "step"), [("UTC", DAY_S), ("Asia/Tokyo", 10_800), ("Europe/Paris", 3600), ("Asia/Kathmandu", 900)]
)
def test_an_archive_is_asked_in_the_widest_steps_and_not_for_too_many_at_once(zone: str, step: int) -> None:
    since = datetime(2026, 9, 1, 12, tzinfo=UTC)
    archive = Counting([])
    timeline(archive, since, since + timedelta(days=90), DAY_S, ZoneInfo(zone))
    assert {interval for _, _, interval in archive.asked} == {step}
    assert archive.asked[0][0] == since
    assert archive.asked[-1][1] == since + timedelta(days=90)
    assert all(end == begin for (_, end, _), (begin, _, _) in pairwise(archive.asked))
    assert all((end - begin).total_seconds() / step <= AT_ONCE for begin, end, _ in archive.asked)


def test_what_would_be_too_much_to_ask_is_counted_by_weeks_of_utc() -> None:
    since = datetime(2000, 1, 1, tzinfo=UTC)
    archive = Counting([])
    line = timeline(archive, since, since + timedelta(hours=MOST + 1), WEEK_S, PARIS)
    assert line.until is None
    assert [interval for _, _, interval in archive.asked] == [WEEK_S]


def test_what_is_narrower_than_a_day_is_counted_as_asked() -> None:
    since = datetime(2026, 5, 1, 12, tzinfo=UTC)
    archive = Counting([since])
    line = timeline(archive, since, since + timedelta(days=3), 3600, PARIS)
    assert (line.until, len(archive.asked), sum(each.unsure for each in line.buckets)) == (None, 1, 1)


def test_moments_of_one_kind_are_counted_by_local_days_too() -> None:
    late = datetime(2026, 6, 9, 22, 30, tzinfo=UTC)  # half past midnight in Paris, of the tenth
    chart = draw_counts([late, late + timedelta(days=1)], late - timedelta(days=60), late + timedelta(days=2), PARIS)
    days = {bar.start.astimezone(PARIS).date(): bar.total for bar in chart.bars if bar.total}
    assert days == {date(2026, 6, 10): 1, date(2026, 6, 11): 1}
    assert chart.local


def test_sums_keep_their_sentiment() -> None:
    edges = bounds(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC), DAY_S, ZoneInfo("UTC"))
    hours = [Bucket(edges[0] + timedelta(hours=hour), 1, 2, 3, 4) for hour in range(24)]
    assert local_days(hours, edges) == [Bucket(edges[0], 24, 48, 72, 96)]
