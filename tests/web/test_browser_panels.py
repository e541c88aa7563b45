"""Panels that cannot be told while Now is open, in a real browser: they grow old and say so, and come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from services.chromium import QUICK, running
from web.partly import Partly
from web.site import Site, mention, site
from web.test_browser import opened, poll


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.fixture
def archive(tmp_path: Path) -> Partly:
    return Partly(tmp_path / "veille.db")


@pytest.fixture
def page(tmp_path: Path, archive: Partly) -> Iterator[Site]:
    with site(tmp_path, archive=archive) as made:
        made.write(mention("a", minutes=2))
        yield made


def test_those_that_are_shown_grow_old_and_new_posts_still_come(browser: Browser, page: Site, archive: Partly) -> None:
    with opened(browser, page) as tab:
        hour, verdict = tab.locator("#hour"), tab.locator("#verdict")
        expect(hour).to_have_attribute("data-state", "ok")
        archive.refused = {"histogram", "alerts"}
        page.write(mention("b", minutes=1))
        poll(tab)
        expect(tab.locator("#show")).to_have_text("1 new – show")
        expect(hour).to_have_attribute("data-state", "stale")
        expect(verdict).to_have_attribute("data-verdict", "unknown")
        expect(verdict.locator(".stale")).to_be_visible()
        archive.refused = set()
        poll(tab)
        expect(hour).to_have_attribute("data-state", "ok")
        expect(verdict).to_have_attribute("data-state", "ok")
        expect(verdict.locator(".stale")).to_be_hidden()


def test_those_that_were_lacking_are_put_in(browser: Browser, page: Site, archive: Partly) -> None:
    archive.refused = {"histogram", "alerts"}
    with opened(browser, page) as tab:
        expect(tab.locator("[data-lacking]")).to_have_count(3)
        archive.refused = set()
        poll(tab)
        expect(tab.locator("[data-lacking]")).to_have_count(1)  # the brief, which is of when the page was loaded
        expect(tab.locator("#hour .plot")).to_be_visible()
        assert tab.locator("#verdict").get_attribute("data-verdict") != "unknown"


def test_a_list_that_was_lacking_is_asked_for_again(browser: Browser, page: Site, archive: Partly) -> None:
    archive.refused = {"arrivals"}
    with opened(browser, page, scripts=[QUICK]) as tab:
        expect(tab.locator("#live")).to_have_attribute("data-state", "error")
        archive.refused = set()
        tab.evaluate("void pass(10_000)")  # nobody is left to be told that they are over
        expect(tab.locator("article")).to_have_count(1)


def test_a_timeline_that_was_lacking_comes_by_asking_again(browser: Browser, page: Site, archive: Partly) -> None:
    page.write(mention("b", minutes=1))
    archive.refused = {"histogram"}
    with opened(browser, page, "/search") as tab:
        timeline = tab.locator("#timeline")
        expect(timeline).to_have_attribute("data-state", "error")
        expect(tab.locator("article")).to_have_count(2)
        archive.refused = set()
        timeline.locator("[data-retry]").click()
        expect(tab.locator("[data-panel=timeline] .plot")).to_be_visible()
