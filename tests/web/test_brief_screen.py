"""The brief on a phone: under one screen on the busiest day, and every figure is what its link shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize

from contracts.records import at
from services.chromium import running
from veille.identity import public_id
from veille.mention import Enrichment, Sentiment, Tags
from veille.post import WatchMatch
from veille.settings import Watch, WorldSettings
from veille.sinks.sqlite import SqliteSink
from veille.story import Membership, story_of
from web.site import NOW, Html, Site, mention, site
from web.test_now import alert, gap, window

PHONE = ViewportSize(width=390, height=844)
BRAND, RIVAL, THIRD = "maison-tasse-international", "vaporine", "bouilloires-du-nord-et-compagnie"
WATCHES = (Watch(BRAND, "brand", "a"), Watch(RIVAL, "competitor", "b"), Watch(THIRD, "competitor", "c"))
Day = Callable[[Site, Path], None]
MARKET = Watch("kettle-market", "market", "d")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running() as started:
        yield started


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, watches=(*WATCHES, MARKET), world=WorldSettings()) as made:
        yield made


def written(
    page: Site, name: str, *watches: str, minutes: float, question: bool = False, negative: bool = False
) -> None:
    tags = Tags(watches=[WatchMatch(each) for each in watches], question=question)
    found = Enrichment(tags=tags, sentiment=Sentiment("negative" if negative else "unsure"))
    page.write(mention(name, minutes=minutes, found=found))


def busy(page: Site, folder: Path) -> None:
    """Hundreds of mentions of two watches each, six alerts, stories, questions, gaps; a week ago other shares."""
    for number in range(240):
        watches = ((BRAND, THIRD), (RIVAL,), (BRAND,), (THIRD, MARKET.id), (MARKET.id,))[number % 5]
        written(page, f"m{number}", *watches, minutes=3 + number * 4, negative=number % 3 == 0)
    members = []
    for story in range(4):
        for copy in range(4 + story):
            name = f"s{story}c{copy}"
            written(page, name, (BRAND, RIVAL, THIRD)[copy % 3], MARKET.id, minutes=70 + 10 * story + copy)
            members.append(Membership(doc_id=name, story=story_of(f"s{story}c0"), version=str(at(1))))
    with closing(SqliteSink(folder / "veille.db")) as sink:
        sink.open()
        assert sink.join(members) == []
    for number in range(17):
        written(page, f"q{number}", BRAND, THIRD, minutes=40 + 160 * number, question=True)
    kinds = ("bad_buzz", "peak", "competitor_peak", "silence", "good_buzz", "bad_buzz")
    for number, kind in enumerate(kinds):
        began = NOW - timedelta(hours=1 + 3 * number)
        over = {"state": "closed", "closed_at": began + timedelta(hours=1)} if number > 1 else {}
        watch = (BRAND, THIRD, RIVAL)[number % 3]
        page.findings.write_alerts(
            [alert(id=f"a{number}", kind=kind, watch=watch, since=began, opened_at=began, **over)]
        )
    page.findings.write_alerts(
        [alert(id="old", opened_at=NOW - timedelta(days=9), state="closed", closed_at=NOW - timedelta(days=8))]
    )
    for watch, number in ((BRAND, 120), (RIVAL, 60), (THIRD, 90)):
        page.findings.write_windows([window(watch, 3, number), window(watch, 3 + 24 * 7, 100)])
    page.gaps += [gap(600, 8), gap(300, 20)]


def quiet(page: Site, _folder: Path) -> None:
    """Two mentions, and nothing else."""
    written(page, "m0", BRAND, minutes=30)
    written(page, "m1", RIVAL, minutes=40)


def counted(page: Site, link: str) -> int:
    """The figure that a link of the brief leads to."""
    shown = page.page(link)
    if link.startswith("/health?"):
        return int(shown.values("data-lost")[0])
    if link.startswith("/search?"):
        return int(next(each["data-value"] for tag, each in shown.elements if tag == "h1"))
    if link.startswith("/alerts?"):
        return sum(map(int, shown.values("data-value")))
    return int(shown.one("data-part", "waiting")["data-value"])


def brief_of(shown: Html) -> list[tuple[str, int]]:
    """Links and figures of the brief."""
    from_here = [each for _, each in shown.elements]
    begin = next(number for number, each in enumerate(from_here) if each.get("id") == "brief")
    end = next(number for number, each in enumerate(from_here) if each.get("data-panel") and number > begin)
    figures = [each for each in from_here[begin:end] if "data-value" in each]
    return [(each["href"], int(each["data-value"])) for each in figures]


@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
@pytest.mark.parametrize("day", [busy, quiet])
def test_it_is_under_one_screen_of_a_phone_on_a_busy_day_as_on_a_quiet_one(
    browser: Browser, page: Site, tmp_path: Path, day: Day, language: str
) -> None:
    day(page, tmp_path)
    context = browser.new_context(locale=language, viewport=PHONE)
    tab = context.new_page()
    tab.goto(page.url)
    box = tab.locator("#brief").bounding_box()
    wide = tab.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert box is not None
    assert 0 < box["height"] < PHONE["height"]
    assert wide <= PHONE["width"]


@pytest.mark.parametrize("day", [busy, quiet])
def test_each_figure_is_the_one_that_its_link_shows(page: Site, tmp_path: Path, day: Day) -> None:
    day(page, tmp_path)
    figures = brief_of(page.page("/"))
    assert len(figures) >= (8 if day is busy else 3)
    assert [(link, counted(page, link)) for link, _ in figures] == figures


@pytest.mark.parametrize("kept_back", [{"source": "x"}, {"warning": "spoiler"}, {"labels": ["graphic-media"]}])
def test_a_question_is_told_by_its_first_words_but_never_one_of_x_or_behind_a_warning(
    page: Site, kept_back: dict[str, Any]
) -> None:
    asks = Enrichment(tags=Tags(watches=[WatchMatch(BRAND)], question=True))
    page.write(mention("open", minutes=9, found=asks, text="Who answers " + "me " * 40))
    page.write(mention("kept", minutes=10, found=asks, text="Who answers them?", **kept_back))
    shown = page.page("/")
    assert shown.values("data-quoted") == [public_id("open")]
    brief = shown.text[shown.text.index("2 questions") : shown.text.index("Live mentions")]
    assert re.search(r"“Who answers me[ me]+…”", brief)
    assert "them" not in brief


def test_first_words_that_run_from_the_right_leave_their_quotes_where_they_stand(page: Site) -> None:
    asks = Enrichment(tags=Tags(watches=[WatchMatch(BRAND)], question=True))
    page.write(mention("right", found=asks, text="هل تعمل؟"), mention("left", found=asks, text="Does it?"))
    text = page.page("/").text
    assert "“\N{FIRST STRONG ISOLATE}هل تعمل؟\N{POP DIRECTIONAL ISOLATE}”" in text
    assert "“Does it?”" in text


def test_it_says_how_long_the_oldest_waits_and_of_how_many_each_share_is(page: Site, tmp_path: Path) -> None:
    busy(page, tmp_path)
    shown = page.page("/")
    text = " ".join(shown.text.split())
    lasts = re.findall(r"questions without an answer seen, oldest (\d+ h \d\d)", text)
    assert len(lasts) == 1
    start = [number for number, (_, each) in enumerate(shown.elements) if "data-part" in each]
    parts = {shown.elements[at][1]["data-part"]: at for at in start}
    assert sum(tag == "li" for tag, _ in shown.elements[parts["questions"] : parts["voice"]]) == 3
    voice = re.search(rf"{BRAND} \(\d+–\d+\), (\d+) of (\d+).*Share of negative voice (.*?)Not all", text)
    assert voice is not None
    assert int(voice[1]) < int(voice[2])
    assert re.search(rf"{BRAND} \(\d+–\d+\), \d+ of \d+", voice[3])
