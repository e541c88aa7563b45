"""What is long, runs from the right or is many, in a browser: nothing is cut, mixed up or pushed off the screen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Locator, expect

from services.chromium import running
from veille.identity import public_id
from veille.post import Author
from veille.settings import Watch
from web.site import Site, site
from web.test_actions import Kept
from web.test_browser import box, card, opened, rich
from web.test_now import alert, window

WATCHES = tuple(Watch(f"watch-{number}", "competitor", f"kettle{number}") for number in range(20))
PHONE = {"width": 320, "height": 844}
WORDS = (
    "each => { const all = document.createRange(); all.selectNodeContents(each); return all.getBoundingClientRect() }"
)
"""Where the words of an element stand, which may be less than its own room."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Twenty watches; an author whose handle is long, one who writes from the right, and many authors."""
    with site(tmp_path_factory.mktemp("awkward"), watches=WATCHES, doing=Kept()) as made:
        made.write(
            rich("long", text="kettle " * 200, author=Author(id="l", handle="h" * 200, name="N" * 200)),
            rich("right", text="kettle", author=Author(id="r", handle="مستخدم.example", name="محمد بن عبد الله")),
            *(rich(f"m{n}", text="kettle", author=Author(id=f"a{n}", handle=f"a{n}.example")) for n in range(12)),
        )
        made.findings.write_windows(
            [window(each.id, 0.2, 50_000, negative=10_000, neutral=10_000, unsure=30_000) for each in WATCHES]
        )
        made.findings.write_alerts([alert(samples=[])])
        yield made


def rights(heads: Locator) -> list[tuple[float, float]]:
    """From where to where the words of each reach."""
    found = [each.evaluate(WORDS) for each in heads.all()]
    return [(each["left"], each["right"]) for each in found]


