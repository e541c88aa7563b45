"""The page in a real browser: it stays live, stays still, stays usable by keyboard, and asks nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, FloatRect, Locator, Page, Route, expect

from contracts.records import at, tombstone
from services.chromium import QUICK, running
from veille.doing import Doing
from veille.identity import public_id
from veille.mention import Enrichment, Geo, Language, Sentiment, Tags
from veille.post import WatchMatch
from veille.sinks.sqlite import SqliteArchive
from web.hostile import TEXTS, hostile
from web.site import Site, mention, site
from web.test_now import alert
from web.test_pages import NO_KAFKA

AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
"""What axe looks for; what holds is not described, which takes half of its time [measured]."""
LINKS = "a[href]:not([aria-hidden], [aria-hidden] *)"
FOCUSABLE = f"{LINKS}, button, summary, input:not([type=radio]), input:checked, [tabindex='0']"
"""A picture leads where the name beside it does, and is no second stop on the way."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module; it ends with them, see `running`."""
    with running() as started:
        yield started


@contextmanager
def opened(
    browser: Browser, page: Site, path: str = "/", *, scripts: Sequence[Path] = (), **options: Any
) -> Iterator[Page]:
    """A tab of a fresh profile. Fails when the page asks anybody else, or a script of it fails.

    `scripts`: what runs before those of each page; with `QUICK` its time stands still but for `passes`.
    """
    context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 720}, **options})
    tab = context.new_page()
    for script in scripts:
        tab.add_init_script(path=script)
    outside: list[str] = []
    faults: list[str] = []
    tab.on("request", lambda request: None if request.url.startswith(page.url) else outside.append(request.url))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    tab.goto(page.url + path)
    yield tab
    context.close()
    assert (outside, faults) == ([], [])


def ask(tab: Page) -> None:
    """Have the page ask now, as it does when it comes into view."""
    tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def poll(tab: Page) -> None:
    """The same, and wait for its answer."""
    with tab.expect_response("**/live?*"):
        ask(tab)


def passes(tab: Page, seconds: float) -> None:
    """Time passes for a page with `QUICK`: it has asked whatever it asks by then, and is done with each answer."""
    tab.evaluate("ms => pass(ms)", seconds * 1000)


def settled(tab: Page) -> None:
    """Wait until nothing moves from frame to frame: what comes near is laid out then, and may be of another height."""
    tab.evaluate("""async () => {
        const frame = () => new Promise(requestAnimationFrame);
        const parts = () => [...document.querySelectorAll("article, details")];
        const where = () => parts().map(each => each.getBoundingClientRect().top).join();
        for (let before, now = where(); now !== before; before = now, now = where()) await frame().then(frame);
    }""")


def card(tab: Page, name: str) -> Any:
    return tab.locator(f"article[data-id='{public_id(name)}']")


def top(tab: Page, name: str) -> float:
    return float(card(tab, name).evaluate("card => card.getBoundingClientRect().top"))


def box(part: Locator) -> FloatRect:
    """Where it stands on the screen."""
    found = part.bounding_box()
    assert found is not None
    return found


def rich(name: str, **fields: Any) -> Any:
    """A mention with everything that a card can show."""
    found = Enrichment(
        tags=Tags(watches=[WatchMatch("acme", ["acme corp", "@acme"])], question=True),
        language=Language("fr", 1.0, "network"),
        geo=Geo(city="Lyon", country="FR", precision="city", by="profile", confidence=0.8),
        sentiment=Sentiment("negative", -0.5, 0.8, "m1"),
    )
    return mention(name, found=found, **fields)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("read", ["m00", "m09"])
def test_what_arrives_moves_nothing_until_it_is_asked_for(browser: Browser, page: Site, read: str, width: int) -> None:
    """Check 6: twelve posts come while a card has the focus."""
    page.write(*(mention(f"m{number:02}", minutes=number + 1) for number in range(30)))
    with opened(browser, page, viewport={"width": width, "height": 844}) as tab:
        card(tab, read).focus()
        settled(tab)
        before = top(tab, read)
        page.write(*(mention(f"new{number}", minutes=0) for number in range(12)))
        poll(tab)
        expect(tab.locator("#show")).to_have_text("12 new – show")
        assert top(tab, read) == before
        assert card(tab, read).evaluate("card => card === document.activeElement")
        assert tab.locator("article").count() == 30
        assert tab.locator("#hour h2").inner_text() == "42 mentions in 60 minutes"
        tab.locator("#show").click()
        expect(tab.locator("article")).to_have_count(42)
        expect(tab.locator("#show")).to_be_hidden()


