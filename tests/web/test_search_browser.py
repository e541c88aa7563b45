"""The search page in a real browser: usable by everybody, whole without JavaScript, the same for all who open it."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from awaited import until
from contracts.records import at
from veille.identity import public_id
from veille.mention import Enrichment, Tags
from veille.post import WatchMatch
from veille.web import narrowing
from web.site import Site, mention
from web.test_browser import browser, opened, rich
from web.test_pages import X_POST
from web.test_search import slow

__all__ = ["browser"]  # the fixture

VALUES = "[...document.querySelectorAll('[data-value]')].map(each => each.dataset.value)"
PAINTED = "[...CSS.highlights.get('found') ?? []].map(range => range.toString())"


def fill(page: Site) -> None:
    page.write(*(rich(f"m{number:02}", minutes=number, text=f"acme kettle {number}") for number in range(60)))
    page.write(rich("x", minutes=90, **X_POST), mention("other", minutes=95, text="tea"))


def test_without_javascript_a_search_is_typed_narrowed_paged_and_put_right(browser: Browser, page: Site) -> None:
    """Check 14: a query with a fault is said, and searched by nobody."""
    fill(page)
    with opened(browser, page, "/search", java_script_enabled=False) as tab:
        tab.locator("#q").fill("acme OR (bouil")
        with tab.expect_navigation() as answer:
            tab.get_by_role("button", name="Search").click()
        assert answer.value.status == 400
        assert tab.locator("#fault").get_attribute("data-at") == "8"
        assert tab.locator("#fault pre").inner_text() == "acme OR (bouil\n        ^"
        assert "This bracket is never closed." in tab.locator("#fault").inner_text()
        assert tab.locator("#q").input_value() == "acme OR (bouil"
        assert tab.locator("[data-value]").count() == 0
        tab.locator("#q").fill("acme OR tea")
        tab.locator("#q").press("Enter")
        expect(tab.locator("h1")).to_have_attribute("data-value", "62")
        tab.get_by_title("Only French").click()
        expect(tab.locator("#q")).to_have_value("(acme OR tea) language:fr")
        expect(tab.locator("h1")).to_have_attribute("data-value", "61")
        tab.locator("a[rel=next]").click()
        expect(tab.locator("article")).to_have_count(11)
        tab.locator("a[rel=prev]").click()
        expect(tab.locator("article")).to_have_count(50)
        tab.locator("a[aria-label='Without French']").click()
        expect(tab.locator("h1")).to_have_attribute("data-value", "0")


@pytest.mark.parametrize(("width", "script"), [(1280, False), (390, True)])
def test_what_is_typed_is_back_tested_by_a_button(browser: Browser, page: Site, width: int, *, script: bool) -> None:
    """From the box to the figures and back to the search, without JavaScript too."""
    page.write(*(mention(f"m{number}", minutes=number + 1, text="acme kettle") for number in range(3)))
    size: Any = {"viewport": {"width": width, "height": 844}, "java_script_enabled": script}
    with opened(browser, page, "/search?last=7d", **size) as tab:
        tab.locator("#q").fill("kettle")
        tab.get_by_role("button", name="Back-test").click()
        expect(tab.locator("h1 a")).to_have_attribute("data-value", "3")
        expect(tab.locator("[data-mean]")).to_have_text("3")
        expect(tab.locator("[data-panel=spend]")).to_contain_text("posts of other networks cost nothing")
        expect(tab.locator("#q")).to_have_value("kettle")
        tab.locator("#q").fill("samovar")
        tab.locator("#q").press("Enter")
        expect(tab.locator("h1 a")).to_have_attribute("data-value", "0")
        tab.go_back()
        tab.locator("h1 a").click()
        expect(tab.locator("h1")).to_have_attribute("data-value", "3")


def test_a_link_shows_the_same_to_whoever_opens_it(browser: Browser, page: Site) -> None:
    """Check 16: a search by its address, with all that was chosen, in a fresh profile."""
    fill(page)
    with opened(browser, page, "/search?q=acme+-" + "%C3%A9" * 3) as first:
        for choice in ("order=best", "last=7d"):
            first.locator(f"[data-scope='{choice}']").click()
            first.wait_for_url(f"**{choice}*")
        with first.expect_navigation():
            first.get_by_role("button", name="Search").click()
        first.get_by_title("Only negative").click()
        first.wait_for_url("**negative*")
        first.locator("a[rel=next]").click()
        first.wait_for_url("**after=*")
        assert len(first.url) <= 2000
        with opened(browser, page, first.url.removeprefix(page.url)) as second:
            for what in (VALUES, "[...document.querySelectorAll('article')].map(each => each.dataset.id)"):
                assert second.evaluate(what) == first.evaluate(what) != []
            chosen = "[...document.querySelectorAll('[data-scope][aria-current]')].map(each => each.dataset.scope)"
            assert second.evaluate(chosen) == first.evaluate(chosen) == ["last=7d", "group=story", "order=best"]


def test_a_long_query_has_a_short_link_that_shows_the_same(browser: Browser, page: Site) -> None:
    """Check 16: 1,024 accented characters."""
    page.write(mention("a", text="tea"), mention("b", text="œuvre été"))
    letters = random.Random(7).choices("éèêëàâäîïôöùûüçœ ", k=1_017)
    query = "tea OR " + " ".join("".join(letters).split())
    with opened(browser, page, "/search") as first:
        first.locator("#q").fill(query)
        first.locator("#q").press("Enter")
        first.wait_for_url("**z=*")
        assert len(first.url) <= 2000
        with opened(browser, page, first.url.removeprefix(page.url)) as second:
            assert second.locator("#q").input_value() == query
            assert second.evaluate(VALUES) == first.evaluate(VALUES) != []


def test_a_facet_that_takes_too_long_leaves_the_results_and_the_others_as_they_are(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check 15: the results are there while a facet is still counted, which keeps its place and can be asked again."""
    monkeypatch.setattr(narrowing, "WITHIN_S", 5.0)
    with slow(tmp_path) as page, opened(browser, page, "/search?q=acme") as tab:
        expect(tab.locator("article")).to_have_count(3)
        late = tab.locator("[data-panel=facet-hashtag]")
        expect(late).to_have_attribute("data-state", "partial")
        expect(late.get_by_role("link", name="Retry")).to_be_visible()
        expect(tab.locator("[data-panel=facet-language]")).to_have_attribute("data-state", re.compile("ok|empty"))


