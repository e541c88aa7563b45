"""The page of questions and the API beside it: who waits, who was answered, how soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.questions import ACME, ANA, BEN, at_uri, said
from contracts.records import NOON
from veille.gap import Gap
from veille.identity import public_id
from veille.post import Author
from veille.settings import OwnSettings
from veille.sinks.sink import Record
from web.site import NOW, Html, Site, site
from web.test_actions import Kept, post

ASIDE = (NOW - NOON).total_seconds() / 60


def ago(name: str, author: object, minutes: float, **more: object) -> Record:
    """A post published so many minutes before NOW."""
    return said(name, author, ASIDE - minutes, **more)  # type: ignore[arg-type]  # passed on as they are


def test_an_empty_archive_says_that_nobody_asked(page: Site) -> None:
    shown = page.page("/questions")
    assert shown.one("data-panel", "questions")["data-state"] == "empty"
    assert "No question seen in 24 h (French and English are understood)" in shown.text
    assert "Aucune question vue en 24 h" in page.page("/questions?lang=fr").text


def test_who_waits_comes_first_with_how_long_and_the_answered_say_how_soon_and_by_whom(tmp_path: Path) -> None:
    with site(tmp_path, own=OwnSettings(bluesky=("acme.example",))) as page:
        page.write(
            ago("waits", ANA, 72, asks=True),
            ago("done", BEN, 120, asks=True),
            ago("answer", ACME, 85, to="done"),
            ago("old", ANA, 3 * 24 * 60, asks=True),
        )
        shown = page.page("/questions")
    assert shown.values("data-question") == [public_id(name) for name in ("waits", "old", "done")]
    assert shown.values("data-waiting") == [str(72 * 60), str(3 * 24 * 3600)]
    text = " ".join(shown.text.split())
    assert "2 questions in 24 h · 1 with an answer seen" in text
    assert "Half were answered within 35 min." in text
    assert "waiting for 1 h 12" in text
    assert "waiting for 3 d" in text
    assert "1 answer seen , the first after 35 min · answered by us after 35 min" in text.replace("seen,", "seen ,")


def test_a_gap_says_that_answers_may_be_missing(page: Site) -> None:
    page.write(ago("waits", ANA, 5, asks=True))
    since = NOW - timedelta(minutes=30)
    page.gaps.append(
        Gap(id="g", source="bluesky", since=since, until=since + timedelta(minutes=7), cause="disconnected")
    )
    shown = page.page("/questions")
    assert shown.one("data-panel", "questions")["data-state"] == "partial"
    assert shown.values("data-gap") == ["g"]
    assert "Answers may be missing, 12:00–12:07 (Bluesky: connection lost)." in " ".join(shown.text.split())
    assert [gap["id"] for gap in page.json("/api/v1/questions")["gaps"]] == ["g"]


def test_how_many_were_asked_leads_to_the_search_for_them(tmp_path: Path) -> None:
    """To others' questions of that time, and of one watch where that is asked for."""
    with site(tmp_path, own=OwnSettings(bluesky=("acme.example", "did:plc:other"), x=("ben",))) as page:
        page.write(
            ago("a", ANA, 30, asks=True), ago("ours", ACME, 20, asks=True), ago("b", BEN, 40, asks=True, watch="rival"),
            ago("say", ANA, 10), ago("old", ANA, 30 * 60, asks=True),
        )  # fmt: skip
        for path, count in (("/questions", 2), ("/questions?watch=rival", 1), ("/questions?last=7d", 3)):
            link = next(each for tag, each in page.page(path).elements if tag == "a" and "data-value" in each)
            found = page.page(link["href"])
            heads = [each["data-value"] for tag, each in found.elements if tag == "h1" and "data-value" in each]
            assert (link["data-value"], heads) == (str(count), [str(count)]), path


def test_the_api_tells_each_question_with_its_answers(page: Site) -> None:
    page.write(
        ago("q", ANA, 60, asks=True),
        ago("one", BEN, 50, to="q"),
        ago("two", BEN, 40, to="one", root="q", watch="rival"),
    )
    told = page.json("/api/v1/questions?watch=acme")
    assert (told["asked"], told["answered"], told["half_within_seconds"]) == (1, 1, 600)
    (question,) = told["questions"]
    assert question["mention"]["uri"] == at_uri("q")
    assert (question["answers"], question["ours"], question["answered_by_us_at"]) == (2, False, None)
    assert question["answerers"] == [{"id": "did:ben", "handle": None, "name": None}]
    assert page.json("/api/v1/questions?watch=rival")["questions"] == []


OURS = OwnSettings(bluesky=("acme.example",))
HERE = {"Sec_Fetch_Site": "same-origin"}


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def acting(tmp_path: Path, kept: Kept) -> Iterator[Site]:
    """With buttons, and three questions: of the last one the answer is known."""
    with site(tmp_path, own=OURS, doing=kept) as made:
        made.write(
            ago("a", ANA, 30, asks=True), ago("b", BEN, 20, asks=True), ago("c", ANA, 10, asks=True),
            ago("r", BEN, 5, to="c"),
        )  # fmt: skip
        yield made


def panels(shown: Html) -> dict[str, str]:
    """The blocks of the page with their totals."""
    names = [each["data-panel"] for _, each in shown.elements if "data-panel" in each][1:]
    totals = [each["data-value"] for _, each in shown.elements if each.get("data-part") in names]
    return dict(zip(names, totals, strict=True))


