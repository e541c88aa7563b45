"""The band behind the strip of Now: what a minute of this hour brought in the last weeks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from veille.mention import Enrichment, Tags
from veille.post import WatchMatch
from veille.settings import WorldSettings
from web.site import NOW, Site, mention, site
from web.test_now import gap

WEEK_MIN, OF_ACME = 7 * 24 * 60, Enrichment(tags=Tags(watches=[WatchMatch("acme")]))
LATELY = [mention(f"now{n}") for n in range(2)]
"""Enough for a chart."""

INTO_THE_HOUR = NOW.replace(minute=0, second=0)
"""The beginning of the hour that most of the last 60 minutes lie in."""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, world=WorldSettings()) as made:
        yield made


def that_hour(weeks: int, counts: list[int], **fields: Any) -> list[Any]:
    """So many mentions in each minute of this hour, that long ago."""
    began = (NOW - INTO_THE_HOUR) / timedelta(minutes=1) + weeks * WEEK_MIN
    return [
        mention(f"{weeks}-{minute}-{n}", minutes=began - minute - 0.5, **fields)
        for minute, count in enumerate(counts)
        for n in range(count)
    ]


def bands(page: Site, address: str = "/") -> list[tuple[float, float]]:
    shown = [each for _, each in page.page(address).elements if each.get("class") == "expected"]
    return [(float(each["data-low"]), float(each["data-high"])) for each in shown if "data-low" in each]


def test_it_lies_where_nearly_all_minutes_of_that_hour_lay(page: Site) -> None:
    page.write(*that_hour(1, [3] * 60), *that_hour(2, [1] * 6 + [3] * 48 + [9] * 6), *LATELY)
    assert bands(page) == [(1.0, 9.0)], "5 in 100 have one, as many nine"
    assert "expected" in page.page("/").text


def test_one_minute_of_a_hundred_does_not_widen_it(page: Site) -> None:
    page.write(*that_hour(1, [3] * 60), *that_hour(2, [3] * 59 + [40]), *LATELY)
    assert bands(page) == [(3.0, 3.0)], "and what was before the first mention is no minute without one"


def test_there_is_none_where_nothing_is_known_of_then(page: Site) -> None:
    page.write(*LATELY)
    assert bands(page) == []


def test_minutes_that_were_not_read_are_none_of_them(page: Site) -> None:
    page.gaps += [gap(WEEK_MIN * weeks + 60, 120) for weeks in (2, 3, 4)]
    page.write(*that_hour(1, [3] * 60), *LATELY)
    assert bands(page) == [], "one hour is known, two must be"


def test_it_is_of_the_watch_that_the_strip_is_of(page: Site) -> None:
    page.write(*that_hour(1, [2] * 60, found=OF_ACME), *that_hour(2, [5] * 60, found=OF_ACME))
    page.write(*(mention(f"other{n}", minutes=n % 60) for n in range(180)))
    assert bands(page, "/?watch=acme") == [], "without a mention there is no chart"
    page.write(mention("a", found=OF_ACME), mention("b", found=OF_ACME))
    assert bands(page, "/?watch=acme") == [(2.0, 5.0)]
    assert bands(page, "/?watch=unknown") == []
