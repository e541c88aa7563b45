"""Check 7 on every screen, in a real browser: a deleted post's text is gone within 60 seconds, and nothing moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.records import at, tombstone
from services.chromium import QUICK, running
from veille.alert import Driver, Sample, Why
from veille.identity import DELETED, public_id
from veille.mention import Enrichment, Tags
from veille.post import Author, Reference, WatchMatch
from veille.sinks.sink import Record
from veille.story import story_of
from web.site import Site, mention, site
from web.test_browser import ask, card, opened, passes, settled
from web.test_now import alert

ASKED_AGAIN_S = 30
BEN = Author(id="did:plc:ben", handle="ben.example")
REMOVED = re.compile(r"^Removed by its author or network, 12:30:\d\d$")
SCREENS = {
    "search": "/search?q=kettle",
    "author": f"/authors/{public_id('c')}",
    "mention": f"/m/{public_id('b')}",
    "alert": "/alerts/a1",
    "questions": "/questions",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """A question and two by another author that answer it, and an alert that shows them, one of them twice."""
    with site(tmp_path) as made:
        made.write(said("b", 30, author=BEN), said("a", 20, text="secret kettle"), said("c", 10))
        samples = [Sample("a", "first"), Sample("b", "typical"), Sample("c", "most_copied"), Sample("a", "typical")]
        made.findings.write_alerts([alert(samples=samples)])
        yield made


def said(name: str, minutes: float, **fields: Any) -> Any:
    """A post of X under a watch that asks something; all but `b` answer `b`."""
    found = Enrichment(tags=Tags(watches=[WatchMatch("acme", ["kettle"])], question=True))
    ours = {
        "source": "x",
        "text": f"kettle {name}",
        "native_id": name,
        "ref": Reference(reply_to="b" if name != "b" else None),
    }
    return mention(name, minutes=minutes, found=found, **ours | fields)


def after_half_a_minute(tab: Page) -> None:
    """Let the page ask as it does by itself."""
    with tab.expect_response("**/gone?*"):
        passes(tab, ASKED_AGAIN_S)


@pytest.fixture
def shown(browser: Browser, page: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A screen, of which each card stands; its time is driven."""
    with opened(browser, page, SCREENS[request.param], scripts=[QUICK]) as tab:
        yield tab


@pytest.mark.parametrize("shown", SCREENS, indirect=True)
def test_a_deleted_post_leaves_the_screen_by_itself_and_nothing_moves(shown: Page, page: Site) -> None:
    last = shown.locator("article").last
    last.focus()
    settled(shown)
    before = last.bounding_box()
    assert "secret" in shown.content()
    page.write(tombstone("a"))
    after_half_a_minute(shown)
    note = shown.get_by_text(REMOVED).or_(shown.get_by_text("No longer in this list."))  # Questions may see it first
    expect(note.first).to_be_attached()
    assert "secret" not in shown.content()
    assert last.bounding_box() == before
    assert last.evaluate("card => card === document.activeElement")


@pytest.mark.parametrize("shown", ["mention", "author"], indirect=True)
def test_of_the_post_that_a_screen_is_about_nothing_is_left_but_the_note(shown: Page, page: Site) -> None:
    main = shown.locator("main")
    box = main.bounding_box()
    name = "c" if "authors" in shown.url else "b"
    page.write(tombstone(name))
    after_half_a_minute(shown)
    expect(main).to_have_text(REMOVED)
    assert main.bounding_box() == box
    for held in ("kettle", "ana.example", "ben.example", "did:plc"):
        assert held not in shown.content()
    assert page.get(SCREENS["mention"].replace(public_id("b"), public_id(name))).status_code == 410


@pytest.mark.parametrize("shown", SCREENS, indirect=True)
def test_of_a_post_of_x_that_was_edited_the_old_text_does_not_stay(shown: Page, page: Site) -> None:
    last = shown.locator("article").last
    last.focus()
    settled(shown)
    before = last.bounding_box()
    page.write(said("a", 20, text="mended", version=at(2), op="update"))
    after_half_a_minute(shown)
    expect(card(shown, "a").first).to_contain_text("mended")
    expect(card(shown, "a").first).to_contain_text("edited 12:")
    assert "secret" not in shown.content()
    assert card(shown, "a").first.locator(".strip").count() == 1
    assert last.bounding_box() == before
    with shown.expect_response("**/gone?*") as answered:
        passes(shown, ASKED_AGAIN_S)
    assert answered.value.status == 204, "what is drawn anew is as it is"


@pytest.mark.parametrize("path", ["/search?q=kettle", "/alerts/told"])
def test_the_first_words_of_a_deleted_post_leave_what_is_called_by_them(
    browser: Browser, page: Site, path: str
) -> None:
    """A facet's story and an alert's reason: the line stays in its place, and leads to its mentions as before."""
    for name, minutes in (("new", 5), ("old", 15)):
        page.write(said(name, minutes, source="bluesky", text=f"{name} kettle leaks"))
    page.join("old", "new")
    page.findings.write_alerts([alert(id="told", why=Why(stories=[Driver(story_of("old"), 9, 0)]))])
    with opened(browser, page, path, scripts=[QUICK]) as tab:
        quoted = tab.locator(f"[data-quoted='{public_id('new')}']")
        expect(quoted).to_have_text("new kettle leaks")
        line = tab.locator("a", has=quoted)
        line.focus()  # an alert that somebody is in is not drawn anew: what it is called by then is another post's
        settled(tab)
        leads, box = line.get_attribute("href"), line.bounding_box()
        line = tab.locator(f"a[href='{leads}']", has=tab.locator(".quoted"))
        page.write(Record("new", at(2, DELETED), None, "bluesky"))
        after_half_a_minute(tab)
        expect(line).to_have_text(REMOVED)
        assert "new kettle" not in tab.locator("main").inner_html()
        there = line.bounding_box()
        assert box
        assert there
        assert (there["y"], there["height"]) == (box["y"], box["height"])


def test_a_page_that_nobody_sees_asks_once_a_minute_and_one_that_is_looked_at_again_at_once(
    browser: Browser, page: Site
) -> None:
    with opened(browser, page, SCREENS["search"], scripts=[QUICK]) as tab:
        tab.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true })")
        tab.evaluate("""() => {
            const sets = window.setTimeout;
            window.delays = [];
            window.setTimeout = (what, after) => { window.delays.push(after); return sets(what, after); };
            window.away = true;
        }""")
        after_half_a_minute(tab)
        tab.wait_for_function("delays.includes(60000)")
        tab.evaluate("window.away = false")
        page.write(tombstone("a"))
        with tab.expect_response("**/gone?*"):
            ask(tab)
        expect(card(tab, "a")).to_have_text(REMOVED)


def test_an_archive_or_a_session_that_is_away_takes_nothing_off_and_it_is_asked_again(
    browser: Browser, page: Site
) -> None:
    with opened(browser, page, SCREENS["search"], scripts=[QUICK]) as tab:
        page.write(tombstone("a"))
        tab.route("**/gone?*", lambda route: route.fulfill(status=503, body=f"<li data-gone='{public_id('c')}'>x</li>"))
        after_half_a_minute(tab)
        tab.unroute("**/gone?*")
        after_half_a_minute(tab)
        expect(card(tab, "a")).to_have_text(REMOVED)
        expect(card(tab, "c")).to_contain_text("kettle c")
