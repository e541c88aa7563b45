"""Cards off screen in a real browser: not laid out until they come near; found, reached and printed as others are."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from awaited import until
from services.chromium import QUICK, SEEN, running
from web.site import Site, mention
from web.test_browser import card, opened

CARDS = 60
DRAWN = "[...document.querySelectorAll('#list .frame')].filter(e => e.checkVisibility({ contentVisibilityAuto: true }))"
FAR = 29
"""The last one that Now shows."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.fixture
def many(page: Site) -> Site:
    """A page of cards of different heights; the last one that Now shows names a samovar."""
    texts = ["kettle " * (1 + 17 * number % 90) for number in range(CARDS)]
    texts[FAR] = "a samovar at last"
    page.write(*(mention(f"m{number:02}", minutes=number, text=text) for number, text in enumerate(texts)))
    return page


def drawn(tab: Page) -> int:
    """Cards whose contents are laid out."""
    return int(tab.evaluate(f"{DRAWN}.length"))


@pytest.mark.parametrize("path", ["/?group=mention", "/search?q=kettle+OR+samovar&group=mention"])
def test_what_is_far_below_is_not_laid_out(browser: Browser, many: Site, path: str) -> None:
    with opened(browser, many, path) as tab:
        shown = tab.locator("#list article").count()
        assert shown >= 30
        expect(tab.locator("#list article").last).to_be_visible()
        until(lambda: drawn(tab) >= 3, "what is near is laid out, with the first frame")
        assert drawn(tab) <= shown // 2


def test_words_off_screen_are_found(browser: Browser, many: Site) -> None:
    with opened(browser, many, "/?group=mention") as tab:
        far = card(tab, f"m{FAR}")
        assert far.evaluate("card => card.getBoundingClientRect().top > 3 * innerHeight")
        assert tab.evaluate("find('samovar')")
        expect(far).to_be_in_viewport()
        assert far.evaluate("card => card.contains(getSelection().anchorNode)")


def test_keys_reach_what_is_off_screen(browser: Browser, many: Site) -> None:
    with opened(browser, many, "/?group=mention") as tab:
        count = tab.locator("#list article").count()
        for _ in range(count + 3):
            tab.keyboard.press("j")
        last = tab.locator("#list article").last
        expect(last).to_be_focused()
        expect(last).to_be_in_viewport()
        tab.keyboard.press("Tab")
        assert last.evaluate("card => card.contains(document.activeElement)")
        for _ in range(count + 3):
            tab.keyboard.press("k")
        expect(tab.locator("#list article").first).to_be_focused()


def test_nothing_moves_for_whoever_scrolls(browser: Browser, many: Site) -> None:
    with opened(browser, many, "/?group=mention", scripts=[SEEN]) as tab:
        tab.mouse.move(300, 500)
        for _ in range(40):
            tab.mouse.wheel(0, 400)
            tab.evaluate("() => new Promise(done => frame(() => frame(done)))")
        expect(tab.locator("#list article").last).to_be_in_viewport()
        assert tab.evaluate("noted.shift") == 0


def glyphs(pdf: bytes) -> int:
    """How many strings are drawn."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return sum(len(re.findall(rb"T[jJ]\b", _plain(each))) for each in streams)


def _plain(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_all_of_them_are_printed(browser: Browser, many: Site) -> None:
    with opened(browser, many, "/?group=mention", scripts=[QUICK]) as tab:
        printed = glyphs(tab.pdf())
        tab.evaluate(
            "for (const card of document.querySelectorAll('#list article')) card.style.contentVisibility = 'visible'"
        )
        assert printed == glyphs(tab.pdf()) > 100