@pytest.mark.parametrize("path", ["/", "/search?q=kettle", f"/m/{public_id('long')}", f"/authors/{public_id('long')}"])
def test_a_name_of_two_hundred_letters_pushes_nothing_off_the_screen(browser: Browser, page: Site, path: str) -> None:
    with opened(browser, page, path, viewport=PHONE) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_phone_has_what_one_does_with_the_list_in_one_line(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/?lang=fr", viewport={"width": 390, "height": 844}) as tab:
        tops = [box(each)["y"] for each in tab.locator("#follow, #pause").all()]
        assert len(tops) == 2
        assert tops[0] == tops[1]


def test_a_name_that_runs_from_the_right_stands_before_its_handle(browser: Browser, page: Site) -> None:
    with opened(browser, page) as tab:
        by = card(tab, "right").locator(".by")
        name, handle = box(by.locator(".author")), box(by.locator(".handle"))
        assert name["x"] + name["width"] < handle["x"]


def test_a_long_text_is_folded_in_a_list_and_whole_on_its_own_screen(browser: Browser, page: Site) -> None:
    cut = "each => each.scrollHeight > each.clientHeight"
    with opened(browser, page, "/search?q=kettle") as tab:
        text = card(tab, "long").locator(".text")
        assert text.evaluate(cut)
        expect(card(tab, "long").get_by_text("Show all")).to_be_visible()
        tab.goto(f"{page.url}/m/{public_id('long')}")
        assert not text.evaluate(cut)
        expect(card(tab, "long").get_by_text("Show all")).to_be_hidden()


def test_twenty_watches_stand_under_one_another_and_none_is_scrolled_away(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/watches") as tab:
        rows = tab.locator("[data-panel=standing] tbody tr")
        expect(rows).to_have_count(len(WATCHES))
        table = tab.locator("[data-panel=standing] .scroll")
        assert table.evaluate("each => each.scrollHeight <= each.clientHeight")
        unsure = rows.first.locator("[data-unsure] small")
        assert unsure.inner_text() == "30,000 of 50,000"
        assert box(unsure)["height"] < 30
        heads = rights(table.locator("th[role=columnheader]"))
        assert all(left - right >= 12 for (_, right), (left, _) in pairwise(heads))


def test_of_twenty_watches_the_bar_names_some_and_has_the_others_a_press_away(browser: Browser, page: Site) -> None:
    with opened(browser, page, "/?watch=watch-17") as tab:
        bar = tab.get_by_role("group", name="Watch")
        shown = [each.inner_text() for each in bar.get_by_role("link").all() if each.is_visible()]
        assert shown == ["all watches", *(f"watch-{number}" for number in (*range(10), 17))]
        bar.get_by_text("9 more").click()
        bar.get_by_role("link", name="watch-19").click()
        tab.wait_for_url("**/?watch=watch-19")
        expect(bar.locator("[aria-current]")).to_have_text("watch-19")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_box_shows_all_of_what_may_be_typed_into_it(browser: Browser, page: Site, language: str) -> None:
    wide = """each => {
        const words = Object.assign(document.createElement("span"), { textContent: each.placeholder });
        words.style.cssText = `position: absolute; white-space: nowrap; font: ${getComputedStyle(each).font}`;
        document.body.append(words);
        const room = parseFloat(getComputedStyle(each).paddingLeft) + parseFloat(getComputedStyle(each).paddingRight);
        return words.offsetWidth + room - each.clientWidth;
    }"""
    with opened(browser, page, f"/search?q=kettle&lang={language}") as tab:
        over = tab.locator("[placeholder]").evaluate_all(f"all => all.filter(each => each.clientWidth).map({wide})")
        assert over
        assert max(over) <= 0


def test_what_is_filled_in_about_a_mention_stands_in_one_column(browser: Browser, page: Site) -> None:
    with opened(browser, page, f"/m/{public_id('right')}") as tab:
        fields = tab.locator("#correct .fill :is(input:not([type=hidden]), select)")
        assert fields.count() > 3
        assert len({(box(each)["x"], box(each)["width"]) for each in fields.all()}) == 1


def test_the_key_to_correct_leads_to_what_one_can_press(browser: Browser, page: Site) -> None:
    """What a form sends along unseen stands before its button."""
    with opened(browser, page, f"/m/{public_id('right')}") as tab:
        tab.keyboard.press("c")
        expect(tab.locator("#correct button").first).to_be_focused()


@pytest.mark.parametrize("path", [f"/m/{public_id('right')}", "/alerts/a1"])
def test_on_a_phone_a_field_has_its_button_beside_it_and_its_name_above(
    browser: Browser, page: Site, path: str
) -> None:
    with opened(browser, page, f"{path}?lang=fr", viewport=PHONE) as tab:
        for form in tab.locator("#correct .fill").all():
            field, button = box(form.locator("input:not([type=hidden]), select")), box(form.locator("button"))
            assert abs(field["y"] + field["height"] - button["y"] - button["height"]) < 1
            assert 0 < button["x"] - field["x"] - field["width"] < 12
            assert box(form)["y"] + 16 < field["y"], "its name"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [320, 390])
def test_what_the_columns_of_an_alert_are_named_is_told_apart(
    browser: Browser, page: Site, width: int, language: str
) -> None:
    with opened(browser, page, f"/alerts/a1?lang={language}", viewport={"width": width, "height": 844}) as tab:
        for table in tab.locator("[data-why]").all():
            heads = rights(table.locator("th:not(:first-child)"))
            assert all(left - right >= 8 for (_, right), (left, _) in pairwise(heads))


def test_on_a_phone_what_an_alert_is_about_has_the_whole_row_and_its_figures_stand_below(
    browser: Browser, page: Site
) -> None:
    with opened(browser, page, "/alerts/a1", viewport=PHONE) as tab:
        table = tab.locator("[data-why=terms]")
        for row in table.get_by_role("row").all():
            name, *figures = map(box, row.locator("th, td").all())
            assert abs(name["width"] - box(table)["width"]) < 1
            assert len(figures) == 3
            assert {each["y"] for each in figures} == {figures[0]["y"]}
            assert figures[0]["y"] >= name["y"] + name["height"]
