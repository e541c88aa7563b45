"""What stands beside the names of the screens: numbers that agree with their screens, and slow no page."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.questions import ACME, ANA, BEN
from veille.alert import Alert
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import public_id
from veille.query.tree import Node
from veille.sinks.sqlite import SqliteArchive
from veille.turn import Turn
from veille.web.beside import AGAIN_S, OLD_S, Counted
from web.site import START_S, Html, Site, site
from web.test_actions import Kept, post
from web.test_health import BASE, gap, heard
from web.test_now import alert
from web.test_questions import HERE, OURS, ago

DAY_MIN = 24 * 60
SOURCES = ("x", "bluesky", "feeds")


class Moody(SqliteArchive):
    """Answers slowly or not at all what questions are counted by, when it is told to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.counts = 0
        self.away = self.silent = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def turns(self, query: Node, **more: Any) -> list[Turn]:
        self.counts += 1
        self.may_answer.wait(START_S)
        if self.away:
            raise Unavailable("no archive")
        return super().turns(query, **more)

    def alerts(self, **more: Any) -> list[Alert]:
        if self.silent:
            raise Unavailable("no archive")
        return super().alerts(**more)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Moody]:
    made = Moody(tmp_path / "veille.db")
    yield made
    made.may_answer.set()


@pytest.fixture
def asked(tmp_path: Path, archive: Moody) -> Iterator[Site]:
    """Two questions wait; others are answered, ours, or too old to be counted."""
    with site(tmp_path, archive=archive, own=OURS, doing=Kept(), base=BASE) as made:
        made.heard |= {name: heard() for name in SOURCES}
        made.write(
            ago("a", ANA, 30, asks=True), ago("b", BEN, 2 * DAY_MIN - 5, asks=True), ago("c", ANA, 10, asks=True),
            ago("old", ANA, 2 * DAY_MIN + 1, asks=True), ago("ours", ACME, 20, asks=True), ago("r", BEN, 5, to="c"),
            ago("aside", BEN, 3),
        )  # fmt: skip
        yield made


def number(shown: Html, screen: str = "questions") -> str | None:
    """What is shown beside a screen's name; None: nothing."""
    at = next(n for n, (_, each) in enumerate(shown.elements) if each.get("data-beside") == screen)
    _, inside = shown.elements[at + 1]
    return inside.get("data-mark")


def shows(page: Site, wanted: str | None, path: str = "/alerts") -> Html:
    """The page, as soon as it shows that number of questions: it is counted aside."""
    deadline = time.monotonic() + START_S
    while number(shown := page.page(path)) != wanted:
        assert time.monotonic() < deadline, f"{number(shown)} is shown, and not {wanted}"
    return shown


def first_list(page: Site) -> str:
    """How many the screen of questions says that wait."""
    return page.page("/questions").one("data-part", "waiting")["data-value"]


def level(page: Site) -> str:
    """What the sentence of the health page is made of."""
    return next(each["data-level"] for tag, each in page.page("/health").elements if tag == "h1")


def test_every_screen_says_how_many_wait_as_the_screen_of_questions_lists_them(asked: Site) -> None:
    shown = shows(asked, "2")
    assert first_list(asked) == "2"
    assert "2 without an answer seen" in shown.text
    assert "2 sans réponse vue" in asked.page("/alerts?lang=fr").text
    for path in ("/", "/search?q=acme", "/watches", "/questions", "/questions?watch=rival", "/health", "/m/nobody"):
        assert number(asked.page(path)) == "2", path


def test_a_question_that_is_answered_waits_no_more(asked: Site) -> None:
    shows(asked, "2")
    asked.write(ago("late", BEN, 0, to="a"))
    asked.clock.advance(AGAIN_S)
    shows(asked, "1")
    assert first_list(asked) == "1"


def test_what_somebody_does_on_the_screen_of_questions_shows_at_once(asked: Site, archive: Moody) -> None:
    shows(asked, "2")
    post(asked, f"/m/{public_id('a')}/answered-elsewhere", form={"x": ""}, **HERE)
    assert number(asked.page("/questions")) == first_list(asked) == "1"
    assert number(asked.page("/alerts")) == "1"
    post(asked, f"/m/{public_id('b')}/not-a-question", form={"x": ""}, **HERE)
    assert number(asked.page("/")) is None
    counts = archive.counts
    assert number(asked.page("/alerts")) is None, "none waits, and no number says so"
    assert archive.counts == counts, "what a page counted is not counted again"


