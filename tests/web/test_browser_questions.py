"""Questions in a real browser: an answer shows by itself, a button does its work in place, nothing moves meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Route, expect

from contracts.questions import ACME, ANA, BEN
from contracts.records import tombstone
from services.chromium import QUICK, running
from veille.gap import Gap
from veille.identity import public_id
from veille.post import Author
from web.site import NOW, Site, site
from web.test_actions import Kept
from web.test_browser import AA, ask, opened, passes, settled
from web.test_questions import OURS, ago


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def page(tmp_path: Path, kept: Kept) -> Iterator[Site]:
    """Questions of every sort."""
    with site(tmp_path, own=OURS, doing=kept) as made:
        made.write(
            *(ago(f"q{number}", ANA, 40 - number, asks=True, text=f"where is order {number}?") for number in range(9)),
            ago("old", BEN, 60 * 60, asks=True),
            ago("done", BEN, 90, asks=True), ago("answer", ACME, 70, to="done"),
            ago("ours", ACME, 80, asks=True, text="what would you change?"),
            *(ago(f"r{number}", Author(id=f"did:{number}", name=f"Name {number}"), 70 - number, to="ours")
              for number in range(7)),
        )  # fmt: skip
        since = NOW.replace(minute=2, second=0)
        made.gaps.append(
            Gap(id="g", source="bluesky", since=since, until=since.replace(minute=9), cause="disconnected")
        )
        yield made


def fresh(tab: Page) -> None:
    """Have the page ask now, as it does when it comes into view, and wait for its answer."""
    with tab.expect_response("**/questions*"):
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def row(name: str) -> str:
    return f"[data-question='{public_id(name)}']"


def test_a_new_answer_shows_by_itself_also_where_somebody_reads_and_moves_nothing(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/questions") as tab:
        page.write(ago("first", BEN, 1, to="q0"))
        fresh(tab)
        expect(tab.locator(f"{row('q0')} [data-answers]")).to_have_text("1 answer seen")
        expect(tab.locator("[data-panel=waiting] h2")).to_have_text("No answer seen (8)")
        reading = tab.locator(f"{row('q3')} article")
        reading.focus()
        settled(tab)
        before = reading.bounding_box()
        page.write(ago("second", BEN, 1, to="q2"), ago("third", BEN, 1, to="q3"))
        fresh(tab)
        expect(tab.locator(f"{row('q2')} [data-answers]")).to_have_text("1 answer seen")
        expect(tab.locator(f"{row('q3')} [data-answers]")).to_have_text("1 answer seen")
        expect(tab.locator("h1 [data-value]").nth(1)).to_have_text("4 with an answer seen")
        expect(tab.locator("[data-beside=questions] b")).to_have_attribute("data-mark", "6")
        assert reading.bounding_box() == before
        assert reading.evaluate("card => card === document.activeElement")


def test_a_post_that_is_deleted_leaves_the_page_while_it_is_read(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/questions") as tab:
        tab.locator(f"{row('q3')} article").focus()
        page.write(tombstone("q5"))
        fresh(tab)
        expect(tab.locator(row("q5"))).to_have_text("No longer in this list.")
        assert "order 5" not in tab.content()


def test_a_button_does_its_work_in_place_and_the_next_question_has_the_focus(
    browser: Browser, page: Site, kept: Kept
) -> None:
    with opened(browser, page, "/questions") as tab:
        tab.locator(row("q0")).get_by_role("button", name="Not a question").click()
        expect(tab.locator("[data-panel=none]")).to_contain_text("Not questions (1)")
        expect(tab.locator(f"{row('q1')} article")).to_be_focused()
        tab.locator(row("q1")).get_by_role("button", name="Answered elsewhere").press("Enter")
        expect(tab.locator(f"[data-panel=answered] {row('q1')}")).to_contain_text("said to be answered elsewhere")
        tab.locator("[data-panel=none] > details > summary").click()
        tab.locator(row("q0")).get_by_role("button", name="Undo").click()
        expect(tab.locator(f"[data-panel=waiting] {row('q0')}")).to_be_visible()
        assert tab.locator("[data-panel=none]").count() == 0
    assert [(each.field, each.value) for each in kept.written] == [
        ("question", "no"), ("answered", "elsewhere"), ("question", "")
    ]  # fmt: skip


def test_an_answer_from_before_a_button_was_pressed_that_comes_after_it_takes_nothing_back(
    browser: Browser, page: Site
) -> None:
    held: list[Route] = []
    before = page.get("/questions").text
    with opened(browser, page, "/questions", scripts=[QUICK]) as tab:
        tab.route("**/questions", lambda route: route.continue_() if held else held.append(route))
        with tab.expect_request("**/questions"):
            ask(tab)
        tab.locator(row("q0")).get_by_role("button", name="Not a question").click()
        expect(tab.locator("[data-panel=waiting] h2")).to_have_text("No answer seen (8)")
        with suppress(Error):  # nobody waits for it any more
            held[0].fulfill(body=before, content_type="text/html")
        passes(tab, 0)
        assert tab.locator("[data-panel=waiting] h2").inner_text() == "No answer seen (8)"


def test_without_javascript_the_buttons_are_forms(browser: Browser, page: Site, kept: Kept) -> None:
    with opened(browser, page, "/questions", java_script_enabled=False) as tab:
        tab.locator(row("q0")).get_by_role("button", name="Not a question").click()
        assert tab.url == f"{page.url}/questions"
        expect(tab.locator("[data-panel=none] h2")).to_have_text("Not questions (1)")
    assert [each.field for each in kept.written] == ["question"]


def test_every_block_of_the_page_holds_on_a_phone_and_has_no_fault_that_axe_finds(
    browser: Browser, page: Site, kept: Kept
) -> None:
    for name, path in (("q0", "not-a-question"), ("q1", "answered-elsewhere")):
        page.session.post(f"{page.url}/api/v1/mentions/{public_id(name)}/{path}", json={}, timeout=30)
    assert len(kept.written) == 2
    for language, theme, width in (("en", "light", 1280), ("fr", "dark", 390), ("fr", "light", 320)):
        viewport = {"width": width, "height": 844}
        with opened(browser, page, f"/questions?lang={language}&theme={theme}", viewport=viewport) as tab:
            tab.locator("[data-panel=none] > details > summary").click()
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(tab, options=AA).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
            buttons = tab.locator("[data-act] button").all()
            assert all((box := each.bounding_box()) is None or box["height"] >= 24 for each in buttons)
