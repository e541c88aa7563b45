"""Rows of gaps in a list that is live: keys pass them by, what arrives loses none, and a new one moves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from services.chromium import running
from veille.identity import public_id
from web.site import Site, mention
from web.test_browser import opened, poll, top
from web.test_gap_rows import lost


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


def test_rows_stay_in_their_place_while_posts_arrive_and_keys_pass_them_by(browser: Browser, page: Site) -> None:
    page.write(*(mention(name, minutes=minutes) for name, minutes in (("a", 5), ("b", 15))))
    page.gaps.append(lost("between", 10, None))
    with opened(browser, page) as tab:
        row = tab.locator("#list [data-gap=between]")
        expect(row).to_contain_text("Not read. Since 1 Nov 2026, 12:20, Bluesky: connection lost.")
        for key, name in (("j", "a"), ("j", "b"), ("k", "a")):
            tab.keyboard.press(key)
            expect(tab.locator(f"article[data-id='{public_id(name)}']")).to_be_focused()
        before = top(tab, "b")
        page.gaps[:] = [lost("between", 10, 2), lost("later", 3)]
        page.write(mention("c", minutes=1))
        poll(tab)
        expect(tab.locator("#show")).to_have_text("1 new – show")
        expect(row).to_contain_text("to 1 Nov 2026, 12:22, Bluesky: connection lost. Not repaired.")
        assert top(tab, "b") == before
        assert tab.locator("#list [data-gap=later]").count() == 0, "it comes with the posts that are asked for"
        tab.locator("#show").click()
        list_ = "[...document.querySelectorAll('#list > *')].map((each) => each.dataset.gap ?? each.dataset.id)"
        c, a, b = (public_id(name) for name in "cab")
        assert tab.evaluate(list_) == [c, "later", a, "between", b]
