"""What people do about mentions by the page and the API: who, when, what veille had said, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts import alert
from contracts.people import FOUND, book
from contracts.records import tombstone
from veille.action import Action
from veille.identity import public_id
from veille.post import Author
from veille.sinks.people import under_actions
from veille.sinks.sqlite import SqliteSink
from web.site import Html, Site, mention, site
from web.test_actions import Kept, post

HERE = {"sec_fetch_site": "same-origin"}
M = public_id("m")


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def page(tmp_path: Path, kept: Kept) -> Iterator[Site]:
    with site(tmp_path, doing=kept) as made:
        made.write(mention("m", found=FOUND), mention("n", found=FOUND))
        yield made


def press(page: Site, do: str, name: str = "m", **fields: str) -> Any:
    return post(page, f"/m/{public_id(name)}/act", form={"do": do, **fields}, **HERE)


def api(page: Site, path: str, body: object) -> Any:
    return post(page, f"/api/v1/mentions/{M}/{path}", body)


def text(made: Html) -> str:
    return " ".join(made.text.split())


def brought(page: Site, folder: Path, *actions: Action) -> None:
    """What was done, brought into the archive as the sink does it."""
    known = book(*actions)
    sink = SqliteSink(folder / "veille.db")
    sink.open()
    sink.change([action.subject for action in actions], lambda record: under_actions(record, known))
    sink.close()
    page.clock.advance(1)


def test_each_button_writes_who_did_it_and_leads_back(page: Site, kept: Kept) -> None:
    for do, fields in (
        ("handled", {"by": " ana "}),
        ("assigned", {"value": "Ben Ruiz"}),
        ("note", {"value": "called <b>them</b>"}),
        ("sentiment=positive", {"back": "/search?q=acme+%C3%A9&last=7d"}),
        ("language", {"value": "fr"}),
        ("country", {"value": "none"}),
        ("question=no", {}),
        ("not_about=acme", {}),
        ("answered", {}),
    ):
        answer = press(page, do, **fields)
        assert (answer.status_code, answer.headers["Location"]) == (303, fields.get("back", f"/m/{M}#correct"))
    assert [(each.field, each.value, each.was, each.watch, each.by) for each in kept.written] == [
        ("handled", "yes", "", "", "ana"),
        ("assigned", "Ben Ruiz", "", "", ""),
        ("note", "called <b>them</b>", "", "", ""),
        ("sentiment", "positive", "negative", "", ""),
        ("language", "fr", "en", "", ""),
        ("country", "none", "GB", "", ""),
        ("question", "no", "yes", "", ""),
        ("not_about", "yes", "", "acme", ""),
        ("answered", "elsewhere", "", "", ""),
    ]


def test_the_page_says_who_put_it_right_when_and_what_veille_had_said(page: Site, kept: Kept) -> None:
    assert "Nobody has done or corrected anything." in page.page(f"/m/{M}").text
    press(page, "sentiment=neutral", by="ana")
    press(page, "not_about=acme", by="ana")
    press(page, "note", value="<i>rude</i>")
    shown = page.page(f"/m/{M}")
    assert shown.values("data-done") == ["not_about", "note", "sentiment"]
    assert "Sentiment put right, 1 Nov 2026, 12:30, ana: neutral. veille: negative, 60%." in text(shown)
    assert shown.values("data-relabelled") == ["not_about", "sentiment"]
    assert "Not about acme, 1 Nov 2026, 12:30, ana." in text(shown)
    assert "<i>rude</i>" in shown.text
    strip = page.page(f"/m/{public_id('n')}").values("data-put-right"), shown.values("data-put-right")
    assert strip == ([], ["sentiment"])
    assert "/watches/acme" not in shown.values("href")
    for do in ("-sentiment", "-not_about=acme", "-note"):
        press(page, do)
    assert page.page(f"/m/{M}").values("data-done") == []
    assert [each.value for each in kept.written[-3:]] == ["", "", ""]


def test_lists_show_it_at_once_and_still_when_the_archive_has_it(page: Site, kept: Kept, tmp_path: Path) -> None:
    press(page, "sentiment=positive", by="ana")
    press(page, "handled")
    press(page, "assigned=Ben")

    def card() -> dict[str, str]:
        shown = page.page("/search?q=acme&last=7d").elements
        start = next(n for n, (_, at) in enumerate(shown) if at.get("data-id") == M)
        mine = [at for _, at in shown[start + 1 :]]
        end = next(n for n, at in enumerate(mine) if "data-id" in at) if any("data-id" in at for at in mine) else None
        return {name: value for at in mine[:end] for name, value in at.items() if name.startswith("data-")}

    for _ in range(2):
        made = card()
        assert (made["data-put-right"], made["data-assigned"], "data-handled" in made) == ("sentiment", "Ben", True)
        brought(page, tmp_path, *kept.written)
    found = page.json("/api/v1/search?q=assigned:ben%20is:handled%20sentiment:positive")
    assert [each["mention"]["public_id"] for each in found["hits"]] == [M]
    press(page, "-handled")
    assert "data-handled" not in card(), "taken back, though the archive has not heard of it"


def test_what_is_only_acted_upon_is_marked_as_no_news_where_the_page_is_live(
    page: Site, kept: Kept, tmp_path: Path
) -> None:
    after = page.page("/").one("id", "list")["data-after"]
    press(page, "handled")
    brought(page, tmp_path, *kept.written)
    page.write(mention("new", found=FOUND))
    arrived = {
        at["data-id"]: "data-acted" in at
        for _, at in page.page(f"/live?after={after}").elements
        if "data-version" in at
    }
    assert arrived == {M: True, public_id("new"): False}


def test_a_search_says_how_many_of_its_mentions_were_put_right_and_leads_to_them(
    page: Site, kept: Kept, tmp_path: Path
) -> None:
    asked = "/search?q=source:bluesky%20OR%20source:x&last=7d"
    press(page, "handled", "n")
    brought(page, tmp_path, *kept.written)
    assert page.page(asked).values("data-corrected") == [], "what is done without putting right counts as none"
    press(page, "sentiment=positive")
    press(page, "question=no")
    brought(page, tmp_path, *kept.written)
    head = page.page(asked).one("data-corrected", "1")
    assert "of which 1 put right by people" in text(page.page(asked))
    assert "dont 1 corrigée à la main" in text(page.page(f"{asked}&lang=fr"))
    assert page.page(f"/search{head['href']}").ids() == [M]
    assert page.page("/search?last=7d").values("data-corrected") == ["1"], "also of everything"
    assert page.page("/search?q=nowhere&last=7d").values("data-corrected") == []
    press(page, "language", "n", value="fr")
    brought(page, tmp_path, *kept.written)
    assert "of which 2 put right by people" in text(page.page(f"{asked}&lang=en"))


def test_the_strip_of_an_x_post_has_buttons_and_its_frame_has_none(page: Site) -> None:
    page.write(mention("x", source="x", author=Author(id="7", handle="ana"), found=FOUND))
    whole = page.get(f"/m/{public_id('x')}/card").text
    frame, strip = whole.partition('class="strip"')[::2]
    assert "<button" not in frame
    assert 'value="sentiment=positive"' in strip
    assert 'value="not_about=rival"' in strip


def test_a_name_is_kept_in_a_cookie_and_leads_to_what_is_given_to_it(page: Site, kept: Kept) -> None:
    asked = page.page("/mine")
    assert "Your name" in asked.text
    assert asked.text.count("Mine") == 3, "its title, its heading, and the way to it"
    answer = post(page, "/me", form={"by": "Ana Müller", "back": "/mine"}, **HERE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/mine")
    assert "httponly" in answer.headers["Set-Cookie"].lower()
    mine = page.get("/mine")
    assert mine.headers["Location"] == "/search?q=assigned%3A%22Ana+M%C3%BCller%22+-is%3Ahandled&last=90d"
    press(page, "handled")
    assert kept.written[-1].by == "Ana Müller"
    assert "Take it myself (Ana Müller)" in page.page(f"/m/{M}").text
    page.findings.write_alerts([alert("a1")])
    post(page, "/alerts/a1/acknowledge", form={"x": ""}, **HERE)
    assert (kept.written[-1].subject, kept.written[-1].by) == ("a1", "Ana Müller")
    post(page, "/me", form={"by": ""}, **HERE)
    assert page.get("/mine").status_code == 200


def test_the_first_screen_says_who_has_taken_an_alert_up(page: Site) -> None:
    page.findings.write_alerts([alert("a1")])
    assert "data-taken" not in page.get("/").text
    post(page, "/api/v1/alerts/a1/acknowledge", {"by": "ana"})
    shown = page.page("/?lang=fr")
    told = "Prise en compte le 1er nov. 2026, 12:30."
    assert [each["title"] for _, each in shown.elements if "data-taken" in each] == [told]
    assert f"✓{told} ana" in " ".join(shown.text.split())


def test_what_was_given_days_ago_is_still_mine(page: Site, kept: Kept, tmp_path: Path) -> None:
    page.write(mention("late", minutes=3 * 24 * 60, found=FOUND))
    post(page, "/me", form={"by": "ana"}, **HERE)
    post(page, f"/m/{public_id('late')}/act", form={"do": "assigned", "value": "ana"}, **HERE)
    brought(page, tmp_path, *kept.written)
    assert page.page(page.get("/mine").headers["Location"]).ids() == [public_id("late")]
    chip = page.page(f"/m/{public_id('late')}").one("data-assigned", "ana")
    assert page.page(chip["href"]).ids() == [public_id("late")]


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"])
def test_a_form_leads_nowhere_else(page: Site, back: str) -> None:
    assert press(page, "handled", back=back).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("", {}),
        ("erase", {}),
        ("assigned", {"value": " "}),
        ("assigned", {"value": "\u200b"}),
        ("sentiment=furious", {}),
        ("language", {"value": "klingon"}),
        ("country=ZZ", {}),
        ("question=maybe", {}),
        ("note", {"value": "x" * 2001}),
        ("handled", {"by": "x" * 101}),
        ("not_about=", {}),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(page: Site, kept: Kept, do: str, fields: dict[str, str]) -> None:
    assert press(page, do, **fields).status_code == 400
    assert kept.written == []


def test_other_sites_links_and_deleted_mentions_do_nothing(page: Site, kept: Kept) -> None:
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        assert post(page, f"/m/{M}/act", form={"do": "handled"}, **headers).status_code == 403
        assert post(page, "/me", form={"by": "eve"}, **headers).status_code == 403
    assert page.get(f"/m/{M}/act").status_code in {404, 405}
    page.write(tombstone("m"))
    assert press(page, "handled").status_code == 410
    assert press(page, "handled", name="never").status_code == 404
    assert page.get(f"/m/{M}/card").status_code == 410
    assert kept.written == []


def test_the_api_does_the_same_and_says_what_is_in_effect(page: Site, kept: Kept) -> None:
    for path, body in (
        ("handled", {"by": "ana"}),
        ("assign", {"to": " Ben ", "by": "ana"}),
        ("note", {"text": "called"}),
        ("correct", {"field": "language", "value": "FR"}),
        ("correct", {"field": "country", "value": "fr"}),
        ("not-about", {"watch": "acme"}),
    ):
        assert api(page, path, body).status_code == 200
    told = {each["field"]: each for each in page.json(f"/api/v1/mentions/{M}/actions")}
    assert {field: (each["value"], each["was"], each["watch"]) for field, each in told.items()} == {
        "handled": ("yes", "", ""),
        "assigned": ("Ben", "", ""),
        "note": ("called", "", ""),
        "language": ("fr", "en", ""),
        "country": ("FR", "GB", ""),
        "not_about": ("yes", "", "acme"),
    }
    assert api(page, "assign", {"undo": True}).json()["value"] == ""
    assert api(page, "correct", {"field": "country", "undo": True}).json()["value"] == ""
    assert {each["field"] for each in page.json(f"/api/v1/mentions/{M}/actions")} == set(told) - {"assigned", "country"}
    refused: list[tuple[str, dict[str, Any]]] = [
        ("assign", {}),
        ("assign", {"to": "\u200b\u202e"}),
        ("correct", {"field": "sentiment", "value": "unsure"}),
        ("correct", {"field": "mood", "value": "yes"}),
        ("correct", {"field": "language", "value": "français"}),
        ("not-about", {}),
        ("note", {"note": "called back"}),
        ("handled", {"undone": True}),
    ]
    assert [api(page, *each).status_code for each in refused] == [422] * len(refused)
    assert len(kept.written) == 8


def test_without_a_broker_nothing_can_be_done_and_no_button_says_so(tmp_path: Path) -> None:
    with site(tmp_path) as page:
        page.write(mention("m", found=msgspec.structs.replace(FOUND)))
        for path in (f"/m/{M}", f"/m/{M}/card", "/search?q=acme"):
            assert 'form="act"' not in page.get(path).text
        assert press(page, "handled").status_code in {404, 405}
        assert page.get("/mine").status_code == 404
