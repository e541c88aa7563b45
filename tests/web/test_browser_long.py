"""Now left open for long in a real browser: nothing moves by itself, and it holds no more than it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.records import tombstone
from services.chromium import QUICK, SEEN, running
from veille.gap import Gap
from web.site import NOW, Site, mention
from web.test_browser import card, opened, poll
from web.test_now import alert

MOST, A_CARD = 300, 80
"""Cards, and nodes of one such card at most."""

TIMES = "#list article time"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@contextmanager
def left_open(browser: Browser, page: Site, path: str = "/", width: int = 1280) -> Iterator[Page]:
    """A tab whose time passes by `stay`, and which notes what moves."""
    with opened(browser, page, path, scripts=[SEEN, QUICK], viewport={"width": width, "height": 844}) as tab:
        yield tab


def stay(tab: Page, page: Site, seconds: float) -> None:
    """Time passes, here and there, and each change is painted."""
    page.clock.advance(seconds)
    tab.evaluate("ms => pass(ms, true)", seconds * 1000)


def nodes(tab: Page) -> int:
    """How many the browser keeps for the page, shown or not."""
    session = tab.context.new_cdp_session(tab)
    session.send("HeapProfiler.collectGarbage")
    return int(session.send("Memory.getDOMCounters")["nodes"])


@pytest.mark.parametrize("width", [1280, 390])
def test_ten_minutes_with_an_alert_a_delete_and_a_gap_move_nothing(browser: Browser, page: Site, width: int) -> None:
    """The budget of what moves by itself."""
    page.write(*(mention(f"m{number:02}", minutes=number + 1) for number in range(30)))
    with left_open(browser, page, width=width) as tab:
        for minute in range(10):
            page.write(*(mention(f"new{minute}-{number}", minutes=-minute) for number in range(5)))
            if minute == 2:
                page.findings.write_alerts([alert(samples=[])])
            if minute == 4:
                page.write(tombstone("m01"))
            if minute == 6:
                page.gaps.append(Gap(id="g", source="bluesky", since=NOW, until=None, cause="disconnected"))
            stay(tab, page, 60)
        expect(tab.locator("#show")).to_have_text("50 new – show")
        expect(tab.locator("#verdict")).to_have_attribute("data-verdict", "alert")
        expect(card(tab, "m01")).to_contain_text("Removed")
        assert tab.evaluate("noted.shifted.map(String)") == []
        assert tab.evaluate("noted.shift") == 0


def test_whoever_follows_for_long_has_the_newest_cards_and_no_trace_of_others(browser: Browser, page: Site) -> None:
    with left_open(browser, page) as tab:
        tab.locator("#follow").click()
        tab.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        held = []
        for step in range(12):
            page.write(*(mention(f"m{step}-{number}", minutes=-step / 3) for number in range(80)))
            stay(tab, page, 20)
            held.append((tab.locator("#list article").count(), nodes(tab)))
        cards, kept = zip(*held, strict=True)
        assert cards[4:] == (MOST,) * 8
        assert max(kept[8:]) <= max(kept[4:8]) + 500


def test_what_waits_is_bounded_where_every_mention_has_a_card(browser: Browser, page: Site) -> None:
    page.write(mention("a"))
    with opened(browser, page, "/?group=mention") as tab:
        for step in range(3):
            page.write(*(mention(f"m{step}-{number}", minutes=0) for number in range(150)))
            poll(tab)
        expect(tab.locator("#show")).to_have_text("301 new – show")


def test_cards_that_wait_hold_nothing_but_themselves(browser: Browser, page: Site) -> None:
    """Each came with a chart and a verdict of its minute."""
    page.write(*(mention(f"m{number}", minutes=number) for number in range(20)))
    with left_open(browser, page) as tab:
        before = nodes(tab)
        for step in range(8):
            page.write(mention(f"new{step}", minutes=-step))
            stay(tab, page, 60)
        expect(tab.locator("#show")).to_have_text("8 new – show")
        assert nodes(tab) - before < 8 * A_CARD


@pytest.mark.parametrize(("width", "at_once"), [(1280, 8), (390, 4)])
def test_a_screen_of_new_cards_comes_at_once_and_the_others_frame_by_frame(
    browser: Browser, page: Site, width: int, at_once: int
) -> None:
    page.write(*(mention(f"m{number}", minutes=number + 1) for number in range(3)))
    with opened(browser, page, viewport={"width": width, "height": 844}) as tab:
        page.write(*(mention(f"new{number}", minutes=0) for number in range(40)))
        poll(tab)
        expect(tab.locator("#show")).to_have_text("40 new – show")
        shown = "[...document.querySelectorAll('#list article')].filter(card => card.checkVisibility()).length"
        assert tab.locator("#show").evaluate(f"button => {{ button.click(); return {shown} }}") == at_once + 3
        expect(tab.locator("#list article:visible")).to_have_count(43)


def test_a_time_that_says_the_same_is_not_written_again(browser: Browser, page: Site) -> None:
    """What somebody has marked stays marked."""
    page.write(mention("a", minutes=90))
    with left_open(browser, page) as tab:
        tab.evaluate(f"window.words = document.querySelector('{TIMES}').firstChild")
        stay(tab, page, 60)
        assert tab.evaluate("words.isConnected")