def test_a_deleted_post_leaves_the_page_and_an_edited_one_is_redrawn_in_place(browser: Browser, page: Site) -> None:
    """Check 7: its text is gone from the page, and its own page is."""
    page.write(mention("a", minutes=1, text="secret kettle"), mention("b", minutes=2), mention("c", minutes=3))
    with opened(browser, page) as tab:
        card(tab, "b").focus()
        before = top(tab, "c")
        page.write(tombstone("a"), mention("b", version=at(3), op="update", minutes=2, text="mended kettle"))
        poll(tab)
        expect(card(tab, "a")).to_have_text(re.compile(r"^Removed by its author or network, 12:30:\d\d$"))
        expect(card(tab, "b")).to_contain_text("mended kettle")
        assert "secret" not in tab.content()
        assert top(tab, "c") == before
        assert card(tab, "b").evaluate("card => card === document.activeElement")
        assert tab.goto(f"{page.url}/m/{public_id('a')}").status == 410  # type: ignore[union-attr]  # it answers


def test_an_answer_from_before_a_delete_that_comes_after_it_brings_no_text_back(browser: Browser, page: Site) -> None:
    page.write(mention("a", text="kettle"), mention("b"))
    held: list[Route] = []
    with opened(browser, page, scripts=[QUICK]) as tab:
        after = tab.locator("#list").get_attribute("data-after")
        page.write(mention("a", version=at(3), op="update", text="secret kettle"))
        before = page.get(f"/live?after={after}").text
        assert "secret" in before
        page.write(tombstone("a", 9))
        tab.route("**/live?*", lambda route: route.continue_() if held else held.append(route))
        with tab.expect_request("**/live?*"):
            ask(tab)
        poll(tab)
        expect(card(tab, "a")).to_contain_text("Removed")
        with suppress(Error):  # nobody waits for it any more
            held[0].fulfill(body=before, content_type="text/html")
        passes(tab, 0)
        assert "secret" not in tab.content()


def test_pause_holds_everything_but_removals(browser: Browser, page: Site) -> None:
    page.write(mention("a", text="secret kettle"), mention("b"))
    with opened(browser, page) as tab:
        tab.keyboard.press("p")
        expect(tab.locator("#pause")).to_have_text("Resume")
        page.write(mention("c", minutes=0), tombstone("a"))
        poll(tab)
        expect(card(tab, "a")).to_contain_text("Removed")
        expect(tab.locator("#show")).to_be_hidden()
        assert tab.locator("#hour h2").inner_text() == "2 mentions in 60 minutes"
        tab.locator("#pause").click()
        expect(tab.locator("#show")).to_have_text("1 new – show")


def test_the_first_mention_appears_by_itself(browser: Browser, page: Site) -> None:
    with opened(browser, page) as tab:
        expect(tab.locator("[data-empty]")).to_contain_text("posts that contain “acme corp” or mention @acme")
        page.write(mention("a"))
        expect(card(tab, "a")).to_be_visible()
        expect(tab.locator("[data-panel=live]")).to_have_attribute("data-state", "ok")


def test_a_server_that_falls_silent_is_said_after_15_seconds(browser: Browser, page: Site) -> None:
    page.write(mention("a"))
    with opened(browser, page, scripts=[QUICK]) as tab:
        panel, said = tab.locator("[data-panel=live]"), tab.locator("#said")
        tab.route("**/live?*", lambda route: route.abort())
        passes(tab, 0.1)
        with tab.expect_event("requestfailed"):
            ask(tab)
        for seconds in (5, 10, 15):
            assert said.inner_text() == "", seconds
            passes(tab, 5)
        expect(panel).to_have_attribute("data-state", "stale")
        expect(said).to_contain_text("No answer since 12:30:20")
        tab.unroute("**/live?*")
        poll(tab)
        expect(panel).to_have_attribute("data-state", "ok")
        expect(said).to_have_text("")


def test_a_page_without_an_archive_comes_back_by_itself(browser: Browser, tmp_path: Path) -> None:
    away = tmp_path / "away"
    with site(tmp_path, archive=SqliteArchive(away / "veille.db")) as page, opened(browser, page) as tab:
        expect(tab.locator("h1")).to_have_text("The archive does not answer.")
        assert tab.locator("[data-value]").count() == 0
        page.write(mention("a"))
        away.symlink_to(tmp_path)
        expect(card(tab, "a")).to_be_visible()


