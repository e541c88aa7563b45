"""Panels that cannot be told while a screen is kept fresh, in a real browser: they say so, and come back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.questions import ANA
from services.chromium import running
from veille.health import Group
from veille.identity import public_id
from veille.metrics import StageCounts
from veille.settings import Watch
from veille.web import panels
from web.partly import Partly
from web.site import Site, site
from web.test_browser import opened
from web.test_health import BASE, LOOKS
from web.test_questions import ago

WATCHES = (Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival"))


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
    with site(tmp_path, watches=WATCHES, archive=archive) as made:
        made.write(*(ago(f"q{number}", ANA, 40 - number, asks=True) for number in range(3)))
        yield made


def fresh(tab: Page) -> None:
    """Have the page ask now, as it does when it comes into view, and wait for its answer."""
    with tab.expect_response(tab.url):
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_those_that_nobody_reads_give_way_and_are_there_again(browser: Browser, page: Site, archive: Partly) -> None:
    with opened(browser, page, "/watches") as tab:
        expect(tab.locator("[data-lane]")).to_have_count(2)
        archive.refused = {"window_sums"}
        fresh(tab)
        expect(tab.locator("[data-lacking] [data-retry]")).to_have_count(2)
        expect(tab.locator("[data-fresh] [data-value]")).to_have_count(0)
        archive.refused = set()
        fresh(tab)
        expect(tab.locator("[data-lane]")).to_have_count(2)
        expect(tab.locator("[data-lacking]")).to_have_count(0)


def test_questions_that_somebody_reads_stay_and_say_that_they_are_old(
    browser: Browser, page: Site, archive: Partly
) -> None:
    with opened(browser, page, "/questions") as tab:
        read = tab.locator(f"[data-question='{public_id('q1')}'] article")
        read.focus()
        waiting = tab.locator("[data-panel=waiting]")
        archive.refused = {"mentions"}
        fresh(tab)
        expect(waiting).to_have_attribute("data-state", "stale")
        expect(tab.locator("[data-panel=questions]")).to_have_attribute("data-state", "ok")
        expect(tab.locator("[data-question] article")).to_have_count(3)
        expect(read).to_be_focused()
        archive.refused = set()
        fresh(tab)
        expect(waiting).to_have_attribute("data-state", "ok")


@pytest.mark.parametrize(
    ("path", "refused", "held", "back"),
    [
        ("/questions", "mentions", "[data-panel=questions]", "[data-question] article"),
        ("/watches/acme", "matches", "[data-panel=open]", "[data-panel=terms]:not([data-lacking])"),
    ],
)
def test_those_that_were_lacking_are_put_in_where_somebody_reads_another(
    browser: Browser, page: Site, archive: Partly, *, path: str, refused: str, held: str, back: str
) -> None:
    archive.refused = {refused}
    with opened(browser, page, path) as tab:
        expect(tab.locator("[data-lacking]")).to_have_count(1)
        tab.locator(held).evaluate("panel => { panel.tabIndex = -1; panel.focus(); panel.dataset.held = ''; }")
        archive.refused = set()
        fresh(tab)
        expect(tab.locator(back).first).to_be_visible()
        expect(tab.locator("[data-lacking]")).to_have_count(0)
        expect(tab.locator("[data-held]")).to_be_focused()


def test_health_puts_in_what_is_counted_by_then_where_somebody_has_scrolled(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "WITHIN_S", 0.5)
    counted = threading.Event()

    def groups() -> list[Group]:
        counted.wait(60)
        return [Group("enrich", StageCounts(read=30, out=30), 0, 0.0)]

    with (
        site(tmp_path, base=BASE, looks=replace(LOOKS, groups=groups)) as page,
        opened(browser, page, "/health") as tab,
    ):
        account = tab.locator("[data-panel=account]")
        expect(account).to_contain_text("Counting…")
        account.evaluate("part => part.scrollIntoView()")
        monkeypatch.setattr(panels, "WITHIN_S", 60.0)
        counted.set()
        fresh(tab)
        expect(account.locator("[data-stage=enrich]")).to_be_visible()
        expect(account).not_to_contain_text("Counting…")