def test_what_was_found_is_painted_in_posts_of_x_and_their_text_stays(browser: Browser, page: Site) -> None:
    page.write(mention("x", **{**X_POST, "text": "🔥 Hi @bob, see https://t.co/abc #kettle"}))
    with opened(browser, page, "/search?q=hi+kettle") as tab:
        until(lambda: tab.evaluate(PAINTED) == ["Hi", "#kettle"], "it is painted")
        text = tab.locator("article .text")
        expect(text).to_have_text(re.compile(r"^🔥 Hi @bob, see shop\.example/kettle #kettle$"))
        assert text.locator("mark").count() == 0


def test_on_touch_the_white_space_of_a_post_of_x_leads_to_it_and_nothing_else_does(
    browser: Browser, page: Site
) -> None:
    page.write(mention("x", **X_POST))
    with opened(browser, page, "/search?q=kettle", has_touch=True, is_mobile=True) as tab:
        at_point = "(part, [x, y]) => document.elementFromPoint(x, y).closest('a, p')?.className ?? ''"
        for part, found in ((".author", "author"), (".initial", "initial"), (".text", "text"), (".view", "view")):
            box = tab.locator(f"article {part}").bounding_box()
            assert box
            start = [box["x"] + 10, box["y"] + box["height"] / 2]
            assert tab.locator("article").evaluate(at_point, start) == found
        box = tab.locator("article .frame").bounding_box()
        assert box
        for point in ([box["x"] + 4, box["y"] + 4], [box["x"] + box["width"] - 4, box["y"] + box["height"] - 20]):
            assert tab.locator("article").evaluate(at_point, point) == "over"


def test_what_was_found_is_painted_where_it_is_seen_and_nowhere_else(browser: Browser, page: Site) -> None:
    """All of it would be painted anew at each letter that is typed."""
    page.write(*(mention(f"x{n}", minutes=n, **{**X_POST, "text": f"kettle {n}"}) for n in range(30)))
    with opened(browser, page, "/search?q=kettle") as tab:
        where = "[...CSS.highlights.get('found')].map(range => range.startContainer.data)"
        first = until(lambda: tab.evaluate(where), "what is seen is painted")
        assert "kettle 0" in first
        assert "kettle 29" not in first
        tab.locator("article").last.scroll_into_view_if_needed()
        until(lambda: "kettle 29" in tab.evaluate(where), "what comes into sight is painted")
        assert "kettle 0" not in tab.evaluate(where)


def test_what_a_watch_matched_is_painted_until_it_is_switched_off_and_the_text_stays(
    browser: Browser, page: Site
) -> None:
    tags = Tags(watches=[WatchMatch("acme", ["acme corp"], [(5, 14), (18, 22)])])
    page.write(mention("m", text="🔥 Hi Acme Corp, #acme", found=Enrichment(tags=tags)))
    address = f"/m/{public_id('m')}"
    with opened(browser, page, address) as tab:
        toggle, text = tab.get_by_role("button", name="Show in text"), tab.locator("article .text")
        expect(toggle).to_have_attribute("aria-pressed", "true")
        until(lambda: tab.evaluate(PAINTED) == ["Acme Corp", "#acme"], "it is painted")
        whole = text.inner_html()
        toggle.click()
        expect(toggle).to_have_attribute("aria-pressed", "false")
        assert tab.evaluate(PAINTED) == []
        toggle.press("Enter")
        assert tab.evaluate(PAINTED) == ["Acme Corp", "#acme"]
        assert text.inner_html() == whole
        assert "<mark" not in whole
    with opened(browser, page, address, java_script_enabled=False) as tab:
        expect(tab.locator("#paint")).to_be_hidden()


def test_pages_stay_those_of_the_first_while_mentions_come(browser: Browser, page: Site) -> None:
    fill(page)
    with opened(browser, page, "/search?q=acme") as tab:
        page.write(
            mention("late", minutes=55.5, text="acme"), rich("m59", version=at(3), minutes=59, text="acme mended")
        )
        tab.locator("a[rel=next]").click()
        expect(article(tab, "m59")).to_contain_text("acme mended")
        assert article(tab, "late").count() == 0
        expect(tab.locator("article")).to_have_count(11)


def article(tab: Page, name: str) -> Any:
    return tab.locator(f"article[data-id='{public_id(name)}']")
