"""Charts in a real browser: led on by their bars, brushed by pointer or by keys, seen in both themes, never jumping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from veille.gap import Gap
from veille.settings import WorldSettings
from web.site import ACME, NOW, Site, mention, site
from web.test_browser import FOCUSABLE, box, browser, opened, poll
from web.test_now import alert, window

__all__ = ["browser"]  # the fixture

HERE = "/search?last=1h"
LUMINANCES = """part => [part, document.documentElement].map(each => {
  const told = each === part ? getComputedStyle(each).fill : getComputedStyle(document.body).backgroundColor;
  const [r, g, b] = told.match(/\\d+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
})"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, watches=(ACME,), world=WorldSettings()) as made:
        made.write(*(mention(f"m{minutes}", minutes=minutes) for minutes in range(1, 50)))
        yield made


def middle(tab: Page, minute: str) -> tuple[float, float]:
    found = box(tab.locator(f"[data-bucket^='2026-11-01T{minute}'] .hit"))
    return found["x"] + found["width"] / 2, found["y"] + 20


@pytest.mark.parametrize("last", ["1h", "24h", "7d", "30d", "90d"])
def test_on_a_phone_the_times_of_a_chart_can_be_told_apart(browser: Browser, page: Site, last: str) -> None:
    with opened(browser, page, f"/search?last={last}&lang=fr", viewport={"width": 390, "height": 844}) as tab:
        shown = tab.locator("[data-brush] .bars .tick:visible").all()
        assert len(shown) >= 3
        boxes = [box(each) for each in shown]
        assert all(after["x"] - here["x"] - here["width"] > 3 for here, after in pairwise(boxes))


def test_a_brush_from_bar_to_bar_is_a_range_and_escape_takes_it_back(browser: Browser, page: Site) -> None:
    with opened(browser, page, HERE) as tab:
        tab.mouse.move(*middle(tab, "12:20"))
        tab.mouse.down()
        tab.mouse.move(*middle(tab, "12:05"), steps=4)
        expect(tab.locator(".brushed")).to_have_count(1)
        tab.keyboard.press("Escape")
        expect(tab.locator(".brushed")).to_have_count(0)
        tab.mouse.up()
        assert tab.url == page.url + HERE
        tab.mouse.move(*middle(tab, "12:20"))
        tab.mouse.down()
        tab.mouse.move(*middle(tab, "12:05"), steps=4)
        with tab.expect_navigation():
            tab.mouse.up()
        assert re.search(r"since=2026-11-01T12%3A05.*until=2026-11-01T12%3A21", tab.url)
        assert "last=" not in tab.url
        assert tab.locator("h1").get_attribute("data-value") == "16"


def test_a_screen_of_rows_comes_with_the_press_that_unfolds_a_table_and_the_others_after_it(
    browser: Browser, page: Site
) -> None:
    rows = "[data-brush] .scroll tbody tr"
    shown = f"[...document.querySelectorAll('{rows}')].filter(row => row.checkVisibility()).length"
    with opened(browser, page, HERE) as tab:
        fold = tab.locator("[data-brush] summary", has_text="as a table")
        assert fold.evaluate(f"summary => {{ summary.click(); return {shown} }}") == 16
        expect(tab.locator(f"{rows}:visible")).to_have_count(tab.locator(rows).count())
        assert tab.locator(rows).count() > 50


def test_a_bar_leads_to_its_mentions_and_so_do_the_times_of_the_table_by_keys(browser: Browser, page: Site) -> None:
    with opened(browser, page, HERE) as tab:
        with tab.expect_navigation():
            tab.mouse.click(*middle(tab, "12:20"))
        assert "since=2026-11-01T12%3A20" in tab.url
        assert tab.locator("article").count() == 1
        tab.goto(page.url + HERE)
        assert tab.locator(f".plot :is({FOCUSABLE}, a:not([tabindex='-1']))").count() == 0
        tab.locator("summary", has_text="as a table").focus()
        tab.keyboard.press("Enter")
        time = tab.locator("[data-brush] tbody a").nth(50)
        time.focus()
        with tab.expect_navigation():
            tab.keyboard.press("Enter")
        assert tab.locator("article").count() == 1


@pytest.mark.parametrize(("theme", "least"), [("light", 3.1), ("dark", 4.2)])
def test_the_hatch_of_what_was_not_read_can_be_seen(browser: Browser, page: Site, theme: str, least: float) -> None:
    page.gaps.append(Gap(id="g", source="world", since=NOW - timedelta(minutes=50), until=NOW, cause="limited"))
    with opened(browser, page, f"/?theme={theme}") as tab:
        assert tab.locator("rect.gap").evaluate("part => getComputedStyle(part).opacity") == "1"
        one, other = sorted(tab.locator("rect.gap-hatch").first.evaluate(LUMINANCES))
        assert (other + 0.05) / (one + 0.05) >= least - 0.05


def test_the_chart_takes_the_room_that_was_kept_for_it(browser: Browser, tmp_path: Path) -> None:
    with site(tmp_path, watches=(ACME,), world=WorldSettings()) as page:
        page.write(mention("first"))
        with opened(browser, page) as tab:
            before = box(tab.locator("#list"))
            assert tab.locator("#hour svg.bars").count() == 0
            page.write(mention("second", minutes=1))
            poll(tab)
            expect(tab.locator("#hour svg.bars")).to_have_count(1)
            expect(tab.locator("#hour .sums")).to_be_visible()
            assert box(tab.locator("#list"))["y"] == before["y"]


def test_the_words_of_a_chart_scroll_nothing_sideways(browser: Browser, page: Site) -> None:
    page.findings.write_alerts([alert(samples=[])])
    page.findings.write_windows([window("acme", minutes / 60, 7, unsure=7) for minutes in range(1, 90)])
    with opened(browser, page, "/enter", viewport={"width": 320, "height": 844}) as tab:
        for minutes, lasts in ((50, 25), (30, 29), (90, 40)):
            since = NOW - timedelta(minutes=minutes)
            until = since + timedelta(minutes=lasts)
            page.gaps[:] = [Gap(id="g", source="world", since=since, until=until, cause="limited")]
            for path in ("/alerts/a1?lang=fr", "/search?last=24h&lang=fr", "/?lang=en"):
                tab.goto(page.url + path)
                assert tab.evaluate("document.documentElement.scrollWidth") <= 320, (path, minutes)
