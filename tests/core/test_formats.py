"""Numbers and times as people of either language write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_datetime
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from veille.archive import Bucket
from veille.formats import Formats
from veille.web.chart import draw

PARIS = ZoneInfo("Europe/Paris")
FRENCH, ENGLISH = Formats("fr", PARIS), Formats("en", PARIS)
THEN = datetime(2026, 11, 23, 17, 50, tzinfo=UTC)


def test_the_table_of_formats() -> None:
    assert FRENCH.exact(1234567.8) == "1\u202f234\u202f567,8"
    assert FRENCH.percent(0.12) == "12\u00a0%"
    assert [FRENCH.percent(share) for share in (0, 0.001, 0.999, 1)] == [
        "0\u00a0%",
        "<1\u00a0%",
        ">99\u00a0%",
        "100\u00a0%",
    ]
    assert FRENCH.number(1_234_567) == "1,2\u00a0M"
    assert FRENCH.moment(THEN) == "23 nov. 2026, 18:50"
    assert ENGLISH.exact(1234567.8) == "1,234,567.8"
    assert ENGLISH.percent(0.12) == "12%"
    assert ENGLISH.number(1_234_567) == "1.2M"
    assert ENGLISH.moment(THEN) == "23 Nov 2026, 18:50"
    assert FRENCH.date(THEN.replace(day=1)) == "1er nov. 2026"


@given(st.integers(-(10**12), 10**12), st.integers(-(10**9), 10**9))
def test_whole_numbers_and_times_are_those_of_the_locale(number: int, seconds: int) -> None:
    moment = THEN + timedelta(seconds=seconds)
    local = moment.astimezone(PARIS)
    for formats in (FRENCH, ENGLISH):
        assert formats.exact(number) == format_decimal(number, locale=formats.locale)
        for told, pattern in (
            (formats.moment(moment), "d MMM y, HH:mm"),
            (formats.date(moment), "d MMM y"),
            (formats.day(moment), "d MMM"),
            (formats.minute(moment), "HH:mm"),
            (formats.clock(moment), "HH:mm:ss"),
        ):
            as_babel = format_datetime(local, pattern, locale=formats.locale)
            assert told == (re.sub(r"^1 ", "1er ", as_babel) if formats is FRENCH else as_babel)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(-1, "0 min"), (0.9, "0 min"), (59, "59 min"), (72, "1 h 12"), (2879, "47 h 59"), (2880, "2 d")],
)
def test_how_long_something_took_is_said_in_two_figures_at_most(minutes: float, told: str) -> None:
    assert ENGLISH.lasting(timedelta(minutes=minutes)) == told


def test_dollars_are_told_in_cents_and_the_price_of_a_post_whole() -> None:
    assert [ENGLISH.usd(value) for value in (0, 0.005, 0.5, 2.125, 1234.5)] == [
        "0.00",
        "0.005",
        "0.50",
        "2.12",
        "1,234.50",
    ]
    assert FRENCH.usd(1234.5) == "1\u202f234,50"


def test_counts_are_exact_to_five_digits() -> None:
    assert ENGLISH.number(99_999) == "99,999"
    assert ENGLISH.number(100_000) == "100K"


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (0, "just now", "à l’instant"),
        (59, "just now", "à l’instant"),
        (240, "4 min ago", "il y a 4\u00a0min"),
        (3599, "59 min ago", "il y a 59\u00a0min"),
        (3600, "23 Nov 2026, 18:50", "23 nov. 2026, 18:50"),
        (-1, "23 Nov 2026, 18:50", "23 nov. 2026, 18:50"),
    ],
)
def test_the_last_hour_is_told_in_minutes(seconds: int, english: str, french: str) -> None:
    now = THEN + timedelta(seconds=seconds)
    assert (ENGLISH.ago(THEN, now), FRENCH.ago(THEN, now)) == (english, french)


def test_a_language_or_country_without_a_name_is_its_code() -> None:
    assert (FRENCH.tongue("en"), FRENCH.tongue("qqq"), FRENCH.country("US"), FRENCH.country("ZQ")) == (
        "anglais", "qqq", "États-Unis", "ZQ",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 20), (21, 40), (5300, 6000)]
)
def test_the_axis_of_a_chart_ends_at_a_round_number(most: int, top: int) -> None:
    chart = draw([Bucket(THEN, unsure=most)], 60, THEN, PARIS)
    assert [line.value for line in chart.lines] == [0, top / 2, top]
    (bar,) = chart.bars
    assert sum(segment.height for segment in bar.segments) == pytest.approx((chart.base - 8) * most / top)


def test_segments_stand_on_one_another_from_the_axis_up() -> None:
    chart = draw([Bucket(THEN, negative=1, neutral=2, positive=3, unsure=4)], 60, THEN, PARIS)
    (bar,) = chart.bars
    assert [segment.sentiment for segment in bar.segments] == ["negative", "unsure", "neutral", "positive"]
    edge = float(chart.base)
    for segment in bar.segments:
        assert segment.y + segment.height == pytest.approx(edge)
        edge = segment.y


@pytest.mark.parametrize(("interval", "bars"), [(60, 60), (900, 96), (3 * 3600, 57), (6 * 3600, 121)])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "Asia/Kolkata", "America/St_Johns"])
def test_the_time_axis_has_a_few_labels_at_round_local_times(interval: int, bars: int, zone: str) -> None:
    start = datetime(2026, 10, 20, tzinfo=UTC)
    buckets = [Bucket(start + timedelta(seconds=interval * number)) for number in range(bars)]
    chart = draw(buckets, interval, start, ZoneInfo(zone))
    assert 3 <= len(chart.labels) <= 9
    for label in chart.labels:
        local = label.moment.astimezone(ZoneInfo(zone))
        if chart.days:
            assert local.hour * 3600 + local.minute * 60 < max(interval, 3600) + 3600
        else:
            assert local.minute % 10 < max(interval // 60, 1)


def test_the_bucket_that_still_fills_is_marked_and_no_other() -> None:
    start = datetime(2026, 11, 1, 12, tzinfo=UTC)
    buckets = [Bucket(start + timedelta(minutes=number)) for number in range(3)]
    chart = draw(buckets, 60, start + timedelta(minutes=2, seconds=59), PARIS)
    assert [bar.open_end for bar in chart.bars] == [False, False, True]
    assert not any(bar.open_end for bar in draw(buckets, 60, start + timedelta(minutes=3), PARIS).bars)
