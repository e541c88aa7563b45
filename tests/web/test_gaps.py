"""A gap stands beside every count that it touches, on the page and in the API."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from veille.gap import Gap
from web.site import NOW, Site, mention, site
from web.test_health import BASE


def gap(minutes: float, lasts: float | None, cause: str = "disconnected", **more: object) -> Gap:
    """A gap that began so many minutes before NOW."""
    since = NOW - timedelta(minutes=minutes)
    until = None if lasts is None else since + timedelta(minutes=lasts)
    return Gap(id=f"x:{minutes}:{cause}", source="x", since=since, until=until, cause=cause, **more)  # type: ignore[arg-type]  # as the test says


def test_a_gap_is_drawn_behind_the_bars_and_told_in_minutes_with_its_cause(page: Site) -> None:
    page.write(mention("a"))
    page.gaps += [gap(30, 5), gap(28, 7, "budget"), gap(3, None, "stalled")]
    now = page.page("/")
    assert now.one("data-panel", "hour")["data-state"] == "partial"
    drawn = [each for tag, each in now.elements if tag == "rect" and "data-gap" in each]
    assert [each["data-gap"] for each in drawn] == ["x:30:disconnected", "x:28:budget", "x:3:stalled"]
    start = 60 - 30 - 40 / 60  # the chart ends with the minute that still runs
    assert float(drawn[0]["x"].rstrip("%")) == pytest.approx(start / 60 * 100, abs=0.1)
    assert float(drawn[0]["width"].rstrip("%")) == pytest.approx(5 / 60 * 100, abs=0.1)
    assert now.values("data-minutes") == ["12"]
    text = " ".join(now.text.split())
    assert "Gaps: 12 min, connection lost, the budget was spent, nothing came any more" in text
    assert "1 Nov 2026, 12:00 to 1 Nov 2026, 12:05, X: connection lost. Not repaired." in text
    assert "Since 1 Nov 2026, 12:27, X: nothing came any more." in text


def test_a_gap_that_was_repaired_is_told_only_where_the_repair_lacks_something(page: Site) -> None:
    page.write(mention("a"))
    page.gaps.append(gap(30, 5, repaired=True))
    assert page.page("/").one("data-panel", "hour")["data-state"] == "ok"
    page.gaps.append(gap(20, 5, repaired=True, lacking="reposts"))
    assert page.page("/").values("data-gaps") == ["1"]
    assert "Repaired, but for: reposts." in page.page("/").text


def test_zero_in_a_gap_is_not_shown_as_quiet(page: Site) -> None:
    page.gaps.append(gap(59, 58, "overflow", missed=1200))
    now = page.page("/search", params={"last": "1h"})
    assert now.one("data-panel", "results")["data-state"] == "partial"
    assert "Gaps: 58 min, more came than could be kept" in " ".join(now.text.split())
    assert "Lost: 1,200." in now.text


def test_a_gap_that_is_open_leaves_what_has_not_begun_as_it_is(tmp_path: Path) -> None:
    """A chart ends with a bar that runs on past now, and with others that it may have ready."""
    with site(tmp_path, base=BASE) as page:
        page.gaps.append(gap(30, None, "stalled"))
        for last in ("1h", "24h", "7d", "30d"):
            answer = page.get("/search", params={"last": last})
            assert answer.status_code == 200
            assert "nothing came any more" in answer.text


def test_a_part_and_a_cause_that_nobody_has_words_for_are_told_as_they_are(page: Site) -> None:
    page.gaps.append(gap(30, 5, "<eclipse>", part="a.example"))
    html = page.get("/").text
    assert "X, a.example: &lt;eclipse&gt;." in html


def test_the_page_says_it_in_french(page: Site) -> None:
    page.gaps.append(gap(30, 1, "budget"))
    text = " ".join(page.page("/?lang=fr").text.split())
    assert "Lacunes : 1 min, budget épuisé" in text


@pytest.mark.parametrize("minutes", [61.5, 90])
def test_a_gap_outside_of_what_is_counted_is_not_told_there(page: Site, minutes: float) -> None:
    page.gaps.append(gap(minutes, 1))
    assert page.page("/").values("data-gap") == []
    assert page.json("/api/v1/histogram")["gaps"] == []


# --- the API --------------------------------------------------------------------------------------------------------


def test_counts_of_the_api_come_with_the_gaps_that_they_touch(page: Site) -> None:
    page.gaps += [gap(30, 5), gap(20, 5, "limited", repaired=True), gap(200, 5)]
    assert [each["id"] for each in page.json("/api/v1/histogram")["gaps"]] == ["x:30:disconnected"]
    since = {"since": (NOW - timedelta(hours=1)).isoformat()}
    assert len(page.json("/api/v1/mentions", params=since)["gaps"]) == 1
    assert len(page.json("/api/v1/mentions")["gaps"]) == 2


def test_gaps_are_listed_newest_first_repaired_ones_too(page: Site) -> None:
    page.gaps += [gap(30, 5), gap(20, 5, "limited", repaired=True, lacking="reposts"), gap(3, None)]
    found = page.json("/api/v1/gaps")
    assert [each["id"] for each in found] == ["x:3:disconnected", "x:20:limited", "x:30:disconnected"]
    assert found[1] == {
        "id": "x:20:limited",
        "source": "x",
        "part": "",
        "since": "2026-11-01T12:10:20Z",
        "until": "2026-11-01T12:15:20Z",
        "cause": "limited",
        "repaired": True,
        "lacking": "reposts",
        "missed": 0,
        "lost": True,
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"open": "true"}, ["x:3:disconnected"]),
        ({"source": "bluesky"}, []),
        ({"limit": "1"}, ["x:3:disconnected"]),
        ({"until": (NOW - timedelta(minutes=10)).isoformat()}, ["x:30:disconnected"]),
        ({"since": (NOW - timedelta(minutes=10)).isoformat()}, ["x:3:disconnected"]),
    ],
)
def test_gaps_are_chosen(page: Site, asked: dict[str, str], expected: list[str]) -> None:
    page.gaps += [gap(30, 5), gap(3, None)]
    assert [each["id"] for each in page.json("/api/v1/gaps", params=asked)] == expected
