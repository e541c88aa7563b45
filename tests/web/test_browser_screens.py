"""Every screen of the page in a real browser, with something of everything on it: for everybody, within its budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from services.chromium import QUICK
from web.screens import SCREENS, go, page
from web.site import Site
from web.test_browser import FOCUSABLE, browser, opened

__all__ = ["browser", "page"]  # the fixtures

SIDEWAYS = """[...document.querySelectorAll(".scroll")].filter(each => !each.closest(".chart"))
    .filter(each => each.scrollWidth > each.clientWidth).map(each => each.ariaLabel)"""
"""What scrolls sideways: the figures of a chart alone may."""

KILO = 1024
MOST = {"now": 70 * KILO, "search": 95 * KILO}
"""Bytes of a first visit, as they come over the wire."""
MOST_OF = {"html": 35 * KILO, "css": 12 * KILO, "js": 15 * KILO}
MOST_REQUESTS = 8


def test_on_a_phone_the_rows_of_a_table_are_cards_that_say_what_stands_in_them(browser: Browser, page: Site) -> None:
    """Section 2: and to whoever hears the page they are a table as before."""
    says = "each => getComputedStyle(each, '::before').content"
    for name in ("watches", "watch", "author", "health", "mention"):
        with opened(browser, page, SCREENS[name], viewport={"width": 390, "height": 844}) as tab:
            tables = tab.locator(".cards").all()
            assert tables, name
            for table in tables:
                heads = table.get_by_role("columnheader").all_text_contents()
                row, cell = table.get_by_role("row").nth(1), table.get_by_role("cell").first
                assert len(heads) >= 3, name
                assert row.get_by_role("rowheader").count() == 1, name
                assert cell.evaluate(says) == f'"{heads[1]}" / ""', name
                assert cell.bounding_box()["y"] >= row.get_by_role("rowheader").bounding_box()["y"] + 20, name  # type: ignore[index]  # it has a place
            tab.set_viewport_size({"width": 1280, "height": 844})
            assert {table.locator("[data-label]").first.evaluate(says) for table in tables} == {"none"}, name


@pytest.mark.parametrize("language", ["en", "fr"])
def test_on_a_phone_nothing_but_the_figures_of_charts_scrolls_sideways(
    browser: Browser, page: Site, language: str
) -> None:
    with opened(browser, page, "/enter", viewport={"width": 390, "height": 844}) as tab:
        for path in SCREENS.values():
            go(tab, page, path, lang=language)
            for width in (390, 320):
                tab.set_viewport_size({"width": width, "height": 844})
                assert tab.evaluate(SIDEWAYS) == [], path


def test_large_letters_forced_colours_and_less_motion_hold_on_every_screen(browser: Browser, page: Site) -> None:
    """Section 4: 200 % text scrolls nothing sideways."""
    options: Any = {"forced_colors": "active", "reduced_motion": "reduce"}
    with opened(browser, page, "/enter", **options) as tab:
        for path in SCREENS.values():
            go(tab, page, path)
            tab.evaluate("document.body.style.fontSize = document.documentElement.style.fontSize = '200%'")
            assert tab.evaluate("document.documentElement.scrollWidth") <= 1280, path
            assert tab.evaluate("document.getAnimations().length") == 0, path


@pytest.mark.parametrize("name", SCREENS)
def test_tab_reaches_everything_on_every_screen_in_order(browser: Browser, page: Site, name: str) -> None:
    """Check 20: whatever can be used is reached by the Tab key alone."""
    with opened(browser, page, SCREENS[name], scripts=[QUICK]) as tab:
        tab.evaluate("window.reached = []; addEventListener('focusin', event => reached.push(event.target))")
        missed = "each => each.checkVisibility({ visibilityProperty: true }) && !reached.includes(each)"
        left = f'[...document.querySelectorAll("{FOCUSABLE}")].filter({missed})'
        wanted = tab.evaluate(f"{left}.length")
        for _ in range(2):  # what scrolls is a stop as well, in Chromium
            for _ in range(tab.evaluate(f"{left}.length")):
                tab.keyboard.down("Tab")  # and held
        assert tab.evaluate(f"{left}.map(each => each.outerHTML)") == []
        below = "(a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING"
        assert tab.evaluate(f"reached.slice(1, {wanted}).every((each, n) => ({below})(reached[n], each))")


def test_a_range_is_set_by_the_keyboard_alone(browser: Browser, page: Site) -> None:
    """Check 20: no dragging is needed for a range, on the screens that have one."""
    with opened(browser, page, "/search?q=kettle") as tab:
        tab.locator("[data-scope='last=7d']").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_url("**last=7d*")
        expect(tab.locator("[data-scope='last=7d']")).to_have_attribute("aria-current", "true")
        tab.locator(".own > summary").focus()
        tab.keyboard.press("Enter")
        tab.locator(".own [name=since]").fill("2026-10-31T10:00")
        tab.locator(".own [name=until]").fill("2026-10-31T12:00")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**since=2026-10-31T10*")
        tab.keyboard.press("[")
        tab.wait_for_url("**since=2026-10-31T08*")
        tab.goto(f"{page.url}/watches")
        tab.locator("[data-scope='last=7d']").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/watches?last=7d")


@dataclass
class Transfer:
    """What a tab asked for, and how many bytes came over the wire for it."""

    asked: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def sent(self, said: Mapping[str, Any]) -> None:
        """A request went out; what the browser draws itself with is none."""
        if not said["request"]["url"].startswith("data:"):
            self.asked[said["requestId"]] = said["request"]["url"]

    def ended(self, said: Mapping[str, Any]) -> None:
        """Its answer is there."""
        self.sizes[said["requestId"]] = said["encodedDataLength"]

    def of(self, kind: str) -> int:
        """Bytes of one kind; what has no ending is a screen."""
        kinds = {number: PurePosixPath(urlsplit(url).path).suffix[1:] or "html" for number, url in self.asked.items()}
        return sum(size for number, size in self.sizes.items() if kinds.get(number) == kind)


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_keeps_its_budget(browser: Browser, page: Site, name: str) -> None:
    """Check 20: bytes and requests of a first visit."""
    with opened(browser, page, "/enter", scripts=[QUICK]) as tab:
        session, seen = tab.context.new_cdp_session(tab), Transfer()
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.requestWillBeSent", seen.sent)
        session.on("Network.loadingFinished", seen.ended)
        tab.goto(page.url + SCREENS[name], wait_until="networkidle")
    kinds = {kind: seen.of(kind) for kind in MOST_OF}
    assert {kind: size for kind, size in kinds.items() if size > MOST_OF[kind]} == {}
    assert len({*seen.asked.values()}) <= MOST_REQUESTS, seen.asked
    assert sum(seen.sizes.values()) <= MOST.get(name, max(MOST.values())), kinds
    assert min(kinds.values()) > 0
