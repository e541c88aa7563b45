"""The query box in a real browser: it says what it understood, or where it goes wrong, while one types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Route, expect

from services.chromium import QUICK, running
from web.hostile import TEXTS
from web.site import Site, mention, site
from web.test_access import enter
from web.test_browser import AA, opened, passes, rich

ASKED = "**/search/typed?*"
REST_S = 0.3
"""After the last key; the page's clock is moved on by as much."""

LONG = '("acme corp" OR @acme OR #acme OR teapot) -is:retweet lang:fr (price OR cheap OR dear) -"hot water" or from:bob'
MOVES = """window.moved = 0; new PerformanceObserver(list => {
    for (const each of list.getEntries()) window.moved += each.value }).observe({ type: 'layout-shift' })"""
BELOW = "[...document.querySelectorAll('h1, article, #facets')].map(each => each.getBoundingClientRect().top)"
SAID = """window.said = []; const typed = document.getElementById('typed');
    new MutationObserver(() => said.push(typed.textContent)).observe(typed, { childList: true })"""
UNDER = """[...document.querySelectorAll('#fault pre')].map(pre => {
    const text = new Range(), caret = pre.querySelector('b').getBoundingClientRect();
    text.setStart(pre.firstChild, AT); text.setEnd(pre.firstChild, AT + 1);
    const sign = text.getBoundingClientRect();
    return [Math.abs(sign.left - caret.left) < 2, caret.top > sign.top, caret.right <= innerWidth] })[0]"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.fixture
def page(page: Site) -> Site:
    """Some results, which stand below."""
    page.write(*(rich(f"m{number}", minutes=number, text="acme kettle") for number in range(3)))
    return page


def type_in(tab: Page, query: str) -> None:
    """In the place of what stands there, key by key."""
    tab.locator("#q").select_text()
    tab.keyboard.press("Delete")
    tab.locator("#q").press_sequentially(query)


def said_of_the_box(tab: Page) -> tuple[str | None, str | None]:
    """Whether it is marked as wrong, and what describes it."""
    box = tab.locator("#q")
    return box.get_attribute("aria-invalid"), box.get_attribute("aria-describedby")


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_what_is_typed_is_told_and_what_is_wrong_with_it_until_it_is_put_right(
    browser: Browser, page: Site, width: int
) -> None:
    """Check 14: while it is typed too; what stands below is not touched."""
    with opened(browser, page, "/search?q=acme", viewport={"width": width, "height": 844}) as tab:
        told, below, results = tab.locator("#typed"), tab.evaluate(BELOW), tab.locator("#list").inner_html()
        expect(told.locator("[data-words]")).to_have_text("posts that contain “acme”")
        tab.evaluate(MOVES)
        type_in(tab, "acme OR tea")
        expect(told.locator("[data-words]")).to_have_text("posts that contain “acme” or contain “tea”")
        expect(told.locator("[data-x-rule]")).to_have_text("As a rule of X: 11 of 1,024 characters.")
        assert said_of_the_box(tab) == (None, "hint")
        tab.keyboard.type(" (bouil")
        fault = told.locator("#fault")
        expect(fault).to_contain_text("acme OR tea (bouil")
        expect(fault).to_contain_text("This bracket is never closed. Add a ).")
        assert fault.get_attribute("data-at") == "12"
        assert fault.locator("pre").inner_text() == "acme OR tea (bouil\n            ^"
        assert tab.evaluate(UNDER.replace("AT", "12")) == [True, True, True]
        assert said_of_the_box(tab) == ("true", "hint fault")
        assert told.locator("[data-words]").count() == 0
        tab.keyboard.type(")")
        expect(told.locator("[data-words]")).to_contain_text("contain “bouil”")
        expect(fault).to_have_count(0)
        assert said_of_the_box(tab) == (None, "hint")
        assert tab.locator("#q").input_value() == "acme OR tea (bouil)"
        assert tab.evaluate(BELOW) == below
        assert tab.locator("#list").inner_html() == results
        assert tab.evaluate("moved") <= 0.02
        tab.keyboard.press("Enter")
        expect(tab.locator("h1")).to_have_attribute("data-value", "3")


def test_the_caret_is_seen_on_the_narrowest_screen_wherever_it_goes_wrong(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/search", viewport={"width": 320, "height": 844}) as tab:
        tab.locator("#q").fill("acme OR " * 100 + "fro:ana" + " OR tea" * 100)
        expect(tab.locator("#fault")).to_have_attribute("data-at", "800")
        assert tab.evaluate(UNDER.replace("AT", "29")) == [True, True, True]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_what_is_told_on_the_narrowest_screen(browser: Browser, page: Site, theme: Any) -> None:
    size: Any = {"viewport": {"width": 320, "height": 844}, "color_scheme": theme}
    with opened(browser, page, "/search?q=acme", **size) as tab:
        told = tab.locator("#typed")
        signs = {"acme tea": "[data-words]:has-text('tea')", "acme fro:ana (": "#fault", LONG: "[data-warning]"}
        for query, sign in signs.items():
            tab.locator("#q").fill(query)
            expect(told.locator(sign).first).to_be_attached()
            found = Axe().run(tab, options=AA).response["violations"]
            assert [(query, each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
            assert tab.evaluate("document.documentElement.scrollWidth") <= 320
            longer = told.evaluate("told => told.scrollHeight > told.clientHeight")
            assert (told.get_attribute("tabindex") == "0") is longer
        assert longer
        assert told.get_attribute("role") == "status"


def test_it_is_asked_once_and_300_ms_after_the_last_key(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/search", scripts=[QUICK]) as tab:
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url) if "/typed" in request.url else None)
        for sign in "acme":
            tab.locator("#q").press_sequentially(sign)
            passes(tab, REST_S - 0.001)
        assert asked == []
        with tab.expect_response(ASKED):
            passes(tab, 0.001)
        expect(tab.locator("#typed [data-words]")).to_have_text("posts that contain “acme”")
        assert asked == [f"{page.url}/search/typed?q=acme"]


def test_an_answer_that_comes_late_is_told_to_nobody(browser: Browser, page: Site) -> None:
    held: list[Route] = []

    def late(route: Route) -> None:
        if route.request.url.endswith("q=first"):
            held.append(route)
        else:
            route.continue_()

    with opened(browser, page, "/search") as tab:
        tab.route(ASKED, late)
        with tab.expect_request(ASKED):
            tab.locator("#q").fill("first")
        tab.locator("#q").fill("second")
        expect(tab.locator("#typed [data-words]")).to_have_text("posts that contain “second”")
        tab.evaluate(SAID)
        with suppress(Error):  # nobody waits for it any more
            held[0].fulfill(body='<div id="typed"><p>the first</p></div>', content_type="text/html")
        tab.locator("#q").fill("third")
        expect(tab.locator("#typed [data-words]")).to_have_text("posts that contain “third”")
        assert len(held) == 1
        assert tab.evaluate("said.map(each => each.includes('third'))") == [True]


@pytest.mark.parametrize("how", ["abort", "503", "other"])
def test_without_an_answer_nothing_is_said(browser: Browser, page: Site, how: str) -> None:
    """What was said of an older query would be wrong."""

    def fail(route: Route) -> None:
        if how == "abort":
            route.abort()
        else:
            route.fulfill(status=503 if how == "503" else 200, body="<p>Away</p>", content_type="text/html")

    with opened(browser, page, "/search?q=acme+(") as tab:
        assert said_of_the_box(tab) == ("true", "hint fault")
        tab.route(ASKED, fail)
        tab.locator("#q").fill("acme")
        expect(tab.locator("#typed")).to_be_empty()
        assert said_of_the_box(tab) == (None, "hint")
        expect(tab.locator("#hint")).to_be_visible()
        tab.unroute(ASKED)
        tab.locator("#q").fill("acme tea")
        expect(tab.locator("#typed [data-words]")).to_have_text("posts that contain “acme”, and contain “tea”")


def test_after_a_session_has_ended_the_form_for_the_token_is_not_put_there(browser: Browser, tmp_path: Path) -> None:
    with site(tmp_path, token="sesame") as page, opened(browser, page, "/enter") as tab:
        tab.locator("input[name=token]").fill("sesame")
        tab.keyboard.press("Enter")
        tab.wait_for_url(f"{page.url}/")
        tab.goto(f"{page.url}/search?q=acme")
        tab.context.clear_cookies()
        tab.locator("#q").fill("tea")
        expect(tab.locator("#typed")).to_be_empty()
        assert enter(page, "sesame") == "/"


def test_nothing_that_is_typed_runs(browser: Browser, page: Site) -> None:
    called: list[str] = []
    page.write(mention("other", text="tea"))
    with opened(browser, page, "/enter", scripts=[QUICK]) as tab:
        tab.expose_function("hacked", lambda: called.append(tab.url))
        tab.goto(f"{page.url}/search")
        for text in (*TEXTS, *(f"({text}" for text in TEXTS)):
            for typed in (text, ""):
                tab.locator("#q").fill(typed)
                with tab.expect_response(ASKED):
                    passes(tab, REST_S)
                told = expect(tab.locator("#typed"))
                told.not_to_be_empty() if typed else told.to_be_empty()
    assert called == []