def test_what_is_no_question_leaves_the_sums_at_once_and_comes_back_when_it_is_taken_back(
    acting: Site, kept: Kept
) -> None:
    path = f"/m/{public_id('a')}/not-a-question"
    answer = post(acting, path, form={"back": "/questions?last=7d&watch=acme"}, **HERE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/questions?last=7d&watch=acme")
    shown = acting.page("/questions")
    assert "2 questions in 24 h · 1 with an answer seen" in " ".join(shown.text.split())
    assert panels(shown) == {"waiting": "1", "answered": "1", "none": "1"}
    told = acting.json("/api/v1/questions")
    assert [each["public_id"] for each in told["not_questions"]] == [public_id("a")]
    assert (told["asked"], len(told["questions"])) == (2, 2)
    brief = [each for _, each in acting.page("/").elements if each.get("href") == "/questions" and "data-value" in each]
    assert [each["data-value"] for each in brief] == ["1"]
    assert [(each.key, each.value, each.was) for each in kept.written] == [
        (f"mention/{public_id('a')}/question", "no", "yes")
    ]
    post(acting, path, form={"undo": "1"}, **HERE)
    assert panels(acting.page("/questions")) == {"waiting": "2", "answered": "1"}
    assert acting.json("/api/v1/questions")["not_questions"] == []


def test_what_was_answered_elsewhere_waits_no_more_and_is_not_taken_for_an_answer_seen(acting: Site) -> None:
    path = f"/api/v1/mentions/{public_id('b')}/answered-elsewhere"
    assert post(acting, path, {"by": "zoé"}).json()["value"] == "elsewhere"
    shown = acting.page("/questions")
    text = " ".join(shown.text.split())
    assert "3 questions in 24 h · 1 with an answer seen · 1 answered elsewhere" in text
    assert "said to be answered elsewhere, 1 Nov 2026, 12:30 , zoé" in text.replace("12:30,", "12:30 ,")
    assert panels(shown) == {"waiting": "1", "answered": "2"}
    told = acting.json("/api/v1/questions")
    assert (told["answered"], told["answered_elsewhere"]) == (1, 1)
    assert [each["waits"] for each in told["questions"]] == [False, False, True]
    assert told["questions"][1]["answered_elsewhere_at"] == "2026-11-01T12:30:20Z"
    assert [each["field"] for each in acting.json(f"/api/v1/mentions/{public_id('b')}/actions")] == ["answered"]
    post(acting, path, {"undo": True})
    assert panels(acting.page("/questions")) == {"waiting": "2", "answered": "1"}


def test_no_link_and_no_other_site_does_anything_about_a_mention(acting: Site, kept: Kept) -> None:
    path = f"/m/{public_id('a')}/not-a-question"
    assert acting.get(path).status_code in {404, 405}
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        assert post(acting, path, form={"x": ""}, **headers).status_code == 403
        assert post(acting, f"/api/v1/mentions{path[2:]}", form={'{"x': '"}'}, **headers).status_code == 403
    assert post(acting, "/m/nobody/not-a-question", form={"x": ""}, **HERE).status_code == 404
    assert post(acting, f"/m/{public_id('a')}/erase", form={"x": ""}, **HERE).status_code == 404
    assert post(acting, path, form={"by": "x" * 101}, **HERE).status_code == 400
    kept.away = True
    assert post(acting, path, form={"x": ""}, **HERE).status_code == 503
    assert kept.written == []


def test_what_we_asked_stands_apart_with_how_many_answered_how_soon_and_who(tmp_path: Path) -> None:
    answers = [ago(f"r{number}", Author(id=f"did:{number}", name=f"<i>{number}"), 100 - number, to="ours")
               for number in range(1, 23)]  # fmt: skip
    with site(tmp_path, own=OURS) as page:
        page.write(ago("ours", ACME, 100, asks=True), ago("waits", ANA, 50, asks=True), *answers)
        shown, told = page.page("/questions"), page.json("/api/v1/questions?ours=true")
        assert page.json("/api/v1/questions?ours=false")["asked"] == 1
    assert panels(shown) == {"waiting": "1", "ours": "1"}
    text = " ".join(shown.text.split())
    assert "1 question in 24 h · 0 with an answer seen" in text
    assert "22 answers seen , the first after 1 min , the twentieth after 20 min" in text.replace(",", " ,").replace(
        "  ,", " ,"
    )
    assert "Answered by <i>1 , <i>2 , <i>3 , <i>4 , <i>5 and others" in text.replace(",", " ,")
    assert shown.values("data-twentieth") == ["1200"]
    (ours,) = told["questions"]
    assert (told["asked"], ours["ours"], ours["answers"], len(ours["answerers"])) == (1, True, 22, 20)
    assert ours["twentieth_answer_at"] == "2026-11-01T11:10:20Z"


def test_the_sums_are_of_all_questions_and_not_of_those_that_are_listed(page: Site) -> None:
    asked = [ago(f"q{number}", ANA, 300 - number / 10, asks=True) for number in range(600)]
    page.write(*asked, *(ago(f"r{number}", BEN, 200 - number / 10, to=f"q{number}") for number in range(400)))
    shown, told = page.page("/questions"), page.json("/api/v1/questions?limit=10")
    assert "600 questions in 24 h · 400 with an answer seen" in " ".join(shown.text.split())
    assert panels(shown) == {"waiting": "200", "answered": "400"}
    assert shown.values("data-question")[0] == public_id("q400"), "who waits longest comes first"
    assert len(shown.values("data-question")) == 150
    assert (told["asked"], told["counted"], told["answered"], len(told["questions"])) == (600, 600, 400, 10)
    assert told["half_within_seconds"] == 6_000
