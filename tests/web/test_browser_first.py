"""The first run in a real browser: the numbers grow by themselves, until the first mention takes their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from services.chromium import running
from veille.gap import Gap
from web.site import NOW, mention
from web.test_browser import AA, card, opened, poll
from web.test_first import first, said


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


def test_what_was_read_grows_by_itself_until_the_first_mention_comes(browser: Browser, tmp_path: Path) -> None:
    """Check 5: what was read, what matched, the query in words, and no chart."""
    with first(tmp_path) as page, opened(browser, page) as tab:
        shown = tab.locator("[data-empty]")
        expect(shown).to_contain_text("Bluesky: not known yet what was read.")
        page.heard = {"bluesky": said(12, 3)}
        poll(tab)
        expect(shown).to_contain_text("Reading Bluesky for 3 s: 12 posts read, 0 match acme.")
        page.heard = {"bluesky": said(1_180)}
        poll(tab)
        expect(shown).to_contain_text("Reading Bluesky for 47 s: 1,180 posts read, 0 match acme.")
        assert tab.locator("[data-panel=live]").get_attribute("data-state") == "empty"
        expect(shown).to_contain_text("posts that contain “acme corp” or mention @acme")
        assert tab.locator("canvas").count() == 0
        page.write(mention("a", minutes=0))
        expect(card(tab, "a")).to_be_visible()
        expect(shown).to_have_count(0)


def test_no_state_of_it_scrolls_sideways_or_has_a_fault_that_axe_finds(browser: Browser, tmp_path: Path) -> None:
    with first(tmp_path) as page:
        page.heard = {"bluesky": said(1_180, acme=1)}
        page.gaps.append(Gap(id="g", source="bluesky", since=NOW, cause="disconnected"))
        for language, theme, width in (("en", "light", 1280), ("fr", "dark", 390), ("fr", "light", 320)):
            viewport = {"width": width, "height": 844}
            with opened(browser, page, f"/?lang={language}&theme={theme}", viewport=viewport) as tab:
                assert tab.evaluate("document.documentElement.scrollWidth") <= width
                found = Axe().run(tab, options=AA).response["violations"]
                assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
