"""Now in a real browser: one card a story, and whoever reads goes on reading in the same place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from contracts.questions import ANA, BEN
from contracts.records import at, tombstone
from services.chromium import running
from veille.alert import Sample
from veille.identity import public_id
from veille.mention import Enrichment, Tags
from veille.post import WatchMatch
from veille.web import beside
from veille.web.beside import AGAIN_S
from web.site import Site, mention, site
from web.test_beside import shows
from web.test_browser import box, card, opened, poll, settled, top
from web.test_health import BASE, gap, heard
from web.test_now import alert, of
from web.test_questions import ago


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.mark.parametrize("width", [1280, 390])
def test_new_copies_raise_the_count_of_the_card_that_is_there(browser: Browser, page: Site, width: int) -> None:
    page.write(*(mention(f"m{number:02}", minutes=number + 1) for number in range(12)))
    with opened(browser, page, viewport={"width": width, "height": 844}) as tab:
        count = card(tab, "m03").locator("[data-copies]")
        expect(count).to_be_hidden()
        card(tab, "m05").focus()
        settled(tab)
        before = [top(tab, f"m{number:02}") for number in range(12)]
        page.write(mention("copy", minutes=0.5))
        page.join("m03", "copy")
        poll(tab)
        expect(count).to_have_text("and 1 copy")
        page.write(*(mention(f"copy{number}", minutes=0.4) for number in range(20)))
        page.join("m03", *(f"copy{number}" for number in range(20)))
        poll(tab)
        expect(count).to_have_text("and 21 copies")
        expect(tab.locator("#show")).to_be_hidden()
        assert [top(tab, f"m{number:02}") for number in range(12)] == before
        page.write(*(tombstone(f"copy{number}") for number in range(20)))
        poll(tab)
        expect(count).to_have_text("and 1 copy")
        count.click()
        expect(tab.locator("article")).to_have_count(2)


def test_copies_that_come_together_wait_as_one_card(browser: Browser, page: Site) -> None:
    copies = [f"copy{number}" for number in range(9)]
    page.write(mention("a", minutes=9))
    with opened(browser, page) as tab:
        page.write(*(mention(name, minutes=1) for name in copies), mention("b", minutes=2))
        poll(tab)
        expect(tab.locator("#show")).to_have_text("10 new – show")
        page.join(*copies)  # found a while later, as it is
        page.write(mention("c", minutes=0))
        poll(tab)
        expect(tab.locator("#show")).to_have_text("3 new – show")
        tab.locator("#show").click()
        expect(tab.locator("article")).to_have_count(4)
        assert tab.locator("[data-copies]:not([hidden])").all_inner_texts() == ["and 8 copies"]


def test_a_removed_card_stands_for_its_story_no_more(browser: Browser, page: Site) -> None:
    page.write(mention("a", minutes=9, text="secret kettle"))
    with opened(browser, page) as tab:
        page.write(tombstone("a"), mention("copy", minutes=1, text="another kettle"))
        page.join("copy")
        poll(tab)
        expect(card(tab, "a")).to_contain_text("Removed")
        expect(tab.locator("#show")).to_have_text("1 new – show")
        assert "secret" not in tab.content()


@pytest.mark.parametrize("width", [1280, 390])
def test_an_alert_that_opens_moves_nothing_under_the_sentence_that_tells_of_it(
    browser: Browser, page: Site, width: int
) -> None:
    page.write(*(mention(f"m{number:02}", minutes=number + 1) for number in range(12)))
    with opened(browser, page, viewport={"width": width, "height": 844}) as tab:
        brief, verdict = tab.locator("#brief"), tab.locator("#verdict")
        before = box(brief)["y"]
        page.findings.write_alerts([alert(id=name, samples=[Sample("m03", "first")]) for name in ("a1", "a2", "a3")])
        page.write(mention("new", minutes=0))
        poll(tab)
        expect(verdict).to_have_attribute("data-verdict", "alert")
        expect(tab.locator("[data-beside=alerts] b")).to_have_attribute("data-mark", "3")
        assert abs(box(brief)["y"] - before) < 1
        assert box(verdict)["y"] >= 0


def test_an_urgent_alert_is_read_out_once_and_one_that_is_not_is_not(browser: Browser, page: Site) -> None:
    """Section 4: of a severity of 6 or more."""
    page.write(mention("m", minutes=1))
    with opened(browser, page) as tab:
        alarm = tab.get_by_role("alert")
        tab.evaluate("""() => {
            window.told = [];
            const alarm = document.getElementById("alarm");
            new MutationObserver(() => told.push(alarm.textContent)).observe(alarm, { childList: true });
        }""")
        for number, (name, severity) in enumerate((("mild", 5), ("bad", 6), ("bad", 7))):
            page.findings.write_alerts([alert(id=name, severity=severity, revision=number + 3, samples=[])])
            page.write(mention(f"new{number}", minutes=0))
            poll(tab)
            expect(tab.locator(f"#verdict [data-alert={name}]")).to_have_attribute("data-severity", str(severity))
        expect(alarm).to_have_text("6/10 Bad buzz: acme")
        assert tab.evaluate("told") == ["6/10 Bad buzz: acme"]


@pytest.mark.parametrize(("width", "quoted"), [(1280, True), (700, True), (390, False)])
def test_what_was_said_first_takes_no_row_of_its_own(browser: Browser, page: Site, width: int, quoted: bool) -> None:
    page.write(mention("m", minutes=1, text="It melted this morning. " * 9))
    page.findings.write_alerts([alert(samples=[Sample("m", "first")])])
    with opened(browser, page, viewport={"width": width, "height": 844}) as tab:
        line = tab.locator("#verdict .alert p")
        assert line.locator("q").is_visible() == quoted
        assert box(line)["height"] < 30


@pytest.mark.parametrize(("width", "visible"), [(1280, True), (700, True), (390, False)])
def test_what_else_was_said_takes_one_row_where_there_is_room(
    browser: Browser, page: Site, width: int, visible: bool
) -> None:
    page.write(*(mention(name, minutes=1, text=f"It melted {name}, this morning. " * 9) for name in "mno"))
    page.findings.write_alerts(
        [alert(samples=[Sample("m", "first"), Sample("n", "most_copied"), Sample("o", "typical")])]
    )
    with opened(browser, page, viewport={"width": width, "height": 844}) as tab:
        line = tab.locator("#verdict .typical")
        assert line.is_visible() == visible
        if visible:
            assert box(line)["height"] < 30
            assert min(box(each)["width"] for each in line.locator("q").all()) > 120


def test_a_second_alert_is_counted_without_moving_what_is_read(browser: Browser, page: Site) -> None:
    page.write(*(mention(f"m{number:02}", minutes=number + 1) for number in range(12)))
    page.findings.write_alerts([alert(samples=[])])
    with opened(browser, page) as tab:
        brief, more = tab.locator("#brief"), tab.locator("#verdict .others a:visible")
        before, high = box(brief)["y"], box(tab.locator("#verdict"))["height"]
        expect(more).to_have_count(0)
        page.findings.write_alerts([alert(id="a2", severity=9, samples=[])])
        page.write(mention("new", minutes=0))
        poll(tab)
        expect(more).to_have_text("and 1 more open")
        expect(tab.locator("#verdict [data-alert]")).to_have_attribute("data-alert", "a2")
        assert (box(brief)["y"], box(tab.locator("#verdict"))["height"]) == (before, high)


def test_what_stands_beside_the_screens_is_taken_over_as_it_comes(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "WITHIN_S", 60.0)
    with site(tmp_path, base=BASE) as page:
        page.heard |= {name: heard() for name in ("x", "bluesky", "feeds")}
        page.write(ago("a", ANA, 30, asks=True))
        with opened(browser, page) as tab:
            questions, health = tab.locator("[data-beside=questions] b"), tab.locator("[data-beside=health] i")
            expect(questions).to_have_attribute("data-mark", "1")
            expect(health).to_have_count(0)
            page.write(ago("b", BEN, 20, asks=True))
            page.gaps.append(gap("x", 1, None))
            page.clock.advance(AGAIN_S)
            shows(page, "2")
            page.write(mention("new", minutes=0))
            poll(tab)
            expect(questions).to_have_attribute("data-mark", "2")
            expect(tab.get_by_role("link", name="Health Not everything is read.")).to_be_visible()
            page.write(ago("one", BEN, 1, to="a"), ago("two", ANA, 1, to="b"))
            page.gaps.clear()
            page.clock.advance(AGAIN_S)
            shows(page, None)
            page.write(mention("newer", minutes=0))
            poll(tab)
            expect(questions).to_have_count(0)
            expect(health).to_have_count(0)


@pytest.mark.parametrize("read", ["m00", "m07"])
def test_an_alert_an_edit_and_a_delete_above_move_nothing_under_the_reader(
    browser: Browser, page: Site, read: str
) -> None:
    page.write(*(mention(f"m{number:02}", minutes=number + 1) for number in range(12)))
    with opened(browser, page) as tab:
        card(tab, read).focus()
        settled(tab)
        before = top(tab, read)
        page.findings.write_alerts([alert(samples=[])])
        page.write(mention("m02", version=at(3), minutes=3, op="update", text="kettle " * 120), tombstone("m04"))
        poll(tab)
        expect(tab.locator("#verdict")).to_have_attribute("data-verdict", "alert")
        expect(card(tab, "m02")).to_contain_text("edited")
        assert abs(top(tab, read) - before) < 1
        assert card(tab, read).evaluate("card => card === document.activeElement")


def test_a_reader_who_points_at_a_card_keeps_it_under_the_pointer(browser: Browser, page: Site) -> None:
    page.write(*(mention(f"m{number:02}", minutes=number + 1) for number in range(12)))
    with opened(browser, page) as tab:
        card(tab, "m01").scroll_into_view_if_needed()
        card(tab, "m01").hover()
        settled(tab)
        before = top(tab, "m01")
        page.findings.write_alerts([alert(samples=[])])
        page.write(mention("new", minutes=0))
        poll(tab)
        expect(tab.locator("#verdict")).to_have_attribute("data-verdict", "alert")
        assert abs(top(tab, "m01") - before) < 1
        assert public_id("m01") in str(tab.locator("article:hover").get_attribute("data-id"))


def about(watch: str) -> Enrichment:
    """What is found in a mention of a watch."""
    return Enrichment(tags=Tags(watches=[WatchMatch(watch)]))


def test_under_one_watch_only_what_is_about_it_is_new_and_every_card_is_kept_true(browser: Browser, page: Site) -> None:
    page.write(*of("acme", 3), *of("rival", 3))
    with opened(browser, page, "/?watch=rival") as tab:
        page.write(*(mention(f"new{number}", minutes=0, found=about("acme")) for number in range(5)))
        poll(tab)
        expect(tab.locator("#hour [data-value]").first).to_have_attribute("data-value", "3")
        assert tab.locator("#show").is_hidden()
        page.write(
            mention("new", minutes=0, found=about("rival")), mention("rival0", version=at(3), op="update", text="tea")
        )
        poll(tab)
        expect(tab.locator("#show")).to_have_text("1 new – show")
        expect(card(tab, "rival0")).to_contain_text("edited")
        tab.locator("#show").click()
        expect(tab.locator("#list article")).to_have_count(4)


def test_where_every_mention_has_a_card_a_copy_has_one_as_well(browser: Browser, page: Site) -> None:
    page.write(*(mention(f"m{number}", minutes=number + 1) for number in range(3)))
    with opened(browser, page, "/?group=mention") as tab:
        page.write(mention("copy", minutes=0))
        page.join("m1", "copy")
        poll(tab)
        expect(tab.locator("#show")).to_have_text("1 new – show")
        page.write(mention("other", minutes=0))
        poll(tab)
        expect(tab.locator("#show")).to_have_text("2 new – show")


def test_whoever_follows_sees_new_ones_by_themselves_until_they_read(browser: Browser, page: Site) -> None:
    page.write(*(mention(f"m{number:02}", minutes=number + 1) for number in range(12)))
    with opened(browser, page) as tab:
        tab.locator("#follow").click()
        tab.evaluate("scrollTo(0, 0)")
        tab.mouse.move(0, 0)
        tab.locator("#follow").evaluate("button => button.blur()")
        page.write(mention("new", minutes=0))
        poll(tab)
        expect(card(tab, "new")).to_have_count(1)
        card(tab, "m00").focus()
        page.write(mention("newer", minutes=0))
        poll(tab)
        expect(tab.locator("#show")).to_have_text("1 new – show")
        assert card(tab, "newer").count() == 0