def test_it_is_not_counted_again_for_each_page(asked: Site, archive: Moody) -> None:
    shows(asked, "2")
    asked.clock.advance(AGAIN_S - 1)
    assert [number(asked.page("/alerts")) for _ in range(5)] == ["2"] * 5
    assert archive.counts == 1


def test_pages_come_while_it_is_counted_with_the_last_number_that_is_known(asked: Site, archive: Moody) -> None:
    archive.may_answer.clear()
    assert number(asked.page("/alerts")) is None
    archive.may_answer.set()
    shows(asked, "2")
    archive.may_answer.clear()
    asked.write(ago("late", BEN, 0, to="a"))
    asked.clock.advance(AGAIN_S)
    assert [number(asked.page("/alerts")) for _ in range(3)] == ["2"] * 3
    asked.clock.advance(OLD_S)
    assert number(asked.page("/alerts")) is None, "nobody knows whether that still holds"
    archive.may_answer.set()
    asked.clock.advance(AGAIN_S)
    shows(asked, "1")


def test_an_archive_that_is_away_shows_no_number_and_no_error(asked: Site, archive: Moody) -> None:
    asked.findings.write_alerts([alert(samples=[])])
    assert number(shows(asked, "2"), "alerts") == "1"
    archive.away = True
    asked.clock.advance(AGAIN_S)
    shows(asked, None)
    assert asked.get("/alerts").status_code == 200
    archive.silent = True
    shown = asked.page("/search?q=acme")
    assert (number(shown, "alerts"), shown.one("data-panel", "results")["data-state"]) == (None, "ok")
    away = asked.get("/alerts")
    assert away.status_code == 503
    archive.away = archive.silent = False
    asked.clock.advance(AGAIN_S)
    shows(asked, "2")


def test_a_page_that_is_not_fresh_shows_nothing_beside_its_screens(asked: Site, archive: Moody) -> None:
    asked.findings.write_alerts([alert(samples=[])])
    asked.gaps.append(gap("x", 1, None))
    shown = shows(asked, "2")
    assert (number(shown, "alerts"), number(shown, "health")) == ("1", "partial")
    archive.silent = True
    for path in ("/alerts", "/enter"):
        shown = asked.page(path)
        assert [number(shown, screen) for screen in ("alerts", "questions", "health")] == [None] * 3


def test_a_mark_beside_health_says_in_words_that_not_everything_is_read(asked: Site) -> None:
    assert number(asked.page("/alerts"), "health") is None
    asked.gaps.append(gap("x", 3, 2, repaired=True))
    assert number(asked.page("/alerts"), "health") is None
    asked.gaps.append(gap("x", 1, None, cause="limited"))
    shown = asked.page("/alerts")
    assert number(shown, "health") == level(asked) == "partial"
    marks = [each["title"] for _, each in shown.elements if each.get("data-mark") == "partial"]
    assert marks == ["Not everything is read."] * 2, "beside its name, and on a phone beside what it stands behind"
    assert "Not everything is read." in shown.text
    assert "Tout n’est pas lu." in asked.page("/alerts?lang=fr").text


def test_a_source_that_has_stopped_or_is_not_heard_of_is_marked_too(asked: Site) -> None:
    asked.heard["bluesky"] = heard(600)
    shown = asked.page("/alerts")
    assert (number(shown, "health"), "●" in shown.text) == ("partial", True)
    del asked.heard["bluesky"]
    shown = asked.page("/alerts")
    assert (number(shown, "health"), "○" in shown.text, "●" in shown.text) == ("unknown", True, False)
    assert level(asked) == "unknown"
    asked.heard["bluesky"] = heard()
    assert number(asked.page("/alerts"), "health") is None


def test_a_count_that_began_before_a_page_counted_takes_nothing_back() -> None:
    clock, may_end, begun = FakeClock(), threading.Event(), [threading.Event(), threading.Event()]
    counts = iter(begun)

    def count() -> int:
        next(counts).set()
        may_end.wait(START_S)
        may_end.clear()
        return 9

    counted = Counted(count, clock)
    assert counted.now() is None
    assert begun[0].wait(START_S)
    clock.advance(AGAIN_S)
    counted.is_now(3)
    may_end.set()
    deadline = time.monotonic() + START_S
    while not begun[1].is_set():  # one thread counts: the first count is over
        assert (counted.now(), time.monotonic() < deadline) == (3, True)
    may_end.set()
