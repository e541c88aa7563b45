"""Health, one author and one mention in a real browser: two languages, two themes, three widths, no script needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect

from contracts.questions import ANA, BEN, at_uri
from services.chromium import running
from veille.errors import Unavailable
from veille.health import Spending
from veille.identity import bluesky_doc_id, public_id
from veille.web import beside
from web.site import Site, site
from web.test_actions import Kept
from web.test_browser import AA, box, opened, rich, settled
from web.test_health import BASE, LOOKS, gap, heard
from web.test_now import alert
from web.test_questions import ago

ASKED = bluesky_doc_id("did:plc:Case", "q")
NAMED = {
    "en": {
        "alerts": "Alerts 12 open",
        "questions": "Questions 4 without an answer seen",
        "health": "Health Not everything is read.",
    },
    "fr": {
        "alerts": "Alertes 12 en cours",
        "questions": "Questions 4 sans réponse vue",
        "health": "Santé Tout n’est pas lu.",
    },
}
"""What is read aloud of the screens that have something beside their names."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


def broken() -> Spending | None:
    raise Unavailable("the cursors cannot be read")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """With something in every part; one of them fails."""
    looks = replace(LOOKS, spending=broken)
    with site(tmp_path_factory.mktemp("pages"), base=BASE, looks=looks, doing=Kept()) as made:
        made.heard |= {"x": heard(), "bluesky": heard(600)}
        made.gaps += [gap("bluesky", 12, 6), gap("x", 1, None, cause="limited"), gap("feeds", 40, 39, repaired=True)]
        made.write(*(rich(f"r{n}", minutes=n * 9 + 1, text="does acme corp deliver?") for n in range(4)))
        made.write(ago(ASKED, ANA, 50, asks=True, uri=at_uri("q"), native_id="q"), ago("a", BEN, 40, to="q"))
        made.join("r0", "r1", "r2")
        made.findings.write_alerts([alert(id=f"a{n}", samples=[]) for n in range(12)])
        yield made


def test_without_javascript_all_of_it_is_there_and_a_button_does_its_work(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/health", java_script_enabled=False) as tab:
        expect(tab.locator("[data-lane]")).to_have_count(3)
        tab.get_by_role("link", name="90 days").click()
        expect(tab.locator("tr[data-gap]")).to_have_count(3)
        expect(tab.locator("[data-panel=spending] [data-fault]")).to_be_visible()
    with opened(browser, page, "/search?q=acme&last=7d", java_script_enabled=False) as tab:
        card = tab.locator(f"article[data-id='{public_id('r3')}']")
        card.get_by_text("Correct", exact=True).click()
        card.get_by_role("button", name="Handled").click()
        assert tab.url == f"{page.url}/search?q=acme&last=7d"
        expect(card.locator("[data-handled]")).to_be_visible()
    with opened(browser, page, f"/m/{public_id('r3')}", java_script_enabled=False) as tab:
        tab.get_by_role("button", name="Not a question").click()
        expect(tab).to_have_url(f"{page.url}/m/{public_id('r3')}#correct")
        expect(tab.locator("[data-done=question]")).to_contain_text(": no question. veille: a question.")
        tab.get_by_role("link", name="By this author").click()
        expect(tab.locator("[data-fixed]")).to_have_text("Posts that matched your watches. Not a profile of a person.")


def y_of(shown: Locator) -> float:
    """Where it stands on the page."""
    return float(shown.evaluate("one => one.getBoundingClientRect().y + scrollY"))


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 320)])
def test_a_card_is_put_right_by_keys_alone_where_it_stands(
    browser: Browser, page: Site, theme: str, width: int
) -> None:
    path = f"/search?q=acme&last=7d&theme={theme}&lang=en"
    with opened(browser, page, path, viewport={"width": width, "height": 844}) as tab:
        card = tab.locator(f"article[data-id='{public_id('r3')}']")
        card.focus()
        settled(tab)
        top = y_of(card)
        tab.keyboard.press("c")
        expect(card.get_by_role("button").first).to_be_focused()
        word = "positive" if card.get_by_role("button", name="positive").count() else "negative"
        card.get_by_role("button", name=word).focus()
        tab.keyboard.press("Enter")
        expect(card.locator("[data-put-right]")).to_be_visible()
        expect(card.locator(".mark")).to_contain_text(word)
        expect(card.locator("summary").last).to_be_focused()
        assert tab.url.endswith(path)
        assert y_of(card) == top
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(tab, options=AA).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("theme", "width"), [("dark", 320), ("light", 320), ("light", 390), ("dark", 1280)])
def test_what_stands_beside_the_screens_is_in_nobodys_way(
    browser: Browser, page: Site, monkeypatch: pytest.MonkeyPatch, *, theme: str, width: int, language: str
) -> None:
    monkeypatch.setattr(beside, "WITHIN_S", 60.0)
    path = f"/alerts?theme={theme}&lang={language}"
    with opened(browser, page, path, viewport={"width": width, "height": 844}) as tab:
        for name in ("alerts", "questions", "more" if width < 640 else "health"):
            shown = tab.locator(f"[data-beside={name}] > *")
            expect(shown).to_be_visible()
            mark, held = box(shown), box(shown.locator("xpath=ancestor::*[self::a or self::summary]"))
            assert mark["x"] >= held["x"]
            assert mark["x"] + mark["width"] <= min(held["x"] + held["width"], width - 4)
            assert name == "more" or tab.get_by_role("link", name=NAMED[language][name], exact=True).count() == 1
        links = [box(each) for each in tab.locator(".screens > a, .more > summary").all() if each.is_visible()]
        assert len(links) == (5 if width < 640 else 6)
        assert all(one["x"] + one["width"] <= other["x"] + 0.5 for one, other in pairwise(links)
                   if one["y"] == other["y"])  # fmt: skip
        assert max(each["x"] + each["width"] for each in links) <= width
        found = Axe().run(tab, options=AA).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_a_phone_has_five_in_its_bar_and_the_others_behind_the_last(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/alerts?last=7d", viewport={"width": 390, "height": 844}) as tab:
        more = tab.locator(".more > summary")
        more.focus()
        tab.keyboard.press("Enter")
        tab.locator(".more a").first.click()
        tab.wait_for_url("**/watches?last=7d")
        expect(more).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("width", [1280, 390])
def test_each_source_has_its_state_in_its_own_card(browser: Browser, page: Site, width: int) -> None:
    with opened(browser, page, "/health", viewport={"width": width, "height": 844}) as tab:
        states = set()
        for source in tab.locator(".source").all():
            state, card = source.locator(".is"), box(source)
            states.add(state.inner_text().split()[-1])
            shown = box(state)
            assert card["x"] <= shown["x"] <= shown["x"] + shown["width"] <= card["x"] + card["width"]
            assert card["y"] <= shown["y"] <= shown["y"] + shown["height"] <= card["y"] + card["height"]
        assert {"stopped", "waiting"} <= states


def test_a_phone_names_no_column_that_has_nothing_to_tell(browser: Browser, page: Site) -> None:
    with opened(browser, page, f"/m/{public_id('r3')}", viewport={"width": 390, "height": 844}) as tab:
        cells = tab.locator("[data-panel=found] td")
        shown = [bool(each.inner_text().strip()) for each in cells.all() if each.is_visible()]
        assert all(shown)
        assert len(shown) < cells.count()