def test_times_and_numbers_stay_as_the_server_wrote_them(browser: Browser, page: Site) -> None:
    page.write(*(mention(f"m{number:04}", minutes=number / 25) for number in range(1200)))
    page.write(mention("old", minutes=90))
    with opened(browser, page, scripts=[QUICK], locale="fr-FR") as tab:
        shown = "[...document.querySelectorAll('article time')].map(each => each.textContent)"
        before, heading = tab.evaluate(shown), tab.locator("#hour h2").inner_text()
        assert heading == "1\u202f200 mentions en 60 minutes"
        page.write(mention("m0000", version=at(3), minutes=0, op="update"))
        poll(tab)
        expect(card(tab, "m0000")).to_contain_text("modifié à 12:30")
        assert tab.evaluate(shown) == before
        assert tab.locator("#hour h2").inner_text() == heading


def test_the_keys_work_and_can_be_turned_off(browser: Browser, page: Site) -> None:
    page.write(mention("a", minutes=1), mention("b", minutes=2))
    with opened(browser, page, scripts=[QUICK]) as tab:  # two keys, one after the other, are pressed within its time
        for key, name in (("j", "a"), ("j", "b"), ("j", "b"), ("k", "a")):
            tab.keyboard.press(key)
            assert card(tab, name).evaluate("card => card === document.activeElement"), key
        tab.keyboard.press("/")
        assert tab.evaluate("document.activeElement.name") == "q"
        tab.keyboard.type("jp?")
        assert tab.locator("input[name=q]").input_value() == "jp?"
        card(tab, "a").focus()
        tab.keyboard.press("?")
        expect(tab.locator("dialog")).to_be_visible()
        tab.locator("#keys-on").uncheck()
        tab.keyboard.press("Escape")
        tab.keyboard.press("p")
        expect(tab.locator("#pause")).to_have_text("Pause")
        tab.locator("#help").click()
        tab.locator("#keys-on").check()
        tab.keyboard.press("Escape")
        card(tab, "a").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_url(f"**/m/{public_id('a')}")
        tab.wait_for_load_state()
        for key in "gs":
            tab.keyboard.press(key)
        tab.wait_for_url("**/search")
        tab.wait_for_load_state()
        tab.keyboard.press("s")
        assert tab.locator(".save").count() == 0  # what is everything is no watch
        tab.keyboard.press("e")
        tab.wait_for_url("**/search/export*")
        tab.go_back()
        tab.keyboard.press("[")
        tab.wait_for_url("**/search?since=*")


def test_the_buttons_of_an_alert_are_there_for_everybody(browser: Browser, tmp_path: Path) -> None:
    with site(tmp_path, doing=Doing(NO_KAFKA, idempotent=False)) as page:
        page.findings.write_alerts([alert()])
        for width, theme in ((320, "light"), (390, "dark"), (1280, "light")):
            size: Any = {"viewport": {"width": width, "height": 844}, "color_scheme": theme}
            with opened(browser, page, "/alerts/a1", **size) as tab:
                assert tab.evaluate("document.documentElement.scrollWidth") <= width
                buttons = tab.locator("[data-panel=actions] button")
                assert buttons.count() == 5
                assert min(box(each)["height"] for each in buttons.all()) >= 44
                found = Axe().run(tab, options=AA).response["violations"]
                assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
                tab.locator("[data-panel=actions]").scroll_into_view_if_needed()
                tab.evaluate("window.reached = []; addEventListener('focusin', event => reached.push(event.target))")
                tab.locator("[data-panel=actions] button").first.focus()
                for _ in range(5):
                    tab.keyboard.press("Tab")
                missed = "button => !reached.includes(button)"
                panel = "document.querySelector('[data-panel=actions]')"
                assert tab.evaluate(f"[...{panel}.querySelectorAll('button, [name=text]')].some({missed})") is False
                bar, last = box(tab.locator(".screens")), box(buttons.last)
                assert width > 640 or last["y"] + last["height"] <= bar["y"]  # what has the focus is not covered


@pytest.mark.parametrize("source", ["x", "bluesky"])
def test_hostile_posts_run_nothing_in_a_browser(browser: Browser, page: Site, source: str) -> None:
    page.write(*(hostile(f"h{number}", text, source) for number, text in enumerate(TEXTS)))
    called: list[str] = []
    with opened(browser, page, "/enter") as tab:
        tab.expose_function("hacked", lambda: called.append(tab.url))
        for path in ("/", "/search?last=7d", *(f"/m/{public_id(f'h{number}')}" for number in range(len(TEXTS)))):
            tab.goto(page.url + path)
            tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        tab.goto(page.url)
        page.write(*(hostile(f"later{number}", text, source) for number, text in enumerate(TEXTS)))
        poll(tab)
        tab.locator("#show").click()
        expect(tab.locator("article")).to_have_count(2 * len(TEXTS))
        assert tab.url == f"{page.url}/"
    assert called == []
