"""The page of questions and the API beside it: who waits, who was answered, how soon."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from contracts.questions import ACME, ANA, BEN, at_uri, said
from contracts.records import NOON
from veille.gap import Gap
from veille.identity import public_id
from veille.settings import OwnSettings
from veille.sinks.sink import Record
from web.site import NOW, Site, site

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
    assert "waits for 1 h 12" in text
    assert "waits for 3 d" in text
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
    assert [gap["id"] for gap in page.json("/api/v1/questions")["gaps"]] == ["g"]


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
