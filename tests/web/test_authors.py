"""The page of one author: what they said about the watched subjects, under an address that names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.questions import ANA, BEN, at_uri
from contracts.records import tombstone
from veille.identity import bluesky_doc_id, public_id
from veille.post import Author
from veille.settings import Watch
from veille.sinks.sink import Record
from veille.web import authors
from web.site import Site, mention, site
from web.test_actions import Kept, post
from web.test_questions import ago

DAY = 24 * 60
CLA = Author(id="did:plc:cla", handle="cla.example", name="Cla")
DOM = Author(id="https://m.example/users/dom", handle="dom@m.example", name="Dom")
WATCHES = (Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival"))


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """Five posts by one author, one of them older than the range, one by another."""
    with site(tmp_path, watches=WATCHES, doing=Kept()) as made:
        made.write(
            ago("a1", CLA, 10, text="the first words"),
            ago("a2", CLA, 2 * DAY, asks=True, text="does acme deliver?"),
            ago("a3", CLA, 2 * DAY + 5, watch="rival", text="the words about a rival"),
            ago("a4", CLA, 40 * DAY, text="old words"),
            ago("a5", CLA, 50, asks=True, text="anybody?"),
            ago("b1", BEN, 20, text="words of another"),
        )
        yield made


def address(name: str, more: str = "") -> str:
    return f"/authors/{public_id(name)}{more}"


def test_it_sums_by_watch_and_shows_the_posts_of_this_author_alone(page: Site) -> None:
    shown = page.page(address("a1"))
    assert "Posts that matched your watches. Not a profile of a person." in shown.text
    assert "5 mentions held, 2 of them questions" in shown.text
    assert shown.values("data-watch") == ["acme", "rival"]
    assert shown.ids() == [public_id(name) for name in ("a1", "a5", "a2", "a3")]
    assert shown.one("data-panel", "timeline")["data-state"] == "ok"
    assert "22 Sept 2026, 12:30" in shown.text, "the first post that is held, though it lies before the range"


def test_every_mention_of_an_author_leads_to_the_same_page_and_no_address_names_a_person(page: Site) -> None:
    first, again = page.page(address("a1")), page.page(address("a3"))
    assert first.ids() == again.ids()
    ours = [each for each in first.values("href") if each.startswith(("/", "?"))]
    assert ours
    assert not [each for each in ours if "cla" in each.casefold()]
    assert address("a1") in page.page(f"/m/{public_id('a1')}").values("href")


def test_its_counts_lead_to_as_many_posts_on_the_same_page(page: Site) -> None:
    """Though the range holds fewer: what is counted is all that is held."""
    shown = page.page(address("a1"))
    counts = [(int(each["data-value"]), shown.elements[number + 1][1]["href"])
              for number, (tag, each) in enumerate(shown.elements) if tag in {"b", "td"} and "data-value" in each
              and shown.elements[number + 1][0] == "a"]  # fmt: skip
    assert [count for count, _ in counts][:3] == [5, 4, 1]
    for count, link in counts[:3]:
        assert len(page.page(address("a1", link)).ids()) == count, link


def test_a_watch_narrows_timeline_and_posts(page: Site) -> None:
    shown = page.page(address("a1", "?watch=rival"))
    assert shown.ids() == [public_id("a3")]
    assert len(shown.values("data-bucket")) == 1
    assert shown.values("data-watch") == ["acme", "rival"]


def test_a_range_without_posts_says_from_when_to_when_there_are_some(page: Site) -> None:
    page.write(ago("old1", ANA, 40 * DAY), ago("old2", ANA, 45 * DAY))
    shown = page.page(address("old1", "?last=24h"))
    assert shown.one("data-panel", "timeline")["data-state"] == "empty"
    assert "What is held goes from 17 Sept 2026, 12:30 to 22 Sept 2026, 12:30." in shown.text
    assert "Rien sur cette période." in page.page(address("old1", "?last=24h&lang=fr")).text


def test_what_people_say_is_no_question_counts_as_none(page: Site) -> None:
    assert post(page, f"/api/v1/mentions/{public_id('a2')}/not-a-question", {}).status_code == 200
    assert "5 mentions held, 1 of them a question" in page.page(address("a1")).text


def post_of(key: str, author: Author, minutes: float, **more: object) -> Record:
    """A post that answers can name: under the doc id that its address tells."""
    return ago(bluesky_doc_id("did:plc:Case", key), author, minutes, uri=at_uri(key), native_id=key, **more)


def test_it_counts_the_answers_to_questions_of_others_that_are_held(page: Site) -> None:
    assert "no answer to others’ questions seen" in page.page(address("a1")).text
    page.write(
        post_of("asks", BEN, 90, asks=True),
        post_of("again", ANA, 90, asks=True),
        post_of("tells", BEN, 90),
        post_of("own", CLA, 90, asks=True),
        *(ago(f"to-{key}", CLA, 30, to=key) for key in ("asks", "tells", "own", "lost")),
        ago("other", BEN, 30, to="again"),
    )
    shown = page.page(address("a1"))
    assert shown.values("data-answers") == ["1"]
    assert "1 answer to others’ questions" in shown.text
    page.write(ago("more", CLA, 20, to="asks"), ago("to-again", CLA, 20, to="again"))
    assert "3 answers to others’ questions" in page.page(address("a1")).text
    assert "3 réponses aux questions d’autres" in page.page(address("a1", "?lang=fr")).text
    name = public_id(bluesky_doc_id("did:plc:Case", "asks"))
    assert post(page, f"/api/v1/mentions/{name}/not-a-question", {}).status_code == 200
    assert page.page(address("a1")).values("data-answers") == ["1"]


def test_of_more_replies_than_are_looked_at_it_says_at_least(page: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authors, "MOST_REPLIES", 2)
    page.write(post_of("asks", BEN, 90, asks=True), *(ago(f"r{n}", CLA, 30, to="asks") for n in range(3)))
    assert "at least 2 answers to others’ questions" in page.page(address("a1")).text


def test_where_the_network_does_not_tell_what_is_answered_no_answers_are_counted(page: Site) -> None:
    page.write(ago("m1", DOM, 10, source="mastodon", native_id="2"))
    shown = page.page(address("m1"))
    assert shown.values("data-questions") == ["0"]
    assert shown.values("data-answers") == []


def test_nothing_rates_a_person_or_takes_them_away(page: Site) -> None:
    shown = page.page(address("a1"))
    bars = [each.get("class") for tag, each in shown.elements if tag == "rect"]
    assert "all" in bars
    assert not {"negative", "neutral", "positive", "unsure"}.intersection(bars), "no sums by mood"
    assert not [each for each in shown.values("href") if "export" in each]
    assert page.get(f"/api/v1/authors/{public_id('a1')}").status_code == 404


def test_who_is_gone_has_no_name_and_who_never_was_has_no_page(page: Site) -> None:
    page.write(tombstone("a1"), mention("h", author=CLA, visibility="hidden"))
    for name in ("a1", "h"):
        answer = page.get(address(name))
        assert (answer.status_code, "Cla" in answer.text, "cla.example" in answer.text) == (410, False, False)
        assert "Nothing is kept about this author under this address." in answer.text
    page.write(mention("nobody", author=Author()))
    assert [page.get(address(name)).status_code for name in ("never", "nobody")] == [404, 404]
    assert public_id("a1") not in page.page(address("a5")).ids()


def test_a_setting_removes_it_with_every_link_to_it(tmp_path: Path) -> None:
    with site(tmp_path, author_pages=False) as page:
        page.write(ago("a1", CLA, 10))
        assert page.get(address("a1")).status_code == 404
        for path in ("/", f"/m/{public_id('a1')}"):
            assert not [each for each in page.page(path).values("href") if "/authors/" in each]
