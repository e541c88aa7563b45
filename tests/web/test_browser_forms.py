"""Forms in a real browser: numbers and times by language, a post as its network wants it, an archive away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from avatar_stand import AvatarStand, answer, png
from services.chromium import running
from veille.mention import Enrichment, Sentiment
from veille.sinks.sqlite import SqliteArchive
from web.site import NOW, mention, site
from web.test_browser import box, card, opened, poll
from web.test_health import BASE, LOOKS, SPENDING
from web.test_pages import X_POST

EVENING = datetime(2026, 11, 23, 17, 50, tzinfo=UTC)
"""18:50 in Paris."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this module."""
    with running() as started:
        yield started


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("fr", ("1\u202f234\u202f567,8", "12\u00a0%", "23 nov. 2026, 18:50")),
        ("en", ("1,234,567.8", "12%", "23 Nov 2026, 18:50")),
    ],
)
def test_numbers_and_times_are_written_as_the_language_does(
    browser: Browser, tmp_path: Path, language: str, written: tuple[str, str, str]
) -> None:
    """Check 17: in both languages and one zone, also in what comes later."""
    number, share, stamp = written
    looks = replace(LOOKS, spending=lambda: replace(SPENDING, spent_today=1_234_567.8))
    found = Enrichment(sentiment=Sentiment("negative", -0.5, 0.12, "m1"))
    with site(tmp_path, base=BASE, looks=looks, zone="Europe/Paris") as page:
        page.clock.advance((EVENING - NOW).total_seconds() + 7_200)

        def say(name: str, minutes: float) -> None:
            at = EVENING + timedelta(minutes=minutes)
            page.write(mention(name, created_at=at, received_at=at, found=found))

        say("first", 0)
        with opened(browser, page, f"/health?lang={language}") as tab:
            expect(tab.locator("[data-panel=spending] dd").first).to_contain_text(number)
            tab.goto(f"{page.url}/?lang={language}")
            say("later", 0.5)
            poll(tab)
            tab.locator("#show").click()
            for name in ("first", "later"):
                expect(card(tab, name).locator(".mark small")).to_contain_text(share)
                expect(card(tab, name).locator("time")).to_have_attribute("title", f"{stamp}, Europe/Paris")
                expect(card(tab, name).locator("time")).to_have_text(stamp)


def test_a_post_of_x_is_shown_as_x_wants_it(browser: Browser, tmp_path: Path) -> None:
    """Check 18: its text untouched, what it links to, where things stand in the frame; nothing of ours inside it."""
    with AvatarStand() as stand, site(tmp_path, avatars=stand.fetcher.fetch) as page:
        stand.answers["/ana"] = answer(png())
        author_of = X_POST["author"]
        page.write(mention("x", **X_POST | {"author": msgspec.structs.replace(author_of, avatar=stand.url("/ana"))}))
        page.write(mention("y", **X_POST | {"author": msgspec.structs.replace(author_of, avatar=stand.url("/none"))}))
        with opened(browser, page) as tab:
            frame = card(tab, "x").locator(".frame")
            text, author, logo = frame.locator(".text"), frame.locator(".author"), frame.get_by_role("img", name="X")
            assert text.evaluate("text => text.textContent") == "Hi @bob, see shop.example/kettle #kettle $ACME"
            hrefs = "links => links.map(link => link.getAttribute('href'))"
            assert text.locator("a").evaluate_all(hrefs) == [
                "https://x.com/bob", "https://t.co/abc", "https://x.com/hashtag/kettle", "https://x.com/search?q=%24ACME"
            ]  # fmt: skip
            permalink = "https://x.com/ana/status/1"
            assert frame.locator("a:has(time)").get_attribute("href") == permalink
            assert frame.locator(".view").get_attribute("href") == permalink
            picture, letter = frame.locator(".initial"), card(tab, "y").locator(".initial")
            for link in (author, frame.locator(".handle"), picture):
                assert link.get_attribute("href") == "https://x.com/ana"
            expect(picture.locator("img")).to_have_js_property("naturalWidth", 40)
            expect(picture.locator("img")).to_have_css("opacity", "1")
            whole, sign, name, mark = box(frame), box(picture.locator("img")), box(author), box(logo)
            assert sign["x"] + sign["width"] <= name["x"]
            assert mark["x"] + mark["width"] / 2 > whole["x"] + whole["width"] / 2
            assert mark["y"] + mark["height"] <= box(text)["y"] + 1
            assert frame.locator("button, form, input").count() == 0
            expect(letter.locator("img")).to_have_js_property("complete", True)
            expect(letter).to_have_text("A")
            expect(letter.locator("img")).to_have_css("opacity", "0")  # else Chromium's sign of a broken one is seen


def test_an_archive_that_has_stopped_is_said_and_no_number(browser: Browser, tmp_path: Path) -> None:
    """Check 4: 503, since when, and nothing that counts."""
    folder = tmp_path / "data"
    folder.mkdir()
    archive = SqliteArchive(folder / "veille.db")
    with site(folder, archive=archive) as page, opened(browser, page) as tab:
        archive.close()
        folder.rename(tmp_path / "gone")
        answer = tab.goto(page.url)
        assert answer is not None
        assert answer.status == 503
        expect(tab.locator("h1")).to_have_text("The archive does not answer since 12:30:20.")
        assert tab.locator("[data-value]").count() == 0
